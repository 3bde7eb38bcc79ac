"""How well the checks tell true sentences from false ones, on AI news of our own, English and Chinese.

tests/data/verify/sentences.jsonl has ``{"id","kind","language","source","sentence","label"}``: label 0 says what its
source says, in other words; label 1 does not, in the way that ``kind`` names. sentences_2.jsonl has 434 more, from
other sources. Both were written by somebody who had not seen the checks. A third of each, by the hash of the ids, is
``held_out``: that of the first file was looked at before the second was written, that of the second by nobody yet.
"flagged" is any verdict but supported. A floor in sentences_floors.json may rise; lowering one is a change that a
reviewer of the commit sees.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from pipeline.verify.engine import apply_verify

DATA = Path(__file__).parents[1] / "data/verify"
FLOORS = json.loads((Path(__file__).parent / "sentences_floors.json").read_text())
FILES = ("sentences.jsonl", "sentences_2.jsonl")
PARTS = [(name, held) for name in FILES for held in (False, True)]


@pytest.fixture(scope="module")
def judged() -> list[dict[str, object]]:
    """The rows, each with the verdict on its sentence."""
    rows = []
    for name in FILES:
        raw = (DATA / name).read_bytes()
        assert sha256(raw).hexdigest() == FLOORS["sha256"][name], "the data changed: measure again, set new floors"
        rows += [row | {"file": name, "verdict": _verdict(row)} for row in map(json.loads, raw.splitlines())]
    return rows


def _verdict(row: Mapping[str, str]) -> object:
    sources = [{"id": "s", "text": row["source"]}]
    return apply_verify({"id": row["id"], "summary": row["sentence"], "sources": sources})["verdict"]


def _shares(rows: Sequence[Mapping[str, object]]) -> dict[str, float]:
    """The share of the rows that is flagged, and that is refuted."""
    verdicts = [row["verdict"] for row in rows]
    return {
        "flagged": sum(v != "supported" for v in verdicts) / len(verdicts),
        "refuted": verdicts.count("refuted") / len(verdicts),
    }


def _by_kind(rows: Sequence[Mapping[str, object]]) -> dict[str, dict[str, float]]:
    kinds = defaultdict(list)
    for row in rows:
        kinds[str(row["kind"])].append(row)
    return {kind: _shares(kinds[kind]) for kind in sorted(kinds)}


@pytest.mark.parametrize(("name", "held"), PARTS)
def test_floors(name: str, held: bool, judged: list[dict[str, object]]) -> None:
    part = f"{name.removesuffix('.jsonl')}, {'held out' if held else 'open'}"
    rows = [row for row in judged if row["file"] == name and bool(row.get("held_out")) == held]
    right = _shares([row for row in rows if not row["label"]])
    wrong = _shares([row for row in rows if row["label"]])
    measured = {
        "true_not_refuted": 1 - right["refuted"],
        "true_not_flagged": 1 - right["flagged"],
        "false_flagged": wrong["flagged"],
        "false_refuted": wrong["refuted"],
    }
    print(part, len(rows), {name: round(share, 4) for name, share in measured.items()})
    assert {name: share for name, share in measured.items() if share < FLOORS[part][name]} == {}


def test_each_kind_of_error(judged: list[dict[str, object]]) -> None:
    """The share of false sentences that is flagged, kind by kind; -s prints the table."""
    kinds = _by_kind([row for row in judged if row["label"]])
    for kind, shares in kinds.items():
        print(f"{kind:<20} flagged {shares['flagged']:.2f}  refuted {shares['refuted']:.2f}")
    assert {
        kind: kinds[kind]["flagged"] for kind, floor in FLOORS["kinds"].items() if kinds[kind]["flagged"] < floor
    } == {}
