"""What a check is given and what it says: passages in, findings out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.types import CheckMethod, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A text of a story's item: its title, its body, or the day it was published."""

    item_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands in a passage: ``passages[passage].text[start:end]``."""

    item_id: str
    passage: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check says about ``text[start:end]``; ``source`` is the place that bears it out or contradicts it."""

    start: int
    end: int
    verdict: Verdict
    note: str = ""
    source: Place | None = None


class CheckType(Protocol):
    """The shape of a check's module."""

    __name__: str
    METHOD: CheckMethod

    def check(self, text: str, passages: Sequence[Passage], links: Sequence[str]) -> list[Finding]:
        """Hold a text against the sources."""
        ...
