"""What a text is held against: the passages and links of one story, and what checks read out of them."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar, cast

from pipeline.text.characters import one_line
from pipeline.text.sentences import split

MAX_QUOTED_CHARS = 300
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

    def once(self, maker: Callable[["Sources"], Reading]) -> Reading:
        """What ``maker`` (a function of a module) makes of all passages together, made once."""
        if maker not in self._readings:
            self._readings[maker] = maker(self)
        return cast("Reading", self._readings[maker])

    def place(self, passage: int, start: int, end: int) -> Place:
        """The place ``[start, end)`` of a passage."""
        return Place(item_id=self.passages[passage].item_id, passage=passage, start=start, end=end)

    def quoted(self, place: Place) -> str:
        """What the source says there, for a person: the sentence around the place, on one line.

        At most ``MAX_QUOTED_CHARS``; where the place is far into its sentence, from shortly before it on.
        """
        text = self.passages[place.passage].text
        first = max(0, place.start - MAX_QUOTED_CHARS)
        spans = [(first + a, first + b) for a, b in split(text[first : place.start + MAX_QUOTED_CHARS])]
        around = [(a, b) for a, b in spans if a < place.end and b > place.start] or [(place.start, place.end)]
        start, end = around[0][0], around[-1][1]
        if place.start - start > MAX_QUOTED_CHARS // 2:
            start = place.start - MAX_QUOTED_CHARS // 4
            start += max(text[start : place.start].find(" "), 0)
            return one_line(f"…{text[start:end]}", MAX_QUOTED_CHARS)
        return one_line(text[start:end], MAX_QUOTED_CHARS)
