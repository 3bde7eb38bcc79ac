"""The ledger of what was sent to whom, and who gets it.

A row is written before the first byte is sent. A row that a dead run left in ``sending`` becomes ``unknown``: the mail
may have gone (RFC 1047), so only a person may send it again.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.errors import ReviewError
from pipeline.store.rows import upsert
from pipeline.store.tables import deliveries, issues, recipients
from pipeline.types import Delivery

_NAMES = tuple(Delivery.__dataclass_fields__)
NOTICE = "notice"  # the channel name of mails to reviewers; they ride in the same ledger


def queue(db: Connection, rows: Sequence[Delivery]) -> None:
    """Add rows; one that is there already stays as it is."""
    upsert(db, deliveries, [{n: getattr(r, n) for n in _NAMES} for r in rows])


def waiting(db: Connection, now: datetime) -> list[Delivery]:
    """Rows that may be sent now: queued, or deferred and due."""
    ready = sa.or_(
        deliveries.c.status == "queued",
        sa.and_(deliveries.c.status == "deferred", deliveries.c.next_attempt_at <= now),
    )
    return _select(db, ready)


def of_issue(db: Connection, issue_id: str) -> list[Delivery]:
    """Every row of an issue."""
    return _select(db, deliveries.c.issue_id == issue_id)


def with_status(db: Connection, *statuses: str) -> list[Delivery]:
    """Every row in one of these states."""
    return _select(db, deliveries.c.status.in_(statuses))


def _select(db: Connection, where: sa.ColumnElement[bool]) -> list[Delivery]:
    order = (deliveries.c.issue_id, deliveries.c.channel, deliveries.c.recipient)
    return [Delivery(**row) for row in db.execute(sa.select(deliveries).where(where).order_by(*order)).mappings()]


def claim(db: Connection, row: Delivery, now: datetime) -> bool:
    """Mark a row as being sent; False when it was not waiting any more."""
    where = sa.and_(_is(row), deliveries.c.status.in_(("queued", "deferred")))
    values = {"status": "sending", "attempts": deliveries.c.attempts + 1, "changed_at": now}
    return db.execute(deliveries.update().where(where).values(**values)).rowcount == 1


def settle(
    db: Connection, row: Delivery, status: str, now: datetime, detail: str, next_attempt_at: datetime | None
) -> None:
    """Write what became of a claimed row."""
    values = {"status": status, "changed_at": now, "detail": detail, "next_attempt_at": next_attempt_at}
    db.execute(deliveries.update().where(_is(row)).values(**values))


def _is(row: Delivery) -> sa.ColumnElement[bool]:
    return sa.and_(
        deliveries.c.issue_id == row.issue_id,
        deliveries.c.channel == row.channel,
        deliveries.c.recipient == row.recipient,
    )


def abandon(db: Connection, now: datetime) -> int:
    """Turn ``sending`` rows of a run that died into ``unknown``; call it only under the run lock. Gives how many."""
    values = {"status": "unknown", "changed_at": now, "detail": "the run ended while this was being sent"}
    return db.execute(deliveries.update().where(deliveries.c.status == "sending").values(**values)).rowcount


def settle_unknown(db: Connection, issue_id: str, recipient: str, status: str, now: datetime) -> int:
    """A person says what became of unknown rows: ``sent``, or ``queued`` to send again. Raises ReviewError for none."""
    where = sa.and_(
        deliveries.c.issue_id == issue_id,
        deliveries.c.recipient == recipient,
        deliveries.c.status == "unknown",
    )
    values = {"status": status, "changed_at": now, "detail": "settled by a person"}
    count = db.execute(deliveries.update().where(where).values(**values)).rowcount
    if count == 0:
        remedy = "`digest status` lists the unknown deliveries"
        raise ReviewError(f"has no unknown delivery to {recipient}", subject=f"issue {issue_id}", remedy=remedy)
    return count


def finished(db: Connection) -> list[str]:
    """Ids of issues that are being sent and have no row left to send."""
    left = sa.select(deliveries.c.issue_id).where(
        deliveries.c.status.in_(("queued", "sending", "deferred")), deliveries.c.channel != NOTICE
    )
    query = sa.select(issues.c.id).where(issues.c.status == "sending", issues.c.id.not_in(left))
    return list(db.scalars(query))


def active_recipients(db: Connection) -> list[tuple[str, str]]:
    """(address, name) of everybody who gets the digest."""
    query = sa.select(recipients.c.address, recipients.c.name).where(recipients.c.removed_at.is_(None))
    return [(address, name) for address, name in db.execute(query.order_by(recipients.c.address))]


def add_recipients(db: Connection, people: Iterable[tuple[str, str]], now: datetime) -> None:
    """Add (address, name); somebody who was removed comes back."""
    rows = [{"address": a, "name": n, "added_at": now, "removed_at": None} for a, n in people]
    upsert(db, recipients, rows, update=("name", "removed_at"))


def remove_recipient(db: Connection, address: str, now: datetime) -> bool:
    """Stop sending to an address; False when it was not on the list. The row stays: it is the proof."""
    where = sa.and_(recipients.c.address == address, recipients.c.removed_at.is_(None))
    return db.execute(recipients.update().where(where).values(removed_at=now)).rowcount == 1
