"""JSON Feed 1 and 1.1."""

import json
from collections.abc import Mapping
from urllib.parse import urljoin

from pipeline.sources._entries import MAX_MEDIA, Entry, Feed, Text
from pipeline.sources._feed_trouble import hostile, not_a_feed
from pipeline.text.dates import parse_date
from pipeline.text.urls import host
from pipeline.types import Payload

_MAX_ITEMS = 20_000


def json_feed(text: str, payload: Payload) -> Feed:
    """Read JSON Feed (https://www.jsonfeed.org/version/1.1/), leniently: a wrong type counts as absent."""
    try:
        feed = json.loads(text, strict=False)  # new lines inside strings are common
    except (ValueError, RecursionError) as e:
        raise not_a_feed(payload, "is broken JSON") from e
    if not isinstance(feed.get("items"), list):
        raise not_a_feed(payload, "is JSON, but no JSON Feed")
    if len(feed["items"]) > _MAX_ITEMS:
        raise hostile(payload)
    entries = tuple(_entry(e, payload, feed) for e in feed["items"] if isinstance(e, dict))
    return Feed(title=_string(feed, "title"), entries=entries)


def _entry(entry: dict[str, object], payload: Payload, feed: dict[str, object]) -> Entry:
    attached = (_resolved(payload, _string(a, "url")) for a in _objects(entry, "attachments")[:MAX_MEDIA])
    media = tuple(dict.fromkeys(attached))
    authors = _objects(entry, "authors") or _objects(entry, "author") or _objects(feed, "authors")
    link = _resolved(payload, _string(entry, "url") or _string(entry, "external_url"))
    return Entry(
        guid=_string(entry, "id"),
        url=link if host(link) else next(filter(host, media), ""),
        title=Text(_string(entry, "title")),
        texts=(
            Text(_string(entry, "content_html"), is_html=True),
            Text(_string(entry, "content_text")),
            Text(_string(entry, "summary")),
        ),
        authors=tuple(_string(a, "name") for a in authors),
        language=_string(entry, "language") or _string(feed, "language"),
        published_at=parse_date(_string(entry, "date_published")) or parse_date(_string(entry, "date_modified")),
        media=media,
    )


def _resolved(payload: Payload, url: str) -> str:
    try:
        return urljoin(payload.url, url) if url else ""
    except ValueError:
        return ""


def _string(values: Mapping[str, object], name: str) -> str:
    """A text; a number counts (ids are numbers in some feeds)."""
    value = values.get(name)
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def _objects(values: Mapping[str, object], name: str) -> list[dict[str, object]]:
    value = values.get(name)
    return [v for v in (value if isinstance(value, list) else [value]) if isinstance(v, dict)]
