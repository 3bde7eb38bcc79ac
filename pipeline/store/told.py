"""What issues printed, story by story: what a later issue compares its own stories with."""

from collections.abc import Iterable

from sqlalchemy.engine import Connection

from pipeline.store import issues, stories, summaries
from pipeline.store.decisions import decide
from pipeline.types import Issue, Story, Summary, Told


def load(db: Connection, wanted: Iterable[Issue]) -> list[Told]:
    """What these issues printed of each story, oldest issue first; what a reviewer took out was not printed."""
    ordered = sorted(wanted, key=lambda issue: issue.closes_at)
    reviews = issues.reviews_in(db, [issue.id for issue in ordered])
    written = summaries.load(db, {slot.story_id for issue in ordered for slot in issue.slots})
    told = []
    for issue in ordered:
        printed = [d.slot for d in decide(issue.slots, reviews.get(issue.id, ())) if d.printed]
        found = stories.in_issue(db, issue.id, printed)
        for slot in printed:
            summary = None if slot.brief else written.get((slot.story_id, slot.revision or 0))
            told.append(_told(issue, slot.story_id, summary, found.get(slot.story_id)))
    return told


def _told(issue: Issue, story_id: str, summary: Summary | None, story: Story | None) -> Told:
    title = story.representative.title if story else ""
    return Told(
        story_id=story_id,
        ran_in=issue.id,
        closed_at=issue.closes_at,
        headline=summary.headline if summary else title,
        sentences=tuple(claim.text for claim in summary.claims) if summary else (),
        items=story.items if story else (),
    )


def before(db: Connection, issue: Issue) -> dict[str, Told]:
    """Story id -> what was printed before of the story that its slot in this issue continues."""
    continued = {s.story_id: (s.ran_in, s.update_of) for s in issue.slots if s.update_of is not None}
    earlier = load(db, issues.by_id(db, {ran_in for ran_in, _ in continued.values() if ran_in is not None}))
    by_key = {(t.ran_in, t.story_id): t for t in earlier}
    return {story_id: by_key[key] for story_id, key in continued.items() if key in by_key}
