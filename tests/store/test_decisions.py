"""What a row of decisions amounts to."""

from datetime import UTC, datetime

import pytest

from pipeline.store.decisions import decide
from pipeline.types import Action, Review, Slot

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def slots(*names: str) -> list[Slot]:
    return [Slot(section=n[0], position=i, story_id=n, score=0.5, revision=1) for i, n in enumerate(names)]


def review(action: Action, story: str | None = None, revision: int | None = 1, position: int | None = None) -> Review:
    return Review(
        issue_id="2026-11-23",
        story_id=story,
        revision=revision,
        action=action,
        reviewer="ann",
        channel="terminal",
        decided_at=NOW,
        position=position,
    )


def test_without_decisions_everything_prints_and_nothing_is_reviewed() -> None:
    decided = decide(slots("a1", "a2"), [])
    assert [(d.printed, d.reviewed) for d in decided] == [(True, False), (True, False)]


@pytest.mark.parametrize(
    ("action", "printed", "reviewed"), [("approve", True, True), ("reject", False, False), ("hold", False, False)]
)
def test_one_decision(action: Action, printed: bool, reviewed: bool) -> None:
    (decided,) = decide(slots("a1"), [review(action, "a1")])
    assert (decided.printed, decided.reviewed) == (printed, reviewed)


def test_the_last_decision_wins_and_undo_takes_back_one_at_a_time() -> None:
    history = [review("approve", "a1"), review("reject", "a1"), review("undo")]
    assert decide(slots("a1"), history)[0].decision == "approve"
    assert decide(slots("a1"), [*history, review("undo")])[0].decision is None


def test_an_approval_of_another_revision_counts_for_nothing() -> None:
    assert decide(slots("a1"), [review("approve", "a1", revision=7)])[0].decision is None


def test_an_edit_prints_its_own_revision_approved_and_undo_brings_the_old_one_back() -> None:
    edited = [review("edit", "a1", revision=2)]
    assert (decide(slots("a1"), edited)[0].slot.revision, decide(slots("a1"), edited)[0].reviewed) == (2, True)
    undone = decide(slots("a1"), [*edited, review("undo")])[0]
    assert (undone.slot.revision, undone.reviewed) == (1, False)


@pytest.mark.parametrize(
    ("story", "position", "order"),
    [
        ("a3", 0, ["a3", "a1", "a2", "b1"]),
        ("a1", 1, ["a2", "a1", "a3", "b1"]),
        ("a1", 9, ["a2", "a3", "a1", "b1"]),
        ("b1", 0, ["a1", "a2", "a3", "b1"]),
    ],
)
def test_a_reorder_moves_within_the_section(story: str, position: int, order: list[str]) -> None:
    decided = decide(slots("a1", "a2", "a3", "b1"), [review("reorder", story, position=position)])
    assert [d.slot.story_id for d in decided] == order
    assert [d.slot.position for d in decided] == [0, 1, 2, 0]


def test_a_decision_about_a_story_of_another_draft_is_passed_over() -> None:
    assert decide(slots("a1"), [review("reject", "gone")])[0].printed
