"""The vectors of texts that were embedded, kept by the hash of the text as long as they are used."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.store.rows import chunks, upsert
from pipeline.store.tables import embeddings

KEPT = timedelta(days=60)
"""A vector that no run asked for in this time is dropped: by then its text has left every window."""

_MARKED_EVERY = timedelta(days=1)  # what is used all day long need not be written each time


def use(db: Connection, model: str, keys: Collection[str], at: datetime) -> dict[str, bytes]:
    """Those of the keys (sha256 of the text, in hex) that are there, marked as used. One query for every 500."""
    t = embeddings.c
    found: dict[str, bytes] = {}
    for some in chunks(keys):
        wanted = sa.and_(t.model == model, t.text_sha256.in_(some))
        rows = db.execute(sa.select(t.text_sha256, t.vector).where(wanted))
        found.update({row.text_sha256: row.vector for row in rows})
        db.execute(embeddings.update().where(wanted, t.used_at < at - _MARKED_EVERY).values(used_at=at))
    return found


def keep(db: Connection, model: str, vectors: Mapping[str, bytes], at: datetime) -> None:
    """Keep vectors by key, and drop those of any model that were not used for so long."""
    rows = [{"model": model, "text_sha256": key, "vector": v, "used_at": at} for key, v in vectors.items()]
    upsert(db, embeddings, rows, update=("vector", "used_at"))
    db.execute(embeddings.delete().where(embeddings.c.used_at < at - KEPT))
