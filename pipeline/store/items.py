"""Items: one row a publication, its text kept by hash."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from pipeline.store.rows import chunks, digest, keep_bodies, upsert
from pipeline.store.tables import UTCDateTime, bodies, items, memberships, pages, skips, slots, unfolded
from pipeline.types import Item

_CHANGING = ("url", "title", "body_sha256", "points", "comments", "media", "language", "text_url", "credit")
_KEPT_APART = ("body_sha256", "published_at")  # a page may say what the source does not
_COLUMNS = (
    *(c for c in items.columns if c.name not in _KEPT_APART),
    sa.func.coalesce(items.c.published_at, pages.c.published_at, type_=UTCDateTime).label("published_at"),
    bodies.c.body,
)


def add(db: Connection, found: Sequence[Item]) -> int:
    """Add items, or take over what changed of known ones (their fetched_at stays). Gives how many were new.

    A guid that a payload holds twice counts once, the first time.
    """
    unique = {i.id: i for i in reversed(found)}
    texts = {i.id: i.body.encode() for i in unique.values()}
    keep_bodies(db, texts.values())
    known: set[str] = set()
    for ids in chunks(unique):
        known.update(db.scalars(sa.select(items.c.id).where(items.c.id.in_(ids))))
    rows = []
    for item in unique.values():
        row = {c.name: getattr(item, c.name) for c in items.columns if c.name != "body_sha256"}
        row |= {
            "authors": list(item.authors),
            "media": list(item.media),
            "body_sha256": digest(texts[item.id]),
        }
        rows.append(row)
    upsert(db, items, rows, update=_CHANGING)
    new = unique.keys() - known
    upsert(db, unfolded, [{"item_id": item_id} for item_id in sorted(new)])
    return len(new)


def pending(db: Connection) -> list[Item]:
    """Items that are in no story and were not skipped with a reason, oldest first."""
    # ordered here: SQLite would rather walk all items in the order of their index than sort these few
    query = _select().where(items.c.id.in_(sa.select(unfolded.c.item_id)))
    found = [to_item(row) for row in db.execute(query).mappings()]
    return sorted(found, key=lambda i: (i.fetched_at, i.published_at or i.fetched_at, i.id))


def without_page(db: Connection, *, tried_from: datetime, tried_until: datetime, site: str = "") -> list[Item]:
    """Items whose page was not asked for and that may still get a story, and those whose page could not be had then,
    during [tried_from, tried_until), and that stand in no issue. Only those with an address at ``site``, when given.
    """
    new = sa.select(unfolded.c.item_id).outerjoin(pages, pages.c.item_id == unfolded.c.item_id)
    again = (
        sa.select(pages.c.item_id)
        .outerjoin(memberships, memberships.c.item_id == pages.c.item_id)
        .where(
            pages.c.outcome == "later",
            pages.c.fetched_at >= tried_from,
            pages.c.fetched_at < tried_until,
            sa.or_(memberships.c.story_id.is_(None), memberships.c.story_id.not_in(sa.select(slots.c.story_id))),
        )
    )
    wanted = sa.union(new.where(pages.c.item_id.is_(None)), again)
    there = sa.or_(*(c.startswith(site, autoescape=True) for c in (items.c.url, items.c.text_url)))
    query = _select().where(items.c.id.in_(wanted), there)
    return [to_item(row) for row in db.execute(query).mappings()]


def any_pending(db: Connection) -> bool:
    """Whether there is an item without a story."""
    return db.scalar(sa.select(unfolded.c.item_id).limit(1)) is not None


def folded(db: Connection, item_ids: Iterable[str]) -> None:
    """These have their story now, or the reason why they get none."""
    for ids in chunks(item_ids):
        db.execute(unfolded.delete().where(unfolded.c.item_id.in_(ids)))


def in_stories(db: Connection, since: datetime, limit: int) -> list[Item]:
    """The items fetched since then that have their story, the latest ``limit`` of them, latest first."""
    query = (
        _select()
        .join(memberships, memberships.c.item_id == items.c.id)
        .where(items.c.fetched_at >= since)
        .order_by(items.c.fetched_at.desc(), items.c.id)
        .limit(limit)
    )
    return [to_item(row) for row in db.execute(query).mappings()]


def skip(db: Connection, stage: str, reasons: Iterable[tuple[str, str]], at: datetime) -> None:
    """Record (subject, reason): nothing is dropped silently."""
    rows = [{"stage": stage, "subject": s, "reason": r, "at": at} for s, r in reasons]
    upsert(db, skips, rows)
    if stage == "dedupe":
        folded(db, [str(row["subject"]) for row in rows])


def window_counts(db: Connection, opens_at: datetime, closes_at: datetime) -> dict[str, int]:
    """What came in during [opens_at, closes_at): items, undated ones, items_<reason> for those in no story, and
    dropped_<reason> for entries of sources that became no item.
    """
    inside = sa.and_(items.c.fetched_at >= opens_at, items.c.fetched_at < closes_at)
    total, undated = db.execute(
        sa.select(
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(sa.case((items.c.published_at.is_(None), 1), else_=0)), 0),
        ).where(inside)
    ).one()
    query = (
        sa.select(skips.c.reason, sa.func.count())
        .join(items, items.c.id == skips.c.subject)
        .where(inside, skips.c.stage == "dedupe")
        .group_by(skips.c.reason)
    )
    dropped = {f"items_{reason}": count for reason, count in db.execute(query)}
    passed_over = (
        sa.select(skips.c.reason, sa.func.count())
        .outerjoin(items, items.c.id == skips.c.subject)
        .where(skips.c.stage == "fetch", skips.c.at >= opens_at, skips.c.at < closes_at, items.c.id.is_(None))
        .group_by(skips.c.reason)
    )
    dropped |= {f"dropped_{reason}": count for reason, count in db.execute(passed_over)}
    return {"items_fetched": total, "undated": undated, **dropped}


def _select() -> sa.Select[tuple[object, ...]]:
    """Items with their text: that of their page, where they had to be looked up (see the stage extract)."""
    of_page = sa.case((pages.c.outcome == "read", pages.c.body_sha256))
    text = sa.func.coalesce(of_page, items.c.body_sha256)
    tables = items.outerjoin(pages, pages.c.item_id == items.c.id).join(bodies, bodies.c.sha256 == text)
    return sa.select(*_COLUMNS).select_from(tables)


def by_story(db: Connection, story_ids: Iterable[str]) -> dict[str, list[Item]]:
    """The items of each story, in the order in which they joined it."""
    found: dict[str, list[Item]] = {}
    for ids in chunks(story_ids):
        query = (
            _select()
            .add_columns(memberships.c.story_id)
            .join(memberships, memberships.c.item_id == items.c.id)
            .where(memberships.c.story_id.in_(ids))
            .order_by(items.c.fetched_at, items.c.id)
        )
        for row in db.execute(query).mappings():
            found.setdefault(row["story_id"], []).append(to_item(row))
    return found


def to_item(row: RowMapping) -> Item:
    """A joined row of items and bodies as an Item."""
    fields = {c.name: row[c.name] for c in items.columns if c.name != "body_sha256"}
    item = Item(**fields, body=row["body"].decode())
    return replace(item, authors=tuple(item.authors), media=tuple(item.media))
