"""Hacker News: stories by words and votes, from Algolia's search; while that fails, of the front page from Firebase.

The search is a courtesy (its repository was archived in February 2026). Hacker News itself knows none: there the words
are looked for here.
"""

import re
from collections import deque
from datetime import datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode

from pydantic import AliasChoices, BaseModel, BeforeValidator, Field, RootModel

from pipeline.config_section import Section
from pipeline.errors import NetworkError, SourceError
from pipeline.seams import Http
from pipeline.sources import (
    BaseAddress,
    Dropped,
    Fetched,
    FetchState,
    Parsed,
    as_payload,
    ask,
    new_item,
    newest,
    read_answer,
)
from pipeline.sources._pointing import kind_of
from pipeline.text.dates import from_epoch
from pipeline.text.html import to_text
from pipeline.text.urls import canonicalise
from pipeline.types import Item, Payload

MAX_HITS = 1_000
"""Of one search, however one turns its pages: https://github.com/algolia/hn-search/issues/230."""

_MAX_SEARCHES = 64
_MAX_LOOK_BACK = timedelta(days=14)
_FRONT_PAGE_STORIES = 60
_PAGE = "https://news.ycombinator.com/item?id="
_REMEDY = "If it stays like that, the interface has changed: tell us"
_WORD = re.compile(r"\w+")


def _listed(query: object) -> object:
    return (query,) if isinstance(query, str) else query


class Options(Section):
    """Which stories. Each ``query`` is a search of its own for stories with all of its words; "" finds all.

    Votes grow, so what was published within ``hours`` before the last look is looked at again.
    """

    query: Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1, max_length=20)] = ("",)
    tags: Literal["story", "show_hn", "ask_hn", "poll"] = "story"
    front_page: bool = False
    min_points: int = Field(default=50, ge=0)
    hours: float = Field(default=48, gt=0, le=336)
    max_items: int = Field(default=200, ge=1)
    base_url: BaseAddress = "https://hn.algolia.com/api/v1"
    fallback_url: BaseAddress = "https://hacker-news.firebaseio.com/v0"
    allow_private: bool = False


def fetch(options: Options, state: FetchState, http: Http, now: datetime) -> Fetched:
    """The searches, or the front page. The cursor is when was searched last. Raises SourceError or NetworkError when
    both places fail.
    """
    try:
        return _searched(options, state, http, now)
    except (SourceError, NetworkError) as e:
        return _front_page(options, state, http, now, e)


def parse(payload: Payload, options: Options) -> Parsed:
    """The stories of a search, or the one of Firebase. Raises SourceError of kind "bad_answer"."""
    answer = read_answer(_Body, payload, _REMEDY).root
    if answer is None:  # what Firebase says of a story that is gone
        return Parsed(dropped=[Dropped(guid=payload.url, reason="deleted")])
    items, dropped = [], []
    for story in {s.guid: s for s in (answer.hits if isinstance(answer, _Hits) else [answer])}.values():
        missed = _why_no_hit(story, options, payload.fetched_at) if story is answer else ""
        reason = _why_not(story, options) or missed
        if reason:
            dropped.append(Dropped(guid=story.guid, reason=reason))
        else:
            items.append(_item(payload, story))
    return newest(items, options.max_items, dropped)


# --- Algolia ---------------------------------------------------------------------------------------------------------


def _searched(options: Options, state: FetchState, http: Http, now: datetime) -> Fetched:
    """Search the time since the last look and ``hours`` before it, in slices so thin that none is cut off."""
    last = from_epoch(int(state.cursor)) if state.cursor and state.cursor.isdecimal() else None
    start = max((last or now) - timedelta(hours=options.hours), now - _MAX_LOOK_BACK)
    slices = deque((query, int(start.timestamp()), int(now.timestamp()) + 1) for query in options.query)
    payloads: list[Payload] = []
    for _ in range(_MAX_SEARCHES):
        if not slices:
            break
        query, since, until = slices.popleft()
        response = ask(http, _search_url(options, query, since, until), now, allow_private=options.allow_private)
        payload = as_payload(response, state, now)
        found = read_answer(_Hits, payload, _REMEDY)
        middle = (since + until) // 2
        if found.is_cut and since < middle:
            slices += ((query, since, middle), (query, middle, until))
        else:
            payloads.append(payload)
    too_many = SourceError(
        f"finds more than {_MAX_SEARCHES} searches can hold; {len(slices)} parts of the time were left out",
        kind="cut",
        remedy="Raise min_points, or write a narrower query",
    )
    cursor = str(int(now.timestamp()))
    return Fetched(payloads=tuple(payloads), cursor=cursor, trouble=too_many if slices else None)


