"""How good extracts are: ROUGE above the first sentences of the same length, and hardly a defect, on 264 stories."""

import json
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from benchmarks import _extracts
from benchmarks._extracts import Case

FLOORS = json.loads((Path(__file__).parent / "extracts_floors.json").read_text())
Split = dict[str, tuple[list[Case], list[Case]]]


@pytest.fixture(scope="module")
def split(shared_data: Path) -> Split:
    news = _extracts.with_references(shared_data)
    first, others = news[: _extracts.STORIES], news[_extracts.STORIES :]
    return {
        "seen": (first, [*first, *_extracts.of_feeds(shared_data)]),
        "unseen": (others, [*others, *_extracts.of_pages(shared_data)]),
    }


@pytest.mark.parametrize("name", FLOORS)
def test_they_say_more_of_what_matters_than_the_first_sentences(split: Split, name: str) -> None:
    news, _ = split[name]
    figures = _extracts.scores(_extracts.ours, news)
    assert all(figure >= floor for figure, floor in zip(figures, FLOORS[name]["rouge"], strict=True)), figures
    longer = _extracts.scores(partial(_extracts.lead, count=4), news)
    assert all(figure > first for figure, first in zip(figures, longer, strict=True))


@pytest.mark.parametrize("name", FLOORS)
def test_no_sentence_dangles_repeats_or_is_cut(split: Split, name: str) -> None:
    _, cases = split[name]
    said = [(case, _extracts.ours(case)) for case in cases]
    found = sum((_extracts.defects(case, texts) for case, texts in said), Counter[str]())
    assert (found["dangling"], found["repeats"], found["unseen"]) == (0, 0, 0)
    assert found.total() <= FLOORS[name]["most_alarms"], "these are false ones: see docs/writing.md"
    assert sum(not texts for _, texts in said) <= FLOORS[name]["none"]
