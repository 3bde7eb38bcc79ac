"""Issues, their slots, the decisions about them, and their frozen renderings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from pipeline.errors import ReviewError
from pipeline.store.decisions import Decided, decide
from pipeline.store.rows import upsert
from pipeline.store.tables import deliveries, issues, lead_checks, memberships, renderings, reviews, slots
from pipeline.types import Issue, IssueStatus, Membership, Rendering, Review, Slot

PRINTED: tuple[IssueStatus, ...] = ("approved", "sending", "sent")  # in these a story counts as having run
OPEN: tuple[IssueStatus, ...] = ("draft", "in_review")
ISSUE_FORMATS = ("html", "text", "markdown")
NOTICE_FORMATS = ("notice_html", "notice_text")
MOVES: Mapping[IssueStatus, tuple[IssueStatus, ...]] = {
    "draft": ("in_review", "cancelled"),
    "in_review": ("approved", "draft", "cancelled"),
    "approved": ("sending", "in_review", "cancelled"),
    "sending": ("sent",),
    "sent": (),
    "cancelled": (),
}


def add(db: Connection, issue: Issue) -> None:
    """Open an issue."""
    names = ("id", "opens_at", "closes_at", "publish_at", "status", "subject")
    db.execute(
        issues.insert(),
        [{n: getattr(issue, n) for n in names} | {"lead": None, "counts": dict(issue.counts)}],
    )


def get(db: Connection, issue_id: str) -> Issue | None:
    """The issue with its slots as drafted, or None."""
    found = _select(db, issues.c.id == issue_id)
    return found[0] if found else None


def require(db: Connection, issue_id: str) -> Issue:
    """The issue with its slots as drafted. Raises ReviewError when there is none."""
    found = get(db, issue_id)
    if found is None:
        remedy = "`digest issue list` shows them"
        raise ReviewError("there is no such issue", subject=f"issue {issue_id}", remedy=remedy)
    return found


def with_status(db: Connection, *statuses: IssueStatus) -> list[Issue]:
    """The issues in one of these states, oldest first, with their slots."""
    return _select(db, issues.c.status.in_(statuses))


def by_id(db: Connection, issue_ids: Iterable[str]) -> list[Issue]:
    """These issues with their slots, oldest first."""
    return _select(db, issues.c.id.in_(list(issue_ids)))


def recent(db: Connection, limit: int = 50) -> list[Issue]:
    """The newest issues, newest first."""
    return _select(db, sa.true())[::-1][:limit]


def _select(db: Connection, condition: sa.ColumnElement[bool]) -> list[Issue]:
    rows = db.execute(sa.select(issues).where(condition).order_by(issues.c.id)).mappings().all()
    by_issue: dict[str, list[Slot]] = {}
    holds_items = sa.exists().where(memberships.c.story_id == slots.c.story_id)  # a merge may have emptied its story
    query = sa.select(slots).where(slots.c.issue_id.in_([r["id"] for r in rows]), holds_items)
    for row in db.execute(query.order_by(slots.c.position)).mappings():
        by_issue.setdefault(row["issue_id"], []).append(_slot(row))
    return [Issue(**{**row, **_lead(row)}, slots=tuple(by_issue.get(row["id"], ()))) for row in rows]


def _lead(row: RowMapping) -> dict[str, object]:
    return {
        "lead": tuple(row["lead"] or ()),
        "lead_about": tuple(map(tuple, row["lead_about"] or ())),
        "lead_cut": None if row["lead_cut"] is None else tuple(row["lead_cut"]),
    }


def _slot(row: RowMapping) -> Slot:
    return Slot(**{name: row[name] for name in Slot.__dataclass_fields__})


def replace_slots(db: Connection, issue_id: str, chosen: Sequence[Slot], counts: Mapping[str, int]) -> None:
    """Put these slots in place of those there; positions run through the whole issue, in the order given."""
    db.execute(slots.delete().where(slots.c.issue_id == issue_id))
    rows = [_slot_row(issue_id, replace(slot, position=i)) for i, slot in enumerate(chosen)]
    if rows:
        db.execute(slots.insert(), rows)
    db.execute(issues.update().where(issues.c.id == issue_id).values(counts=dict(counts)))
    set_lead(db, issue_id, None)


def _slot_row(issue_id: str, slot: Slot) -> dict[str, object]:
    row = {name: getattr(slot, name) for name in Slot.__dataclass_fields__}
    return row | {"issue_id": issue_id, "parts": dict(slot.parts)}


def insert_slot(db: Connection, issue_id: str, slot: Slot) -> None:
    """Put a slot at its position in the whole issue, before the one that stands there; a place that its story had in
    this issue before, it has again.
    """
    if set_revision(db, issue_id, slot.story_id, None):
        return
    behind = sa.and_(slots.c.issue_id == issue_id, slots.c.position >= slot.position)
    db.execute(slots.update().where(behind).values(position=slots.c.position + 1))
    db.execute(slots.insert(), [_slot_row(issue_id, slot)])


def remove_slot(db: Connection, issue_id: str, story_id: str) -> None:
    """Take a slot out of an issue."""
    db.execute(slots.delete().where(slots.c.issue_id == issue_id, slots.c.story_id == story_id))


def set_revision(db: Connection, issue_id: str, story_id: str, revision: int | None) -> bool:
    """Say which revision of a story's summary its slot prints (None: it is to be written); whether it has a slot."""
    where = sa.and_(slots.c.issue_id == issue_id, slots.c.story_id == story_id)
    return db.execute(slots.update().where(where).values(revision=revision)).rowcount > 0


