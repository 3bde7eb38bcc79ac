"""What a text is held against: the passages and links of one story, and what checks read out of them."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar, cast

from pipeline.text.characters import one_line
from pipeline.text.sentences import split

MAX_QUOTED_CHARS = 300
_SHOWN_CHARS = 160
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
        start, end = around(text, place.start, place.end, MAX_QUOTED_CHARS)
        if place.start - start > MAX_QUOTED_CHARS // 2:
            start = place.start - MAX_QUOTED_CHARS // 4
            start += max(text[start : place.start].find(" "), 0)
            return one_line(f"…{text[start:end]}", MAX_QUOTED_CHARS)
        return one_line(text[start:end], MAX_QUOTED_CHARS)

    def shown(self, place: Place | None) -> str:
        """The same, short enough to stand within a note; "" for no place."""
        return one_line(self.quoted(place), _SHOWN_CHARS) if place else ""


def around(text: str, start: int, end: int, reach: int) -> tuple[int, int]:
    """From where the sentence of ``start`` begins to where that of ``end`` ends, both looked for within ``reach``."""
    first = max(0, start - reach)
    spans = [(first + a, first + b) for a, b in split(text[first : max(end, start) + reach])]
    touched = [(a, b) for a, b in spans if a < end and b > start] or [(start, end)]
    return touched[0][0], touched[-1][1]
