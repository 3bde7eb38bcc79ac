"""digest review --terminal: what a person sees and types, and that nothing happens by accident."""

import json

import pytest
from click.testing import Result

from tests.cli.conftest import ISSUE, Ask
from tests.e2e.world import World


def sit(ask: Ask, *lines: str) -> Result:
    """One sitting: these lines are typed."""
    result = ask("review", "--terminal", text="".join(line + "\n" for line in lines))
    assert result.exception is None, result.output
    return result


def decisions(ask: Ask) -> list[str | None]:
    return [json.loads(line)["decision"] for line in ask("issue", "show", ISSUE, "--json").stdout.splitlines()]


def test_every_decision_is_kept_at_once_and_the_next_sitting_goes_on(drafted: World, ask: Ask) -> None:
    first = sit(ask, "a", "r", "an advert", "h", "q")
    assert "Issue 2025-12-03 is in review; due 2025-12-03 18:00 UTC." in first.stdout
    assert "4 stories: 4 undecided." in first.stdout
    assert "rejected (an advert): " in first.stdout
    assert "Everything is kept. 4 stories: 1 approved, 1 rejected, 1 held, 1 undecided." in first.stdout
    assert decisions(ask) == ["approve", "reject", "hold", None]
    assert "── 4 of 4" in sit(ask, "q").stdout.split(">")[0], "the first undecided story"


@pytest.mark.parametrize("typed", ["", "x", "approve", "aa", "0", "99", "?"])
def test_enter_or_a_slip_decides_nothing_and_shows_the_keys(drafted: World, ask: Ask, typed: str) -> None:
    result = sit(ask, typed, "q")
    assert result.stdout.count("leave; everything is kept") == 2
    assert result.stdout.count("── 1 of 4") == 1
    assert decisions(ask) == [None] * 4


def test_leaving_by_the_end_of_input_keeps_everything(drafted: World, ask: Ask) -> None:
    assert "Everything is kept." in sit(ask, "a").stdout
    assert "Everything is kept." in sit(ask, "a", "r").stdout, "also at a question"
    assert decisions(ask) == ["approve", "approve", None, None]


def test_a_story_shows_its_sources_and_its_score(drafted: World, ask: Ask) -> None:
    shown = sit(ask, "2", "q").stdout
    assert "── 2 of 4 · News · undecided · extract · nothing flagged ─" in shown
    assert "https://" in shown
    assert "Why it is here: score 0." in shown


def test_going_about_stays_within_the_issue(drafted: World, ask: Ask) -> None:
    shown = sit(ask, "p", "4", "n", "q").stdout
    assert shown.count("── 1 of 4") == 2
    assert shown.count("── 4 of 4") == 1
    assert "That was the last. 4 stories: 4 undecided.\nA approves the issue, q leaves." in shown


def test_undo_goes_back_to_the_story_that_it_was_about(drafted: World, ask: Ask) -> None:
    shown = sit(ask, "a", "u", "u", "q").stdout
    assert "Taken back: approve by ann." in shown
    assert shown.count("── 1 of 4 · News · undecided") == 2
    assert "! issue 2025-12-03: there is nothing to undo" in shown
    assert decisions(ask) == [None] * 4


def test_a_story_moves_to_a_place_that_there_is(drafted: World, ask: Ask) -> None:
    before = [json.loads(line)["story_id"] for line in ask("issue", "show", ISSUE, "--json").stdout.splitlines()]
    shown = sit(ask, "4", "m", "9", "1", "q").stdout
    assert "9 is not in the range 1<=x<=4" in shown
    after = [json.loads(line)["story_id"] for line in ask("issue", "show", ISSUE, "--json").stdout.splitlines()]
    assert after == [before[3], *before[:3]]


def test_an_edit_is_checked_at_once_and_flagged(drafted: World, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "sed -i s/22.tokens/99\\ tokens/")
    rows = ask("issue", "show", ISSUE, "--json").stdout.splitlines()
    number = 1 + next(i for i, line in enumerate(rows) if "phone" in line)
    shown = sit(ask, str(number), "e", "q").stdout
    assert "approved · edited by ann · 1 finding" in shown
    assert "»99 tokens" in shown
    assert "   ! number: " in shown
    assert "1 finding in what would be printed" in shown


def test_an_edit_that_changes_nothing_is_no_edit(drafted: World, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "sed -i s/^#.*//")
    assert "Nothing changed." in sit(ask, "e", "q").stdout
    assert decisions(ask) == [None] * 4


@pytest.mark.parametrize("editor", ["sed -i d", "false", "/nowhere/editor"])
def test_an_edit_that_fails_changes_nothing(
    drafted: World, ask: Ask, monkeypatch: pytest.MonkeyPatch, editor: str
) -> None:
    monkeypatch.setenv("VISUAL", editor)
    assert "\n! " in sit(ask, "e", "q").stdout
    assert decisions(ask) == [None] * 4


def test_the_issue_is_approved_only_after_a_yes(drafted: World, ask: Ask) -> None:
    for answer in ("", "n"):
        assert "Nothing changed." in sit(ask, "A", answer, "q").stdout
    shown = sit(ask, "a", "A", "y").stdout
    assert "HOW THIS ISSUE WAS MADE" in shown, "the whole text is shown first"
    assert "4 stories: 1 approved, 3 undecided.\nUndecided stories are printed too" in shown
    assert "when it is due, 2025-12-03 18:00 UTC?" in shown
    assert f"Issue {ISSUE} is approved." in shown
    again = sit(ask, "h", "q").stdout
    assert "any decision that you make here voids its approval" in again
    assert "in_review" in ask("issue", "list").stdout


def test_an_issue_without_stories_cannot_be_approved(drafted: World, ask: Ask) -> None:
    shown = sit(ask, "r", "", "r", "", "r", "", "r", "", "A", "q").stdout
    assert "has no story left to print. `digest issue cancel 2025-12-03` calls it off" in shown
