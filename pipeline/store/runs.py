"""Run records, the problems that a run met, and the install's own secret."""

import secrets as random_secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from pipeline.store.rows import upsert
from pipeline.store.tables import problems, runs, secrets
from pipeline.types import Problem


def start(db: Connection, at: datetime) -> int:
    """Open a run record and give its number."""
    key = db.execute(runs.insert().values(started_at=at, counts={})).inserted_primary_key
    return int(key[0]) if key else 0


def finish(db: Connection, run_id: int, at: datetime, exit_code: int, counts: Mapping[str, int]) -> None:
    """Close a run record."""
    values = {"finished_at": at, "exit_code": exit_code, "counts": dict(counts)}
    db.execute(runs.update().where(runs.c.id == run_id).values(**values))


def add_problems(db: Connection, run_id: int | None, found: Sequence[Problem]) -> None:
    """Write problems."""
    if found:
        db.execute(problems.insert(), [{"run_id": run_id, **asdict(p)} for p in found])


def last(db: Connection) -> RowMapping | None:
    """The newest run record."""
    return db.execute(sa.select(runs).order_by(runs.c.id.desc()).limit(1)).mappings().first()


def problems_of(db: Connection, run_id: int) -> list[Problem]:
    """The problems of one run."""
    query = sa.select(problems).where(problems.c.run_id == run_id).order_by(problems.c.id)
    return [Problem(**{n: row[n] for n in Problem.__dataclass_fields__}) for row in db.execute(query).mappings()]


def secret(db: Connection, name: str) -> str:
    """A random secret of this install, made on first use (it signs Message-IDs so that they give no address away)."""
    upsert(db, secrets, [{"name": name, "value": random_secrets.token_hex(32)}])
    return str(db.scalar(sa.select(secrets.c.value).where(secrets.c.name == name)))
