"""The bytes of a feed -> its entries, whatever its format; used by every type that reads feeds."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import blake2b

from pipeline.sources import Dropped, new_item
from pipeline.sources._entries import Entry, Feed
from pipeline.sources._feed_json import json_feed
from pipeline.sources._feed_trouble import not_a_feed, refuse_placeholder
from pipeline.sources._feed_xml import xml_feed
from pipeline.text.characters import clean
from pipeline.text.charset import decode
from pipeline.text.language import settle
from pipeline.text.urls import canonicalise
from pipeline.types import Item, Kind, Payload

# Types are declared, as https://openrss.org/app/newsflash asks of a reader.
ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/json;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1"
)

_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # one makes a whole feed broken
# All that Hacker News says of an entry, and what Reddit puts below each.
_BOILERPLATE = re.compile(r"^Comments$|(?:^|\n)submitted by /u/[^\n]{1,100}\n\[link\] \[comments\]$")


def read(payload: Payload) -> Feed:
    """The entries of a feed in its order, each with a guid of its own.

    Raises SourceError of kind "not_a_feed", "placeholder" (an error message in the shape of a feed, or a page that
    keeps programs out) or "hostile".
    """
    text = _NO_XML.sub("", decode(payload.body, payload.media_type)).lstrip("\ufeff \t\r\n")
    if not text:
        raise not_a_feed(payload, "is empty")
    feed = json_feed(text, payload) if text.startswith("{") else xml_feed(text, payload)
    refuse_placeholder(feed, payload)
    return replace(feed, entries=_identified(feed.entries))


def newest_entries(payload: Payload, entries: Sequence[Entry], limit: int) -> tuple[list[Entry], list[Dropped]]:
    """At most that many, in the order given; the others are named. An entry without a date counts as new."""
    oldest_last = sorted(entries, key=lambda e: e.published_at or payload.fetched_at, reverse=True)
    chosen = {e.guid for e in oldest_last[:limit]}
    over = [Dropped(guid=e.guid, reason="over_the_limit") for e in entries if e.guid not in chosen]
    return [e for e in entries if e.guid in chosen], over


def hidden_texts(entries: Iterable[Entry]) -> list[Dropped]:
    """What stood in these entries for programs alone: it is in no item, and counted once for an entry."""
    hiding = (e for e in entries if any(text.hidden_chars for text in (e.title, *e.texts)))
    return [Dropped(guid=f"{entry.guid}#hidden", reason="hidden_text") for entry in hiding]


def as_item(payload: Payload, entry: Entry, *, kind: Kind = "article", body: str = "", text_url: str = "") -> Item:
    """The entry as an item; ``body`` where it is another text than the entry's first."""
    title = entry.title.plain
    body = _BOILERPLATE.sub("", body or entry.body)
    return new_item(
        payload,
        guid=entry.guid,
        url=entry.url,
        title=title,
        body=body,
        kind=kind,
        authors=entry.authors,
        language=settle(entry.language, f"{title}\n{body[:2000]}"),
        published_at=entry.published_at,
        points=entry.points,
        comments=entry.comments,
        media=entry.media,
        text_url=text_url,
    )


def _identified(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Give each entry a guid of its own: feeds exist in which all entries share one, or have none and share a link.

    An entry that stands there twice is one entry.
    """
    unique = list(dict.fromkeys(entries))
    guids = [clean(e.guid) or canonicalise(e.url) for e in unique]
    shared = Counter(guids)
    found: dict[str, Entry] = {}
    for entry, guid in zip(unique, guids, strict=True):
        if not guid or shared[guid] > 1:
            guid = f"{guid}#{_digest(entry)}".removeprefix("#")
        found.setdefault(guid, entry if guid == entry.guid else replace(entry, guid=guid))
    return tuple(found.values())


def _digest(entry: Entry) -> str:
    said = "\n".join((entry.url, entry.title.value, *(text.value for text in entry.texts)))
    return blake2b(said.encode(errors="replace"), digest_size=8).hexdigest()
