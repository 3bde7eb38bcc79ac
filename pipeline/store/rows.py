"""Small things that several table families need: chunks, kept bodies, one upsert for SQLite and PostgreSQL."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from pipeline.store.tables import bodies

Row = Mapping[str, object]
_CHUNK = 500  # bound parameters: SQLite takes 32,766 in one statement, PostgreSQL 65,535


def chunks(values: Iterable[str]) -> Iterator[list[str]]:
    """The values in lists of at most 500, for ``in_``."""
    every = list(values)
    for i in range(0, len(every), _CHUNK):
        yield every[i : i + _CHUNK]


def inserting(db: Connection) -> Callable[[sa.Table], postgresql.Insert | sqlite.Insert]:
    """How the database at hand spells an insert that may meet a row with the same key."""
    return _inserting(db.dialect.name)


def _inserting(dialect: str) -> Callable[[sa.Table], postgresql.Insert | sqlite.Insert]:
    return postgresql.insert if dialect == "postgresql" else sqlite.insert


def upsert(db: Connection, table: sa.Table, rows: Sequence[Row], *, update: Sequence[str] = ()) -> None:
    """Insert rows; where the key is there already, set the ``update`` columns (none: leave the row as it is)."""
    if rows:
        db.execute(_upserting(db.dialect.name, table, tuple(update)), list(rows))


@lru_cache
def _upserting(dialect: str, table: sa.Table, update: tuple[str, ...]) -> sa.Executable:
    """The statement; making it anew takes longer than running it."""
    insert = _inserting(dialect)(table)
    key = list(table.primary_key.columns)
    if not update:
        return insert.on_conflict_do_nothing(index_elements=key)
    return insert.on_conflict_do_update(index_elements=key, set_={c: insert.excluded[c] for c in update})


def keep_bodies(db: Connection, found: Iterable[bytes]) -> None:
    """Keep each body once, under its hash; bodies are only ever added (a citation goes on pointing at its text)."""
    upsert(db, bodies, [{"sha256": digest(b), "body": b} for b in dict.fromkeys(found)])


def digest(body: bytes) -> str:
    """The sha256 of a body, in hex."""
    return sha256(body).hexdigest()
