"""Extract: asks politely for the page or transcript of items that have no text of their own, and keeps its text."""

import time
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy.engine import Connection

from pipeline.config import SourceSettings
from pipeline.context import Context
from pipeline.errors import NetworkError, SourceError
from pipeline.extract.reading import ACCEPT, Page, of_trouble, read
from pipeline.extract.robots import MAX_CHARS, Rules
from pipeline.extract.wants import Wanted, address, by_origin, choose, origin
from pipeline.sources import MAX_BODY_CHARS, MAX_CLOCK_SKEW
from pipeline.store import items, pages
from pipeline.text.charset import decode
from pipeline.text.relevance import why_not
from pipeline.text.urls import host
from pipeline.types import Item, Outcome

PAUSE = timedelta(minutes=30)
"""The limits of config.yaml are for so long, and a site that was down is left alone for it; cron may call hourly."""

GIVE_UP_AFTER = timedelta(days=2)  # then a page that could not be had is not asked for again
CACHE = timedelta(days=7)  # for so long an address that was read for one item is known for another
ROBOTS_CACHE = timedelta(days=1)  # RFC 9309 section 2.4
MAX_DELAY_S = 10.0  # of Crawl-delay: a site that wants more gets one request in a run
_MAX_ROBOTS_BYTES = 4 * MAX_CHARS


def threads(ctx: Context) -> int:
    """How many sites are asked at a time."""
    return ctx.settings.fetch.threads


def pending(ctx: Context) -> Iterable[str]:
    """The sites (https://host) that have the text of an item, as many as the limits allow."""
    if not ctx.settings.extract.enabled:
        return []
    with ctx.store.read() as db:
        return list(_wanted(ctx, db))


def process(ctx: Context, key: str) -> Outcome:
    """Ask one site for its pages, one after the other; when it is down, for none of the others."""
    with ctx.store.read() as db:
        found = _wanted(ctx, db, site=key).get(key, {})
        asked = _asked(ctx, db)[key]
    site = _Site(ctx, key, [item for members in found.values() for item in members], asked)
    outcomes = Counter(_process(ctx, site, url, members) for url, members in found.items())
    return Outcome(count=outcomes["read"])


def _process(ctx: Context, site: "_Site", url: str, members: list[Item]) -> str:
    """Find out what an address holds, and keep it for its items."""
    now = ctx.clock()
    ids = [item.id for item in members]
    with ctx.store.begin(durable=False) as db:
        if pages.keep_known(db, ids, url=url, since=now - CACHE, at=now):
            return "known"
    page = site.page(url, members)
    if page is None:
        return "left"
    dated = page.published_at if page.published_at and page.published_at <= now + MAX_CLOCK_SKEW else None
    text = page.text[:MAX_BODY_CHARS]
    with ctx.store.begin(durable=False) as db:
        pages.keep(db, ids, url=url, outcome=page.outcome, at=now, text=text, published_at=dated)
    return page.outcome


def _wanted(ctx: Context, db: Connection, site: str = "") -> Wanted:
    """What may be asked for now; of one site only, when given."""
    settings, now = ctx.settings, ctx.clock()
    sources = {s.id: s for s in settings.sources}
    stale_after = timedelta(hours=settings.fetch.stale_after_hours)

    def address_of(item: Item) -> str:
        source = sources.get(item.source_id)
        if source is None or why_not(item, stale_after=stale_after, keep=source.keep, drop=source.drop):
            return ""
        return address(item, min_chars=settings.extract.min_chars, pages=source.pages)

    waiting = items.without_page(db, tried_from=now - GIVE_UP_AFTER, tried_until=now - PAUSE, site=site)
    asked, wanted = _asked(ctx, db), by_origin(waiting, address_of)
    if site:
        asked, wanted = Counter({site: asked[site]}), {site: wanted.get(site, {})}
    return choose(wanted, asked, max_pages=settings.extract.max_pages, max_per_host=settings.extract.max_per_host)


def _asked(ctx: Context, db: Connection) -> Counter[str]:
    """How many pages each site was asked for lately."""
    return Counter(map(origin, pages.asked_since(db, ctx.clock() - PAUSE)))


class _Site:
    """One site while it is asked: its rules, and whether it still answers."""

    def __init__(self, ctx: Context, home: str, members: Iterable[Item], asked: int) -> None:
        self._ctx = ctx
        self._home = home
        sources = {s.id: s for s in ctx.settings.sources}
        self._private = all(_is_own(sources.get(item.source_id), home) for item in members)
        self._rules: dict[str, Rules] = {}
        self._down: Page | None = None
        self._asked = asked

    def page(self, url: str, members: list[Item]) -> Page | None:
        """What an address holds; None when it has to wait for another run."""
        if self._down:
            return self._down
        try:
            if not self._allowed(url):
                return Page(outcome="robots")
            if not self._waited():
                return None
            page = self._read(url, members)
        except NetworkError as e:
            page = of_trouble(e)
        except SourceError:  # it hung or crashed its reader
            page = Page(outcome="failed")
        if page.outcome == "later":
            self._down = page
        return page

    def _read(self, url: str, members: list[Item]) -> Page:
        settings = self._ctx.settings.extract
        response = self._ctx.http.get(
            url, headers={"accept": ACCEPT}, max_bytes=settings.max_bytes, allow_private=self._private
        )
        if origin(response.url) != self._home and not self._allowed_there(response.url):
            return Page(outcome="robots")
        least_chars = max(settings.min_chars, *(len(item.body) for item in members))
        is_transcript = members[0].text_url == url
        return self._ctx.workers.call(read, url, response, transcript=is_transcript, least_chars=least_chars)

    def _waited(self) -> bool:
        """Wait as the site wishes between two requests; False when it wishes too long a time."""
        delay_s = self._rules[self._home].delay_s if self._asked else 0.0
        if delay_s > MAX_DELAY_S:
            return False
        time.sleep(delay_s)
        self._asked += 1
        return True

    def _allowed(self, url: str) -> bool:
        """Whether robots.txt of its site lets us read an address. Raises NetworkError when that cannot be had."""
        place = origin(url)
        if place not in self._rules:
            self._rules[place] = Rules(self._robots_txt(place))
        return self._rules[place].allow(url)

    def _allowed_there(self, url: str) -> bool:
        """The same of the site that a redirect leads to; one that cannot say forbids."""
        try:
            return self._allowed(url)
        except NetworkError:
            return False

    def _robots_txt(self, place: str) -> str:
        """Asked for once a day. A site that has none allows everything, one that cannot say forbids everything
        (RFC 9309 section 2.3.1).
        """
        now = self._ctx.clock()
        with self._ctx.store.read() as db:
            known = pages.robots_txt(db, place, now - ROBOTS_CACHE)
        if known is not None:
            return known
        response = self._ctx.http.get(
            f"{place}/robots.txt",
            headers={"accept": "text/plain, */*;q=0.1"},
            max_bytes=_MAX_ROBOTS_BYTES,
            allow_private=self._private,
        )
        if response.status >= 500 or response.status == 429:
            raise NetworkError("does not say what it allows", subject=place, kind="connection")
        text = decode(response.body[:MAX_CHARS]).replace("\0", "") if response.status == 200 else ""
        with self._ctx.store.begin(durable=False) as db:
            pages.keep_robots_txt(db, place, text, now)
        return text


def _is_own(source: SourceSettings | None, home: str) -> bool:
    """Whether the operator said that this very host is on a network of their own: what a feed of it links to is not."""
    if source is None or not getattr(source.options, "allow_private", False):
        return False
    return host(home) in {host(getattr(source.options, name, "")) for name in ("url", "base_url")}
