"""Findings as a person reads them, and as a program does."""

from dataclasses import replace

import pytest

from pipeline.review.findings import of_lead, of_summary
from pipeline.types import HEADLINE, WHY_IT_MATTERS
from tests.render.samples import NAMES, issue
from tests.review.test_desk import FLAGGED, ITEM, STORY, WRITTEN

CHECK = replace(FLAGGED, source_item_id=ITEM.id, source="Heron 2 has 64B parameters.")


def test_a_finding_shows_both_spans() -> None:
    (found,) = of_summary(STORY, WRITTEN, [CHECK, replace(CHECK, claim=1, verdict="supported")])
    assert list(found.told(NAMES, 88)) == [
        "   ! sentence 1, number: The source says 64B, not 65B",
        "       Heron 2 has »65B parameters«.",
        "       OpenAI: “Heron 2 has 64B parameters.”",
    ]
    row = found.row
    assert (row["part"], row["method"], row["verdict"], row["source_id"]) == (
        "sentence 1",
        "number",
        "refuted",
        "openai",
    )
    assert str(row["text"])[int(str(row["start"])) : int(str(row["end"]))] == "65B parameters"


@pytest.mark.parametrize("gone", [replace(CHECK, source_item_id="gone"), replace(CHECK, source_item_id=None)])
def test_words_of_an_item_that_left_the_story_are_still_shown(gone: object) -> None:
    (found,) = of_summary(STORY, WRITTEN, [gone])  # type: ignore[list-item]
    assert "       a source: “Heron 2 has 64B parameters.”" in found.told(NAMES, 88)


def test_findings_stand_in_the_order_of_print() -> None:
    checks = [replace(CHECK, claim=c, start=0, end=1) for c in (WHY_IT_MATTERS, 1, 0, HEADLINE)]
    found = of_summary(STORY, replace(WRITTEN, why_it_matters="It is open."), checks)
    assert [f.part for f in found] == ["headline", "sentence 1", "sentence 2", "why it matters"]
    assert of_summary(STORY, None, checks) == []


def test_of_a_lead_each_finding_names_its_sentence() -> None:
    (found,) = of_lead(issue(), [replace(CHECK, claim=1, start=0, end=10)], [STORY])
    assert (found.part, found.item) == ("sentence 2", ITEM)
    assert of_lead(issue(lead=()), [CHECK], [STORY]) == []
