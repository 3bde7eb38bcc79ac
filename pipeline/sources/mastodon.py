"""Mastodon: posts of an account or under a hashtag, read forward from the last one; by RSS where the API is closed."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Self
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from pipeline.config_section import SecretSection
from pipeline.errors import NetworkError, SourceError
from pipeline.seams import Http, Response
from pipeline.sources import (
    MAX_TITLE_CHARS,
    BaseAddress,
    Fetched,
    FetchState,
    Parsed,
    _mastodon_posts,
    as_payload,
    read_answer,
    refusal,
    rss,
)
from pipeline.sources._mastodon_posts import REMEDY, Status, Wanted, read_statuses
from pipeline.sources._posts import Told, as_trouble, first_line, names, readable, remembered, wait_headers, without
from pipeline.text.characters import one_line
from pipeline.text.dates import parse_date
from pipeline.types import Item, Payload

MOST = 40  # https://docs.joinmastodon.org/methods/accounts/#statuses ("limit")
API_AGAIN = timedelta(days=7)  # a closed API may be opened
_CLOSED = ("http_401", "http_403", "http_422")  # what servers say that want a login
_PREVIOUS = re.compile(r'<([^<>]{1,2000})>\s{0,9};\s{0,9}rel="prev"')
_HOST = r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,9}"


def _account(text: str) -> str:
    account = text.strip().removeprefix("@")
    if not re.fullmatch(rf"\w[\w.-]{{0,99}}@{_HOST}", account):
        raise ValueError("is no account; write it as user@host")
    return account


def _tag(text: str) -> str:
    tag = text.strip().removeprefix("#")
    if not re.fullmatch(r"\w{1,100}", tag):
        raise ValueError("is no hashtag; write it as one word")
    return tag


class Options(SecretSection):
    """An ``account`` (user@host), or a ``tag`` as the server ``host`` sees it.

    ``base_url`` is for a server that has another name than its accounts. A token is for servers that want a login.
    """

    secrets = ("token",)

    account: Annotated[str, AfterValidator(_account)] = ""
    tag: Annotated[str, AfterValidator(_tag)] = ""
    host: str = Field(default="", pattern=rf"^(?:{_HOST})?$")
    limit: int = Field(default=MOST, ge=1, le=MOST)
    max_pages: int = Field(default=10, ge=2, le=100)
    boosts: bool = False
    replies: bool = False
    min_favourites: int = Field(default=0, ge=0)
    base_url: BaseAddress | None = None
    allow_private: bool = False
    token_env: str = "MASTODON_TOKEN"  # noqa: S105 - the name of a variable
    token_file: str = ""
    token: SecretStr | None = Field(default=None, exclude=True, repr=False)

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if bool(self.account) == bool(self.tag):
            kind = "two_places" if self.tag else "missing_place"
            raise PydanticCustomError(kind, "give either an `account` (user@host), or a `tag` with its `host`")
        if self.tag and not (self.host or self.base_url):
            raise PydanticCustomError("missing_place", "a `tag` needs the `host` of a server that sees it")
        return self

    @property
    def wanted(self) -> Wanted:
        """Which posts become items."""
        return Wanted(
            replies=self.replies,
            boosts=self.boosts,
            min_favourites=self.min_favourites,
            open_place=bool(self.tag),
        )

    @property
    def server(self) -> str:
        """The beginning of its addresses."""
        return self.base_url or f"https://{self.host or self.account.rpartition('@')[2]}"

    @property
    def feed(self) -> rss.Options:
        """The same as RSS: its newest posts, without boosts and replies."""
        page = f"@{self.account.partition('@')[0]}" if self.account else f"tags/{quote(self.tag)}"
        return rss.Options(url=f"{self.server}/{page}.rss", allow_private=self.allow_private)


class _Found(Told):
    id: str


class _Cursor(BaseModel):
    """What is known between two fetches: the ``id`` of an account, the newest post, and until when the API is closed.

    All of it is about ``of``: when the configuration names another account or tag, it begins anew.
    """

    of: str = ""
    id: str = ""
    min_id: str = ""
    closed_until: AwareDatetime | None = None


def fetch(options: Options, state: FetchState, http: Http, now: datetime) -> Fetched:
    """What was posted since the last time; the newest page at first. Where the API wants a login, the RSS feed is read;
    without a token the API is tried again after a week only.

    The cursor is JSON, see ``_Cursor``. Raises SourceError or NetworkError when nothing could be read.
    """
    of = f"{options.server} {options.account or options.tag}"
    known = remembered(_Cursor, state.cursor)
    known = known if known.of == of else _Cursor(of=of)
    if known.closed_until and now < known.closed_until and not options.token:
        return _by_feed(options, known, state, http, now)
    try:
        return _by_api(options, known, state, http, now)
    except SourceError as e:
        if e.kind not in _CLOSED:
            raise
        known = known.model_copy(update={"closed_until": now + API_AGAIN})
        fetched = _by_feed(options, known, state, http, now)
        remedy = f"Put a valid token into {options.token_env}, or take it out: the RSS feed is read instead"
        return replace(fetched, trouble=SourceError(e.message, kind=e.kind, remedy=remedy) if options.token else None)


def parse(payload: Payload, options: Options) -> Parsed:
    """The posts of a page of the API, or of the RSS feed. Raises SourceError as ``rss`` does, or "bad_answer"."""
    if "json" not in payload.media_type.lower():
        found = rss.parse(payload, rss.Options.model_construct(url=payload.url))
        return replace(found, items=[_of_feed(item, options) for item in found.items])
    return _mastodon_posts.parse(payload, options.wanted)


# --- asking ----------------------------------------------------------------------------------------------------------


def _by_api(options: Options, known: _Cursor, state: FetchState, http: Http, now: datetime) -> Fetched:
    """Page forward: ``min_id`` gives what is *next* to an id, so that nothing lies between two pages or two fetches.

    https://docs.joinmastodon.org/api/guidelines/#pagination
    """
    if options.account and not known.id:
        known = known.model_copy(update={"id": _account_id(options, state, http, now)})
    pages: list[Payload] = []
    trouble: SourceError | None = None
    for _ in range(options.max_pages):
        try:
            response = _ask(options, *_timeline(options, known), http, now)
            page = as_payload(response, state, now)
            statuses = read_statuses(page)
        except (SourceError, NetworkError) as e:
            if not pages:
                raise
            trouble = as_trouble(e)
            break
        pages += [page] if statuses else []
        before, newest = known.min_id, _newest_id(response, statuses) or known.min_id
        known = known.model_copy(update={"min_id": newest, "closed_until": None})
        if not before or not statuses or newest == before:
            break
    else:
        trouble = SourceError(
            f"has more new posts than {len(pages)} pages hold; the rest is read next time",
            kind="behind",
            remedy="Raise max_pages, or lower interval_hours, if that happens every time",
        )
    return Fetched(
        payloads=tuple(pages), cursor=known.model_dump_json(), headers=wait_headers(trouble), trouble=trouble
    )


def _timeline(options: Options, known: _Cursor) -> tuple[str, dict[str, str]]:
    query = {"limit": f"{options.limit}", "min_id": known.min_id}
    if options.tag:
        return f"/api/v1/timelines/tag/{quote(options.tag)}", query
    query |= {"exclude_replies": "" if options.replies else "true", "exclude_reblogs": "" if options.boosts else "true"}
    return f"/api/v1/accounts/{quote(known.id, safe='')}/statuses", query


def _account_id(options: Options, state: FetchState, http: Http, now: datetime) -> str:
    user, _, home = options.account.partition("@")
    acct = user if options.server == f"https://{home}" else options.account
    response = _ask(options, "/api/v1/accounts/lookup", {"acct": acct}, http, now)
    return read_answer(_Found, as_payload(response, state, now), REMEDY).id


def _ask(options: Options, path: str, query: dict[str, str], http: Http, now: datetime) -> Response:
    """One request. Raises SourceError, for 429 with ``wait_s``: X-RateLimit-Reset is in ISO 8601.

    https://docs.joinmastodon.org/api/rate-limits/
    """
    url = f"{options.server}{path}?{urlencode({name: value for name, value in query.items() if value})}"
    token = options.token.get_secret_value() if options.token else ""
    headers = {"accept": "application/json", **({"authorization": f"Bearer {token}"} if token else {})}
    response = http.get(url, headers=headers, allow_private=options.allow_private)
    if response.status == 200:
        return without(token, response)
    reset = parse_date(response.headers.get("x-ratelimit-reset", "")) if response.status == 429 else None
    raise refusal(url, response, now, wait_s=(reset - now).total_seconds() if reset else 0.0)


def _newest_id(response: Response, statuses: list[object]) -> str:
    """Where the next page begins: as the server says it, since it leaves out posts that it would count; else the first.

    Only the id is taken out of its link, so that no answer can send our token elsewhere.
    """
    link = _PREVIOUS.search(response.headers.get("link", ""))
    said = parse_qs(urlsplit(link[1]).query).get("min_id", [""])[0] if link else ""
    return said or next((s.id for s in readable(Status, statuses)), "")


def _by_feed(options: Options, known: _Cursor, state: FetchState, http: Http, now: datetime) -> Fetched:
    try:
        return replace(rss.fetch(options.feed, state, http, now), cursor=known.model_dump_json())
    except SourceError as e:
        remedy = f"Put a token of an account on that server into {options.token_env}, or take the source out"
        message = f"its API wants a login, and its feed {e.message}"
        raise SourceError(message, kind=e.kind, remedy=remedy, wait_s=e.wait_s) from e


def _of_feed(item: Item, options: Options) -> Item:
    """An entry of the feed as a post: it has neither a title nor an author of its own."""
    return replace(
        item,
        kind="post",
        title=one_line(first_line(item.body), MAX_TITLE_CHARS) or item.title,
        authors=item.authors or names("", options.account),
    )