def _search_url(options: Options, query: str, since: int, until: int) -> str:
    """https://hn.algolia.com/api"""
    filters = f"created_at_i>={since},created_at_i<{until},points>={options.min_points}"
    tags = f"{options.tags},front_page" if options.front_page else options.tags
    asked = {"query": query, "tags": tags, "numericFilters": filters, "hitsPerPage": MAX_HITS}
    return f"{options.base_url}/search_by_date?{urlencode(asked)}"


# --- Firebase (https://github.com/HackerNews/API) --------------------------------------------------------------------


class _Ids(RootModel[list[int]]):
    pass


def _front_page(
    options: Options, state: FetchState, http: Http, now: datetime, why: SourceError | NetworkError
) -> Fetched:
    """The first stories of the front page, in place of a search. Raises ``why`` when that fails too."""
    payloads: list[Payload] = []
    try:
        response = ask(http, f"{options.fallback_url}/topstories.json", now, allow_private=options.allow_private)
        for story in read_answer(_Ids, as_payload(response, state, now), _REMEDY).root[:_FRONT_PAGE_STORIES]:
            url = f"{options.fallback_url}/item/{story}.json"
            payloads.append(as_payload(ask(http, url, now, allow_private=options.allow_private), state, now))
    except (SourceError, NetworkError):
        if not payloads:
            raise why from None
    trouble = SourceError(f"was read from its front page: the search {why.message}", kind=why.kind, remedy=why.remedy)
    return Fetched(payloads=tuple(payloads), cursor=state.cursor, trouble=trouble)


def _why_no_hit(story: "_Story", options: Options, now: datetime) -> str:
    """Why a search would not have found a story, "" when it would."""
    at = from_epoch(story.at)
    if at and at < now - timedelta(hours=options.hours):
        return "old"
    begins = {"show_hn": "Show HN", "ask_hn": "Ask HN"}.get(options.tags, "")
    words = set(_WORD.findall(story.title.casefold()))
    matches = any(all(w in words or f"{w}s" in words for w in _WORD.findall(q.casefold())) for q in options.query)
    return "" if matches and story.title.startswith(begins) else "no_match"


# --- what we read of either; everything else is ignored --------------------------------------------------------------


class _Story(BaseModel):
    id: str | int = Field(validation_alias=AliasChoices("objectID", "id"))
    title: str = ""
    url: str | None = None
    author: str | None = Field(default=None, validation_alias=AliasChoices("author", "by"))
    text: str | None = Field(default=None, validation_alias=AliasChoices("story_text", "text"))
    at: int = Field(default=0, validation_alias=AliasChoices("created_at_i", "time"))
    points: int | None = Field(default=None, validation_alias=AliasChoices("points", "score"))
    comments: int | None = Field(default=None, validation_alias=AliasChoices("num_comments", "descendants"))
    type: str = "story"
    dead: bool = False
    deleted: bool = False

    @property
    def guid(self) -> str:
        """The number of the story, the same in both places."""
        return str(self.id)


class _Hits(BaseModel):
    hits: list[_Story]
    count: int = Field(default=0, alias="nbHits")
    pages: int = Field(default=0, alias="nbPages")

    @property
    def is_cut(self) -> bool:
        """Whether there is more than this answer holds."""
        return self.count > MAX_HITS or self.pages > 1


class _Body(RootModel[_Hits | _Story | None]):
    pass


def _why_not(story: _Story, options: Options) -> str:
    """Why a story becomes no item, "" when it does."""
    reasons = {
        "deleted": story.deleted,
        "dead": story.dead,
        "no_story": story.type not in ("story", "poll") or not story.title,
        "few_votes": (story.points or 0) < options.min_points,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _item(payload: Payload, story: _Story) -> Item:
    """A story that links a page is about that page, via the discussion; any other is its own page."""
    page = f"{_PAGE}{story.guid}"
    url = canonicalise(story.url or "")
    return new_item(
        payload,
        guid=story.guid,
        title=to_text(story.title),
        url=url or page,
        via=page if url else None,
        body=to_text(story.text or ""),
        kind=kind_of(url or page),
        authors=() if url else (story.author or "",),
        published_at=from_epoch(story.at) if story.at else None,
        points=story.points,
        comments=story.comments,
    )
