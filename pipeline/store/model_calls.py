"""Every model call with what it took, and the answers that need not be asked for again."""

from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.store.rows import upsert
from pipeline.store.tables import model_answers, model_calls
from pipeline.types import ModelCall


def answer(db: Connection, key: str) -> str | None:
    """The answer kept under that key."""
    return db.scalar(sa.select(model_answers.c.answer).where(model_answers.c.key == key))


def keep_answer(db: Connection, key: str, text: str, at: datetime) -> None:
    """Keep an answer, in the place of an older one (which is not valid any more)."""
    upsert(db, model_answers, [{"key": key, "answer": text, "at": at}], update=("answer", "at"))


def log(db: Connection, call: ModelCall) -> None:
    """Write one call."""
    db.execute(model_calls.insert(), [asdict(call)])


def all_calls(db: Connection) -> list[ModelCall]:
    """Every call, in its order."""
    columns = [c for c in model_calls.c if c.name != "id"]
    return [ModelCall(**row) for row in db.execute(sa.select(*columns).order_by(model_calls.c.id)).mappings()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What the calls of one model for one stage took together."""

    model: str
    stage: str
    calls: int
    from_cache: int
    failed: int
    input_tokens: int
    output_tokens: int
    cost_usd_micros: int


def usage(db: Connection, since: datetime | None = None) -> list[Usage]:
    """Calls, tokens and cost by model and stage."""
    t = model_calls.c
    count = sa.func.count

    def total(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(column), 0)

    query = sa.select(
        t.model,
        t.stage,
        count().filter(t.from_cache.is_(False)).label("calls"),
        count().filter(t.from_cache.is_(True)).label("from_cache"),
        count().filter(t.error != "").label("failed"),
        total(t.input_tokens).label("input_tokens"),
        total(t.output_tokens).label("output_tokens"),
        total(t.cost_usd_micros).label("cost_usd_micros"),
    ).group_by(t.model, t.stage)
    if since is not None:
        query = query.where(t.called_at >= since)
    return [Usage(**row) for row in db.execute(query.order_by(t.model, t.stage)).mappings()]
