"""Mastodon: posts of an account or under a hashtag, read forward from the last one; by RSS where the API is closed."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Self
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, RootModel, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from pipeline.config import SecretSection
from pipeline.errors import NetworkError, SourceError
from pipeline.sources import (
    MAX_TITLE_CHARS,
    BaseAddress,
    Dropped,
    Fetched,
    FetchState,
    Parsed,
    as_payload,
    new_item,
    read_answer,
    refusal,
    rss,
)
from pipeline.sources._posts import (
    Told,
    as_trouble,
    first_line,
    names,
    pictured,
    read_each,
    readable,
    told,
    wait_headers,
    without,
)
from pipeline.text.characters import one_line
from pipeline.text.dates import parse_date
from pipeline.text.html import links, to_text
from pipeline.text.language import settle
from pipeline.text.urls import canonicalise, host
from pipeline.types import Http, Item, Payload, Response

MOST = 40  # https://docs.joinmastodon.org/methods/accounts/#statuses ("limit")
API_AGAIN = timedelta(days=7)  # a closed API may be opened
_CLOSED = ("http_401", "http_403", "http_422")  # what servers say that want a login
_REMEDY = "Check the account or tag on its server; if it is right, the interface has changed: tell us"
_PREVIOUS = re.compile(r'<([^<>]{1,2000})>\s{0,9};\s{0,9}rel="prev"')
_ADDRESS = re.compile(r"https?://\S+")
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
    def server(self) -> str:
        """The beginning of its addresses."""
        return self.base_url or f"https://{self.host or self.account.rpartition('@')[2]}"

    @property
    def feed(self) -> rss.Options:
        """The same as RSS: its newest posts, without boosts and replies."""
        page = f"@{self.account.partition('@')[0]}" if self.account else f"tags/{quote(self.tag)}"
        return rss.Options(url=f"{self.server}/{page}.rss", allow_private=self.allow_private)


class _Cursor(BaseModel):
    """What is known between two fetches: the ``id`` of an account, the newest post, and until when the API is closed.

    All of it is about ``of``: when the configuration names another account or tag, it begins anew.
    """

    of: str
    id: str = ""
    min_id: str = ""
    closed_until: AwareDatetime | None = None


def fetch(options: Options, state: FetchState, http: Http, now: datetime) -> Fetched:
    """What was posted since the last time; the newest page at first. Where the API wants a login, the RSS feed.

    The cursor is JSON, see ``_Cursor``. Raises SourceError or NetworkError when nothing could be read.
    """
    of = f"{options.server} {options.account or options.tag}"
    known = _Cursor.model_validate_json(state.cursor) if state.cursor else _Cursor(of=of)
    known = known if known.of == of else _Cursor(of=of)
    if known.closed_until and now < known.closed_until:
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
    statuses, dropped = read_each(_Status, read_answer(_Statuses, payload, _REMEDY).root, payload, _REMEDY)
    reasons = [(s, _why_not(s, options)) for s in statuses]
    dropped += [Dropped(guid=s.guid, reason=reason) for s, reason in reasons if reason]
    return told([_item(payload, s) for s, reason in reasons if not reason], dropped)


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
            statuses = read_answer(_Statuses, page, _REMEDY).root
        except (SourceError, NetworkError) as e:
            if not pages:
                raise
            trouble = as_trouble(e)
            break
        pages += [page] if statuses else []
        is_last = not known.min_id or len(statuses) < options.limit
        known = known.model_copy(
            update={"min_id": _newest_id(response, statuses) or known.min_id, "closed_until": None}
        )
        if is_last:
            break
    else:
        trouble = SourceError(
            f"has {len(pages) * options.limit} new posts or more; the rest is read next time",
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
    return read_answer(_Found, as_payload(response, state, now), _REMEDY).id


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
    return said or next((s.id for s in readable(_Status, statuses)), "")


def _by_feed(options: Options, known: _Cursor, state: FetchState, http: Http, now: datetime) -> Fetched:
    try:
        return replace(rss.fetch(options.feed, state, http, now), cursor=known.model_dump_json())
    except SourceError as e:
        remedy = f"Put a token of an account on that server into {options.token_env}, or take the source out"
        message = f"its API wants a login, and its feed {e.message}"
        raise SourceError(message, kind=e.kind, remedy=remedy, wait_s=e.wait_s) from e


# --- what we read of https://docs.joinmastodon.org/entities/Status/ ; everything else is ignored ---------------------


class _Found(Told):
    id: str


class _Statuses(RootModel[list[object]]):
    pass


class _Account(Told):
    id: str = ""
    acct: str = ""
    display_name: str = ""
    url: str = ""


class _Media(Told):
    url: str = ""
    description: str = ""


class _Card(Told):
    url: str = ""
    title: str = ""


class _Choice(Told):
    title: str = ""


class _Poll(Told):
    options: tuple[_Choice, ...] = ()


class _Quote(Told):
    quoted_status: "_Status | None" = None


class _Status(Told):
    id: str = ""
    uri: str = ""
    url: str = ""
    created_at: str = ""
    visibility: str = "public"
    language: str = ""
    spoiler_text: str = ""
    content: str = ""
    favourites: int | None = Field(default=None, alias="favourites_count")
    replies: int | None = Field(default=None, alias="replies_count")
    replied_to: str = Field(default="", alias="in_reply_to_id")
    replied_to_account: str = Field(default="", alias="in_reply_to_account_id")
    account: _Account = _Account()
    reblog: "_Status | None" = None
    quote: _Quote | None = None
    card: _Card = _Card()
    poll: _Poll = _Poll()
    media: tuple[_Media, ...] = Field(default=(), alias="media_attachments")

    @property
    def guid(self) -> str:
        """Its page: the feed knows no other id. An edit changes neither."""
        return self.url or self.uri

    @property
    def handle(self) -> str:
        """user@host, also where the server leaves its own name out."""
        acct, home = self.account.acct, host(self.account.url)
        return f"{acct}@{home}" if acct and home and "@" not in acct else acct

    @property
    def shown(self) -> "_Status":
        """The post itself, or the one that it boosts."""
        return self.reblog or self


def _why_not(status: _Status, options: Options) -> str:
    """Why a post becomes no item, "" when it does. An answer to oneself goes on with a thread."""
    if not {status.visibility, status.shown.visibility} <= {"public", "unlisted"}:
        return "private"
    if status.reblog and not options.boosts:
        return "boost"
    if status.replied_to and status.replied_to_account != status.account.id and not options.replies:
        return "reply"
    return "few_votes" if (status.shown.favourites or 0) < options.min_favourites else ""


def _item(payload: Payload, status: _Status) -> Item:
    shown = status.shown
    body = "\n".join(_lines(shown))
    linked = [link.url for link in links(shown.content) if link.text[:1] not in ("@", "#")]
    media = [canonicalise(shown.card.url), *linked, *(m.url for m in shown.media)]
    return new_item(
        payload,
        guid=shown.guid,
        url=shown.guid,
        title=first_line(body),
        body=body,
        kind="post",
        via=f"@{status.handle}" if status.reblog and status.handle else None,
        authors=names(shown.account.display_name, shown.handle),
        language=settle(shown.language, body),
        published_at=parse_date(shown.created_at),
        points=shown.favourites,
        comments=shown.replies,
        media=tuple(dict.fromkeys(media)),
    )


def _lines(status: _Status) -> Iterator[str]:
    """All that a reader of the post sees: its warning, its text, a quoted post, a linked page, choices, pictures."""
    yield from filter(None, (one_line(status.spoiler_text), _text(status.content)))
    if status.quote and (quoted := status.quote.quoted_status):
        yield f"@{quoted.handle}: {one_line(_text(quoted.content))} {canonicalise(quoted.guid)}"
    if url := canonicalise(status.card.url):
        yield f"{status.card.title} {url}".strip()
    yield from (f"- {choice.title}" for choice in status.poll.options)
    yield from pictured(m.description for m in status.media)


def _text(content: str) -> str:
    """What a reader sees; addresses, which stand there in full, without what tracks."""
    addresses = {link.text: link.url for link in links(content)}
    return _ADDRESS.sub(lambda found: addresses.get(found[0], found[0]), to_text(content))


def _of_feed(item: Item, options: Options) -> Item:
    """An entry of the feed as a post: it has neither a title nor an author of its own."""
    return replace(
        item,
        kind="post",
        title=one_line(first_line(item.body), MAX_TITLE_CHARS) or item.title,
        authors=item.authors or names("", options.account),
    )
