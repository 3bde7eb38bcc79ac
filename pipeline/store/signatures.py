"""What remains of an item once it has its story: enough to find the few that a new one may belong to."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.store.rows import upsert
from pipeline.store.tables import embeddings, memberships, signatures
from pipeline.types import KnownSignature, Signature

_CHANGING = ("seen_at", "url_key", "text_hash", "meaning_sha256", "terms")


def keep(db: Connection, found: Iterable[Signature], forget_before: datetime) -> None:
    """Keep these, and drop those of items that were told before ``forget_before``."""
    upsert(db, signatures, [asdict(signature) for signature in found], update=_CHANGING)
    db.execute(signatures.delete().where(signatures.c.seen_at < forget_before))


def is_empty(db: Connection) -> bool:
    """Whether there are none: this store is new, or older than signatures."""
    return db.scalar(sa.select(signatures.c.item_id).limit(1)) is None


def known(db: Connection, since: datetime, until: datetime, limit: int) -> list[KnownSignature]:
    """Those of the items told during [since, until], the latest ``limit`` of them."""
    told = _told(since, until, limit)
    query = sa.select(told.c.item_id, memberships.c.story_id, told.c.url_key, told.c.text_hash, told.c.terms).join(
        memberships, memberships.c.item_id == told.c.item_id
    )
    return [KnownSignature(*row) for row in db.execute(query)]


def vectors(db: Connection, model: str, since: datetime, until: datetime, limit: int) -> list[tuple[str, bytes]]:
    """The story and the vector, as it is kept, of those of the same items that have one of that model."""
    told = _told(since, until, limit)
    query = (
        sa.select(memberships.c.story_id, embeddings.c.vector)
        .join(told, told.c.item_id == memberships.c.item_id)
        .join(embeddings, sa.and_(embeddings.c.model == model, embeddings.c.text_sha256 == told.c.meaning_sha256))
    )
    return [(story_id, vector) for story_id, vector in db.execute(query)]


def _told(since: datetime, until: datetime, limit: int) -> sa.Subquery:
    """The signatures of the items told during [since, until], the latest ones."""
    t = signatures.c
    latest = t.seen_at.desc(), t.item_id
    return sa.select(signatures).where(t.seen_at >= since, t.seen_at <= until).order_by(*latest).limit(limit).subquery()
