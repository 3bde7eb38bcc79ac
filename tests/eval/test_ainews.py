"""How much of real issues of AI News becomes items: 63 issues of 2025, rebuilt from the lines that hold their links."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

from markdown_it import MarkdownIt

from pipeline.sources.ainews import Options, parse
from pipeline.types import Item, Payload

# What the feed carries; of Discord it is cut before the details.
SECTIONS = ("", "AI Twitter Recap", "AI Reddit Recap", "AI Discord Recap")
_CUT_LINK = re.compile(r"\[[^\[\]]*(?:\]\([^()]*)?$")
Row = dict[str, str]


def feed(issue: str, rows: list[Row]) -> Payload:
    """An issue as the feed gives it: rendered Markdown in content:encoded. Lines of the data end at 400 characters."""
    lines: list[str] = []
    section = theme = ""
    for _, same in groupby(rows, key=lambda r: r["group"]):
        group = list(same)
        if group[0]["section"] != section:
            section = group[0]["section"]
            lines.append(f"# {section}\n")
        if section and group[0]["head"] != theme:
            theme = group[0]["head"]
            lines.append(f"\n**{theme}**\n")
        line = group[0]["line"]
        if len(line) >= 400:
            line = _CUT_LINK.sub("", line)
        shown = [r for r in group if r["url"] not in line]
        lines.append(line + (f" ({', '.join('[{anchor}]({url})'.format(**r) for r in shown)})" if shown else ""))
    html = MarkdownIt().render("\n".join(lines))
    xml = (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>AI News</title>'
        f"<item><title>not much happened today</title><link>https://news.smol.ai/issues/{issue}/</link>"
        f"<content:encoded>{escape(html)}</content:encoded></item></channel></rss>"
    )
    at = datetime(2026, 1, 2, tzinfo=UTC)
    return Payload(source_id="a", url="https://news.smol.ai/rss.xml", fetched_at=at, media_type="", body=xml.encode())


def issues(shared_data: Path) -> Iterator[tuple[list[Row], list[Item]]]:
    lines = (shared_data / "ainews" / "links.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row["section"] in SECTIONS]
    for issue, same in groupby(rows, key=lambda r: r["issue"]):
        of_issue = list(same)
        yield of_issue, list(parse(feed(issue, of_issue), Options()).items)
