"""How well items are folded into stories: B-cubed F1 on news headlines, and a hard set of AI news pairs of our own."""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from pipeline.dedupe.apply import apply_dedupe

HERE = Path(__file__).parent
FLOORS = json.loads((HERE / "stories_floors.json").read_text())
PAIRS = HERE.parent / "data" / "dedupe" / "pairs.jsonl"
MEMBERS_OF_A_MINI_STORY = (1, 1, 1, 2, 2, 3, 4, 6)  # the protocol of shared/data/README.md

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def headlines(shared_data: Path) -> Rows:
    raw = (shared_data / "stories" / "headlines.jsonl").read_bytes()
    assert sha256(raw).hexdigest() == FLOORS["headlines"]["sha256"], "the data changed: measure again, set new floors"
    rows = [json.loads(line) for line in raw.splitlines()]
    assert len(rows) == FLOORS["headlines"]["rows"]
    return rows


def _f1(rows: Rows) -> float:
    """B-cubed F1 (Bagga and Baldwin 1998) of our stories against the labels, rows taken in time order."""
    rows = sorted(rows, key=lambda r: r["published"])
    found = apply_dedupe({**row, "published_at": row["published"]} for row in rows)
    return b_cubed([str(f["story_id"]) for f in found], [row["label"] for row in rows])


def b_cubed(found: Sequence[str], gold: Sequence[str]) -> float:
    in_story, in_label = Counter(found), Counter(gold)
    both = Counter(zip(found, gold, strict=True))
    precision = sum(n * n / in_story[story] for (story, _), n in both.items()) / len(gold)
    recall = sum(n * n / in_label[label] for (_, label), n in both.items()) / len(gold)
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


def test_long_stories(headlines: Rows) -> None:
    assert _f1(headlines) >= FLOORS["headlines"]["full_f1"]


def test_a_days_digest(headlines: Rows) -> None:
    scores = [_f1(_mini(headlines, seed)) for seed in range(20)]
    assert sum(scores) / len(scores) >= FLOORS["headlines"]["mini_f1"]


def test_the_order_of_the_items_matters_little(headlines: Rows) -> None:
    rows = sorted(headlines, key=lambda r: r["published"], reverse=True)
    found = apply_dedupe({**row, "published_at": ""} for row in rows)
    backwards = b_cubed([str(f["story_id"]) for f in found], [row["label"] for row in rows])
    assert abs(backwards - _f1(headlines)) < 0.05


def test_hard_pairs_of_ai_news() -> None:
    merged: Counter[tuple[str, bool]] = Counter()
    total: Counter[bool] = Counter()
    wrong = []
    for line in PAIRS.read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        when = {"published_at": "2026-11-23T08:00:00Z"}
        rows = [{"id": side, "source": side, **when, **pair[side]} for side in ("a", "b")]
        one = len({f["story_id"] for f in apply_dedupe(rows)}) == 1
        total[pair["same"]] += 1
        merged[pair["kind"], pair["same"]] += one
        wrong += [pair["id"]] if one and not pair["same"] else []
    recall = sum(n for (_, same), n in merged.items() if same) / total[True]
    assert not wrong, f"different events were merged: {wrong}"
    assert sum(total.values()) == FLOORS["pairs"]["rows"]
    assert recall >= FLOORS["pairs"]["recall"]
