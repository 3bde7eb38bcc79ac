"""X: timelines of users and of a list through its paid API (v2), with a cap on what one run may spend."""

import json
import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Self
from urllib.parse import urlencode

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError, from_json

from pipeline.config_section import SecretSection
from pipeline.errors import NetworkError, SourceError
from pipeline.seams import Http, Response
from pipeline.sources import BaseAddress, Fetched, FetchState, Parsed, _x_posts, as_payload, refusal
from pipeline.sources._posts import as_trouble, readable, remembered, together, wait_headers, without
from pipeline.sources._timelines import Cursor, Part, Place, Purse
from pipeline.sources._x_posts import Page, Post, User, Wanted, read_page
from pipeline.types import Payload

PAGE = 100  # posts or accounts: the most that one request gives
LIST_PAGE = 5  # a list has no since_id, so its last page holds posts that were paid for before: pages begin short
MAX_REQUESTS = 300  # of one run, whatever the answers say; X allows 10,000 in 15 minutes for users, 900 for lists
MAX_HANDLES = 5_000
POST_FIELDS = "created_at,author_id,public_metrics,entities,referenced_tweets,note_tweet,lang"
EXPANSIONS = "author_id,referenced_tweets.id,referenced_tweets.id.author_id"
EXPANDED = 3  # posts, and accounts, that come with one post at most: itself, the one it quotes, the one it answers
_OF_ONE_PLACE = ("http_400", "http_404", "refused", "gap_lost", "bad_answer")  # any other would meet every place
_LIST = re.compile(r"(?:https?://(?:www\.)?(?:x|twitter)\.com/i/lists/)?([0-9]{1,19})/?")


def _handle(text: str) -> str:
    handle = text.strip().removeprefix("@")
    if not re.fullmatch(r"[A-Za-z0-9_]{1,15}", handle):
        raise ValueError("is no handle; write it as @name")
    return handle


def _list_id(value: object) -> str:
    found = _LIST.fullmatch(str(value).strip())
    if not found:
        raise ValueError("is no list; give the number at the end of its address, https://x.com/i/lists/NUMBER")
    return found[1]


class Options(SecretSection):
    """Whom to read: ``users`` (handles), a ``list`` (its id or address), or both. Off until there is a token.

    Prices: https://docs.x.com/x-api/getting-started/pricing (August 2026). ``expand`` asks for quoted posts and names
    of authors with each answer; they are counted as further resources.
    """

    secrets = ("token",)

    users: tuple[Annotated[str, AfterValidator(_handle)], ...] = ()
    list: Annotated[str, BeforeValidator(_list_id)] = ""
    max_posts: int = Field(default=100, ge=1, le=10_000)
    max_usd_per_run: float = Field(default=0.50, gt=0, le=1_000)
    usd_per_post: float = Field(default=0.005, ge=0, le=1)
    usd_per_user: float = Field(default=0.010, ge=0, le=1)
    expand: bool = False
    replies: bool = False
    reposts: bool = False
    min_likes: int = Field(default=0, ge=0)
    base_url: BaseAddress = "https://api.x.com"
    allow_private: bool = False
    token_env: str = "X_BEARER_TOKEN"  # noqa: S105 - the name of a variable
    token_file: str = ""
    token: SecretStr | None = Field(default=None, exclude=True, repr=False)

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.users and not self.list:
            raise PydanticCustomError("missing_place", "nobody to read: name `users` (handles) or a `list`")
        return self

    @property
    def wanted(self) -> Wanted:
        """Which posts become items."""
        return Wanted(replies=self.replies, reposts=self.reposts, min_likes=self.min_likes)


def off(options: Options) -> str:
    """Why nothing is asked: the interface gives nothing without a token."""
    return "" if options.token else f"off until {options.token_env} is set"


def fetch(options: Options, state: FetchState, http: Http, now: datetime) -> Fetched:
    """What is new in each timeline, a page at a time in turn, until a cap is reached; what it cuts off is read next
    time, once. The cursor is JSON, see ``_timelines.Cursor``.

    Nothing is asked without a token. Raises SourceError when nothing was answered; else that is ``trouble``.
    """
    if options.token is None:
        return Fetched(validators=state.validators, cursor=state.cursor)
    return _Run(options, options.token.get_secret_value(), state, http, now).read()


def parse(payload: Payload, options: Options) -> Parsed:
    """The posts of a page. Raises SourceError of kind "bad_answer"."""
    return _x_posts.parse(payload, options.wanted)


