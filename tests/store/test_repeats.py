"""What was left out as a repeat, and what a reviewer brought back."""

from datetime import UTC, datetime

from sqlalchemy.engine import Connection

from pipeline.store import Store, issues, repeats
from pipeline.types import Action, Issue, Repeat, Review
from tests.store.test_tables import item, story

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def opened(db: Connection, *issue_ids: str) -> None:
    for issue_id in issue_ids:
        issues.add(
            db, Issue(id=issue_id, opens_at=NOW, closes_at=NOW, publish_at=NOW, status="in_review", subject="A digest")
        )


def say(db: Connection, issue_id: str, story_id: str | None, action: Action) -> None:
    issues.add_review(
        db,
        Review(
            issue_id=issue_id, story_id=story_id, revision=None, action=action, reviewer="ann", channel="cli",
            decided_at=NOW,
        ),
    )  # fmt: skip


def test_repeats_are_replaced_as_a_whole(store: Store) -> None:
    with store.begin() as db:
        opened(db, "2026-11-23", "2026-11-25")
        for name in ("a", "b", "c"):
            story(db, item(name))
        first = [Repeat(story_id=s, repeat_of="a", ran_in="2026-11-21", score=0.5) for s in ("a", "b")]
        other = [Repeat(story_id="b", repeat_of="a", ran_in="2026-11-23", score=0.25)]
        repeats.replace(db, "2026-11-23", first)
        repeats.replace(db, "2026-11-25", other)
        assert repeats.of_issue(db, "2026-11-23") == first
        repeats.replace(db, "2026-11-23", other)
        assert repeats.of_issue(db, "2026-11-23") == other
        repeats.replace(db, "2026-11-23", ())
        assert repeats.of_issue(db, "2026-11-23") == []
        assert repeats.of_issue(db, "2026-11-25") == other


def test_no_repeat_holds_in_every_later_issue_until_it_is_taken_back(store: Store) -> None:
    with store.begin() as db:
        opened(db, "2026-11-23", "2026-11-25")
        say(db, "2026-11-23", "a", "not_repeat")
        say(db, "2026-11-25", "b", "approve")
        assert repeats.cleared(db) == {"a": "2026-11-23"}
        say(db, "2026-11-25", "b", "not_repeat")
        assert repeats.cleared(db) == {"a": "2026-11-23", "b": "2026-11-25"}
        say(db, "2026-11-23", None, "undo")
        assert repeats.cleared(db) == {"b": "2026-11-25"}
