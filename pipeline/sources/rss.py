"""Feeds: RSS, Atom and JSON Feed."""

import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from time import strftime, struct_time
from typing import Any
from xml.sax import SAXException

from pydantic import Field, SecretStr

from pipeline.config import SecretSection
from pipeline.errors import SourceError
from pipeline.sources import Fetched, FetchState, Parsed, WebAddress, get, new_item, newest
from pipeline.text.charset import decode
from pipeline.text.dates import parse_date
from pipeline.text.feeds import links
from pipeline.text.html import to_text
from pipeline.text.language import settle
from pipeline.text.urls import canonicalise
from pipeline.types import Http, Item, Payload

# Types are declared, as https://openrss.org/app/newsflash asks of a reader.
ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/json;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1"
)


class Options(SecretSection):
    """A feed. Of more than ``max_items`` entries the newest count.

    A secret in its address (the token of a private feed) stands there as ``{token}``.
    """

    secrets = ("token",)

    url: WebAddress
    allow_private: bool = False
    max_items: int = Field(default=200, ge=1)
    max_bytes: int | None = Field(default=None, ge=1_000)
    token_env: str = "FEED_TOKEN"  # noqa: S105 - the name of a variable
    token_file: str = ""
    token: SecretStr | None = Field(default=None, exclude=True, repr=False)


def fetch(options: Options, state: FetchState, http: Http, now: datetime) -> Fetched:
    """One conditional GET. Raises SourceError or NetworkError."""
    return get(
        http,
        state.url or options.url,
        state,
        now,
        accept=ACCEPT,
        max_bytes=options.max_bytes,
        allow_private=options.allow_private,
        token=options.token.get_secret_value() if options.token else "",
    )


def parse(payload: Payload, options: Options) -> Parsed:
    """The entries of a feed, in its order; of more than ``max_items`` the newest.

    Raises SourceError of kind "not_a_feed", "placeholder" (a well-formed feed that is an error message) or "hostile".
    """
    text = decode(payload.body, payload.media_type).lstrip("\ufeff \t\r\n")
    if not text:
        raise _not_a_feed(payload, "is empty")
    feed = _json_feed(text, payload) if text.startswith("{") else _xml_feed(text, payload)
    _refuse_placeholder(feed, payload)
    return newest([_item(payload, entry) for entry in _identified(feed.entries)], options.max_items)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
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
class _Feed:
    title: str
    entries: list[_Entry]


# --- what becomes of the entries -------------------------------------------------------------------------------------

_PLACEHOLDER = re.compile(
    r"not yet whitelisted|making sure you.re not a bot|please enable cookies|^feed error for query", re.IGNORECASE
)


def _refuse_placeholder(feed: _Feed, payload: Payload) -> None:
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


def _identified(entries: list[_Entry]) -> Iterator[_Entry]:
    """Give each entry a guid of its own: feeds exist in which all entries share one, or have none and share a link."""
    entries = list(dict.fromkeys(entries))
    shared = Counter(e.guid or e.url for e in entries)
    for entry in entries:
        guid = entry.guid or entry.url
        if guid and shared[guid] > 1:
            digest = blake2b(f"{entry.url}\n{entry.title}\n{entry.body}".encode(errors="replace"), digest_size=8)
            guid = f"{guid}#{digest.hexdigest()}"
        yield replace(entry, guid=guid)


def _item(payload: Payload, entry: _Entry) -> Item:
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


# --- RSS and Atom ----------------------------------------------------------------------------------------------------

_DECLARATION = re.compile(r"<\?xml[^>]{0,300}\?>")
_PROLOGUE = re.compile(r"<\w")
_ENTITY = re.compile(r"<!ENTITY\s+(?:%\s*)?[^\s\"']{1,100}\s+(?:\"([^\"]*)\"|'([^']*)')")
_NESTED = re.compile(r"[&%](?!#)\w+;")
_MAX_EXPANDED_CHARS = 10_000_000
_LONG_TAG = re.compile(r"<[A-Za-z][^<>]{20000}")


