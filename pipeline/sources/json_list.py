"""A page of JSON that lists publications: WordPress REST, or the interface behind the news of a site."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints

from pipeline.config import TimeZone
from pipeline.config_section import Section
from pipeline.errors import ExtractError, SourceError
from pipeline.seams import Http
from pipeline.sources import Dropped, Fetched, FetchState, Parsed, WebAddress, get, new_item
from pipeline.text.characters import one_line
from pipeline.text.charset import decode
from pipeline.text.dates import parse_date
from pipeline.text.extract import extract
from pipeline.text.html import to_text
from pipeline.text.urls import canonicalise
from pipeline.types import Item, Payload

MAX_ENTRIES = 5_000
_NAME = r"[A-Za-z0-9_:@-]{1,60}"
_PATH = rf"{_NAME}(?:\.{_NAME}){{0,9}}"

Path = Annotated[str, StringConstraints(pattern=rf"^(?:{_PATH})?$")]
Template = Annotated[str, StringConstraints(pattern=rf"^(?:{_PATH}|https?://[^\s{{}}]+(?:\{{{_PATH}\}}[^\s{{}}]*)+)$")]
Header = Annotated[str, StringConstraints(pattern=r"^[ -~]{1,300}$")]


class Fields(Section):
    """Where things stand in an entry, as ``title.rendered``; through a list the path goes into each of its elements.

    ``url`` may be an address with such paths in it: ``https://site.example/blog?id={path}``.
    """

    title: Path = Field(min_length=1)
    url: Template
    id: Path = ""
    body: Path = ""
    published_at: Path = ""
    authors: Path = ""


class Options(Section):
    """``items``: the path to the list ("" where the page is the list). ``format`` of titles and bodies: text, html, or
    a whole web page, of which the article is taken. ``time_zone`` of dates that name none. ``headers`` that a site
    insists on. Of more than ``max_items`` the newest count.
    """

    url: WebAddress
    fields: Fields
    items: Path = ""
    format: Literal["text", "html", "page"] = "text"
    time_zone: TimeZone = "UTC"
    headers: Mapping[Literal["accept", "accept-language", "referer"], Header] = Field(default_factory=dict)
    max_items: int = Field(default=100, ge=1, le=1_000)
    max_bytes: int | None = Field(default=None, ge=1_000)
    allow_private: bool = False


def fetch(options: Options, state: FetchState, http: Http, now: datetime) -> Fetched:
    """One conditional GET. Raises SourceError or NetworkError."""
    return get(
        http,
        state.url or options.url,
        state,
        now,
        accept="application/json",
        max_bytes=options.max_bytes,
        allow_private=options.allow_private,
        headers={str(name): value for name, value in options.headers.items()},
    )


def parse(payload: Payload, options: Options) -> Parsed:
    """The entries of the list that have a title and an address. Raises SourceError of kind "bad_answer"."""
    found: dict[str, _Entry] = {}
    dropped = []
    for place, value in enumerate(_entries(payload, options)):
        entry = _entry(value, place, payload, options)
        if entry.title and entry.url:
            found.setdefault(entry.guid, entry)
        else:
            dropped.append(Dropped(guid=entry.guid, reason="no_title" if entry.url else "no_address"))
    newest = sorted(found.values(), key=lambda e: e.published_at or payload.fetched_at, reverse=True)
    over = {e.guid for e in newest[options.max_items :]}
    return Parsed(
        items=[_item(payload, e, options) for e in found.values() if e.guid not in over],
        dropped=[*dropped, *(Dropped(guid=guid, reason="over_the_limit") for guid in found if guid in over)],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """What an entry says; ``body`` is as it is written."""

    guid: str
    title: str
    url: str
    body: str
    published_at: datetime | None
    authors: tuple[str, ...]


def _entries(payload: Payload, options: Options) -> list[object]:
    try:
        data = json.loads(decode(payload.body, payload.media_type).lstrip("\ufeff"))
    except (ValueError, RecursionError) as e:
        raise _bad_answer(payload, "is no JSON") from e
    entries = _at(data, options.items)
    if not isinstance(entries, list):
        raise _bad_answer(payload, f"has no list at {options.items!r}" if options.items else "is no list")
    if len(entries) > MAX_ENTRIES:
        raise _bad_answer(payload, f"lists more than {MAX_ENTRIES:,} entries")
    return entries


def _bad_answer(payload: Payload, what: str) -> SourceError:
    remedy = "Open it in a browser, and compare `items` and `fields` with what stands there"
    return SourceError(f"{payload.url} {what}", subject=payload.source_id, kind="bad_answer", remedy=remedy)


def _entry(value: object, place: int, payload: Payload, options: Options) -> _Entry:
    fields = options.fields
    url = canonicalise(_address(value, fields.url), payload.url)
    title = _string(_at(value, fields.title))
    return _Entry(
        guid=_string(_at(value, fields.id)) or url or f"{payload.url}#{place}",
        title=one_line(title) if options.format == "text" else to_text(title),
        url=url,
        body=_string(_at(value, fields.body)),
        published_at=_moment(_at(value, fields.published_at), options.time_zone),
        authors=_strings(_at(value, fields.authors)),
    )


def _item(payload: Payload, entry: _Entry, options: Options) -> Item:
    return new_item(
        payload,
        guid=entry.guid,
        title=entry.title,
        url=entry.url,
        body=_plain(entry, options),
        authors=entry.authors,
        published_at=entry.published_at,
    )


def _plain(entry: _Entry, options: Options) -> str:
    if options.format == "page" and entry.body:
        try:
            return extract(entry.body, entry.url).text
        except ExtractError:
            return ""
    return entry.body if options.format == "text" else to_text(entry.body)


# --- reading what may be anything ------------------------------------------------------------------------------------


def _at(value: object, path: str) -> object:
    """What stands there, None when nothing does; "" is the whole value."""
    for name in path.split(".") if path else ():
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list):
            value = [element.get(name) for element in value if isinstance(element, dict)]
        else:
            return None
    return value


def _string(value: object) -> str:
    """A text; a number counts, since many an id is one."""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _strings(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(text for text in map(_string, values) if text)


_PLACE = re.compile(r"\{([^{}]{1,600})\}")


def _address(value: object, template: str) -> str:
    """The address at a path, or made by a template; "" when a part of it is missing."""
    paths = _PLACE.findall(template)
    if not paths:
        return _string(_at(value, template))
    parts = {path: quote(_string(_at(value, path)), errors="replace") for path in paths}
    return _PLACE.sub(lambda m: parts[m[1]], template) if all(parts.values()) else ""


_EPOCH = re.compile(r"[0-9]{9,14}(?:\.[0-9]{1,9})?")
_MILLISECONDS_FROM = 10**11  # as seconds that is the year 5138
_SLASHES = re.compile(r"([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})")
_ZONED = re.compile(r"(?:[A-Za-z]|[+-][0-9]{2}:?[0-9]{2})\s*$")


def _moment(value: object, time_zone: str) -> datetime | None:
    """A date: ISO 8601 or RFC 822, 2026/11/23 15:06, or seconds or milliseconds since 1970, as a number or text."""
    text = _SLASHES.sub(r"\1-\2-\3", _string(value)[:100], count=1).strip()
    try:
        if _EPOCH.fullmatch(text):
            number = float(text)
            return datetime.fromtimestamp(number / 1000 if number >= _MILLISECONDS_FROM else number, UTC)
        moment = parse_date(text)
        if moment is None or _ZONED.search(text):
            return moment
        return moment.replace(tzinfo=ZoneInfo(time_zone)).astimezone(UTC)
    except OverflowError:
        return None
