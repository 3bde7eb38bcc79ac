"""Bluesky: posts of an author, a list or a custom feed, without an account (the public AppView).

https://docs.bsky.app/docs/api/app-bsky-feed-get-author-feed, likewise get-list-feed and get-feed
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Self
from urllib.parse import urlencode

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from pipeline.config_section import Section
from pipeline.errors import NetworkError, SourceError
from pipeline.seams import Http
from pipeline.sources import (
    BaseAddress,
    Fetched,
    FetchState,
    Parsed,
    _bluesky_posts,
    as_payload,
    ask,
    get,
    read_answer,
)
from pipeline.sources._bluesky_posts import REMEDY, UNKNOWN, Author, Entry, Feed, read_feed
from pipeline.sources._posts import Told, as_trouble, remembered, together, wait_headers
from pipeline.text.characters import one_line
from pipeline.types import Payload

_REMEDY_MOVED = "Make sure that it is still the one you mean, and write its did (did:plc:...) as `actor`"
_DID = r"did:[a-z]+:[A-Za-z0-9._:%-]+"
_NAME = r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
_KEY = r"[A-Za-z0-9._~:-]{1,512}"


def _record(collection: str, folder: str) -> AfterValidator:
    """Takes an at-uri of that collection, or the address of its page, and gives the at-uri."""
    pattern = re.compile(
        rf"(?:at://|https://bsky\.app/profile/)({_DID}|{_NAME})/(?:{re.escape(collection)}|{folder})/({_KEY})/?"
    )

    def at_uri(text: str) -> str:
        found = pattern.fullmatch(text.strip()[:1_000])
        if not found:
            raise ValueError(f"write it as https://bsky.app/profile/NAME/{folder}/KEY or at://did:.../{collection}/KEY")
        return f"at://{found[1]}/{collection}/{found[2]}"

    return AfterValidator(at_uri)


class Options(Section):
    """Whose posts, and from how many likes on: an ``actor`` (a handle without @, or a did), a ``list`` or a ``feed``
    (an at-uri, or the address of its page).
    """

    actor: str = Field(default="", pattern=rf"^(?:{_DID}|{_NAME}|)$", max_length=300)
    list: Annotated[str, _record("app.bsky.graph.list", "lists")] = ""
    feed: Annotated[str, _record("app.bsky.feed.generator", "feed")] = ""
    limit: int = Field(default=50, ge=1, le=100)
    max_pages: int = Field(default=10, ge=1, le=100)
    min_likes: int = Field(default=0, ge=0)
    base_url: BaseAddress = "https://public.api.bsky.app"
    allow_private: bool = False

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        places = [place for place in (self.actor, self.list, self.feed) if place]
        if len(places) != 1:
            kind = "two_places" if places else "missing_place"
            raise PydanticCustomError(kind, "give one of `actor`, `list` and `feed`")
        return self

    @property
    def place(self) -> str:
        """What is read, as the configuration names it."""
        return self.actor or self.list or self.feed


class _Cursor(BaseModel):
    """What is known between two fetches: who owned the handle in ``of`` when it was first read, under which handle that
    account was seen last, and when the newest post was made. For another place it begins anew.
    """

    of: str = ""
    did: str = ""
    handle: str = ""
    newest: AwareDatetime | None = None


class _Resolved(Told):
    did: str = Field(pattern=rf"^{_DID}$")


def fetch(options: Options, state: FetchState, http: Http, now: datetime) -> Fetched:
    """The newest page, asked for conditionally; then older ones, until something that is known already.

    An actor who was found by a handle is asked for by the did from then on: handles change owner. The cursor is JSON,
    see ``_Cursor``. Raises SourceError or NetworkError.
    """
    return _Run(options, state, http, now).read()


def parse(payload: Payload, options: Options) -> Parsed:
    """The posts themselves, without reposts and answers. Raises SourceError of kind "bad_answer"."""
    return _bluesky_posts.parse(payload, min_likes=options.min_likes, open_place=bool(options.feed))


class _Run:
    """One fetch: what was known, and what was read."""

    def __init__(self, options: Options, state: FetchState, http: Http, now: datetime) -> None:
        self.options, self.state, self.http, self.now = options, state, http, now
        known = remembered(_Cursor, state.cursor)
        self.known = known if known.of == options.place else _Cursor(of=options.place)
        self.pages: list[Payload] = []
        self.entries: list[Entry] = []

    def read(self) -> Fetched:
        """Everything new. Raises SourceError or NetworkError when the first page is not to be had."""
        self._resolve()
        url = self._address()
        fetched = self._first_page(url)
        try:
            feed = read_feed(fetched.payloads[0]) if fetched.payloads else None
        except SourceError:
            feed = None
        if feed is None:  # nothing new; or parse says what is wrong with it
            return fetched
        self.pages += fetched.payloads
        missing = self._go_back(url, feed)
        trouble = together([t for t in (missing, self._moved()) if t])
        # What lies behind a page that failed is asked for again: then the newest post stays the old one, and the next
        # answer has to be whole.
        complete = missing is None or missing.kind == "behind"
        return replace(
            fetched,
            payloads=tuple(self.pages),
            validators=fetched.validators if complete else {},
            cursor=self._after(complete=complete).model_dump_json(),
            headers={**fetched.headers, **wait_headers(trouble)},
            trouble=trouble,
        )

    # --- asking

    def _resolve(self) -> None:
        """Learn the did of a list's or feed's owner, where the configuration gives a handle: by that it is not found.

        https://github.com/bluesky-social/atproto/issues/3201
        """
        owner = _owner(self.options.place)
        if self.options.actor or self.known.did or owner.startswith("did:"):
            return
        answer = self._ask(f"{self.options.base_url}/xrpc/com.atproto.identity.resolveHandle?handle={owner}")
        self.known = self.known.model_copy(update={"did": read_answer(_Resolved, answer, REMEDY).did})

    def _address(self) -> str:
        options, owner = self.options, _owner(self.options.place)
        place = options.place.replace(owner, self.known.did or owner, 1)
        query = {"actor" if options.actor else "list" if options.list else "feed": place, "limit": f"{options.limit}"}
        method = "getAuthorFeed" if options.actor else "getListFeed" if options.list else "getFeed"
        query |= {"filter": "posts_no_replies"} if options.actor else {}
        return f"{options.base_url}/xrpc/app.bsky.feed.{method}?{urlencode(query)}"

    def _first_page(self, url: str) -> Fetched:
        allow_private = self.options.allow_private
        try:
            return get(self.http, url, self.state, self.now, accept="application/json", allow_private=allow_private)
        except SourceError as e:
            if e.kind != "http_400" or not self.options.actor or not self.known.did:
                raise
            message = f"the account {self.known.did}, which was {self.options.actor}, is no longer there"
            raise SourceError(message, kind="handle_moved", remedy=_REMEDY_MOVED) from e

    def _go_back(self, url: str, feed: Feed) -> SourceError | None:
        """Read older pages up to what is known; gives why that failed."""
        try:
            while True:
                entries = feed.entries
                self.entries += entries
                if not feed.cursor or self.known.newest is None or self._reaches(self.known.newest, entries):
                    return None
                if len(self.pages) == self.options.max_pages:
                    message = f"has more new posts than {len(self.pages)} pages hold; the older ones are not read"
                    remedy = "Raise limit and max_pages, or lower interval_hours"
                    return SourceError(message, kind="behind", remedy=remedy)
                page = self._ask(f"{url}&{urlencode({'cursor': feed.cursor})}")
                feed = read_feed(page)
                self.pages.append(page)
        except (SourceError, NetworkError) as e:
            return as_trouble(e)

    def _ask(self, url: str) -> Payload:
        answer = ask(self.http, url, self.now, allow_private=self.options.allow_private)
        return as_payload(answer, self.state, self.now)

    # --- what is known

    def _reaches(self, newest: datetime, entries: Sequence[Entry]) -> bool:
        """Whether a page goes back to what was known. A custom feed has an order of its own: it then brings no news."""
        moments = _moments(entries)
        return not any(m > newest for m in moments) if self.options.feed else any(m <= newest for m in moments)

    def _after(self, *, complete: bool) -> _Cursor:
        moments = [min(m, self.now) for m in _moments(self.entries)]
        newest = max([*moments, *([self.known.newest] if self.known.newest else [])], default=None)
        author = self._author() if self._is_by_handle else Author()
        return self.known.model_copy(
            update={
                "did": self.known.did or author.did,
                "handle": author.known_handle or self.known.handle,
                "newest": newest if complete else self.known.newest,
            }
        )

    @property
    def _is_by_handle(self) -> bool:
        return bool(self.options.actor) and not self.options.actor.startswith("did:")

    def _author(self) -> Author:
        """Who wrote the posts of an author's feed."""
        return next((e.post.author for e in self.entries if not e.is_repost and e.post.author.did), Author())

    def _moved(self) -> SourceError | None:
        """Says, once, that the account goes by another handle than the configuration, or that it is another one."""
        author, known = self._author(), self.known
        if not (self._is_by_handle and known.did and author.did):
            return None
        expected = (*UNKNOWN, self.options.actor.lower(), known.handle.lower())
        if author.did == known.did and author.handle.lower() in expected:
            return None
        message = f"{self.options.actor} was {known.did}; its posts now come from {author.handle} ({author.did})"
        return SourceError(one_line(message, 300), kind="handle_moved", remedy=_REMEDY_MOVED)


def _owner(place: str) -> str:
    """The handle or did in it."""
    return place.removeprefix("at://").partition("/")[0]


def _moments(entries: Sequence[Entry]) -> list[datetime]:
    """When the posts were made; not of those that stand where they do for another reason (reposts, pins)."""
    return [entry.post.made_at for entry in entries if entry.reason is None and entry.post.made_at]
