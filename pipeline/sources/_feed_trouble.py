"""What is no feed, or none that may be read: web pages, broken files, error messages in the shape of a feed, bombs."""

import re
from urllib.parse import urljoin

from pipeline.errors import SourceError
from pipeline.sources._entries import Feed
from pipeline.types import Payload

_PLACEHOLDER = re.compile(
    r"not yet whitelisted|making sure you.re not a bot|please enable cookies|^feed error for query", re.IGNORECASE
)


def refuse_placeholder(feed: Feed, payload: Payload) -> None:
    """Some hosts answer readers that they do not know, or queries that they do not like, with a proper feed."""
    titles = [feed.title, *(e.title for e in feed.entries if len(feed.entries) == 1)]
    found = next((t for t in titles if _PLACEHOLDER.search(t)), None)
    if found:
        raise SourceError(
            f"gives a feed that is an error message: {found[:100]!r}",
            subject=payload.source_id,
            kind="placeholder",
            remedy="Check the address, or ask the publisher to let this program read it",
        )


_PROLOGUE = re.compile(r"<\w")
_ENTITY = re.compile(r"<!ENTITY\s+(?:%\s*)?[^\s\"']{1,100}\s+(?:\"([^\"]*)\"|'([^']*)')")
_NESTED = re.compile(r"[&%](?!#)\w+;")
_MAX_EXPANDED_CHARS = 10_000_000
_LONG_TAG = re.compile(r"<[A-Za-z][^<>]{20000}")


def refuse_bombs(text: str, payload: Payload) -> None:
    """Entities that multiply ("billion laughs"), and a tag with thousands of attributes, which take quadratic time."""
    start = _PROLOGUE.search(text)
    values = [a or b for a, b in _ENTITY.findall(text, 0, start.start() if start else len(text))]
    longest = max(map(len, values), default=0)
    nested = any(_NESTED.search(v) for v in values)
    if nested or longest * text.count("&") > _MAX_EXPANDED_CHARS or _LONG_TAG.search(text):
        raise SourceError(
            "gives XML that is built to exhaust its readers",
            subject=payload.source_id,
            kind="hostile",
            remedy="Tell the publisher, or remove the source from config.yaml",
        )


_LINK_TAG = re.compile(r"<link\b[^<>]{1,500}>", re.IGNORECASE)
_FEED_TYPE = re.compile(r"application/(?:rss\+xml|atom\+xml|feed\+json)", re.IGNORECASE)
_HREF = re.compile(r"""href\s{0,9}=\s{0,9}["']([^"'<>]+)""", re.IGNORECASE)


def no_entries(text: str, payload: Payload, *, broken: bool) -> SourceError:
    """Say what it is instead, with the address of the feed where a page names it."""
    for tag in _LINK_TAG.findall(text, 0, 200_000):
        href = _HREF.search(tag)
        if href and _FEED_TYPE.search(tag):
            return not_a_feed(payload, f"is a web page; its feed is at {_joined(payload.url, href[1])}")
    return not_a_feed(payload, "is broken XML" if broken and "<html" not in text[:5000].lower() else "is a web page")


def _joined(base: str, url: str) -> str:
    try:
        return urljoin(base, url)
    except ValueError:
        return url


def not_a_feed(payload: Payload, what: str) -> SourceError:
    remedy = "Open it in a browser, and put the address of a feed into config.yaml"
    return SourceError(f"{payload.url} {what}", subject=payload.source_id, kind="not_a_feed", remedy=remedy)
