"""PURE: what a merge or a split means for the stories: which one stays, which items go, and where these then print."""

from collections.abc import Collection
from dataclasses import replace

from pipeline.errors import ReviewError
from pipeline.types import Issue, Membership, Repeat, Slot, Story


def staying(story_id: str, other_id: str, issue: Issue, ran: Collection[str]) -> tuple[str, str]:
    """(the story that stays, the one whose items it takes).

    What ran before stays, since what was printed does not change; then what has the better place in the issue; then
    the first. Raises ReviewError when both ran.
    """
    if story_id in ran and other_id in ran:
        remedy = "What was printed stays as it is; reject the one that should not print again"
        raise ReviewError(f"ran before, and so did {other_id}", subject=f"story {story_id}", remedy=remedy)
    places = {slot.story_id: 1 if slot.brief else 2 for slot in issue.slots}

    def rank(of: str) -> tuple[bool, int]:
        return of in ran, places.get(of, 0)

    return (other_id, story_id) if rank(other_id) > rank(story_id) else (story_id, other_id)


def going(story: Story, item_ids: Collection[str]) -> tuple[str, list[Membership]]:
    """(id of the new story, memberships in it) when these items and the others of a story part.

    A story keeps the item that it is named after: when that one is to be split off, the others go instead. The new
    story is named after its first item. Raises ReviewError for an item that the story does not hold, none, and all.
    """
    there = {item.id for item in story.items}
    chosen = set(item_ids)
    if strange := sorted(chosen - there):
        raise ReviewError(f"holds no item {strange[0]}", subject=f"story {story.id}", remedy=_ITEMS)
    if not chosen or chosen == there:
        raise ReviewError("would leave a story without items", subject=f"story {story.id}", remedy=_ITEMS)
    leave = there - chosen if story.id in chosen else chosen
    new_id = min((item.fetched_at, item.id) for item in story.items if item.id in leave)[1]
    return new_id, [Membership(item_id=i, story_id=new_id, method="reviewer") for i in sorted(leave)]


_ITEMS = "Name some of its items, not all; `digest issue show --json` lists them"


def slot_behind(slot: Slot, story_id: str) -> Slot:
    """The place of a story that was split off: in the same section, right behind the one that it was part of."""
    return replace(
        slot,
        story_id=story_id,
        position=slot.position + 1,
        parts={},
        revision=None,
        update_of=None,
        ran_in=None,
    )


def slot_of_repeat(repeat: Repeat, issue: Issue, printed: Issue | None) -> Slot:
    """The place of a story that is no repeat: last in the section of what it was taken to repeat, or in the first one.

    A story that printed before under its own id prints as an update. Raises ReviewError when the issue holds nothing.
    """
    if not issue.slots:
        raise ReviewError(
            "holds no stories", subject=f"issue {issue.id}", remedy="`digest issue reopen` drafts it anew"
        )
    places = [(slot.section, slot.brief) for slot in issue.slots]
    before = [(s.section, s.brief) for s in (printed.slots if printed else ()) if s.story_id == repeat.repeat_of]
    section, brief = next((place for place in before if place in places), places[0])
    again = repeat.repeat_of == repeat.story_id
    return Slot(
        section=section,
        brief=brief,
        position=1 + max(slot.position for slot in issue.slots if slot.section == section),
        story_id=repeat.story_id,
        score=0.0,  # nobody scored it
        update_of=repeat.repeat_of if again else None,
        ran_in=repeat.ran_in if again else None,
    )