def reprint(db: Connection, story_id: str, old: int, new: int) -> None:
    """Print another revision of a story in the open issues that print the old one."""
    open_ = sa.select(issues.c.id).where(issues.c.status.in_(OPEN))
    where = sa.and_(slots.c.story_id == story_id, slots.c.revision == old, slots.c.issue_id.in_(open_))
    db.execute(slots.update().where(where).values(revision=new))


def set_lead(
    db: Connection,
    issue_id: str,
    lead: Sequence[str] | None,
    subject: str | None = None,
    about: Sequence[Sequence[str]] = (),
) -> None:
    """Write the lead, which is still to be verified; None asks for a new one."""
    db.execute(lead_checks.delete().where(lead_checks.c.issue_id == issue_id))
    values: dict[str, object] = {"lead": None if lead is None else list(lead), "lead_cut": None}
    values["lead_about"] = [list(ids) for ids in about]
    if subject is not None:
        values["subject"] = subject
    db.execute(issues.update().where(issues.c.id == issue_id).values(**values))


def without_lead(db: Connection) -> list[str]:
    """Ids of issues whose lead is still to be written (a policy may approve and hold back in one breath)."""
    query = sa.select(issues.c.id).where(issues.c.lead.is_(None), issues.c.status.in_((*OPEN, "approved")))
    return list(db.scalars(query.order_by(issues.c.id)))


def move(db: Connection, issue_id: str, to: IssueStatus, **values: object) -> None:
    """Change the state, if the state it has allows that. Raises ReviewError otherwise, and changes nothing."""
    allowed = [status for status, targets in MOVES.items() if to in targets]
    where = sa.and_(issues.c.id == issue_id, issues.c.status.in_(allowed))
    if db.execute(issues.update().where(where).values(status=to, **values)).rowcount == 0:
        there = db.scalar(sa.select(issues.c.status).where(issues.c.id == issue_id))
        message = f"is {there}; it cannot become {to}" if there else "there is no such issue"
        raise ReviewError(
            message, subject=f"issue {issue_id}", remedy="`digest issue list` shows the issues", kind="state"
        )


def add_review(db: Connection, review: Review) -> None:
    """Append one decision."""
    row = {name: getattr(review, name) for name in Review.__dataclass_fields__}
    db.execute(reviews.insert(), [row | {"moved": [asdict(m) for m in review.moved]}])


def reviews_of(db: Connection, issue_id: str) -> list[Review]:
    """The decisions about an issue, in order."""
    return reviews_in(db, [issue_id]).get(issue_id, [])


def reviews_in(db: Connection, issue_ids: Iterable[str] | sa.Select[tuple[str]]) -> dict[str, list[Review]]:
    """Issue id -> its decisions, in order; an issue without any is not there."""
    wanted = issue_ids if isinstance(issue_ids, sa.Select) else list(issue_ids)
    found: dict[str, list[Review]] = {}
    for row in db.execute(sa.select(reviews).where(reviews.c.issue_id.in_(wanted)).order_by(reviews.c.id)).mappings():
        found.setdefault(row["issue_id"], []).append(_as_review(row))
    return found


def _as_review(row: RowMapping) -> Review:
    moved = tuple(Membership(**m) for m in row["moved"])
    return Review(**{n: row[n] for n in Review.__dataclass_fields__} | {"moved": moved})


