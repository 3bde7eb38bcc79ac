"""Summaries (one row a revision) and the checks of their claims."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection, RowMapping

from pipeline.store.rows import chunks
from pipeline.store.tables import checks, issues, slots, summaries
from pipeline.types import Check, Claim, Summary, Tags

_CLAIMS = TypeAdapter(tuple[Claim, ...])
_TAGS = TypeAdapter(Tags)
_OWN = (
    "story_id",
    "revision",
    "language",
    "input_hash",
    "headline",
    "why_it_matters",
    "written_by",
    "written_at",
    "note",
)
Key = tuple[str, int]  # story_id, revision


def add(db: Connection, summary: Summary) -> None:
    """Write one revision; it still has to be verified."""
    row = {n: getattr(summary, n) for n in _OWN}
    row |= {
        "claims": [asdict(c) for c in summary.claims],
        "tags": asdict(summary.tags),
        "cut": [],
        "verified_at": None,
    }
    db.execute(summaries.insert(), [row])


def next_revision(db: Connection, story_id: str) -> int:
    """The number of the next revision of a story; the first is 1."""
    query = sa.select(sa.func.max(summaries.c.revision)).where(summaries.c.story_id == story_id)
    return (db.scalar(query) or 0) + 1


def hashes(db: Connection, story_ids: Iterable[str]) -> dict[str, dict[str, int]]:
    """story id -> {input hash: newest revision with it}, so that nothing is written twice for the same input."""
    found: dict[str, dict[str, int]] = {}
    for ids in chunks(story_ids):
        query = (
            sa.select(summaries.c.story_id, summaries.c.input_hash, summaries.c.revision)
            .where(summaries.c.story_id.in_(ids), summaries.c.input_hash != "")
            .order_by(summaries.c.revision)
        )
        for story_id, input_hash, revision in db.execute(query):
            found.setdefault(story_id, {})[input_hash] = revision
    return found


def load(db: Connection, story_ids: Iterable[str]) -> dict[Key, Summary]:
    """Every revision of these stories."""
    found: dict[Key, Summary] = {}
    for ids in chunks(story_ids):
        for row in db.execute(sa.select(summaries).where(summaries.c.story_id.in_(ids))).mappings():
            found[row["story_id"], row["revision"]] = _summary(row)
    return found


def _summary(row: RowMapping) -> Summary:
    own = {n: row[n] for n in _OWN}
    return Summary(**own, claims=_CLAIMS.validate_python(row["claims"]), tags=_TAGS.validate_python(row["tags"]))


def unverified(db: Connection) -> list[Key]:
    """The revisions in open issues whose claims code has not looked at."""
    query = (
        sa.select(summaries.c.story_id, summaries.c.revision)
        .join(slots, slots.c.story_id == summaries.c.story_id)
        .join(issues, issues.c.id == slots.c.issue_id)
        .where(summaries.c.verified_at.is_(None), issues.c.status.in_(("draft", "in_review")))
        .distinct()
        .order_by(summaries.c.story_id, summaries.c.revision)
    )
    return [(story_id, revision) for story_id, revision in db.execute(query)]


def record_checks(db: Connection, key: Key, found: Sequence[Check], cut: Iterable[int], at: datetime) -> None:
    """Write what code found about one revision; ``cut`` are the claims that go when nobody reviews it."""
    where = sa.and_(checks.c.story_id == key[0], checks.c.revision == key[1])
    db.execute(checks.delete().where(where))
    if found:
        db.execute(checks.insert(), [asdict(c) for c in found])
    mine = sa.and_(summaries.c.story_id == key[0], summaries.c.revision == key[1])
    db.execute(summaries.update().where(mine).values(verified_at=at, cut=sorted(cut)))


def checks_of(db: Connection, story_ids: Iterable[str]) -> dict[Key, tuple[Check, ...]]:
    """The checks of every revision of these stories."""
    found: dict[Key, tuple[Check, ...]] = {}
    for ids in chunks(story_ids):
        query = sa.select(checks).where(checks.c.story_id.in_(ids)).order_by(checks.c.id)
        for row in db.execute(query).mappings():
            check = Check(**{n: row[n] for n in Check.__dataclass_fields__})
            key = (check.story_id, check.revision)
            found[key] = (*found.get(key, ()), check)
    return found


def cuts_of(db: Connection, story_ids: Iterable[str]) -> dict[Key, frozenset[int]]:
    """Which claims of each revision go when nobody reviews it (-1 the headline, -2 why_it_matters)."""
    found: dict[Key, frozenset[int]] = {}
    for ids in chunks(story_ids):
        query = sa.select(summaries.c.story_id, summaries.c.revision, summaries.c.cut)
        for story_id, revision, cut in db.execute(query.where(summaries.c.story_id.in_(ids))):
            found[story_id, revision] = frozenset(cut)
    return found
