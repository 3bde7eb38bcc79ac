"""arXiv: the papers that are announced in some categories, or those among them that a search finds."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode

from pydantic import Field, StringConstraints

from pipeline.config_section import Section
from pipeline.errors import SourceError
from pipeline.seams import Http
from pipeline.sources import (
    BaseAddress,
    Dropped,
    Fetched,
    FetchState,
    Parsed,
    as_payload,
    ask,
    get,
    new_item,
    newest,
    rss,
)
from pipeline.text.characters import one_line
from pipeline.text.charset import decode
from pipeline.text.dates import parse_date
from pipeline.text.latex import plain
from pipeline.types import Item, Payload

# The feed holds one announcement and is made anew each midnight of New York: asked once in 24 hours and a little, it
# would be missed every tenth day. A feed that has not changed answers 304.
INTERVAL_HOURS = 12
# A paper is found once it is announced: a weekend and a holiday after the day of its submission.
LOOK_BACK = timedelta(days=7)
MAX_LOOK_BACK = timedelta(days=60)

Category = Annotated[str, StringConstraints(pattern=r"^[a-z]+(-[a-z]+)?(\.[A-Za-z]+(-[a-z]+)?)?$", max_length=40)]


class Options(Section):
    """Which categories, and what of them: papers that are new (``announce``), also those of a neighbour's (cross).

    ``query``: only what the search interface finds for it, such as ``abs:"world model" OR ti:agent``. A feed holds
    2,000 entries and an answer of the interface as many: more categories are another source.
    https://info.arxiv.org/help/rss.html, https://info.arxiv.org/help/api/user-manual.html
    """

    categories: tuple[Category, ...] = Field(min_length=1, max_length=40)
    announce: tuple[Literal["new", "cross"], ...] = Field(default=("new",), min_length=1)
    query: str = Field(default="", max_length=1_000)
    max_items: int = Field(default=2_000, ge=1, le=2_000)
    base_url: BaseAddress = "https://rss.arxiv.org"
    api_url: BaseAddress = "https://export.arxiv.org"
    allow_private: bool = False


def fetch(options: Options, state: FetchState, http: Http, now: datetime) -> Fetched:
    """One request: a conditional GET of all categories together, or the search. Raises SourceError or NetworkError."""
    if options.query:
        return _search(options, state, http, now)
    # Atom, because what stands in it is text; in RSS "a<b" might be markup.
    url = f"{options.base_url}/atom/{'+'.join(options.categories)}"
    return get(http, state.url or url, state, now, accept=rss.ACCEPT, allow_private=options.allow_private)


def parse(payload: Payload, options: Options) -> Parsed:
    """Papers under their id without version, so that a new version is no new item.

    Raises SourceError of kind "bad_query" for a category or a search that arXiv does not know, else as a feed does.
    """
    entries = rss.Options(url=options.base_url, max_items=10_000)
    try:
        read = rss.parse(payload, entries)
    except SourceError as e:
        raise (_refused(payload, options) if e.kind == "placeholder" else e) from e
    papers: dict[str, Item] = {}
    passed: dict[str, str] = {}
    for entry in read.items:
        found = _ID.search(entry.guid)
        head = _HEAD.match(entry.body)
        kind = head["kind"] if head else "new"
        if found is None:
            passed[entry.guid] = "no_paper"
        elif kind in options.announce:
            papers.setdefault(found[1], _paper(payload, found[1], entry, announced=head is not None))
        else:
            passed[found[1]] = {"new": "new_paper", "cross": "cross_listing"}.get(kind, "replacement")
    # What is new in one of the categories may be a cross-listing of another.
    dropped = [Dropped(guid=guid, reason=reason) for guid, reason in passed.items() if guid not in papers]
    return newest(list(papers.values()), options.max_items, [*read.dropped, *dropped])


_ID = re.compile(r"(?:oai:arXiv\.org:|/abs/)(\d{4}\.\d{4,5}|[a-z-]{1,20}(?:\.[A-Z]{2})?/\d{7})")
_HEAD = re.compile(r"arXiv:\S{1,40}\s+Announce Type:\s*(?P<kind>[a-z-]{1,20})\s+(?:Abstract:\s*)?")


def _paper(payload: Payload, paper_id: str, entry: Item, *, announced: bool) -> Item:
    """A paper out of an entry. A search tells when it was submitted, days before anybody could read it: such a paper
    is undated.
    """
    names = entry.authors[0].split(", ") if len(entry.authors) == 1 else entry.authors
    return new_item(
        payload,
        guid=paper_id,
        title=plain(entry.title),
        url=f"https://arxiv.org/abs/{paper_id}",
        body=plain(_HEAD.sub("", entry.body, count=1)),
        kind="paper",
        authors=tuple(plain(name) for name in names if not name.endswith("…")),  # cut off after 120 letters
        language="en",
        published_at=entry.published_at if announced else None,
    )


def _refused(payload: Payload, options: Options) -> SourceError:
    """What a feed that stands for an error says: of a search, or of a category."""
    found = _SEARCH_ERROR.search(decode(payload.body[:100_000], payload.media_type))
    return _bad_query(options, payload.source_id, one_line(found[1])) if found else _bad_category(payload, options)


_SEARCH_ERROR = re.compile(r"/api/errors.{0,2000}?<summary[^<>]{0,100}>([^<>]{1,200})", re.DOTALL)


def _bad_category(payload: Payload, options: Options) -> SourceError:
    """Name the category in the feed that stands for an error (its titles are told in arXiv's feed/fetch_data.py)."""
    found = _BAD.search(decode(payload.body[:100_000], payload.media_type))
    name = found[1].lower() if found else ""
    known = [c for c in options.categories if name in (c.lower(), *c.lower().split("."))] if name else []
    return SourceError(
        f"does not know the category {' or '.join(known or options.categories)}",
        subject=payload.source_id,
        kind="bad_query",
        remedy="Write `categories` as https://arxiv.org/category_taxonomy does",
    )


_BAD = re.compile(r"Bad (?:archive|subject class|archive/subject class structure) '([^'<&]{1,60})'")

# --- searching -------------------------------------------------------------------------------------------------------

_TOTAL = re.compile(rb"<opensearch:totalResults[^<>]{0,200}>\s{0,20}(\d{1,9})\s{0,20}<")


def _search(options: Options, state: FetchState, http: Http, now: datetime) -> Fetched:
    """Ask for what was submitted since the last time (the cursor) and a week before, the newest first."""
    last = parse_date(state.cursor or "") or now
    since = max(min(last, now) - LOOK_BACK, now - MAX_LOOK_BACK)
    try:
        response = ask(
            http,
            _search_url(options, since, now),
            now,
            headers={"accept": "application/atom+xml"},
            allow_private=options.allow_private,
        )
    except SourceError as e:
        raise (_bad_query(options, state.source_id) if e.kind == "http_400" else e) from e
    total = int(found[1]) if (found := _TOTAL.search(response.body)) else 0
    trouble = SourceError(
        f"finds {total:,} papers, of which the newest {options.max_items:,} were read",
        subject=state.source_id,
        kind="too_many",
        remedy="Narrow `query`, or make two sources of it",
    )
    return Fetched(
        payloads=(as_payload(response, state, now),),
        cursor=now.isoformat(),
        headers=response.headers,
        trouble=trouble if total > options.max_items else None,
    )


def _search_url(options: Options, since: datetime, until: datetime) -> str:
    categories = " OR ".join(f"cat:{c}" for c in options.categories)
    dates = f"submittedDate:[{since:%Y%m%d%H%M} TO {until:%Y%m%d%H%M}]"
    query = urlencode(
        {
            "search_query": f"({categories}) AND ({options.query}) AND {dates}",
            "sortBy": "submittedDate",
            "sortOrder": "descending",
            "start": 0,
            "max_results": options.max_items,
        }
    )
    return f"{options.api_url}/api/query?{query}"


def _bad_query(options: Options, source_id: str, why: str = "") -> SourceError:
    return SourceError(
        f"does not understand {options.query[:200]!r}" + (f": {why[:200]}" if why else ""),
        subject=source_id,
        kind="bad_query",
        remedy="Write `query` as https://info.arxiv.org/help/api/user-manual.html says",
    )
