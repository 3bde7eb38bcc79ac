"""What an issue left out because it ran before, and which stories a reviewer called no repeat."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.store.decisions import standing
from pipeline.store.issues import reviews_in
from pipeline.store.rows import upsert
from pipeline.store.stories import in_window
from pipeline.store.tables import repeats, reviews
from pipeline.types import Issue, Repeat

_FIELDS = tuple(Repeat.__dataclass_fields__)


def replace(db: Connection, issue_id: str, found: Sequence[Repeat]) -> None:
    """Put these in place of what stands there for the issue."""
    db.execute(repeats.delete().where(repeats.c.issue_id == issue_id))
    add(db, issue_id, found)


def add(db: Connection, issue_id: str, found: Sequence[Repeat]) -> None:
    """Add these; a story that the issue leaves out already stays as it is."""
    rows = [{"issue_id": issue_id, **{name: getattr(repeat, name) for name in _FIELDS}} for repeat in found]
    upsert(db, repeats, rows)


def of_issue(db: Connection, issue_id: str) -> list[Repeat]:
    """What the issue left out, by story id."""
    query = sa.select(repeats).where(repeats.c.issue_id == issue_id).order_by(repeats.c.story_id)
    return [Repeat(**{name: row[name] for name in _FIELDS}) for row in db.execute(query).mappings()]


def left_out(db: Connection, issue: Issue) -> list[Repeat]:
    """What the issue still leaves out: nobody brought it back, and it has items that came in its window."""
    there = {slot.story_id for slot in issue.slots}
    came = in_window(db, issue.opens_at, issue.closes_at)
    return [r for r in of_issue(db, issue.id) if r.story_id in came - there]


def cleared(db: Connection) -> dict[str, str]:
    """Story id -> the last issue in which a reviewer said that it is no repeat: it is not left out until it ran."""
    touched = sa.select(reviews.c.issue_id).where(reviews.c.action == "not_repeat").distinct()
    kept = (review for found in reviews_in(db, touched).values() for review in standing(found))
    said = [(r.issue_id, r.story_id) for r in kept if r.action == "not_repeat" and r.story_id is not None]
    return {story_id: issue_id for issue_id, story_id in sorted(said)}
