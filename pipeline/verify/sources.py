"""What a text is held against: the passages and links of one story, and what checks read out of them."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar, cast

Reading = TypeVar("Reading")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A text of a story's item: its title, its body, or the day it was published.

    ``told_at`` is when the item was published, where that is known: "yesterday" counts from there.
    """

    item_id: str
    text: str
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands in a passage: ``passages[passage].text[start:end]``."""

    item_id: str
    passage: int
    start: int
    end: int


class Sources:
    """The passages of a story's items and the addresses that are its own.

    Made once for all sentences of a summary: what a check reads out of a passage is kept until the next story.
    """

    def __init__(self, passages: Sequence[Passage], links: Sequence[str] = ()) -> None:
        self.passages = tuple(passages)
        self.links = tuple(links)
        self._readings: dict[Hashable, object] = {}

    def read(self, reader: Callable[[str], Reading]) -> Sequence[Reading]:
        """What ``reader`` (a function of a module, not a lambda: it is the key) makes of each passage's text."""
        if reader not in self._readings:
            self._readings[reader] = tuple(reader(p.text) for p in self.passages)
        return cast("tuple[Reading, ...]", self._readings[reader])

    def place(self, passage: int, start: int, end: int) -> Place:
        """The place ``[start, end)`` of a passage."""
        return Place(item_id=self.passages[passage].item_id, passage=passage, start=start, end=end)
