"""One file = one source type: how to read one kind of place, and nothing else.

A source type is a module with three names. Its file name is its ``type:`` in config.yaml; nothing has to be listed.

``Options``
    pydantic model (a ``config_section.Section``) of what config.yaml may say; an unknown key is a mistake. A place that
    can be named in several ways and is not is missed as an error of type "missing_place": ``parse`` needs none.
``fetch(options, state, http, now) -> Fetched``
    the only part with I/O. Raises SourceError or NetworkError.
``parse(payload, options) -> Parsed``
    pure: bytes in, items out, in the order of the payload, each built with ``new_item``; what is passed over is named
    with its reason. Raises SourceError when the payload is not what this type reads.
``committed(options, fetched)``
    only where the place is to be told that its payloads are safely stored (a mailbox). What goes wrong there is told
    (SourceError, NetworkError), and loses nothing.
``off(options) -> str``
    only where a type needs something that may be missing (the token of a paid interface): what, "" when it is there.
    Such a source is not asked, and that is no mistake.
``INTERVAL_HOURS``
    only where the place has a pace of its own, which holds when config.yaml names none for the source.

tests/sources/test_contract.py finds every type and holds it to this page; tests/data/sources/<type>/ takes its cases.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from html import escape
from typing import Annotated, Protocol, TypeVar, cast
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, ValidationError

from pipeline.errors import NetworkError, SourceError
from pipeline.resources import find_type
from pipeline.seams import Http, Response
from pipeline.text.characters import clean, one_line
from pipeline.text.dates import parse_retry_after
from pipeline.text.language import detect
from pipeline.text.urls import canonicalise, host, is_tracking
from pipeline.types import Item, Kind, Payload


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
    cost_usd_micros: int = 0  # what the place charges for these payloads
    trouble: SourceError | None = None  # what went wrong with a part; the rest is here
    dropped: "tuple[Dropped, ...]" = ()  # what was there and is no payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """An entry that becomes no item, and why in a word ("sponsor"); by its guid it counts once, however often read."""

    guid: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """When a publisher wants to be asked: not sooner than ``ttl_s`` after the last time, not in these hours (0..23,
    UTC) and days (0 is Monday). https://www.rssboard.org/rss-specification#optionalChannelElements
    """

    ttl_s: float = 0.0
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a payload holds. ``entries`` counts what stood there, before anything was passed over."""

    items: Sequence[Item] = ()
    dropped: Sequence[Dropped] = ()
    wish: Wish = Wish()

    @property
    def entries(self) -> int:
        """How many there were, taken or not."""
        return len(self.items) + len(self.dropped)


class SourceType(Protocol):
    """The shape of a module in this folder."""

    Options: type[BaseModel]

    def fetch(self, options: BaseModel, state: FetchState, http: Http, now: datetime) -> Fetched:
        """Read the place once."""
        ...

    def parse(self, payload: Payload, options: BaseModel) -> Parsed:
        """Turn bytes into items."""
        ...


def find(type_name: str) -> SourceType:
    """The source type of that name. Raises ConfigError that names the types there are."""
    return cast("SourceType", find_type(__name__, type_name))


def why_off(type_name: str, options: BaseModel) -> str:
    """Why a source is not asked at all, "" when it is."""
    off = getattr(find(type_name), "off", None)
    return str(off(options)) if off else ""


def item_id(source_id: str, guid: str) -> str:
    """16 hex digits of blake2b over source and guid; the guid is only unique within its source."""
    return blake2b(f"{source_id}\0{guid}".encode(errors="surrogatepass"), digest_size=8).hexdigest()


MAX_TITLE_CHARS = 300
MAX_BODY_CHARS = 200_000
MAX_CLOCK_SKEW = timedelta(hours=1)
MAX_COUNT = 2**31 - 1  # of votes and comments: a column of PostgreSQL


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
    text_url: str = "",
    credit: str = "",
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
        points=_counted(points),
        comments=_counted(comments),
        media=tuple(m for m in (_printable(m) for m in media) if m)[:100],
        text_url=_printable(text_url),
        credit=one_line(credit, 200),
    )


def _counted(number: int | None) -> int | None:
    return None if number is None else max(-MAX_COUNT, min(number, MAX_COUNT))


def newest(items: Sequence[Item], limit: int, dropped: Sequence[Dropped] = ()) -> Parsed:
    """At most that many of the items, in the order given; the others are named. An undated one counts as new."""
    oldest_last = sorted(items, key=lambda i: i.published_at or i.fetched_at, reverse=True)
    chosen = {i.id for i in oldest_last[:limit]}
    over = [Dropped(guid=i.guid, reason="over_the_limit") for i in items if i.id not in chosen]
    return Parsed(items=[i for i in items if i.id in chosen], dropped=[*dropped, *over])


def _printable(url: str) -> str:
    url = canonicalise(url) if url else ""
    return "" if is_tracking(url) else url


# --- asking a server ------------------------------------------------------------------------------------------------


def web_address(url: str) -> str:
    """Let an http or https address through as it is written. Raises ValueError (for pydantic) otherwise."""
    if not host(url):
        raise ValueError("is no web address; write it as https://host/path")
    return url


def _base(url: str) -> str:
    return web_address(url).rstrip("/")


WebAddress = Annotated[str, AfterValidator(web_address)]
BaseAddress = Annotated[str, AfterValidator(_base)]
"""The beginning of the addresses of an interface, without its last slash."""

PLACE_OF_TOKEN = "{token}"  # noqa: S105 - what stands in an address instead of a token


