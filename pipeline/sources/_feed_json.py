"""JSON Feed 1 and 1.1."""

import json
from collections.abc import Mapping

from pipeline.sources._entries import Entry, Feed, addresses
from pipeline.sources._feed_trouble import not_a_feed
from pipeline.text.dates import parse_date
from pipeline.text.html import to_text
from pipeline.text.urls import canonicalise
from pipeline.types import Payload


def json_feed(text: str, payload: Payload) -> Feed:
    """Read JSON Feed 1 and 1.1 (https://www.jsonfeed.org/version/1.1/), leniently: a wrong type counts as absent."""
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError) as e:
        raise not_a_feed(payload, "is broken JSON") from e
    if not isinstance(feed.get("items"), list):
        raise not_a_feed(payload, "is JSON, but no JSON Feed")
    entries = [_json_entry(e, payload, feed) for e in feed["items"] if isinstance(e, dict)]
    return Feed(title=_string(feed, "title"), entries=entries)


def _json_entry(entry: dict[str, object], payload: Payload, feed: dict[str, object]) -> Entry:
    html, url = _string(entry, "content_html"), _string(entry, "url") or _string(entry, "external_url")
    media = addresses([a.get("url") for a in _objects(entry, "attachments")], payload)
    authors = _objects(entry, "authors") or _objects(entry, "author") or _objects(feed, "authors")
    return Entry(
        guid=_string(entry, "id"),
        url=canonicalise(url, payload.url) or next(iter(media), ""),
        title=_string(entry, "title"),
        body=to_text(html) if html else _string(entry, "content_text") or _string(entry, "summary"),
        authors=tuple(_string(a, "name") for a in authors),
        language=_string(entry, "language") or _string(feed, "language"),
        published_at=parse_date(_string(entry, "date_published")) or parse_date(_string(entry, "date_modified")),
        media=media,
    )


def _string(values: Mapping[str, object], name: str) -> str:
    """A text; a number counts (ids are numbers in some feeds)."""
    value = values.get(name)
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def _objects(values: Mapping[str, object], name: str) -> list[dict[str, object]]:
    value = values.get(name)
    return [v for v in (value if isinstance(value, list) else [value]) if isinstance(v, dict)]
