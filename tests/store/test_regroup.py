"""Items change their story, slots come and go with that, and pairs are told apart: on both databases."""

from dataclasses import replace

from sqlalchemy.engine import Connection

from pipeline.store import Store, doubts, issues, stories
from pipeline.store.tables import doubts as doubts_table
from pipeline.types import Membership, Review, Slot
from tests.store.test_tables import HOUR, ISSUE, NOW, got, issue, item, opened, review, story


def to(story_id: str, *item_ids: str) -> list[Membership]:
    return [Membership(item_id=i, story_id=story_id, method="reviewer") for i in item_ids]


def holds(db: Connection, *story_ids: str) -> dict[str, set[str]]:
    return {story_id: {m.item_id for m in stories.members(db, story_id)} for story_id in story_ids}


def test_items_move_to_a_new_story_and_back_as_they_were(store: Store) -> None:
    with store.begin() as db:
        story(db, item("a"), item("b"), item("c"))
        before = [m for m in stories.members(db, "a") if m.item_id == "b"]
        stories.move(db, to("b", "b"), NOW)
        assert holds(db, "a", "b") == {"a": {"a", "c"}, "b": {"b"}}
        assert stories.merged_in(db, NOW, NOW + HOUR) == 1, "a story that was split off is merged with nothing"
        stories.move(db, before, NOW)
        assert holds(db, "a", "b") == {"a": {"a", "b", "c"}, "b": set()}
        assert [m for m in stories.members(db, "a") if m.item_id == "b"] == before


def test_what_joined_a_story_since_goes_with_the_item_that_it_is_named_after(store: Store) -> None:
    with store.begin() as db:
        story(db, item("a"))
        story(db, item("b"), item("late"))
        stories.move(db, to("a", "b"), NOW)
        assert holds(db, "a", "b") == {"a": {"a", "b", "late"}, "b": set()}


def test_the_slot_of_a_story_without_items_is_not_there_until_they_are_back(store: Store) -> None:
    with store.begin() as db:
        opened(db, "a", "b", "c")
        stories.move(db, to("a", "b"), NOW)
        assert [s.story_id for s in got(db).slots] == ["a", "c"]
        stories.move(db, to("b", "b"), NOW)
        assert [s.story_id for s in got(db).slots] == ["a", "b", "c"]


def test_a_slot_is_put_at_its_place_and_taken_out(store: Store) -> None:
    new = Slot(section="News", position=1, story_id="new", score=0.0, parts={"trust": 0.5}, revision=3)
    with store.begin() as db:
        opened(db, "a", "b")
        story(db, item("new"))
        issues.insert_slot(db, ISSUE, new)
        assert got(db).slots[1] == new
        assert [(s.story_id, s.position) for s in got(db).slots] == [("a", 0), ("new", 1), ("b", 2)]
        issues.insert_slot(db, ISSUE, replace(new, position=2))
        assert [(s.story_id, s.revision) for s in got(db).slots] == [("a", None), ("new", None), ("b", None)]
        issues.remove_slot(db, ISSUE, "new")
        assert [s.story_id for s in got(db).slots] == ["a", "b"]


def said(story_id: str, other_id: str, action: str = "different", issue_id: str = ISSUE) -> Review:
    return replace(review(action, story_id, issue_id), other_id=other_id)  # type: ignore[arg-type]


def test_pairs_are_told_apart_under_the_ids_that_their_stories_have_now(store: Store) -> None:
    with store.begin() as db:
        opened(db, "a", "b", "c", "d")
        issues.add(db, issue("2026-11-25"))
        issues.add_review(db, said("a", "b", "split"))
        issues.add_review(db, said("c", "d", issue_id="2026-11-25"))
        assert doubts.told_apart(db) == {frozenset("ab"), frozenset("cd")}
        issues.add_review(db, review("undo", None, "2026-11-25"))
        assert doubts.told_apart(db) == {frozenset("ab")}
        stories.move(db, to("c", "b"), NOW)
        assert doubts.told_apart(db) == {frozenset("ac")}
        stories.move(db, to("a", "b", "c"), NOW)
        assert doubts.told_apart(db) == set(), "a later merge has the last word"


def test_a_doubt_is_open_until_somebody_settles_it(store: Store) -> None:
    with store.begin() as db:
        opened(db, "a", "b", "c", "d")
        pairs = [("a", "b", 0.2, None), ("b", "c", 0.3, None), ("c", "d", 0.4, "different")]
        for story_id, other_id, score, verdict in pairs:
            row = {"story_id": story_id, "other_id": other_id, "score": score, "reason": "r", "verdict": verdict}
            db.execute(doubts_table.insert(), [row | {"at": NOW}])

        def now(*story_ids: str) -> list[tuple[str, str, float]]:
            return [(d.story_id, d.other_id, d.score) for d in doubts.open_of(db, story_ids)]

        assert now("a", "b", "c", "d") == [("b", "c", 0.3), ("a", "b", 0.2)]
        assert now("a") == [("a", "b", 0.2)]
        issues.add_review(db, said("c", "b"))
        assert now("a", "b", "c", "d") == [("a", "b", 0.2)]
        stories.move(db, to("d", "a"), NOW)
        assert now("b", "d") == [("d", "b", 0.2)]
