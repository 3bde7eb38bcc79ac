"""What a reviewer is shown of a story, and what their edit means."""

from dataclasses import replace

import pytest

from pipeline.errors import ReviewError
from pipeline.review import desk, queue
from pipeline.review.others import Perhaps
from pipeline.store.decisions import Decided
from pipeline.text.wrap import width
from pipeline.types import Check, Citation, Claim, Doubt, Slot
from tests.render.samples import NAMES, item, story, summary

BODY = "Heron 2 has 64B parameters and reads 256k tokens of context. It is out today."
ITEM = item("openai", "Heron 2 is out", "https://lab.example/heron-2", body=BODY)
OTHER = item("jiqizhixin", "苍鹭二号发布：六百四十亿参数的开源模型，上下文长度达到二十五万六千个词元，今日开放下载", "")
STORY = story(ITEM, OTHER)
CITED = Claim(
    text="Heron 2 has 65B parameters.", citations=(Citation(item_id=ITEM.id, start=0, end=60, quote=BODY[:60]),)
)
WRITTEN = replace(summary(STORY, "Heron 2 opens", "x"), claims=(CITED, Claim(text="It is out today.")))
FLAGGED = Check(
    story_id=STORY.id,
    revision=1,
    claim=0,
    method="number",
    verdict="refuted",
    start=12,
    end=26,
    note="The source says 64B, not 65B",
)


def card(**over: object) -> queue.Card:
    slot = Slot(section="Labs", position=0, story_id=STORY.id, score=0.512, parts={"trust": 0.9}, revision=1)
    fields: dict[str, object] = {
        "decided": Decided(slot=slot),
        "story": STORY,
        "summary": WRITTEN,
        "checks": (FLAGGED, replace(FLAGGED, claim=1, verdict="supported", note="")),
        **over,
    }
    return queue.Card(**fields)  # type: ignore[arg-type]


def brief() -> queue.Card:
    made = card(summary=None, checks=())
    return replace(made, decided=Decided(slot=replace(made.decided.slot, brief=True, revision=None)))


def test_a_finding_stands_under_its_sentence_beside_the_source_text() -> None:
    lines = desk.told(card(), 2, 9, NAMES).splitlines()
    assert lines[0].startswith("── 2 of 9 · Labs · undecided · written by gpt-5.4-mini · 1 finding ──")
    at = lines.index("1. Heron 2 has »65B parameters«.")
    assert lines[at + 1] == f"     OpenAI: “{BODY[:60]}”"
    assert lines[at + 2] == "   ! number: The source says 64B, not 65B"
    assert "     (no source text stands behind this sentence)" in lines
    assert lines[-1] == "Why it is here: score 0.51 (trust in its source 0.90)"


@pytest.mark.parametrize(("claim", "before"), [(-1, "Heron 2 opens"), (-2, "Why it matters: It is open.")])
def test_findings_about_headline_and_meaning_stand_under_these(claim: int, before: str) -> None:
    summary_ = replace(WRITTEN, why_it_matters="It is open.")
    lines = desk.told(card(summary=summary_, checks=(replace(FLAGGED, claim=claim),)), 1, 1, NAMES).splitlines()
    at = next(i for i, line in enumerate(lines) if line.replace("»", "").replace("«", "") == before)
    assert lines[at + 1] == "   ! number: The source says 64B, not 65B"


def test_what_the_source_says_stands_beside_a_finding_once() -> None:
    elsewhere = replace(FLAGGED, source_item_id=ITEM.id, source="Heron 2 has 64B parameters.")
    lines = desk.told(card(checks=(elsewhere,)), 1, 1, NAMES).splitlines()
    at = lines.index("   ! number: The source says 64B, not 65B")
    assert lines[at + 1] == "   !   OpenAI: “Heron 2 has 64B parameters.”"
    cited = replace(elsewhere, source=BODY[:40])
    assert desk.told(card(checks=(cited,)), 1, 1, NAMES).count(BODY[:40]) == 1, "it stands above as evidence"


def test_what_a_model_said_of_a_sentence_is_shown_and_is_no_finding() -> None:
    said = replace(FLAGGED, method="model", verdict="supported", note="other-1 finds it borne out")
    shown = desk.told(card(checks=(said,)), 1, 1, NAMES)
    assert "   ! model: other-1 finds it borne out" in shown
    assert "nothing flagged" in shown


def test_why_it_is_here_says_the_parts_in_words_what_adds_most_first() -> None:
    def why(parts: dict[str, float]) -> str:
        slot = replace(card().decided.slot, parts=parts)
        return card(decided=Decided(slot=slot)).why

    parts = {"breadth": 0.5, "a_new_part": 0.9, "interest": 0.0, "points": 0.0}
    assert why(parts) == "score 0.51 (number of sources 0.50, a new part 0.90; nothing for your interests, votes)"
    assert why({"interest": 0.0}) == "score 0.51 (nothing for your interests)"
    assert why({}) == "a reviewer put it here"