def get(
    http: Http,
    url: str,
    state: FetchState,
    now: datetime,
    *,
    accept: str,
    max_bytes: int | None = None,
    allow_private: bool = False,
    token: str = "",
    headers: Mapping[str, str] | None = None,
) -> Fetched:
    """One conditional GET (RFC 9110 section 13): validators go back byte for byte, to the address that gave them.

    ``token`` is a secret that stands in the address as ``{token}``: it is put in for the request alone, and taken out
    of all that comes back. Raises SourceError with ``wait_s`` for 429 and 503 (Retry-After), ``gone`` for 410, and for
    any other failure.
    """
    sent = {"accept": accept, **(headers or {})}
    if state.validators.get("url") == url:
        for ours, theirs in (("etag", "if-none-match"), ("last-modified", "if-modified-since")):
            if ours in state.validators:
                sent[theirs] = state.validators[ours]
    response = _sent(http, url, sent, max_bytes, allow_private=allow_private, token=token)
    if response.status == 304:
        fresh = _validators(url, response)
        return Fetched(validators={**state.validators, **fresh}, cursor=state.cursor, headers=response.headers)
    if response.status != 200:
        raise refusal(url, response, now)
    return Fetched(
        payloads=(as_payload(response, state, now),),
        validators=_validators(url, response),
        moved_to=response.moved_to,
        headers=response.headers,
    )


def ask(
    http: Http,
    url: str,
    now: datetime,
    *,
    headers: Mapping[str, str] | None = None,
    max_bytes: int | None = None,
    allow_private: bool = False,
    form: Mapping[str, str] | None = None,
) -> Response:
    """One request of an interface without validators; the answer is a 200. Raises as ``get`` does."""
    response = http.get(
        url,
        headers={"accept": "application/json", **(headers or {})},
        max_bytes=max_bytes,
        allow_private=allow_private,
        form=form,
    )
    if response.status != 200:
        raise refusal(url, response, now)
    return response


def as_payload(response: Response, state: FetchState, now: datetime) -> Payload:
    """The bytes of an answer, to be kept."""
    media_type = response.headers.get("content-type", "")
    return Payload(
        source_id=state.source_id, url=response.url, fetched_at=now, media_type=media_type, body=response.body
    )


Answer = TypeVar("Answer", bound=BaseModel)


def read_answer(model: type[Answer], payload: Payload, remedy: str) -> Answer:
    """JSON as the model that names what we read of it. Raises SourceError of kind "bad_answer"."""
    try:
        return model.model_validate_json(payload.body)
    except ValidationError as e:
        first = e.errors()[0]
        where = ".".join(str(part) for part in first["loc"])[:80]
        message = f"{payload.url} gives another answer than expected ({where or 'JSON'}: {first['msg'][:100]})"
        raise SourceError(message, subject=payload.source_id, kind="bad_answer", remedy=remedy) from e


def _sent(
    http: Http, url: str, headers: Mapping[str, str], max_bytes: int | None, *, allow_private: bool, token: str
) -> Response:
    """Send a request whose address may hold a secret; nothing that comes back holds it."""
    if PLACE_OF_TOKEN not in url or not token:
        return http.get(url, headers=headers, max_bytes=max_bytes, allow_private=allow_private)
    secret = _spellings(token)

    def hide(text: str) -> str:
        return re.sub(secret, PLACE_OF_TOKEN, text)

    full = url.replace(PLACE_OF_TOKEN, quote(token, safe=""))
    try:
        response = http.get(full, headers=headers, max_bytes=max_bytes, allow_private=allow_private)
    except NetworkError as e:
        raise NetworkError(hide(e.message), subject=url, remedy=e.remedy, kind=e.kind) from None  # its cause names it
    return replace(
        response,
        url=hide(response.url),
        headers={name: hide(value) for name, value in response.headers.items()},
        body=re.sub(secret.encode(), PLACE_OF_TOKEN.encode(), response.body),
        moved_to=hide(response.moved_to) if response.moved_to else None,
    )


def _spellings(token: str) -> str:
    """A pattern for a token as servers repeat it: each character as it is, quoted for an address, or for HTML."""

    def spelt(character: str) -> str:
        quoted = quote(character, safe="")
        return "|".join(sorted({re.escape(form) for form in (character, quoted, quoted.lower(), escape(character))}))

    return "".join(f"(?:{spelt(character)})" for character in token)


def _validators(url: str, response: Response) -> dict[str, str]:
    """What goes back next time. One in which a secret stood is not as it came, so it is not kept."""
    given = {name: response.headers.get(name, "") for name in ("etag", "last-modified")}
    found = {name: value for name, value in given.items() if value and PLACE_OF_TOKEN not in value}
    return {"url": url, **found} if found else {}


def refusal(url: str, response: Response, now: datetime, wait_s: float = 0.0) -> SourceError:
    """What an answer that is no 200 means, with a remedy; ``wait_s`` when the interface has its own way to say it."""
    remedies = {
        401: "It wants a key or token",
        402: "Its account has no credit left",
        403: "It refuses this address or program; open it in a browser, and ask the publisher",
        404: "Check the address; it is asked again later",
        410: "The publisher took it away for good: remove it from config.yaml",
        429: "It is asked again later, as it wishes",
    }
    return SourceError(
        f"answered {response.status} at {url}",
        kind=f"http_{response.status}",
        remedy=remedies.get(response.status, "It is asked again later"),
        wait_s=max(wait_s, parse_retry_after(response.headers.get("retry-after", ""), now)),
        gone=response.status == 410,
    )
