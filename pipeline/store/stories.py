"""Stories and which items they hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.store import items as items_
from pipeline.store.representative import order
from pipeline.store.rows import chunks, upsert
from pipeline.store.tables import issues, items, memberships, stories
from pipeline.types import Item, Membership, Slot, Story


def story_of(db: Connection, item_ids: Iterable[str]) -> dict[str, str]:
    """Item id -> its present story. The id of a story is one of an item: this says where it is told now."""
    found: dict[str, str] = {}
    for ids in chunks(item_ids):
        query = sa.select(memberships.c.item_id, memberships.c.story_id).where(memberships.c.item_id.in_(ids))
        found.update((item_id, story_id) for item_id, story_id in db.execute(query))
    return found


def join(db: Connection, found: Sequence[Membership], first_seen: dict[str, datetime]) -> None:
    """Begin stories at ``first_seen[story_id]``, unless they are there, and put items into them or into others."""
    upsert(db, stories, [{"id": story_id, "first_seen_at": at} for story_id, at in first_seen.items()])
    upsert(db, memberships, [asdict(m) for m in found])
    items_.folded(db, [m.item_id for m in found])


def members(db: Connection, story_id: str) -> list[Membership]:
    """How each item of a story came into it."""
    rows = db.execute(sa.select(memberships).where(memberships.c.story_id == story_id)).mappings()
    return [Membership(**row) for row in rows]


def move(db: Connection, found: Sequence[Membership], began: datetime) -> None:
    """Put items that have their story into another one, which begins at ``began`` if it is not there yet.

    A story that holds items holds the one that it is named after, so that no two are ever named alike: when that one
    leaves, what is left (say what joined since) goes with it.
    """
    upsert(db, stories, [{"id": story_id, "first_seen_at": began} for story_id in {m.story_id for m in found}])
    leaving = {m.item_id: m.story_id for m in found if m.item_id != m.story_id}
    rest = sa.select(memberships).where(
        memberships.c.story_id.in_(list(leaving)), memberships.c.item_id.not_in([m.item_id for m in found])
    )
    behind = [
        Membership(item_id=row["item_id"], story_id=leaving[row["story_id"]], method="reviewer")
        for row in db.execute(rest).mappings()
    ]
    rows = [asdict(m) for m in (*found, *behind)]
    upsert(db, memberships, rows, update=("story_id", "method", "score"))


def in_window(db: Connection, opens_at: datetime, closes_at: datetime) -> set[str]:
    """Ids of the stories with an item fetched in [opens_at, closes_at)."""
    query = (
        sa.select(memberships.c.story_id)
        .join(items, items.c.id == memberships.c.item_id)
        .where(items.c.fetched_at >= opens_at, items.c.fetched_at < closes_at)
        .distinct()
    )
    return set(db.scalars(query))


def merged_in(db: Connection, opens_at: datetime, closes_at: datetime) -> int:
    """How many items of the window joined a story that another item had begun."""
    query = (
        sa.select(sa.func.count())
        .select_from(memberships.join(items, items.c.id == memberships.c.item_id))
        .where(
            items.c.fetched_at >= opens_at,
            items.c.fetched_at < closes_at,
            memberships.c.item_id != memberships.c.story_id,
        )
    )
    return db.scalar(query) or 0


def load(
    db: Connection,
    story_ids: Iterable[str],
    *,
    since: Mapping[str, datetime] | None = None,
    until: datetime | None = None,
) -> dict[str, Story]:
    """The stories, by id, each with its representative first; one query for every 500.

    Only items fetched in [``since`` of the story, ``until``) count; a story without any is not there.
    """
    found = {}
    for story_id, members in items_.by_story(db, story_ids).items():
        start = (since or {}).get(story_id)
        kept = [i for i in members if (not start or i.fetched_at >= start) and (not until or i.fetched_at < until)]
        if kept:
            found[story_id] = as_story(story_id, kept)
    return found


def of_slots(db: Connection, slots: Iterable[Slot], until: datetime | None = None) -> dict[str, Story]:
    """The stories as these slots tell them: of one that ran before, only what came after the issue that told it had
    closed (all of it where a reviewer moved that to another story).
    """
    wanted = list(slots)
    before = {s.story_id: s.ran_in for s in wanted if s.update_of == s.story_id and s.ran_in is not None}
    rows = db.execute(sa.select(issues.c.id, issues.c.closes_at).where(issues.c.id.in_(set(before.values()))))
    closed = {row.id: row.closes_at for row in rows}
    since = {story_id: closed[ran_in] for story_id, ran_in in before.items()}
    found = load(db, [s.story_id for s in wanted], since=since, until=until)
    return found | load(db, since.keys() - found.keys(), until=until)


def as_story(story_id: str, members: Sequence[Item]) -> Story:
    """A story out of its items."""
    return Story(
        id=story_id,
        items=order(members),
        first_seen_at=min(i.fetched_at for i in members),
        last_seen_at=max(i.fetched_at for i in members),
    )
