"""How much of real issues of AI News becomes items: issues of 2025, rebuilt from the lines that hold their links."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from markdown_it import MarkdownIt

from pipeline.sources.ainews import Options, parse
from pipeline.text.urls import url_key
from pipeline.types import Item, Payload

# What the feed carries; of Discord it is cut before the details.
SECTIONS = ("", "AI Twitter Recap", "AI Reddit Recap", "AI Discord Recap")
STEP = 3  # every third of the 63 issues: all of them take half a minute
_CUT_LINK = re.compile(r"\[[^\[\]]*(?:\]\([^()]*)?$")
Row = dict[str, str]
Issues = list[tuple[list[Row], list[Item]]]


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


@pytest.fixture(scope="module")
def issues(shared_data: Path) -> Issues:
    """The lines of each issue, and the items of it."""
    return list(read(shared_data))


def read(shared_data: Path) -> Iterator[tuple[list[Row], list[Item]]]:
    lines = (shared_data / "ainews" / "links.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row["section"] in SECTIONS]
    for issue, of_issue in [(k, list(same)) for k, same in groupby(rows, key=lambda r: r["issue"])][::STEP]:
        yield of_issue, list(parse(feed(issue, of_issue), Options()).items)


def test_bullets_become_items_about_what_they_link(issues: Issues) -> None:
    """Measured on all 63: 97.6 % of 3,022 bullets, 99.98 % of 4,079 links to X. The other bullets link nothing but
    closed Discord channels, or tell that the machine that wrote them could not open the page.
    """
    bullets, found, posts, kept = 0, 0, 0, 0
    for rows, items in issues:
        subjects = {url_key(item.url) for item in items}
        linked = subjects | {url_key(url) for item in items for url in item.media}
        for _, same in groupby(rows, key=lambda r: r["group"]):
            group = list(same)
            if group[0]["line"].startswith("- "):
                bullets += 1
                found += any(url_key(r["url"]) in subjects for r in group)
        keys = [key for r in rows if (key := url_key(r["url"])).startswith("x:")]
        posts += len(keys)
        kept += sum(key in linked for key in keys)
    assert bullets > 900
    assert found / bullets >= 0.97
    assert posts > 1_200
    assert kept / posts >= 0.999


def test_posts_on_x_are_readable(issues: Issues) -> None:
    posts = [i for _, items in issues for i in items if i.url.startswith("https://x.com/")]
    assert len(posts) > 400
    for post in posts:
        assert post.kind == "post"
        assert post.via == "AI News"
        assert not post.title.startswith(("http", "x.com"))
        assert "**" not in post.title
        assert post.url.split("/")[3] in ("i", *(author.removeprefix("@") for author in post.authors[:1]))
    assert sum(len(post.body) >= 40 for post in posts) / len(posts) >= 0.9
