"""PURE: what a reviewer is shown beside a story: those perhaps the same, and the repeats that were left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.text.wrap import wrap
from pipeline.types import Doubt, Repeat, Story

COLUMNS = 88


@dataclass(frozen=True, slots=True, kw_only=True)
class Perhaps:
    """A story that is perhaps the same as the one of a card.

    ``number`` counts from 1 in this issue and is None elsewhere; ``ran_in`` is the issue that printed it before.
    """

    story: Story
    doubt: Doubt
    number: int | None = None
    ran_in: str | None = None

    @property
    def told(self) -> str:
        """In words: "7 Heron 2.1 is out (likeness .17; the versions differ)"."""
        elsewhere = f"printed in {self.ran_in}" if self.ran_in else "not in this issue"
        name = f"{self.number}" if self.number else f"{self.story.id}, {elsewhere},"
        return f"{name} {self.story.representative.title} ({self.doubt.reason})"

    @property
    def row(self) -> dict[str, object]:
        """For programs."""
        return {
            "story_id": self.story.id,
            "score": round(self.doubt.score, 3),
            "reason": self.doubt.reason,
            "ran_in": self.ran_in,
            "headline": self.story.representative.title,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A story that the issue left out as a repeat of one that ran."""

    repeat: Repeat
    story: Story
    old: Story

    @property
    def told(self) -> str:
        """In words."""
        title = self.old.representative.title
        return f"repeats “{title}” of {self.repeat.ran_in} (likeness {self.repeat.score:.2f}) · {self.story.id}"

    @property
    def row(self) -> dict[str, object]:
        """For programs."""
        return {
            "story_id": self.story.id,
            "decision": "repeat",
            "repeat_of": self.repeat.repeat_of,
            "ran_in": self.repeat.ran_in,
            "score": round(self.repeat.score, 3),
            "headline": self.story.representative.title,
        }


def repeats_told(found: Sequence[LeftOut]) -> Iterable[str]:
    """The repeats as a list for people, each with its number."""
    for number, left in enumerate(found, 1):
        yield from wrap(left.story.representative.title, COLUMNS, f"{number:4}  ").splitlines()
        yield from wrap(left.told, COLUMNS, "      ").splitlines()
