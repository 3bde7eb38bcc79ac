"""How well the checks tell true summaries from false ones, on summaries that people labelled (docs/checking.md).

Measured by summary: "flagged" is any verdict but supported, "refuted" what a reviewer is shown as an error, "found"
what a check other than ``support`` has something against. Precision comes first: a false alarm costs a reviewer's
trust. A floor in faithfulness_floors.json may rise; lowering one is a change that a reviewer of the commit sees.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from benchmarks import _verify_learning
from pipeline.verify.engine import apply_verify

FLOORS = json.loads((Path(__file__).parent / "faithfulness_floors.json").read_text())
CROSSED = FLOORS.pop("cross_validation")
Row = Mapping[str, Any]


def _auc(labels: Sequence[int], scores: Sequence[float]) -> float:
    """The chance that a right summary scores above a wrong one; ties count half (Mann-Whitney)."""
    right = [s for label, s in zip(labels, scores, strict=True) if not label]
    wrong = [s for label, s in zip(labels, scores, strict=True) if label]
    return sum((r > w) + (r == w) / 2 for r in right for w in wrong) / (len(right) * len(wrong))


def _precision(labels: Sequence[int], flags: Sequence[bool]) -> float:
    """1 where nothing is flagged."""
    flagged = [label for label, flag in zip(labels, flags, strict=True) if flag]
    return sum(flagged) / len(flagged) if flagged else 1.0


def _touched(these: Iterable[Row], those: Sequence[Row]) -> list[bool]:
    return [any(a["start"] < b["end"] and b["start"] < a["end"] for b in those) for a in these]


def _measures(rows: Sequence[Row]) -> dict[str, float]:
    sources = [[{"id": "s", "text": r["source"]}] for r in rows]
    found: list[Any] = [
        apply_verify({"id": r["id"], "summary": r["summary"], "sources": s}) for r, s in zip(rows, sources, strict=True)
    ]
    assert all(0 <= f["score"] <= 1 for f in found)
    labels = [int(r["label"]) for r in rows]
    flagged = [f["verdict"] != "supported" for f in found]
    precision, recall = _precision(labels, flagged), _precision([int(f) for f in flagged], [bool(x) for x in labels])
    kept = _precision([int(not f) for f in flagged], [not label for label in labels])
    hits = [hit for r, f in zip(rows, found, strict=True) for hit in _touched(f["spans"], r.get("spans", ()))]
    seen = [hit for r, f in zip(rows, found, strict=True) for hit in _touched(r.get("spans", ()), f["spans"])]
    return {
        "refuted_precision": _precision(labels, [f["verdict"] == "refuted" for f in found]),
        "found_precision": _precision(labels, [any(s["method"] != "support" for s in f["spans"]) for f in found]),
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / max(precision + recall, 1e-9),
        "balanced_accuracy": (recall + kept) / 2,
        "auc": _auc(labels, [f["score"] for f in found]),
        "span_precision": sum(hits) / max(1, len(hits)),
        "span_recall": sum(seen) / max(1, len(seen)),
    }


@pytest.mark.parametrize("name", FLOORS)
def test_floors(name: str, shared_data: Path) -> None:
    floors = FLOORS[name]
    raw = (shared_data / "faithfulness" / name).read_bytes()
    assert sha256(raw).hexdigest() == floors["sha256"], "the data changed: measure again, set new floors"
    rows = [json.loads(line) for line in raw.splitlines()]
    assert (len(rows), sum(r["label"] for r in rows)) == (floors["rows"], floors["unfaithful"])
    measured = _measures(rows)
    print(name, measured)
    assert {k: measured[k] for k in measured.keys() & floors.keys() if measured[k] < floors[k]} == {}


def test_what_ships_was_learned_from_these_rows_and_holds_for_others(shared_data: Path) -> None:
    learned, figures = _verify_learning.learn(shared_data / "faithfulness")
    print(figures)
    shipped = json.loads(_verify_learning.FILE.read_text(encoding="utf-8"))
    for name, weights in learned.items():
        assert weights == pytest.approx(shipped[name], rel=0.01, abs=0.001), (
            "python -m benchmarks._verify_learning ../shared/data/faithfulness --write"
        )
    assert {k: figures[k] for k in CROSSED if figures[k] < CROSSED[k]} == {}
