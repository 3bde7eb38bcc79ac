"""Extract: asks for the pages of items that say too little, one host at a time, as its robots.txt allows."""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from protego import Protego

from pipeline.context import Context
from pipeline.errors import DigestError, NetworkError
from pipeline.extract.read import read
from pipeline.extract.wants import Want, choose, origin, verdict
from pipeline.store import items, pages
from pipeline.store.pages import READ, PageText
from pipeline.text.charset import decode
from pipeline.types import Outcome, Response

AGENT = "EveryOtherDay"  # the product token of our User-Agent, as robots.txt names it
ROBOTS_AGE = timedelta(hours=24)  # RFC 9309 section 2.4
MAX_ROBOTS_BYTES = 500 * 1024  # RFC 9309 section 2.5
FORBIDDEN = "User-agent: *\nDisallow: /"
CACHE_AGE = timedelta(days=7)
MAX_DELAY_S = 10.0  # of Crawl-delay; a host that wants more is asked for one page a run
ACCEPT = "text/html, application/xhtml+xml;q=0.9, text/vtt, application/x-subrip, application/json;q=0.5, */*;q=0.1"


def threads(ctx: Context) -> int:
    """How many hosts are asked at a time."""
    return ctx.settings.fetch.threads


def pending(ctx: Context) -> Iterable[str]:
    """Origins with pages that are wanted."""
    return list(dict.fromkeys(origin(want.url) for want in _wants(ctx)))


def process(ctx: Context, key: str) -> Outcome:
    """Read what is wanted of one origin, a page after the other; a page that cannot be read is counted, no problem."""
    wants = [want for want in _wants(ctx) if origin(want.url) == key]
    with ctx.store.read() as db:
        known = pages.cached(db, [want.url for want in wants], ctx.clock() - CACHE_AGE)
    unknown = [want for want in wants if want.url not in known]
    known |= {page.url: page for page in _read_all(ctx, key, unknown)} if unknown else {}
    taken = 0
    with ctx.store.begin(durable=False) as db:
        for want in wants:
            if page := known.get(want.url):
                pages.add(db, want.item_ids, page, ctx.clock())
                taken += page.outcome == READ
    return Outcome(count=taken) if len(known) >= len(wants) else Outcome(skipped="its host wants a pause")


def _wants(ctx: Context) -> list[Want]:
    """One query for the items that have no story yet, and one for those of them that were looked up."""
    settings = ctx.settings
    if not settings.extract.enabled:
        return []
    after = timedelta(hours=settings.fetch.stale_after_hours)
    with ctx.store.read() as db:
        new = [item for item in items.pending(db) if not items.is_stale(item, after)]
        done = pages.looked_up(db, [item.id for item in new])
    closed = {s.id for s in settings.sources if not s.pages}
    return choose((item for item in new if item.id not in done), settings.extract, closed)


def _read_all(ctx: Context, key: str, wants: Sequence[Want]) -> Iterable[PageText]:
    """Every page of a host that its robots.txt lets us have."""
    private = {s.id: bool(getattr(s.options, "allow_private", False)) for s in ctx.settings.sources}
    allow_private = private.get(wants[0].source_id, False)
    rules = Protego.parse(_robots(ctx, key, allow_private=allow_private))
    delay_s = float(rules.crawl_delay(AGENT) or 0.0)
    asked = 0
    for want in wants:
        if not rules.can_fetch(want.url, AGENT):
            yield PageText(url=want.url, outcome="robots")
            continue
        if asked and delay_s > MAX_DELAY_S:
            return
        if asked:
            time.sleep(delay_s)
        asked += 1
        yield _read(ctx, want.url, allow_private=allow_private)


def _robots(ctx: Context, key: str, *, allow_private: bool) -> str:
    """The robots.txt of an origin, at most a day old. One that is not there allows all, one that cannot be had nothing
    (RFC 9309 section 2.3.1).
    """
    now = ctx.clock()
    with ctx.store.read() as db:
        known = pages.robots_of(db, key, now - ROBOTS_AGE)
    if known is not None:
        return known
    try:
        url = f"{key}/robots.txt"
        response = ctx.http.get(url, headers={"accept": "text/plain, */*;q=0.1"}, allow_private=allow_private)
        body = _rules(response)
    except NetworkError:
        body = FORBIDDEN
    with ctx.store.begin(durable=False) as db:
        pages.keep_robots(db, key, body, now)
    return body


def _rules(response: Response) -> str:
    if response.status >= 500 or response.status == 429:
        return FORBIDDEN
    return decode(response.body[:MAX_ROBOTS_BYTES]) if response.status == 200 else ""


def _read(ctx: Context, url: str, *, allow_private: bool) -> PageText:
    """One page; whatever is wrong with it is its outcome."""
    settings = ctx.settings.extract
    try:
        response = ctx.http.get(
            url, headers={"accept": ACCEPT}, max_bytes=settings.max_bytes, allow_private=allow_private
        )
        if response.status != 200:
            return PageText(url=url, outcome=f"http_{response.status}")
        page = ctx.workers.call(read, response)
    except DigestError as e:
        return PageText(url=url, outcome=e.kind.lower())
    outcome = verdict(page.text, settings.min_chars) if page.text else "not_text"
    if outcome != READ:
        return PageText(url=url, outcome=outcome)
    return PageText(url=url, outcome=READ, text=page.text, published_at=_sane(page.published_at, ctx.clock()))


def _sane(published_at: datetime | None, now: datetime) -> datetime | None:
    """No date of the future; a page names the day in its own time zone."""
    return min(published_at, now) if published_at else None
