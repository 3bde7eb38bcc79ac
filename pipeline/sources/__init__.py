"""One file = one source type: how to read one kind of place, and nothing else.

A source type is a module with three names. Its file name is its ``type:`` in config.yaml; nothing has to be listed.

``Options``
    pydantic model (a ``config.Section``) of what config.yaml may say; an unknown key is a mistake.
``fetch(options, state, http, now) -> Fetched``
    the only part with I/O. Raises SourceError or NetworkError.
``parse(payload, options) -> list[Item]``
    pure: bytes in, items out, in the order of the payload. Build each with ``new_item``. Raises SourceError when the
    payload is not what this type reads.

tests/sources/test_contract.py finds every type and holds it to this page; tests/data/sources/<type>/ takes its cases.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Protocol, cast

from pydantic import BaseModel

from pipeline.errors import SourceError
from pipeline.resources import find_type
from pipeline.text.characters import clean, one_line
from pipeline.text.dates import parse_retry_after
from pipeline.text.language import detect
from pipeline.text.urls import canonicalise, is_tracking
from pipeline.types import Http, Item, Kind, Payload, Response


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchState:
    """What the last good fetch left: validators are opaque and go back byte for byte; ``cursor`` is the type's own."""

    source_id: str
    url: str | None = None  # where a permanent redirect led, twice
    validators: Mapping[str, str] = field(default_factory=dict)
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What one fetch brought. No payloads: nothing new."""

    payloads: tuple[Payload, ...] = ()
    validators: Mapping[str, str] = field(default_factory=dict)
    cursor: str | None = None
    moved_to: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)  # lower case; the stage reads max-age and Retry-After


class SourceType(Protocol):
    """The shape of a module in this folder."""

    Options: type[BaseModel]

    def fetch(self, options: BaseModel, state: FetchState, http: Http, now: datetime) -> Fetched:
        """Read the place once."""
        ...

    def parse(self, payload: Payload, options: BaseModel) -> list[Item]:
        """Turn bytes into items."""
        ...


def find(type_name: str) -> SourceType:
    """The source type of that name. Raises ConfigError that names the types there are."""
    return cast("SourceType", find_type(__name__, type_name))


def item_id(source_id: str, guid: str) -> str:
    """16 hex digits of blake2b over source and guid; the guid is only unique within its source."""
    return blake2b(f"{source_id}\0{guid}".encode(errors="surrogatepass"), digest_size=8).hexdigest()


MAX_TITLE_CHARS = 300
MAX_BODY_CHARS = 200_000
MAX_CLOCK_SKEW = timedelta(hours=1)


def new_item(
    payload: Payload,
    *,
    guid: str,
    title: str,
    url: str = "",
    body: str = "",
    kind: Kind = "article",
    via: str | None = None,
    authors: tuple[str, ...] = (),
    language: str | None = None,
    published_at: datetime | None = None,
    points: int | None = None,
    comments: int | None = None,
    media: tuple[str, ...] = (),
) -> Item:
    """Build an item out of hostile strings: cleaned, bounded, its URL canonical, no date in the future.

    A missing guid falls back to the URL, then to a hash of the text. ``body`` is plain text. An address that a mailing
    tool made for one subscriber is not kept: printed, it would give that person away.
    """
    url = _printable(url)
    title = one_line(title, MAX_TITLE_CHARS)
    body = clean(body)[:MAX_BODY_CHARS]
    guid = clean(guid) or url or blake2b(f"{title}\n{body}".encode(), digest_size=8).hexdigest()
    if published_at is not None:
        published_at = published_at.astimezone(UTC)
        if published_at > payload.fetched_at + MAX_CLOCK_SKEW:
            published_at = payload.fetched_at
    return Item(
        id=item_id(payload.source_id, guid),
        source_id=payload.source_id,
        guid=guid,
        url=url,
        title=title or one_line(body, 80),
        body=body,
        kind=kind,
        via=via,
        authors=tuple(a for a in (one_line(a, 120) for a in authors) if a)[:20],
        language=language or detect(f"{title}\n{body[:2000]}"),
        published_at=published_at,
        fetched_at=payload.fetched_at,
        points=points,
        comments=comments,
        media=tuple(m for m in (_printable(m) for m in media) if m)[:100],
    )


def _printable(url: str) -> str:
    url = canonicalise(url)
    return "" if is_tracking(url) else url


def get(
    http: Http,
    url: str,
    state: FetchState,
    now: datetime,
    *,
    accept: str,
    max_bytes: int | None = None,
    allow_private: bool = False,
) -> Fetched:
    """One conditional GET (RFC 9110 section 13): validators go back byte for byte, to the address that gave them.

    Raises SourceError with ``wait_s`` for 429 and 503 (Retry-After), ``gone`` for 410, and for any other failure.
    """
    headers = {"accept": accept}
    if state.validators.get("url") == url:
        for ours, theirs in (("etag", "if-none-match"), ("last-modified", "if-modified-since")):
            if ours in state.validators:
                headers[theirs] = state.validators[ours]
    response = http.get(url, headers=headers, max_bytes=max_bytes, allow_private=allow_private)
    if response.status == 304:
        fresh = _validators(url, response)
        return Fetched(validators={**state.validators, **fresh}, cursor=state.cursor, headers=response.headers)
    if response.status != 200:
        raise _refusal(url, response, now)
    payload = Payload(
        source_id=state.source_id,
        url=response.url,
        fetched_at=now,
        media_type=response.headers.get("content-type", ""),
        body=response.body,
    )
    return Fetched(
        payloads=(payload,),
        validators=_validators(url, response),
        moved_to=response.moved_to,
        headers=response.headers,
    )


def _validators(url: str, response: Response) -> dict[str, str]:
    found = {name: response.headers[name] for name in ("etag", "last-modified") if response.headers.get(name)}
    return {"url": url, **found} if found else {}


def _refusal(url: str, response: Response, now: datetime) -> SourceError:
    remedies = {
        401: "It wants a key or token",
        403: "It refuses this address or program; open it in a browser, and ask the publisher",
        404: "Check the address; it is asked again later",
        410: "The publisher took it away for good: remove it from config.yaml",
        429: "It is asked again later, as it wishes",
    }
    return SourceError(
        f"answered {response.status} at {url}",
        kind=f"http_{response.status}",
        remedy=remedies.get(response.status, "It is asked again later"),
        wait_s=parse_retry_after(response.headers.get("retry-after", ""), now),
        gone=response.status == 410,
    )
