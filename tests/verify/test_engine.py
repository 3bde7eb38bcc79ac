"""What a reviewer is shown about a summary, and what the plumbing prints about a row."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipeline.types import HEADLINE, WHY_IT_MATTERS, Check, Citation, Claim, Item, Summary
from pipeline.verify.engine import apply_verify, verify_summary

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
BODY = "The start-up raised $40M on Monday. “We will open every weight,” said Ann Lee."
ITEM = Item(
    id="i1",
    source_id="lab",
    guid="g",
    url="https://lab.example/round",
    title="Lab raises $40M",
    body=BODY,
    fetched_at=NOW,
    published_at=datetime(2026, 11, 22, 8, tzinfo=UTC),
)


def _cite(quote: str) -> tuple[Citation, ...]:
    start = BODY.index(quote)
    return (Citation(item_id="i1", start=start, end=start + len(quote), quote=quote),)


SUMMARY = Summary(
    story_id="s1",
    revision=2,
    language="en",
    input_hash="h",
    headline="Lab raises $40 million",
    claims=(
        Claim(text="It raised 40 million dollars on 22 November 2026.", citations=_cite("The start-up raised $40M")),
        Claim(text="Ann Lee said “we will open every weight”.", citations=_cite("“We will open every weight,”")),
    ),
    why_it_matters="See https://lab.example/round?utm_source=x",
    written_by="model:test",
    written_at=NOW,
)


def _wrong(summary: Summary) -> list[Check]:
    return [c for c in verify_summary(summary, [ITEM]) if c.verdict != "supported"]


def test_a_true_summary_is_borne_out_and_its_day_may_be_that_of_publication() -> None:
    checks = verify_summary(SUMMARY, [ITEM])
    assert {c.verdict for c in checks} == {"supported"}
    assert {c.claim for c in checks} == {HEADLINE, 0, 1, WHY_IT_MATTERS}
    assert {(c.story_id, c.revision) for c in checks} == {("s1", 2)}


def test_a_check_holds_what_the_source_says() -> None:
    (wrong,) = _wrong(replace(SUMMARY, headline="Lab raises $400 million", why_it_matters=None))
    assert (wrong.source_item_id, wrong.source) == ("i1", "Lab raises $40M")


def test_each_invention_is_named() -> None:
    false = replace(
        SUMMARY,
        headline="Lab raises $400 million",
        claims=(
            *SUMMARY.claims,
            Claim(text="It has 777 staff.", citations=_cite("The start-up raised $40M")),
            Claim(text="Lee said “we will close every weight”.", citations=_cite("“We will open every weight,”")),
        ),
        why_it_matters="Win at https://evil.example/",
    )
    found = {(c.claim, c.method, c.verdict): c.note for c in _wrong(false)}
    assert found == {
        (HEADLINE, "number", "refuted"): "The source says $40M, not $400 million",
        (2, "number", "refuted"): "777 is in none of the sources",
        (3, "quote", "refuted"): "These words are in none of the sources: “we will close every weight”."
        " The source says “We will open every weight”",
        (WHY_IT_MATTERS, "link", "refuted"): "This link is not one of the story's own: https://evil.example/",
    }


@pytest.mark.parametrize(
    ("citation", "note"),
    [
        (Citation(item_id="i1", start=0, end=9, quote="The"), "not at that place"),
        (Citation(item_id="i1", start=0, end=0, quote=""), "not at that place"),
        (Citation(item_id="other", start=0, end=3, quote="The"), "not an item of this story"),
    ],
)
def test_a_citation_must_say_what_it_cites(citation: Citation, note: str) -> None:
    claim = Claim(text="It raised money.", citations=(citation,))
    (check,) = _wrong(replace(SUMMARY, claims=(claim,)))
    assert (check.claim, check.method, check.verdict, check.start, check.end) == (0, "quote", "refuted", 0, 16)
    assert note in check.note


def test_an_item_without_text_is_cited_by_its_title() -> None:
    citation = Citation(item_id="i1", start=0, end=10, quote="Lab raises")
    summary = replace(SUMMARY, claims=(Claim(text="It raised money.", citations=(citation,)),), why_it_matters=None)
    assert not [c for c in verify_summary(summary, [replace(ITEM, body="")]) if c.verdict != "supported"]


def test_a_row_of_the_plumbing() -> None:
    row = {"id": "r1", "summary": "It raised $400M.", "sources": [{"id": "a", "text": BODY}], "label": 1}
    found = apply_verify(row)
    assert (found["id"], found["verdict"]) == ("r1", "refuted")
    assert found["spans"] == [
        {
            "start": 10,
            "end": 15,
            "method": "number",
            "verdict": "refuted",
            "note": "The source says $40M, not $400M",
        }
    ]
    true = apply_verify({**row, "summary": "It raised $40M."})
    assert true["verdict"] == "supported"
    assert isinstance(true["score"], float)
    assert isinstance(found["score"], float)
    assert 0 <= found["score"] < true["score"] <= 1


def test_links_of_a_row_are_those_of_its_sources_unless_it_names_them() -> None:
    row = {"id": "r1", "summary": "https://a.example/x", "sources": [{"id": "a", "text": "See https://a.example/x."}]}
    assert apply_verify(row)["verdict"] == "supported"
    assert apply_verify({**row, "links": []})["verdict"] == "refuted"


@pytest.mark.parametrize(
    "row", [{}, {"id": "x", "summary": 3, "sources": []}, {"id": "x", "summary": "", "sources": "t"}]
)
def test_a_bad_row_is_a_value_error(row: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        apply_verify(row)
