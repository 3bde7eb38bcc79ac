"""How good the writer without a model is: its extracts beside the first two sentences and LexRank's, on 60 stories.

``python -m benchmarks._extracts ../shared/data [--peer PYTHON]``: prints the table of docs/writing.md. With ``--peer``,
the Python of an environment that has sumy, LexRank is measured too. No row of the data is copied.
"""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import click

from pipeline.sources import rss
from pipeline.summarise.extract import extract
from pipeline.text.characters import clean
from pipeline.text.sentences import split
from pipeline.text.tokens import words
from pipeline.types import Item, Payload, Story

STORIES = 30
LEAD = 2  # sentences
_AT = datetime(2025, 12, 1, tzinfo=UTC)
_LEAST_CHARS, _LEAST_SENTENCES, _MOST_A_FEED = 300, 4, 4

# Written without a look at the rules of summarise/readable.py: what a reader stumbles over.
_DANGLING = re.compile(
    r"(?:He|She|It|They|This|That|These|Those|His|Her|Their|Its|However|But|And|So|Also|Then|Meanwhile|Moreover|"
    r"Furthermore|Therefore|Instead|Here|There|Such|Both|Finally|Additionally|Thus|To this end|To address this|"
    r"In addition|As a result|At the same time|For example)\b"
)
_FURNITURE = re.compile(
    r"subscribe|newsletter|cookie|read more|click here|sign up|learn more|photo by|getty|all rights reserved|"
    r"follow us|https?://|\blink\b|share this|project page|github repo",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One story of one source, its sentences, and summaries of it that people found faithful (none: not known)."""

    story: Story
    sentences: tuple[str, ...]
    references: tuple[str, ...] = ()


Writer = Callable[[Case], Sequence[str]]


def ours(case: Case) -> Sequence[str]:
    """What is printed under the headline; where it is the headline alone, nothing."""
    draft = extract(case.story)
    return [claim.text for claim in draft.claims if claim.text != draft.headline]


def lead(case: Case, count: int = LEAD) -> Sequence[str]:
    """The first sentences."""
    return case.sentences[:count]


def lexrank(peer: str, cases: Sequence[Case]) -> Writer:
    """LexRank (Erkan & Radev 2004) as sumy has it, on our sentences: as many as ours has on the mean, three."""
    asked = json.dumps([case.sentences for case in cases])
    done = subprocess.run(
        [peer, "-m", "benchmarks._lexrank"], input=asked, stdout=subprocess.PIPE, text=True, check=True
    )
    by_id = dict(zip([case.story.id for case in cases], json.loads(done.stdout), strict=True))
    return lambda case: by_id[case.story.id]


# --- the stories ------------------------------------------------------------


def with_references(data: Path) -> list[Case]:
    """The sources of RAGTruth that have two summaries at least in which nobody found an error."""
    texts: dict[str, list[str]] = {}
    for line in (data / "faithfulness" / "ragtruth_summary.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        texts.setdefault(row["source"], []).extend([row["summary"]] * (row["label"] == 0))
    good = [(source, tuple(found)) for source, found in texts.items() if len(found) > 1]
    return [_case(f"News {n}", source, references) for n, (source, references) in enumerate(good)]


def of_feeds(data: Path) -> list[Case]:
    """Entries of AI feeds and paper abstracts of December 2025 with four sentences at least, at most four a feed."""
    found: dict[str, Case] = {}
    taken: Counter[str] = Counter()
    for source, title, text in sorted(set(_entries(data / "replay")), key=lambda e: (e[0], e[1])):
        case = _case(title, text, ())
        if len(text) >= _LEAST_CHARS and len(case.sentences) >= _LEAST_SENTENCES and taken[source] < _MOST_A_FEED:
            taken[source] += 1
            found.setdefault(title, case)
    papers = [case for case in found.values() if case.story.representative.source_id == "paper"]
    return [*(c for c in found.values() if c not in papers), *papers][:STORIES]


def of_pages(data: Path) -> list[Case]:
    """News of QAGS and the texts of web pages, which no rule was made with."""
    folders = (data / "faithfulness" / "qags_xsum.jsonl", data / "extraction" / "full_text.jsonl")
    rows = [json.loads(line) for path in folders for line in path.read_text(encoding="utf-8").splitlines()]
    return [_case(f"Page {n}", row.get("source") or row["text"], ()) for n, row in enumerate(rows)]


def _entries(days: Path) -> Iterable[tuple[str, str, str]]:
    for day in sorted(p for p in days.iterdir() if p.is_dir()):
        papers = day / "hf_papers.jsonl"
        for line in papers.read_text(encoding="utf-8").splitlines() if papers.exists() else ():
            row = json.loads(line)
            yield f"papers of {day.name}", row["title"], clean(row["text"] or "")
        for path in sorted((day / "feeds").glob("*.xml")):
            url = "https://feed.example/"
            payload = Payload(
                source_id=path.stem, url=url, fetched_at=_AT, media_type="application/xml", body=path.read_bytes()
            )
            for item in rss.parse(payload, rss.Options(url=url)).items:
                yield path.stem, item.title, item.body


def _case(title: str, text: str, references: tuple[str, ...]) -> Case:
    body = clean(text)
    item = Item(id=title, source_id="s", guid=title, url="", title=title, body=body, fetched_at=_AT)
    story = Story(id=title, items=(item,), first_seen_at=_AT, last_seen_at=_AT)
    return Case(story=story, sentences=tuple(body[a:b] for a, b in split(body)), references=references)


# --- the measures ------------------------------------------------------------


def rouge(said: str, reference: str) -> tuple[float, float, float]:
    """F1 of ROUGE-1, ROUGE-2 and ROUGE-L (Lin 2004): shared words, pairs of words, and the longest common row."""
    one, other = words(said), words(reference)
    pairs = [Counter(pairwise(row)) for row in (one, other)]
    return (
        _f1((Counter(one) & Counter(other)).total(), len(one), len(other)),
        _f1((pairs[0] & pairs[1]).total(), len(one) - 1, len(other) - 1),
        _f1(_common(one, other), len(one), len(other)),
    )


def _f1(shared: int, one: int, other: int) -> float:
    return 2 * shared / (one + other) if shared else 0.0


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    row = [0] * (len(other) + 1)
    for word in one:
        before = 0
        for i, theirs in enumerate(other, 1):
            before, row[i] = row[i], before + 1 if word == theirs else max(row[i], row[i - 1])
    return row[-1]


def defects(case: Case, said: Sequence[str]) -> Counter[str]:
    """What a reader stumbles over, counted."""
    title, body = frozenset(words(case.story.representative.title)), " ".join(case.story.representative.body.split())
    counted: Counter[str] = Counter()
    for sentence in said:
        own = frozenset(words(sentence))
        counted["dangling"] += bool(_DANGLING.match(sentence.lstrip("\"'“‘(")))
        counted["repeats"] += bool(title) and len(own - title) <= 0.25 * len(own)
        counted["furniture"] += bool(_FURNITURE.search(sentence))
        whole = sentence.rstrip("\"'”’)]")[-1:] in ".!?。！？:" and not sentence.endswith(("...", "…"))
        after = body.partition(sentence)[2].lstrip()[:1]
        counted["cut"] += not whole and (not after or after.islower())  # a line of a list is none
        counted["unseen"] += sentence not in body
    return counted


def scores(write: Writer, cases: Sequence[Case]) -> tuple[float, float, float]:
    """Mean ROUGE F1 over the stories, of each the mean over its references."""
    rows = [rouge(" ".join(write(case)), reference) for case in cases for reference in case.references]
    weights = [1 / len(case.references) for case in cases for _ in case.references]
    return tuple(sum(w * row[i] for w, row in zip(weights, rows, strict=True)) / len(cases) for i in range(3))  # type: ignore[return-value]


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--peer", help="Python of an environment that has sumy.")
@click.option("--unseen", is_flag=True, help="The other stories: no rule was made with them.")
@click.option("--show", is_flag=True, help="Print each extract.")
def main(data: Path, peer: str | None, *, unseen: bool, show: bool) -> None:
    """Print the table."""
    news = with_references(data)[STORIES:] if unseen else with_references(data)[:STORIES]
    feeds = of_pages(data) if unseen else of_feeds(data)
    writers: dict[str, Writer] = {"first two": lead, "first four": partial(lead, count=2 * LEAD), "ours": ours}
    if peer:
        writers["LexRank"] = lexrank(peer, [*news, *feeds])
    if show:
        for case in [*news, *feeds]:
            click.echo("\n".join(("", case.story.representative.title, *(f"  - {s}" for s in ours(case)))))
    kinds = ("dangling", "repeats", "furniture", "cut", "unseen")
    click.echo(
        f"| {len(news)} + {len(feeds)} stories | ROUGE-1 | ROUGE-2 | ROUGE-L | words | none | {' | '.join(kinds)} |"
    )
    for name, write in writers.items():
        said = [(case, write(case)) for case in [*news, *feeds]]
        found = sum((defects(case, texts) for case, texts in said), Counter[str]())
        means = [f"{value:.3f}" for value in scores(write, news)]
        size = fmean(len(words(" ".join(texts))) for _, texts in said)
        none = sum(not texts for _, texts in said)
        click.echo(f"| {' | '.join([name, *means, f'{size:.0f}', str(none), *(str(found[kind]) for kind in kinds)])} |")


if __name__ == "__main__":
    main()
