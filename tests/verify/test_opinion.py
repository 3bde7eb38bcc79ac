"""What another model is asked of the sentences that code left open, and what of its answer counts."""

import json
from dataclasses import replace

import pytest

from pipeline.errors import ModelError
from pipeline.model.prompting import load_prompt
from pipeline.resources import find
from pipeline.types import Check, Claim
from pipeline.verify.engine import sources_of, verify_summary
from pipeline.verify.opinion import Question, left_open, question, read_answer
from tests.verify.test_repair import BODY, STORY, SUMMARY

DRAFT = replace(
    SUMMARY,
    headline="A start-up in Rotterdam",
    claims=(Claim(text="It has 777 offices."), Claim(text="It pays 888 salaries."), Claim(text="It raised $400M.")),
    why_it_matters=None,
)
CHECKS = verify_summary(DRAFT, STORY.items)
QUOTE = "It employs 120 people in Rotterdam"


def _asked() -> Question:
    return question(load_prompt(find("prompts", "check.md")), DRAFT, STORY, [0, 1])


def _read(verdict: str, quote: str, probe: str = "unclear") -> list[Check]:
    asked = _asked()
    number = next(n for n, claim in asked.claims.items() if claim == 1)
    entries = [
        {"sentence": number, "verdict": verdict, "quote": quote},
        {"sentence": asked.shown.probe, "verdict": probe, "quote": QUOTE},
    ]
    return read_answer(json.dumps({"sentences": entries}), asked, DRAFT, sources_of(STORY.items))


def test_only_what_code_left_open_is_asked_about() -> None:
    refuted = [replace(c, claim=2, verdict="refuted") for c in CHECKS[:1]]
    open_ = [replace(c, claim=n, verdict="not_enough_info") for n in (0, 1, 2) for c in CHECKS[:1]]
    assert left_open([*open_, *refuted]) == [0, 1]
    prompt = _asked().prompt.user
    assert "] It pays 888 salaries." in prompt
    assert BODY in prompt
    assert "$400M" not in prompt


@pytest.mark.parametrize(("verdict", "note"), [("supported", "borne out"), ("refuted", "contradicted")])
def test_a_verdict_with_words_of_the_source_counts(verdict: str, note: str) -> None:
    (check,) = _read(verdict, QUOTE.upper())
    assert (check.method, check.claim, check.verdict, check.source_item_id) == ("model", 1, verdict, "i")
    assert check.source == "It employs 120 people in Rotterdam."
    assert check.note.startswith("finds")
    assert note in check.note


@pytest.mark.parametrize(
    ("verdict", "quote"),
    [("supported", ""), ("supported", "It pays 888 salaries"), ("refuted", "120 people"), ("unclear", QUOTE)],
)
def test_a_verdict_without_them_counts_nothing(verdict: str, quote: str) -> None:
    assert _read(verdict, quote) == []


def test_who_calls_anything_supported_is_believed_in_nothing() -> None:
    with pytest.raises(ModelError, match="none of its verdicts is believed"):
        _read("supported", QUOTE, probe="supported")


@pytest.mark.parametrize("answer", ["", "Yes.", "{}", '{"sentences": [{"sentence": 1, "verdict": "sure"}]}'])
def test_an_answer_of_another_shape_says_nothing(answer: str) -> None:
    assert read_answer(answer, _asked(), DRAFT, sources_of(STORY.items)) == []