class _Run:
    """One fetch: where it is, what it brought, and what it spent."""

    def __init__(self, options: Options, token: str, state: FetchState, http: Http, now: datetime) -> None:
        self.options, self.token, self.state, self.http, self.now = options, token, state, http, now
        self.cursor = remembered(Cursor, state.cursor)
        self.purse = Purse(
            max_posts=options.max_posts,
            max_usd_micros=_micros(options.max_usd_per_run),
            post_usd_micros=_micros(options.usd_per_post),
            user_usd_micros=_micros(options.usd_per_user),
        )
        self.pages: list[Payload] = []
        self.troubles: list[SourceError] = []
        self.requests = self.answers = 0

    def read(self) -> Fetched:
        """Who is who, then the timelines. Raises SourceError when nothing was answered."""
        try:
            self._learn_ids()
            self._read_places()
        except (SourceError, NetworkError) as e:
            self.troubles.append(as_trouble(e))
        trouble = together(self.troubles)
        if trouble and not self.answers:
            raise trouble
        return Fetched(
            payloads=tuple(self._named(page) for page in self.pages),
            cursor=self.cursor.model_dump_json(exclude_defaults=True),
            headers=wait_headers(trouble),
            cost_usd_micros=self.purse.spent_usd_micros,
            trouble=trouble,
        )

    # --- timelines

    def _read_places(self) -> None:
        """Read a page of each place in turn, so that a busy one does not eat the share of the others.

        Raises SourceError and NetworkError for what ends the run.
        """
        places = self.cursor.places(self.options.users, self.options.list)
        queue = deque(places)
        try:
            while queue:
                unfinished = self._read_page(queue[0], share=len(queue))
                place = queue.popleft()
                queue += [place] if unfinished else []
        finally:
            self.cursor.first = queue[0].key if queue else ""
            self.troubles += [_gap_lost(place) for place in places if not self.cursor.remember(place)]

    def _read_page(self, place: Place, *, share: int) -> bool:
        """Read a page; gives whether the place has more. Trouble of this place alone ends it for this run."""
        try:
            self._name_authors(self._next_page(place, share))
        except SourceError as e:
            if e.kind not in _OF_ONE_PLACE:
                raise
            self.troubles.append(e)
            return False
        return bool(place.parts)

    def _next_page(self, place: Place, share: int) -> Page:
        part, worst = place.parts[0], self._worst_usd_micros(place)
        most = self.purse.post_limit(worst)
        if most < place.least or self.requests >= MAX_REQUESTS:
            raise self.purse.cap()
        growing = LIST_PAGE * 2**place.pages if place.is_list and part.since else PAGE
        size = min(max(place.least, most // share), growing, PAGE)
        try:
            payload = self._ask(place.path, self._query(place, part, size))
        except SourceError as e:
            if e.kind != "http_400" or not part.token:
                raise
            place.parts.popleft()
            raise _gap_lost(place) from e
        page = self._opened(payload, size * worst)
        self.purse.pay(posts=len(page.data), others=len(page.includes.tweets), users=len(page.includes.users))
        if not page.data and page.errors:
            raise _refused(place, page)
        place.advance([p.id for p in page.posts], page.meta.next_token)
        self.pages += [payload] if page.data else []
        return page

    def _worst_usd_micros(self, place: Place) -> int:
        """What one post may cost at most: with all that comes with it, or with the look-up of its author."""
        post, user = self.purse.post_usd_micros, self.purse.user_usd_micros
        if self.options.expand:
            return EXPANDED * (post + user)
        return post + user if place.is_list else post

    def _query(self, place: Place, part: Part, size: int) -> dict[str, str]:
        query = {"max_results": f"{size}", "tweet.fields": POST_FIELDS, "pagination_token": part.token}
        if self.options.expand:
            query["expansions"] = EXPANSIONS
        if not place.is_list:  # whose interface takes none of these
            unwanted = {"retweets": not self.options.reposts, "replies": not self.options.replies}
            query["exclude"] = ",".join(name for name, left_out in unwanted.items() if left_out)
            query |= {"since_id": part.since, "until_id": part.until}
        return {name: value for name, value in query.items() if value}

    # --- who is who

    def _learn_ids(self) -> None:
        """Ask for the ids of handles that are new. Raises SourceError for the cap."""
        unknown = [u.lower() for u in self.options.users if u.lower() not in self.cursor.ids]
        while unknown:
            asked = unknown[: min(self.purse.user_limit, PAGE)]
            if not asked:
                raise self.purse.cap()
            self.cursor.ids.update({u.username.lower(): u.id for u in self._look_up("/2/users/by", "usernames", asked)})
            unknown = unknown[len(asked) :]
            if missing := [f"@{u}" for u in asked if u not in self.cursor.ids]:
                message = f"there is no account {', '.join(missing)}"
                remedy = "Correct `users`: it may be renamed, suspended or closed"
                self.troubles.append(SourceError(message, kind="no_such_user", remedy=remedy))

    def _name_authors(self, page: Page) -> None:
        """Learn the handles of those whose posts become items: out of the answer, else ask, as far as the cap goes."""
        known = self.cursor.handles
        known.update({u.id: u.username for u in readable(User, page.includes.users)})
        others = {p.id: p for p in readable(Post, page.includes.tweets)}
        kept = [p for p in page.posts if not _x_posts.why_not(p, self.options.wanted, others)]
        unknown = [*dict.fromkeys(p.author_id for p in kept if p.author_id and p.author_id not in known)]
        if asked := unknown[: min(self.purse.user_limit, PAGE)]:
            self._look_up("/2/users", "ids", asked)
        self.cursor.handles = dict([*known.items()][-MAX_HANDLES:])

    def _look_up(self, path: str, name: str, values: Sequence[str]) -> list[User]:
        payload = self._ask(path, {name: ",".join(values)})
        page = self._opened(payload, len(values) * self.purse.user_usd_micros)
        self.purse.pay(users=len(page.data))
        found = readable(User, page.data)
        self.cursor.handles.update({u.id: u.username for u in found})
        return found

    def _named(self, payload: Payload) -> Payload:
        """The payload with the handles that we know, in the place where X itself would put them."""
        page = from_json(payload.body)
        includes = page.get("includes") or {}
        users = includes.get("users") or []
        told = {u.id for u in readable(User, users)}
        authors = dict.fromkeys(p.author_id for p in read_page(payload).posts if p.author_id not in told)
        known = [{"id": i, "username": self.cursor.handles[i]} for i in authors if i in self.cursor.handles]
        page["includes"] = {**includes, "users": [*users, *known]}
        return replace(payload, body=json.dumps(page).encode())

    # --- asking

    def _opened(self, payload: Payload, worst_usd_micros: int) -> Page:
        """The answer. One that cannot be read is booked at its worst: X has counted it. Raises SourceError."""
        try:
            return read_page(payload)
        except SourceError:
            self.purse.spent_usd_micros += worst_usd_micros
            raise

    def _ask(self, path: str, query: Mapping[str, str]) -> Payload:
        """One request. Raises SourceError with ``wait_s`` for 429, and NetworkError; neither ever names the token."""
        url = f"{self.options.base_url}{path}?{urlencode(query, safe=',')}"
        headers = {"accept": "application/json", "authorization": f"Bearer {self.token}"}
        self.requests += 1
        response = self.http.get(url, headers=headers, allow_private=self.options.allow_private)
        if response.status != 200:
            raise refusal(url, response, self.now, wait_s=_wait_s(response, self.now))
        self.answers += 1
        return as_payload(without(self.token, response), self.state, self.now)


def _micros(usd: float) -> int:
    return round(usd * 1_000_000)


def _wait_s(response: Response, now: datetime) -> float:
    """x-rate-limit-reset is in Unix seconds: https://docs.x.com/x-api/fundamentals/rate-limits"""
    reset = response.headers.get("x-rate-limit-reset", "")
    return max(0.0, int(reset) - now.timestamp()) if re.fullmatch(r"[0-9]{1,12}", reset) else 0.0


def _refused(place: Place, page: Page) -> SourceError:
    """A 200 that holds nothing but errors: an account that is suspended or protected, a list that is private."""
    why = " ".join((page.errors[0].detail or page.errors[0].title).split())[:200]
    return SourceError(f"{place.path} gives nothing: {why}", kind="refused", remedy="Take it out of config.yaml")


def _gap_lost(place: Place) -> SourceError:
    message = f"older posts of {place.path}, which the cap cut off before, can no longer be had"
    return SourceError(message, kind="gap_lost", remedy="Raise max_usd_per_run and max_posts, or follow fewer")
