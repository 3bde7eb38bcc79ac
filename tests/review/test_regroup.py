"""Which of two stories stays, which items go, and where a story that came or came back prints."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.errors import ReviewError
from pipeline.review.regroup import going, slot_behind, slot_of_repeat, staying
from pipeline.types import Issue, Repeat, Slot
from tests.render.samples import item, story
from tests.store.test_tables import issue

ITEMS = [item(f"source{n}", f"Title {n}", f"https://lab.example/{n}") for n in range(3)]
FIRST, SECOND, THIRD = (
    replace(found, id=name, fetched_at=found.fetched_at + timedelta(hours=n))
    for n, (name, found) in enumerate(zip(("m", "a", "z"), ITEMS, strict=True))
)
STORY = replace(story(FIRST, SECOND, THIRD), id=FIRST.id)


def slot(story_id: str, position: int, section: str = "News", *, brief: bool = False) -> Slot:
    return Slot(section=section, position=position, story_id=story_id, score=0.5, revision=1, brief=brief)


HELD = issue(slots=(slot("full", 0), slot("lab", 1, "Labs"), slot("short", 2, "In brief", brief=True)))


@pytest.mark.parametrize(
    ("story_id", "other_id", "stays"),
    [
        ("full", "lab", "full"),
        ("lab", "full", "lab"),
        ("short", "lab", "lab"),
        ("absent", "short", "short"),
        ("full", "ran", "ran"),
        ("ran", "full", "ran"),
    ],
)
def test_what_ran_stays_else_the_better_place_else_the_first(story_id: str, other_id: str, stays: str) -> None:
    goes = ({story_id, other_id} - {stays}).pop()
    assert staying(story_id, other_id, HELD, {"ran", "older"}) == (stays, goes)


def test_two_stories_that_ran_stay_two() -> None:
    with pytest.raises(ReviewError, match="ran before, and so did older"):
        staying("ran", "older", HELD, {"ran", "older"})


@pytest.mark.parametrize(
    ("chosen", "new_id", "leaving"),
    [({"a"}, "a", {"a"}), ({"a", "z"}, "a", {"a", "z"}), ({"m"}, "a", {"a", "z"}), ({"m", "a"}, "z", {"z"})],
)
def test_a_story_keeps_its_name_and_the_new_one_is_named_after_its_first_item(
    chosen: set[str], new_id: str, leaving: set[str]
) -> None:
    named, moved = going(STORY, chosen)
    assert named == new_id
    assert {(m.item_id, m.story_id, m.method) for m in moved} == {(i, new_id, "reviewer") for i in leaving}


@pytest.mark.parametrize("chosen", [set(), {"m", "a", "z"}, {"other"}])
def test_a_story_cannot_lose_nothing_everything_or_what_it_does_not_hold(chosen: set[str]) -> None:
    with pytest.raises(ReviewError, match="item"):
        going(STORY, chosen)


def test_what_was_split_off_has_the_next_place_in_the_same_section_also_in_brief() -> None:
    old = replace(slot("short", 4, "In brief", brief=True), parts={"trust": 0.5}, update_of="x", ran_in="y")
    new = slot_behind(old, "new")
    assert (new.section, new.position, new.brief) == ("In brief", 5, True)
    assert (new.parts, new.revision, new.update_of, new.ran_in) == ({}, None, None, None)


@pytest.mark.parametrize(
    ("printed", "section", "position"),
    [
        (issue("2026-11-21", slots=(slot("old", 7, "Labs"),)), "Labs", 2),
        (issue("2026-11-21", slots=(slot("old", 7, "A section that is not here"),)), "News", 1),
        (None, "News", 1),
    ],
)
def test_what_is_no_repeat_prints_in_the_section_of_what_it_was_taken_to_repeat(
    printed: Issue | None, section: str, position: int
) -> None:
    repeat = Repeat(story_id="new", repeat_of="old", ran_in="2026-11-21", score=0.7)
    made = slot_of_repeat(repeat, HELD, printed)
    assert (made.section, made.position, made.update_of) == (section, position, None)
    again = slot_of_repeat(replace(repeat, story_id="old"), HELD, printed)
    assert (again.update_of, again.ran_in) == ("old", "2026-11-21")


def test_nothing_is_brought_back_into_an_issue_without_stories() -> None:
    repeat = Repeat(story_id="new", repeat_of="old", ran_in="2026-11-21", score=0.7)
    with pytest.raises(ReviewError, match="holds no stories"):
        slot_of_repeat(repeat, issue(), None)
