"""What we know of each source between two fetches, and the bytes that it gave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.store.rows import chunks, digest, keep_bodies, upsert
from pipeline.store.tables import bodies, items, payloads, sources
from pipeline.types import Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """One source as the last fetch left it. ``failures`` are those in a row, ``trouble`` is the last one's message."""

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


def states(db: Connection) -> dict[str, SourceState]:
    """Every source that was ever asked, by id."""
    return {row["id"]: SourceState(**row) for row in db.execute(sa.select(sources)).mappings()}


def state(db: Connection, source_id: str) -> SourceState:
    """One source; as if never asked when it was not."""
    row = db.execute(sa.select(sources).where(sources.c.id == source_id)).mappings().one_or_none()
    return SourceState(**row) if row else SourceState(id=source_id, validators={})


def pending(db: Connection, ids: Sequence[str], now: datetime) -> list[str]:
    """Those of the configured ids that may be asked now: never asked, or next_fetch_at has come; not gone (410)."""
    known = states(db)
    return [i for i in ids if i not in known or _may_ask(known[i], now)]


def _may_ask(state: SourceState, now: datetime) -> bool:
    return state.gone_at is None and (state.next_fetch_at is None or state.next_fetch_at <= now)


def record(db: Connection, state: SourceState) -> None:
    """Write what a fetch left."""
    names = [c.name for c in sources.columns]
    row = {name: getattr(state, name) for name in names}
    upsert(db, sources, [{**row, "validators": dict(state.validators)}], update=[n for n in names if n != "id"])


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
        )
        db.execute(bodies.delete().where(bodies.c.sha256.in_(some), bodies.c.sha256.not_in(used)))
    return gone
