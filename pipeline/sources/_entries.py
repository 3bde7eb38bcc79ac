"""What the formats of feeds have in common: a feed and its entries, as plain text and canonical addresses."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pipeline.text.urls import canonicalise
from pipeline.types import Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What every format has in common; all text is plain by now, addresses are canonical."""

    guid: str
    url: str
    title: str
    body: str
    authors: tuple[str, ...]
    language: str
    published_at: datetime | None
    media: tuple[str, ...]
    comments: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    title: str
    entries: list[Entry]


def addresses(urls: Iterable[object], payload: Payload) -> tuple[str, ...]:
    """What of these is an address, each once."""
    canonical = (canonicalise(u, payload.url) for u in urls if isinstance(u, str))
    return tuple(dict.fromkeys(u for u in canonical if u))
