"""The leads of issues that code has to look at, and what it found about them."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.store.issues import OPEN
from pipeline.store.tables import issues, lead_checks
from pipeline.types import Check

_OWN = ("claim", "method", "verdict", "start", "end", "note", "probability", "source_item_id", "source")


def unverified(db: Connection) -> list[str]:
    """Ids of the issues with a lead that code has not looked at (a policy may approve and hold back in one breath)."""
    still = issues.c.status.in_((*OPEN, "approved"))
    query = sa.select(issues.c.id).where(issues.c.lead.is_not(None), issues.c.lead_cut.is_(None), still)
    return list(db.scalars(query.order_by(issues.c.id)))


def record_checks(db: Connection, issue_id: str, found: Sequence[Check], cut: Iterable[int]) -> None:
    """Write what code found about a lead; ``cut`` are the sentences that go when nobody saw them."""
    db.execute(lead_checks.delete().where(lead_checks.c.issue_id == issue_id))
    if found:
        db.execute(lead_checks.insert(), [{n: getattr(c, n) for n in _OWN} | {"issue_id": issue_id} for c in found])
    db.execute(issues.update().where(issues.c.id == issue_id).values(lead_cut=sorted(cut)))


def checks_of(db: Connection, issue_id: str) -> tuple[Check, ...]:
    """What code found about the lead of an issue, in order."""
    query = sa.select(lead_checks).where(lead_checks.c.issue_id == issue_id).order_by(lead_checks.c.id)
    rows = db.execute(query).mappings()
    return tuple(Check(story_id=issue_id, revision=0, **{n: row[n] for n in _OWN}) for row in rows)
