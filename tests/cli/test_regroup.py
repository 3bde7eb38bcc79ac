"""Joining, splitting, telling apart, bringing back: at the terminal desk, and as commands for scripts."""

import json
from collections.abc import Callable

import pytest

from pipeline.errors import ReviewError
from pipeline.store import repeats
from pipeline.store.tables import doubts
from pipeline.types import Repeat
from tests.cli.conftest import ISSUE, Ask
from tests.cli.test_review import sit
from tests.e2e.world import World

Rows = Callable[[], list[dict[str, object]]]


@pytest.fixture
def rows(ask: Ask) -> Rows:
    """What `issue show --json` says."""
    return lambda: [json.loads(line) for line in ask("issue", "show", ISSUE, "--json").stdout.splitlines()]


def flat(text: str) -> str:
    """The text on one line, however it was wrapped."""
    return " ".join(text.split())


def ids(rows: Rows) -> list[str]:
    return [str(row["story_id"]) for row in rows() if row["decision"] != "repeat"]


def test_two_stories_are_joined_and_parted_again_at_the_desk(drafted: World, ask: Ask, rows: Rows) -> None:
    before = ids(rows)
    shown = sit(ask, "2", "j", "3", "q").stdout
    assert "They are one story now." in shown
    assert "── 2 of 3 · News · undecided · extract" in shown
    assert ids(rows) == [before[0], before[1], before[3]]
    shown = sit(ask, "2", "s", "2", "q").stdout
    assert "They are two stories now, one behind the other." in shown
    assert ids(rows) == before
    shown = sit(ask, "u", "u", "q").stdout
    assert "Taken back: split by ann." in shown
    assert "Taken back: merge by ann." in shown
    assert ids(rows) == before


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["j", ""], "Nothing changed."),
        (["j", "1"], "is one story. Name two"),
        (["j", "99"], "story 99: there is no such story"),
        (["s", ""], "Nothing changed."),
        (["s", "2"], "has the sources 1 to 1"),
        (["s", "1"], "would leave a story without items"),
        (["s", "x"], "has the sources 1 to 1"),
        (["d"], "is in doubt with no other"),
        (["R"], "left out no repeats"),
        (["b"], "left out no repeats"),
    ],
)
def test_a_slip_changes_nothing(drafted: World, ask: Ask, rows: Rows, typed: list[str], said: str) -> None:
    before = rows()
    assert said in sit(ask, *typed, "q").stdout
    assert rows() == before


@pytest.fixture
def doubtful(drafted: World, rows: Rows) -> World:
    """The first story is perhaps the second, or the third."""
    first, second, third, _ = ids(rows)
    pairs = [(first, second, 0.17, "likeness .17; the versions differ"), (third, first, 0.15, "likeness .15")]
    with drafted.context() as ctx, ctx.store.begin() as db:
        for story_id, other_id, score, reason in pairs:
            row = {"story_id": story_id, "other_id": other_id, "score": score, "reason": reason, "at": drafted.now}
            db.execute(doubts.insert(), [row])
    return drafted


def test_what_is_perhaps_the_same_is_shown_and_offered(doubtful: World, ask: Ask, rows: Rows) -> None:
    titles = [str(row["headline"]) for row in rows()]
    shown = flat(sit(ask, "j", "", "q").stdout)
    assert f"Perhaps the same: 2 {titles[1]} (likeness .17; the versions differ)" in shown
    assert f"Perhaps the same: 3 {titles[2]} (likeness .15)" in shown
    assert "Perhaps the same as another story: 3 (each says so" in shown
    assert "With which story (its number, or its id) [2]: " in shown
    assert "They are one story now." in shown
    assert [row["perhaps_the_same"] for row in rows()].count([]) == 1, "the third is perhaps the joined one"
    assert "perhaps the same as 2 " in ask("issue", "show", ISSUE).stdout


def test_different_is_kept_and_taken_back(doubtful: World, ask: Ask, rows: Rows) -> None:
    shown = sit(ask, "d", "3", "1", "d", "q").stdout
    assert shown.count("They are two; nobody is asked again.") == 2
    assert not any(row["perhaps_the_same"] for row in rows())
    sit(ask, "u", "u", "q")
    assert sum(bool(row["perhaps_the_same"]) for row in rows()) == 3


@pytest.fixture
def repeating(drafted: World, ask: Ask, rows: Rows) -> str:
    """The second story was left out as a repeat of the first; gives its id."""
    first, second, *_ = ids(rows)
    with drafted.context() as ctx, ctx.store.begin() as db:
        from pipeline.store import issues

        issues.remove_slot(db, ISSUE, second)
        repeats.replace(db, ISSUE, [Repeat(story_id=second, repeat_of=first, ran_in="2025-12-01", score=0.61)])
    return second


def test_a_repeat_is_listed_and_brought_back(repeating: str, ask: Ask, rows: Rows) -> None:
    said = f"(likeness 0.61) · {repeating}"
    seen = flat(sit(ask, "R", "q").stdout)
    assert said in seen
    assert "Left out as repeats: 1 (R lists them, b brings one back)." in seen
    listed = ask("issue", "show", ISSUE).stdout
    assert "\nLeft out as repeats\n" in listed
    assert said in flat(listed)
    assert rows()[-1]["decision"] == "repeat"
    shown = sit(ask, "b", "2", "1", "q").stdout
    assert "2 is not in the range" in shown
    assert "It prints, and is never left out again." in shown
    assert "Why it is here: a reviewer put it here" in shown
    assert repeating in ids(rows)
    assert "Left out" not in ask("issue", "show", ISSUE).stdout
    sit(ask, "u", "q")
    assert repeating not in ids(rows)


def test_the_same_as_commands(repeating: str, ask: Ask, rows: Rows) -> None:
    before = rows()
    first, third, fourth = ids(rows)
    assert ask("issue", "bring-back", ISSUE, repeating).stdout == f"{repeating} prints in {ISSUE}.\n"
    assert ask("issue", "merge", ISSUE, first, third).stdout == f"They are one story now: {first}.\n"
    items = next([item["id"] for item in row["items"]] for row in rows() if row["story_id"] == first)  # type: ignore[attr-defined]
    assert set(items) == {first, third}
    assert ask("issue", "split", ISSUE, first, third).stdout == f"They are two stories now: {first} and {third}.\n"
    assert ask("issue", "different", ISSUE, first, fourth).stdout == f"{first} and {fourth} are two stories.\n"
    for _ in range(4):
        assert ask("issue", "undo", ISSUE).stdout == "Taken back.\n"
    assert rows() == before
    assert isinstance(ask("issue", "undo", ISSUE).exception, ReviewError)
