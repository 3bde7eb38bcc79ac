"""What all formats of feeds have in common: a feed, its entries, and texts that become plain when they are used."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from pipeline.sources import Wish
from pipeline.text.characters import smuggled_chars
from pipeline.text.html import read, to_text

_MAX_HTML_CHARS = 2_000_000
_MAY_HIDE = re.compile(r"<[a-z][^<>]{0,500}\s(?:style|hidden|color|bgcolor)\b", re.IGNORECASE)
MAX_MEDIA = 100
_NO_WISH = Wish()


class Text(NamedTuple):
    """A text as the feed has it. Decoding it once more or less would show, so it says whether it is HTML."""

    value: str = ""
    is_html: bool = False

    @property
    def plain(self) -> str:
        """What a reader sees."""
        return to_text(self.value[:_MAX_HTML_CHARS]) if self.is_html else self.value

    @property
    def hidden_chars(self) -> int:
        """How much of it no reader sees: letters in hidden elements, and characters that carry a message unseen."""
        unseen = smuggled_chars(self.value)
        if self.is_html and _MAY_HIDE.search(self.value):
            unseen += read(self.value[:_MAX_HTML_CHARS]).hidden_chars
        return unseen


class Transcript(NamedTuple):
    """One file with the words of an episode."""

    url: str
    media_type: str
    language: str  # "" where it does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One publication. Its addresses may still be anything: ``new_item`` makes them canonical, or drops them."""

    guid: str
    url: str
    title: Text
    texts: tuple[Text, ...] = ()  # the whole text, then summaries
    authors: tuple[str, ...] = ()
    language: str = ""
    published_at: datetime | None = None
    media: tuple[str, ...] = ()  # enclosures first
    points: int | None = None
    comments: int | None = None
    transcripts: tuple[Transcript, ...] = ()

    @property
    def body(self) -> str:
        """The first text that says anything."""
        return next(filter(None, (text.plain for text in self.texts)), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed and its entries, in its order."""

    title: str
    entries: tuple[Entry, ...]
    author: str = ""
    wish: Wish = _NO_WISH
