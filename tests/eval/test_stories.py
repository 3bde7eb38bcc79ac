"""How well items are folded into stories: B-cubed F1 on news headlines, and real issues of AI News."""

import json
import random
import re
from collections import defaultdict
from hashlib import sha256
from pathlib import Path
from statistics import fmean

import pytest

from benchmarks._measuring import b_cubed
from pipeline.dedupe.apply import apply_dedupe
from pipeline.seams import Embedder

FLOORS = json.loads((Path(__file__).parent / "stories_floors.json").read_text())
MEMBERS_OF_A_MINI_STORY = (1, 1, 1, 2, 2, 3, 4, 6)  # the protocol of shared/data/README.md

Rows = list[dict[str, str]]


def read(path: Path, floors: dict[str, object]) -> Rows:
    """The rows of a file of the shared data that the floors were measured on."""
    raw = path.read_bytes()
    assert sha256(raw).hexdigest() == floors["sha256"], "the data changed: measure again, set new floors"
    return [json.loads(line) for line in raw.splitlines()]


@pytest.fixture(scope="module")
def headlines(shared_data: Path) -> Rows:
    return read(shared_data / "stories" / "headlines.jsonl", FLOORS["headlines"])


def _f1(rows: Rows, embedder: Embedder | None = None) -> float:
    """B-cubed F1 of our stories against the labels, rows taken in time order."""
    rows = sorted(rows, key=lambda r: r["published"])
    found = apply_dedupe(({**row, "published_at": row["published"]} for row in rows), embedder=embedder)
    precision, recall = b_cubed([str(f["story_id"]) for f in found], [row["label"] for row in rows])
    return 2 * precision * recall / (precision + recall)


def _mini(rows: Rows, seed: int) -> Rows:
    rng, labels = random.Random(seed), defaultdict(list)
    for row in sorted(rows, key=lambda r: r["id"]):
        labels[row["label"]].append(row)
    drawn: Rows = []
    for label in sorted(labels):
        size = min(rng.choice(MEMBERS_OF_A_MINI_STORY), len(labels[label]))
        drawn += rng.sample(labels[label], size)
    return drawn


def _reached(value: float, floor: str, of: str = "headlines") -> None:
    assert value >= FLOORS[of][floor], f"{floor} fell to {value:.4f}"


def test_long_stories(headlines: Rows) -> None:
    _reached(_f1(headlines), "full_f1")


def test_a_days_digest(headlines: Rows) -> None:
    _reached(fmean(_f1(_mini(headlines, seed)) for seed in range(20)), "mini_f1")


def test_long_stories_with_the_local_model(headlines: Rows, embedder: Embedder) -> None:
    _reached(_f1(headlines, embedder), "full_f1_local")


def test_a_days_digest_with_the_local_model(headlines: Rows, embedder: Embedder) -> None:
    _reached(fmean(_f1(_mini(headlines, seed), embedder) for seed in range(20)), "mini_f1_local")


def test_the_order_of_the_items_matters_little(headlines: Rows) -> None:
    rows = [{**r, "published": ""} for r in sorted(headlines, key=lambda r: r["published"], reverse=True)]
    assert abs(_f1(rows) - _f1(headlines)) < 0.05


# A line of AI News is one item; the lines of a bullet (`group`) are one story. Within one section of one issue its
# editor has put together what belongs together; sections tell the same events again, so each is folded alone.
_SECTIONS = ("AI Twitter Recap", "AI Reddit Recap", "AI Discord Recap")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_LEAD = re.compile(r"- \*\*(.{8,120}?)\*\*")


def test_what_ai_news_printed_together_and_apart(shared_data: Path) -> None:
    rows = read(shared_data / "ainews" / "links.jsonl", FLOORS["ainews"])
    sections: defaultdict[tuple[str, str], dict[tuple[str, str], None]] = defaultdict(dict)
    for row in rows:
        if row["section"] in _SECTIONS:
            sections[row["issue"], row["section"]][row["group"], row["line"]] = None
    scores: list[tuple[int, float, float]] = []
    for lines in sections.values():
        found = apply_dedupe(_line(n, line) for n, (_, line) in enumerate(lines))
        scores.append((len(lines), *b_cubed([str(f["story_id"]) for f in found], [group for group, _ in lines])))
    total = sum(n for n, _, _ in scores)
    assert total == FLOORS["ainews"]["items"]
    _reached(sum(n * precision for n, precision, _ in scores) / total, "precision", "ainews")
    _reached(sum(n * recall for n, _, recall in scores) / total, "recall", "ainews")


def _line(number: int, line: str) -> dict[str, str]:
    text = _LINK.sub(r"\1", line)
    lead = _LEAD.match(text)
    title = lead[1] if lead else text.lstrip("- *")[:120]
    return {"id": str(number), "source": str(number), "title": title, "body": text.replace("*", "")}
