"""What we know of each source between two fetches, and the bytes that it gave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.store.rows import chunks, digest, inserting, keep_bodies, upsert
from pipeline.store.tables import UTCDateTime, bodies, items, pages, payloads, sources, spendings
from pipeline.types import Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """One source as the last fetch left it. ``failures`` are those in a row, ``trouble`` is the last one's message.

    ``entries`` and ``wish`` are of the last payload that could be read; ``options_hash`` tells that its options in
    config.yaml have changed since; ``alerted_at`` is when somebody was told of the failures.
    """

    id: str
    url: str | None = None
    validators: Mapping[str, str]
    cursor: str | None = None
    moved_to: str | None = None
    next_fetch_at: datetime | None = None
    checked_at: datetime | None = None
    succeeded_at: datetime | None = None
    failures: int = 0
    trouble: str | None = None
    gone_at: datetime | None = None
    options_hash: str | None = None
    entries: int | None = None
    wish: Mapping[str, object] | None = None
    alerted_at: datetime | None = None


def states(db: Connection) -> dict[str, SourceState]:
    """Every source that was ever asked, by id."""
    return {row["id"]: SourceState(**row) for row in db.execute(sa.select(sources)).mappings()}


def pending(db: Connection, configured: Mapping[str, str], now: datetime) -> list[str]:
    """Those of the configured sources (id -> hash of its options) that may be asked now: never asked with these
    options, or next_fetch_at has come; not gone (410).
    """
    known = states(db)
    return [i for i, options_hash in configured.items() if i not in known or _may_ask(known[i], options_hash, now)]


def _may_ask(state: SourceState, options_hash: str, now: datetime) -> bool:
    if state.options_hash is not None and state.options_hash != options_hash:
        return True  # the operator mended something
    return state.gone_at is None and (state.next_fetch_at is None or state.next_fetch_at <= now)


def record(db: Connection, *found: SourceState) -> None:
    """Write what fetches left."""
    names = [c.name for c in sources.columns]
    rows = [
        {
            **{name: getattr(state, name) for name in names},
            "validators": dict(state.validators),
            "wish": dict(state.wish) if state.wish else None,
        }
        for state in found
    ]
    upsert(db, sources, rows, update=[n for n in names if n != "id"])


def unreported(db: Connection, ids: Sequence[str], failures: int) -> list[SourceState]:
    """Those of the configured ids that failed so often in a row, or are gone, and that nobody was told of."""
    known = states(db)
    asked = (known[i] for i in ids if i in known)
    return [s for s in asked if (s.failures >= failures or s.gone_at is not None) and s.alerted_at is None]


def set_alerted(db: Connection, ids: Sequence[str], at: datetime | None) -> None:
    """Say that somebody was told of these failing sources, or (None) was not."""
    for some in chunks(ids):
        db.execute(sources.update().where(sources.c.id.in_(some)).values(alerted_at=at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Yield:
    """What a source gives: items first seen in a span, and when the newest of all was published (or first seen)."""

    items: int
    newest_at: datetime


def yields(db: Connection, since: datetime) -> dict[str, Yield]:
    """By source id, for those that ever gave something: one query."""
    recent = sa.func.sum(sa.case((items.c.fetched_at >= since, 1), else_=0))
    newest = sa.func.max(sa.func.coalesce(items.c.published_at, items.c.fetched_at, type_=UTCDateTime))
    query = sa.select(items.c.source_id, recent, newest).group_by(items.c.source_id)
    return {row[0]: Yield(items=int(row[1]), newest_at=row[2]) for row in db.execute(query)}


def spend(db: Connection, source_id: str, cost_usd_micros: int, at: datetime) -> None:
    """Book what a fetch cost, by day (UTC)."""
    row = {"source_id": source_id, "day": f"{at.astimezone(UTC):%Y-%m-%d}", "cost_usd_micros": cost_usd_micros}
    insert = inserting(db)(spendings).values(row)
    added = spendings.c.cost_usd_micros + insert.excluded.cost_usd_micros
    db.execute(insert.on_conflict_do_update(index_elements=["source_id", "day"], set_={"cost_usd_micros": added}))


def spent(db: Connection, since: datetime) -> dict[str, tuple[int, int]]:
    """(since that day, in all) in millionths of a US dollar, by source."""
    recent = sa.case((spendings.c.day >= f"{since.astimezone(UTC):%Y-%m-%d}", spendings.c.cost_usd_micros), else_=0)
    query = sa.select(spendings.c.source_id, sa.func.sum(recent), sa.func.sum(spendings.c.cost_usd_micros))
    return {row[0]: (int(row[1]), int(row[2])) for row in db.execute(query.group_by(spendings.c.source_id))}


def keep(db: Connection, found: Sequence[Payload]) -> None:
    """Keep payloads, so that parsing can be repeated without asking again."""
    keep_bodies(db, (p.body for p in found))
    rows = [
        {
            "source_id": p.source_id,
            "url": p.url,
            "fetched_at": p.fetched_at,
            "media_type": p.media_type,
            "sha256": digest(p.body),
        }
        for p in found
    ]
    upsert(db, payloads, rows)


def forget_payloads(db: Connection, before: datetime) -> int:
    """Delete payloads fetched before then, and bytes that nothing else points at. Gives how many payloads went."""
    old = payloads.c.fetched_at < before
    hashes = set(db.scalars(sa.select(payloads.c.sha256).where(old)))
    gone = db.execute(payloads.delete().where(old)).rowcount
    for some in chunks(hashes):
        used = sa.union(
            sa.select(payloads.c.sha256).where(payloads.c.sha256.in_(some)),
            sa.select(items.c.body_sha256).where(items.c.body_sha256.in_(some)),
            sa.select(pages.c.body_sha256).where(pages.c.body_sha256.in_(some)),
        )
        db.execute(bodies.delete().where(bodies.c.sha256.in_(some), bodies.c.sha256.not_in(used)))
    return gone
