"""How well the checks tell true summaries from false ones, on summaries that people labelled.

Measured by summary: "flagged" is any verdict but supported. Precision comes first: a false alarm costs a reviewer's
trust. A floor in faithfulness_floors.json may rise; lowering one is a change that a reviewer of the commit sees.
"""

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from pipeline.verify.engine import apply_verify

FLOORS = json.loads((Path(__file__).parent / "faithfulness_floors.json").read_text())


def _auc(labels: Sequence[int], scores: Sequence[float]) -> float:
    """The chance that a right summary scores above a wrong one; ties count half (Mann-Whitney)."""
    right = [s for label, s in zip(labels, scores, strict=True) if not label]
    wrong = [s for label, s in zip(labels, scores, strict=True) if label]
    return sum((r > w) + (r == w) / 2 for r in right for w in wrong) / (len(right) * len(wrong))


def _measures(rows: Sequence[dict[str, str]]) -> dict[str, float]:
    found = [
        apply_verify({"id": r["id"], "summary": r["summary"], "sources": [{"id": "s", "text": r["source"]}]})
        for r in rows
    ]
    labels = [int(r["label"]) for r in rows]
    flagged = [f["verdict"] != "supported" for f in found]
    hits = sum(flag and label == 1 for flag, label in zip(flagged, labels, strict=True))
    precision, recall = hits / max(1, sum(flagged)), hits / sum(labels)
    scores = [f["score"] for f in found]
    assert all(isinstance(s, float) and 0 <= s <= 1 for s in scores)
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / max(precision + recall, 1e-9),
        "auc": _auc(labels, [s for s in scores if isinstance(s, float)]),
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
    assert {k: v for k, v in measured.items() if v < floors[k]} == {}
