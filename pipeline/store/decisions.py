"""PURE: what the append-only reviews of an issue amount to. The last decision wins; undo takes the last one back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.types import Review, Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One slot with what was decided of it: None is undecided; ``revision`` is what would be printed."""

    slot: Slot
    decision: str | None = None  # approve, reject, hold
    comment: str = ""

    @property
    def printed(self) -> bool:
        """Whether the story is part of the issue."""
        return self.decision not in ("reject", "hold")

    @property
    def reviewed(self) -> bool:
        """Whether a person approved exactly the revision that would be printed."""
        return self.decision == "approve"


def standing(reviews: Sequence[Review]) -> list[Review]:
    """The story decisions that were not taken back, in order."""
    kept: list[Review] = []
    for review in reviews:
        if review.action == "undo":
            if kept:
                kept.pop()
        elif review.story_id is not None:
            kept.append(review)
    return kept


def decide(slots: Sequence[Slot], reviews: Sequence[Review]) -> tuple[Decided, ...]:
    """The slots in the order in which they print, with their decisions.

    An edit makes its revision the printed one and approves it; an approval of another revision than the one that
    would be printed counts for nothing; a reorder moves within its section. What was decided of a story before its
    items changed by a merge or a split is void; a story that was split off stands behind the one that it was part of.
    """
    drafted = {s.story_id: Decided(slot=s) for s in slots}
    found = dict(drafted)
    order = [s.story_id for s in slots]
    for review in standing(reviews):
        story_id = review.story_id
        if story_id is None or story_id not in found:
            continue
        now = found[story_id]
        if review.action == "edit":
            slot = replace(now.slot, revision=review.revision)
            found[story_id] = Decided(slot=slot, decision="approve", comment=review.comment)
        elif review.action in ("reject", "hold") or (
            review.action == "approve" and review.revision == now.slot.revision
        ):
            found[story_id] = replace(now, decision=review.action, comment=review.comment)
        elif review.action == "reorder" and review.position is not None:
            _move(order, found, story_id, review.position)
        elif review.action in ("merge", "split"):
            found[story_id] = drafted[story_id]
            if review.other_id in found:
                found[review.other_id] = drafted[review.other_id]
                order.remove(review.other_id)
                order.insert(order.index(story_id) + 1, review.other_id)
    return _numbered([found[story_id] for story_id in order])


def _move(order: list[str], found: dict[str, Decided], story_id: str, position: int) -> None:
    section = found[story_id].slot.section
    others = [s for s in order if found[s].slot.section == section and s != story_id]
    order.remove(story_id)
    if position >= len(others):
        at = order.index(others[-1]) + 1 if others else len(order)
    else:
        at = order.index(others[max(position, 0)])
    order.insert(at, story_id)


def _numbered(decided: Sequence[Decided]) -> tuple[Decided, ...]:
    next_position: dict[str, int] = {}
    numbered = []
    for d in decided:
        position = next_position.get(d.slot.section, 0)
        next_position[d.slot.section] = position + 1
        numbered.append(replace(d, slot=replace(d.slot, position=position)))
    return tuple(numbered)
