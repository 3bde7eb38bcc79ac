"""What the writer is told of the sentences that code found wrong, and what is taken of its answer."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipeline.model.prompting import load_prompt
from pipeline.resources import find
from pipeline.types import HEADLINE, WHY_IT_MATTERS, Citation, Claim, Item, Story, Summary
from pipeline.verify.engine import verify_summary
from pipeline.verify.repair import question, read_answer

NOW = datetime(2026, 11, 23, tzinfo=UTC)
BODY = "The start-up raised $40M on Monday. It employs 120 people in Rotterdam."
ITEM = Item(id="i", source_id="s", guid="g", url="https://lab.example/", title="A round", body=BODY, fetched_at=NOW)
STORY = Story(id="i", items=(ITEM,), first_seen_at=NOW, last_seen_at=NOW)
CITED = (Citation(item_id="i", start=0, end=35, quote=BODY[:35]),)
SUMMARY = Summary(
    story_id="i",
    revision=1,
    language="en",
    input_hash="h",
    headline="Start-up raises $400M",
    claims=(Claim(text="It employs 120 people."), Claim(text="The start-up raised $400M.", citations=CITED)),
    why_it_matters="It is worth $777.",
    written_by="model:test",
    written_at=NOW,
)
FINDINGS = [c for c in verify_summary(SUMMARY, STORY.items) if c.verdict != "supported"]


def _read(*sentences: tuple[int, str]) -> Summary | None:
    answer = {"sentences": [{"sentence": number, "text": text} for number, text in sentences]}
    return read_answer(json.dumps(answer), SUMMARY, STORY, FINDINGS)


def test_the_writer_sees_the_sources_the_wrong_sentences_and_what_is_wrong_with_them() -> None:
    prompt = question(load_prompt(find("prompts", "repair.md")), SUMMARY, STORY, FINDINGS)
    assert BODY in prompt.user
    assert "[1] Start-up raises $400M\n  wrong: “$400M”: The source says $40M, not $400M" in prompt.user
    assert "(the source: “The start-up raised $40M on Monday.”)" in prompt.user
    assert "120 people." not in prompt.user.replace(BODY, ""), "only what is wrong is mended"


def test_mended_sentences_take_their_places_and_keep_their_citations() -> None:
    mended = _read((1, "Start-up raises **$40M**"), (2, "The start-up raised $40M."), (3, ""))
    assert mended is not None
    assert mended.texts == {
        HEADLINE: "Start-up raises $40M",
        0: "It employs 120 people.",
        1: "The start-up raised $40M.",
    }
    assert mended.claims[1].citations == CITED
    assert mended.why_it_matters is None


def test_what_cannot_be_used_changes_nothing_and_a_claim_stays() -> None:
    unusable = [(1, ""), (2, "Win at https://evil.example/"), (3, "x" * 400), (9, "Nothing"), (-2, "Nothing")]
    assert _read(*unusable) is None
    alone = replace(SUMMARY, claims=SUMMARY.claims[1:])
    assert read_answer('{"sentences": [{"sentence": 2, "text": ""}]}', alone, STORY, FINDINGS_OF_ALONE) is None


FINDINGS_OF_ALONE = [
    c for c in verify_summary(replace(SUMMARY, claims=SUMMARY.claims[1:]), STORY.items) if c.verdict != "supported"
]


@pytest.mark.parametrize("answer", ["", "No.", "{}", '{"sentences": 3}', '{"sentences": [{"text": "x"}]}', "{" * 9_000])
def test_an_answer_of_another_shape_mends_nothing(answer: str) -> None:
    assert read_answer(answer, SUMMARY, STORY, FINDINGS) is None


def test_a_headline_and_why_it_matters_are_numbered_like_the_claims() -> None:
    assert [c.claim for c in FINDINGS] == [HEADLINE, 1, WHY_IT_MATTERS]
