"""The bytes of a feed -> its entries, whatever its format; used by every type that reads feeds."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from hashlib import blake2b

from pipeline.sources import new_item
from pipeline.sources._entries import Entry, Feed
from pipeline.sources._feed_json import json_feed
from pipeline.sources._feed_trouble import not_a_feed, refuse_placeholder
from pipeline.sources._feed_xml import xml_feed
from pipeline.text.charset import decode
from pipeline.text.language import settle
from pipeline.types import Item, Payload


def read(payload: Payload) -> Feed:
    """The entries of a feed in its order, each with a guid of its own.

    Raises SourceError of kind "not_a_feed", "placeholder" (a well-formed feed that is an error message) or "hostile".
    """
    text = decode(payload.body, payload.media_type).lstrip("\ufeff \t\r\n")
    if not text:
        raise not_a_feed(payload, "is empty")
    feed = json_feed(text, payload) if text.startswith("{") else xml_feed(text, payload)
    refuse_placeholder(feed, payload)
    return replace(feed, entries=list(_identified(feed.entries)))


def _identified(entries: list[Entry]) -> Iterator[Entry]:
    """Give each entry a guid of its own: feeds exist in which all entries share one, or have none and share a link."""
    entries = list(dict.fromkeys(entries))
    shared = Counter(e.guid or e.url for e in entries)
    for entry in entries:
        guid = entry.guid or entry.url
        if guid and shared[guid] > 1:
            digest = blake2b(f"{entry.url}\n{entry.title}\n{entry.body}".encode(errors="replace"), digest_size=8)
            guid = f"{guid}#{digest.hexdigest()}"
        yield replace(entry, guid=guid)


def as_item(payload: Payload, entry: Entry) -> Item:
    return new_item(
        payload,
        guid=entry.guid,
        url=entry.url,
        title=entry.title,
        body=entry.body,
        authors=entry.authors,
        language=settle(entry.language, f"{entry.title}\n{entry.body[:2000]}"),
        published_at=entry.published_at,
        comments=entry.comments,
        media=entry.media,
    )
