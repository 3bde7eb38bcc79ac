"""What issues printed, story by story: what a later issue holds its own stories against."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy.engine import Connection

from pipeline.store import issues, stories, summaries
from pipeline.store.decisions import decide
from pipeline.text.news import known, of_item
from pipeline.types import Issue, Slot, Story, Summary, Telling, Told


def load(db: Connection, printed: Iterable[Issue]) -> list[Told]:
    """What these issues printed of each story, oldest issue first; what a reviewer took out was not printed."""
    ordered = sorted(printed, key=lambda issue: issue.closes_at)
    reviews = issues.reviews_in(db, [issue.id for issue in ordered])
    written = summaries.load(db, {slot.story_id for issue in ordered for slot in issue.slots})
    told = []
    for issue in ordered:
        slots = [d.slot for d in decide(issue.slots, reviews.get(issue.id, ())) if d.printed]
        found = stories.of_slots(db, slots, until=issue.closes_at)
        for slot in slots:
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


def of_slots(db: Connection, slots: Sequence[Slot]) -> dict[str, Telling]:
    """The stories of these slots by id, each with what was told before; what tells most beyond that stands first."""
    found, earlier = stories.of_slots(db, slots), _before(db, slots)
    return {story_id: _telling(story, earlier.get(story_id)) for story_id, story in found.items()}


def _before(db: Connection, slots: Sequence[Slot]) -> dict[str, Told]:
    """Story id -> what was printed of the story that its slot continues."""
    continued = {s.story_id: (s.ran_in, s.update_of) for s in slots if s.update_of is not None}
    wanted = set(continued.values())
    printed = issues.by_id(db, {ran_in for ran_in, _ in wanted if ran_in is not None})
    parts = [replace(i, slots=tuple(s for s in i.slots if (i.id, s.story_id) in wanted)) for i in printed]
    by_key = {(told.ran_in, told.story_id): told for told in load(db, parts)}
    return {story_id: by_key[key] for story_id, key in continued.items() if key in by_key}


def _telling(story: Story, before: Told | None) -> Telling:
    if before is None:
        return Telling(story=story)
    told = known(before.texts)
    newest = max(story.items, key=lambda item: of_item(item, told, before.closed_at))
    others = tuple(item for item in story.items if item is not newest)
    return Telling(story=replace(story, items=(newest, *others)), before=before)