def decided(db: Connection, issue: Issue) -> tuple[Decided, ...]:
    """The slots of an issue as the decisions leave them."""
    return decide(issue.slots, reviews_of(db, issue.id))


def ran(db: Connection) -> dict[str, str]:
    """Story id -> the issue that printed it; what a reviewer took out of an issue did not run in it."""
    query = (
        sa.select(slots.c.story_id, issues.c.id)
        .join(issues, issues.c.id == slots.c.issue_id)
        .where(issues.c.status.in_(PRINTED))
        .order_by(issues.c.id)
    )
    taken_out = {(d.slot.story_id, issue_id) for issue_id, d in _judged(db) if not d.printed}
    return {story_id: issue_id for story_id, issue_id in db.execute(query) if (story_id, issue_id) not in taken_out}


def last_words(db: Connection) -> dict[str, str]:
    """Story id -> "reject" or "hold", where that is what was decided of it last, in any issue."""
    found = {d.slot.story_id: d.decision for _, d in _judged(db) if d.decision is not None}
    return {story_id: word for story_id, word in found.items() if word != "approve"}


def _judged(db: Connection) -> list[tuple[str, Decided]]:
    """(issue id, slot as decided) of every issue out of which a story was ever taken, oldest issue first."""
    touched = sa.select(reviews.c.issue_id).where(reviews.c.action.in_(("reject", "hold"))).distinct()
    return [(issue.id, d) for issue in _select(db, issues.c.id.in_(touched)) for d in decided(db, issue)]


def freeze(db: Connection, found: Iterable[Rendering]) -> None:
    """Keep renderings; once written they do not change."""
    names = ("issue_id", "format", "language", "body", "sha256")
    upsert(db, renderings, [{n: getattr(r, n) for n in names} for r in found])


def renderings_of(db: Connection, issue_id: str, formats: Iterable[str] = ISSUE_FORMATS) -> dict[str, Rendering]:
    """The frozen renderings by format; without ``formats``, those of the issue itself."""
    query = sa.select(renderings).where(renderings.c.issue_id == issue_id, renderings.c.format.in_(list(formats)))
    rows = db.execute(query).mappings()
    return {row["format"]: Rendering(**{**row, "body": bytes(row["body"])}) for row in rows}


def without_renderings(db: Connection) -> list[str]:
    """Ids of approved issues that are not frozen yet, and have their lead."""
    frozen = sa.select(renderings.c.issue_id).where(renderings.c.format.in_(ISSUE_FORMATS))
    query = sa.select(issues.c.id).where(
        issues.c.status == "approved", issues.c.lead.is_not(None), issues.c.id.not_in(frozen)
    )
    return list(db.scalars(query.order_by(issues.c.id)))


def without_notice(db: Connection) -> list[str]:
    """Ids of issues in review whose reviewers wait for a notice that is not rendered yet."""
    made = sa.select(renderings.c.issue_id).where(renderings.c.format.in_(NOTICE_FORMATS))
    waiting = sa.select(deliveries.c.issue_id).where(deliveries.c.channel == "notice", deliveries.c.status == "queued")
    query = sa.select(issues.c.id).where(
        issues.c.status == "in_review", issues.c.id.in_(waiting), issues.c.id.not_in(made)
    )
    return list(db.scalars(query.order_by(issues.c.id)))


def set_approved_sha256(db: Connection, issue_id: str, sha256: str) -> None:
    """Bind an issue that a policy approved to the bytes that were frozen."""
    db.execute(issues.update().where(issues.c.id == issue_id).values(approved_sha256=sha256))


def thaw(db: Connection, issue_id: str) -> None:
    """Drop the renderings of an issue whose approval is void."""
    where = sa.and_(renderings.c.issue_id == issue_id, renderings.c.format.in_(ISSUE_FORMATS))
    db.execute(renderings.delete().where(where))


def printed(db: Connection, limit: int) -> list[Issue]:
    """The issues that were printed last (approved, sending or sent), at most so many, oldest first."""
    query = sa.select(issues.c.id).where(issues.c.status.in_(PRINTED))
    return by_id(db, db.scalars(query.order_by(issues.c.publish_at.desc()).limit(limit)))


def previous(db: Connection, before: datetime | None = None) -> Issue | None:
    """The issue that was printed last (approved, sending or sent), before that publish_at."""
    condition: sa.ColumnElement[bool] = issues.c.status.in_(PRINTED)
    if before is not None:
        condition = sa.and_(condition, issues.c.publish_at < before)
    found = _select(db, condition)
    return max(found, key=lambda i: i.publish_at) if found else None