def _xml_feed(text: str, payload: Payload) -> _Feed:
    """Read RSS or Atom, well-formed or not, with feedparser.

    Neither its sanitiser (slow, and it leaves scripts that run) nor its links in HTML are used: we keep plain text.
    """
    import feedparser

    _refuse_bombs(text, payload)
    text = _DECLARATION.sub("", text, count=1) if text.startswith("<?xml") else text
    try:
        parsed = feedparser.parse(
            io.BytesIO(text.encode(errors="replace")),  # never a str: it might be taken for a file or an address
            response_headers={"content-type": "application/xml; charset=utf-8", "content-location": payload.url},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as e:  # whatever a parser of others does with hostile bytes is the source's fault
        raise _not_a_feed(payload, f"cannot be read ({type(e).__name__})") from e
    broken = isinstance(parsed.get("bozo_exception"), SAXException)
    if not parsed.entries and (not parsed.version or broken):
        raise _no_entries(text, payload, broken=broken)
    language = str(parsed.feed.get("language") or "")
    return _Feed(
        title=_plain(parsed.feed.get("title_detail")),
        entries=[_xml_entry(e, payload, language) for e in parsed.entries],
    )


def _refuse_bombs(text: str, payload: Payload) -> None:
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


def _xml_entry(entry: Mapping[str, Any], payload: Payload, feed_language: str) -> _Entry:
    contents = [_plain(c) for c in entry.get("content", ())]
    body = next(filter(None, contents), "") or _plain(entry.get("summary_detail"))
    if body == "Comments":  # all that Hacker News says
        body = ""
    media = [m.get("href") for m in entry.get("enclosures", ())] + [
        m.get("url") for m in entry.get("media_content", ())
    ]
    urls = _addresses(media, payload)
    link = canonicalise(str(entry.get("link") or ""), payload.url)
    comments = str(entry.get("slash_comments") or "")
    return _Entry(
        guid=str(entry.get("id") or ""),
        url=link or next(iter(urls), ""),
        title=_plain(entry.get("title_detail")),
        body=body,
        authors=_authors(entry),
        language=str((entry.get("title_detail") or {}).get("language") or feed_language),
        published_at=_date(entry),
        media=urls,
        comments=int(comments) if comments.isdecimal() and len(comments) < 9 else None,
    )


def _plain(detail: Mapping[str, Any] | None) -> str:
    """The text of a construct. Feedparser says whether it is HTML: decoding it once more or less would show."""
    if not detail or not isinstance(detail.get("value"), str):
        return ""
    return detail["value"] if detail.get("type") == "text/plain" else to_text(detail["value"])


def _date(entry: Mapping[str, Any]) -> datetime | None:
    """When it was published, else updated; feedparser knows some formats that we do not, and gives them in UTC."""
    for name in ("published", "updated", "created"):
        # ``in`` and not get: asked for an absent "updated", feedparser gives "published" with a warning.
        if name in entry and (moment := parse_date(str(entry[name]))):
            return moment
        if f"{name}_parsed" in entry and isinstance(parsed := entry[f"{name}_parsed"], struct_time):
            return parse_date(strftime("%Y-%m-%dT%H:%M:%SZ", parsed))
    return None


_MAIL = re.compile(r"[^\s@]{1,100}@\S{1,100}")


def _authors(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Names, without mail addresses. arXiv puts all names into one, with commas."""
    people = entry.get("authors", ())
    names = [str(a.get("name") or "") for a in people]
    if len(people) == 1 and "email" in people[0]:  # feedparser cuts ada@lab.example after four letters of its ending
        names = [str(entry.get("author") or "")]
    if len(names) == 1 and names[0].count(", ") > 1 and all(" " in n for n in names[0].split(", ")):
        names = names[0].split(", ")
    named = (_MAIL.sub("", n).strip(" ()<>") for n in names)
    return tuple(n for n in named if n)


def _addresses(urls: Iterable[object], payload: Payload) -> tuple[str, ...]:
    canonical = (canonicalise(u, payload.url) for u in urls if isinstance(u, str))
    return tuple(dict.fromkeys(u for u in canonical if u))


# --- JSON Feed -------------------------------------------------------------------------------------------------------


def _json_feed(text: str, payload: Payload) -> _Feed:
    """Read JSON Feed 1 and 1.1 (https://www.jsonfeed.org/version/1.1/), leniently: a wrong type counts as absent."""
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError) as e:
        raise _not_a_feed(payload, "is broken JSON") from e
    if not isinstance(feed.get("items"), list):
        raise _not_a_feed(payload, "is JSON, but no JSON Feed")
    entries = [_json_entry(e, payload, feed) for e in feed["items"] if isinstance(e, dict)]
    return _Feed(title=_string(feed, "title"), entries=entries)


def _json_entry(entry: dict[str, object], payload: Payload, feed: dict[str, object]) -> _Entry:
    html, url = _string(entry, "content_html"), _string(entry, "url") or _string(entry, "external_url")
    media = _addresses([a.get("url") for a in _objects(entry, "attachments")], payload)
    authors = _objects(entry, "authors") or _objects(entry, "author") or _objects(feed, "authors")
    return _Entry(
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


# --- what is no feed -------------------------------------------------------------------------------------------------


def _no_entries(text: str, payload: Payload, *, broken: bool) -> SourceError:
    """Say what it is instead, with the address of the feed where a page names it."""
    if named := links(text, payload.url):
        return _not_a_feed(payload, f"is a web page; its feed is at {named[0]}")
    return _not_a_feed(payload, "is broken XML" if broken and "<html" not in text[:5000].lower() else "is a web page")


def _not_a_feed(payload: Payload, what: str) -> SourceError:
    remedy = "Open it in a browser, and put the address of a feed into config.yaml"
    return SourceError(f"{payload.url} {what}", subject=payload.source_id, kind="not_a_feed", remedy=remedy)
