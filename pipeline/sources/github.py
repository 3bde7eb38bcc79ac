"""GitHub: the releases of a repository, out of its feed: no key, and no limit but politeness."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from pydantic import Field

from pipeline.config_section import Section
from pipeline.seams import Http
from pipeline.sources import BaseAddress, Dropped, Fetched, FetchState, Parsed, get
from pipeline.sources._entries import Entry, Text
from pipeline.sources._feed import ACCEPT, as_item, hidden_texts, read
from pipeline.text.characters import one_line
from pipeline.text.urls import host
from pipeline.types import Item, Payload


class Options(Section):
    """One repository ("owner/name"): each has a feed and validators of its own, so each is a source of its own.

    Without ``prereleases`` alphas, betas, candidates and nightlies are passed over. ``one_per_day`` makes one item of
    all builds of a day (UTC): the newest, whenever the feed is read.
    """

    repo: str = Field(pattern=r"^[A-Za-z0-9-]{1,40}/[A-Za-z0-9._-]{1,100}$")
    prereleases: bool = False
    one_per_day: bool = False
    base_url: BaseAddress = "https://github.com"
    allow_private: bool = False


def fetch(options: Options, state: FetchState, http: Http, now: datetime) -> Fetched:
    """One conditional GET. Raises SourceError or NetworkError."""
    url = state.url or f"{options.base_url}/{options.repo}/releases.atom"
    return get(http, url, state, now, accept=ACCEPT, allow_private=options.allow_private)


def parse(payload: Payload, options: Options) -> Parsed:
    """The releases, in the order of the feed, which has the newest ten. Raises SourceError as ``rss.parse`` does."""
    feed = read(payload)
    finished = [e for e in feed.entries if options.prereleases or not _is_prerelease(e)]
    taken = _newest_of_each_day(finished) if options.one_per_day else finished
    return Parsed(
        items=[_item(payload, e, by_day=options.one_per_day) for e in taken],
        dropped=[
            *_dropped(feed.entries, finished, "prerelease"),
            *_dropped(finished, taken, "folded"),
            *hidden_texts(taken),
        ],
        wish=feed.wish,
    )


def _dropped(before: Iterable[Entry], after: Iterable[Entry], reason: str) -> list[Dropped]:
    left = {e.guid for e in after}
    return [Dropped(guid=e.guid, reason=reason) for e in before if e.guid not in left]


def _newest_of_each_day(releases: list[Entry]) -> list[Entry]:
    """llama.cpp has a build every hour or two. What has no date stays."""
    newest: dict[str, Entry] = {}
    for release in sorted(releases, key=lambda e: str(e.published_at or "")):
        newest[_day(release) or release.guid] = release
    return [e for e in releases if e in newest.values()]


def _day(release: Entry) -> str:
    return release.published_at.date().isoformat() if release.published_at else ""


def _item(payload: Payload, release: Entry, *, by_day: bool) -> Item:
    """With ``by_day`` the day is its identity: the next build of that day takes its place, and is no second item."""
    at = _place(release)
    guid = f"{at.repo}@{_day(release)}" if by_day and _day(release) else release.guid
    texts = tuple(t for t in release.texts if t.value.strip() != "No content.")  # what stands where there are no notes
    return as_item(payload, replace(release, guid=guid, title=Text(_title(release, at)), texts=texts), kind="release")


# --- what a tag and a title say --------------------------------------------------------------------------------------


class _Place(NamedTuple):
    repo: str
    tag: str


_TAG_PAGE = re.compile(r"/([^/]{1,40}/[^/]{1,100})/releases/tag/(.{1,200})")
# 3.4.0b1 (https://peps.python.org/pep-0440/#pre-releases), v0.157.0-alpha.1, 1.103.0-rc.1, v0.31.0-nightly.20260921
_PRERELEASE = re.compile(
    r"\d[._-]?[abc]\d{1,3}$"
    r"|\d\S{0,100}?(?:alpha|beta|rc|dev|pre|preview|nightly|canary|snapshot|insiders?|experimental)(?=[.\-_+\d]|$)"
    r"|(?:^|[._/-])(?:nightly|canary|snapshot|insiders?)(?=[._/\-\d]|$)",
    re.IGNORECASE,
)
_VERSION = re.compile(r"(?:[a-z]{1,12}[-/]?)?v?\d[\w.+-]*", re.IGNORECASE)
_EMPTY_WORDS = frozenset(
    ("release", "released", "version", "patch", "hotfix", "stable", "update", "new", "the", "-", ":")
)


def _place(release: Entry) -> _Place:
    """The repository and the tag, as the address of a release has them."""
    found = _TAG_PAGE.match(unquote(urlsplit(release.url).path)) if host(release.url) else None
    return _Place(found[1], found[2]) if found else _Place("", "")


def _is_prerelease(release: Entry) -> bool:
    """By its tag: the feed does not say, and projects do not always tick the box."""
    tag = _place(release).tag or release.title.plain
    return bool(_PRERELEASE.search(tag[:200].strip()))


def _title(release: Entry, at: _Place) -> str:
    """With the name of the repository before a version that stands alone: "v0.30.0" says nothing in a headline."""
    title = one_line(release.title.plain) or at.tag
    name = at.repo.partition("/")[2]
    bare = all(w.lower().strip(",:") in _EMPTY_WORDS or _VERSION.fullmatch(w) for w in title[:200].split())
    if not name or name.lower() in title.lower() or not (bare or title == at.tag):
        return title
    return f"{name} {title}"