def test_what_is_perhaps_the_same_is_named_by_its_number_or_its_id() -> None:
    doubt = Doubt(story_id=STORY.id, other_id="other", score=0.171, reason="likeness .17; the versions differ")
    other = story(item("lab", "Heron 2.1 is out", "https://lab.example/heron-2-1"))
    here = Perhaps(story=other, doubt=doubt, number=7)
    shown = desk.told(card(perhaps=(here, replace(here, number=None))), 1, 9, NAMES, 200).splitlines()
    said = "Heron 2.1 is out (likeness .17; the versions differ)"
    assert f"Perhaps the same: 7 {said}" in shown
    assert f"Perhaps the same: {other.id}, not in this issue, {said}" in shown
    assert replace(here, number=None, ran_in="2025-12-01").told == f"{other.id}, printed in 2025-12-01, {said}"
    listed = "\n".join(desk.contents([card(perhaps=(here,))]))
    assert f"      perhaps the same as 7 {said}" in listed
    row = {"story_id": other.id, "score": 0.171, "reason": doubt.reason, "ran_in": None, "headline": "Heron 2.1 is out"}
    assert card(perhaps=(here,)).row["perhaps_the_same"] == [row]


def test_the_sources_of_a_story_have_numbers() -> None:
    lines = desk.told(card(), 1, 1, NAMES).splitlines()
    assert "  1. OpenAI: Heron 2 is out" in lines
    assert sum(line.startswith("  2. ") for line in lines) == 1


@pytest.mark.parametrize("columns", [52, 60, 88])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    lines = desk.told(card(), 1, 1, NAMES, columns).splitlines()[1:]
    assert max(width(line) for line in lines) <= columns


def test_an_extract_is_not_printed_twice() -> None:
    own = Claim(text=BODY[:60], citations=(Citation(item_id=ITEM.id, start=0, end=60, quote=BODY[:60]),))
    shown = desk.told(card(summary=replace(WRITTEN, claims=(own,), written_by="extract"), checks=()), 1, 1, NAMES)
    assert shown.count(BODY[:60]) == 1
    assert "· extract · nothing flagged" in shown


def test_a_story_in_brief_shows_its_sources_and_cannot_be_edited() -> None:
    shown = desk.told(brief(), 1, 1, NAMES)
    assert "· In brief · undecided · its title only · nothing flagged" in shown
    assert "https://lab.example/heron-2" in shown
    assert "(no link)" in shown
    with pytest.raises(ReviewError, match="nothing to edit"):
        desk.edit_form(brief())


@pytest.mark.parametrize(
    ("decision", "comment", "said"),
    [(None, "", "undecided"), ("approve", "", "approved"), ("reject", "an advert", "rejected (an advert)")],
)
def test_a_decision_is_told_with_its_reason(decision: str | None, comment: str, said: str) -> None:
    decided = replace(card().decided, decision=decision, comment=comment)
    assert f"· {said} ·" in desk.told(card(decided=decided), 1, 1, NAMES)


def test_the_tally_counts_findings_in_what_would_be_printed_only() -> None:
    one = card()
    rejected = card(decided=replace(one.decided, decision="reject"))
    assert desk.tally([one]) == "1 story: 1 undecided; 1 finding in what would be printed"
    assert desk.tally([rejected, brief()]) == "2 stories: 1 rejected, 1 undecided"


def test_contents_number_the_stories_section_by_section() -> None:
    lines = list(desk.contents([card(), brief()]))
    assert [line for line in lines if line.startswith("\n")] == ["\nLabs", "\nIn brief"]
    assert lines[1] == "   1  Heron 2 opens"
    assert lines[2] == f"      undecided · written by gpt-5.4-mini · 2 reports · 1 finding · {STORY.id}"


def test_an_unchanged_form_reads_back_as_it_was() -> None:
    headline, sentences = desk.read_edit(desk.edit_form(card()))
    assert (headline, sentences) == (WRITTEN.headline, [c.text for c in WRITTEN.claims])


@pytest.mark.parametrize("text", ["", "# only a comment\n", "A headline alone\n", "\n\n  \n"])
def test_an_edit_without_headline_and_sentence_is_refused(text: str) -> None:
    with pytest.raises(ReviewError, match="a headline and one sentence at least"):
        desk.read_edit(text)


def test_a_translation_stands_under_its_text_and_one_that_did_not_hold_is_told() -> None:
    under = {("zh", -1): "Heron 2开放", ("zh", 0): "", ("zh", 1): "今天发布。"}
    lines = desk.told(card(translations=under), 1, 1, NAMES).splitlines()
    assert lines[lines.index("Heron 2 opens") + 1] == "     zh: Heron 2开放"
    assert lines[lines.index("2. It is out today.") + 1] == "     zh: 今天发布。"
    assert "     zh: (no translation held; it prints without)" in lines
