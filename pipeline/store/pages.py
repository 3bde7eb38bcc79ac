"""What the pages of items say, and the robots.txt of their hosts."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.store.rows import chunks, digest, keep_bodies, upsert
from pipeline.store.tables import bodies, pages, robots

READ = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageText:
    """What became of an address: ``outcome`` is "read", or why there is no text in one word."""

    url: str
    outcome: str
    text: str = ""
    published_at: datetime | None = None


def looked_up(db: Connection, item_ids: Collection[str]) -> set[str]:
    """Those of the items whose page was asked for, whatever came of it."""
    found: set[str] = set()
    for ids in chunks(item_ids):
        found.update(db.scalars(sa.select(pages.c.item_id).where(pages.c.item_id.in_(ids))))
    return found


def cached(db: Connection, urls: Collection[str], since: datetime) -> dict[str, PageText]:
    """The addresses that were read since then for other items, by address."""
    found: dict[str, PageText] = {}
    for some in chunks(urls):
        query = (
            sa.select(pages.c.url, pages.c.outcome, pages.c.published_at, bodies.c.body)
            .outerjoin(bodies, bodies.c.sha256 == pages.c.body_sha256)
            .where(pages.c.url.in_(some), pages.c.fetched_at >= since)
        )
        for url, outcome, published_at, body in db.execute(query):
            text = body.decode() if body else ""
            found[url] = PageText(url=url, outcome=outcome, text=text, published_at=published_at)
    return found


def add(db: Connection, item_ids: Iterable[str], page: PageText, at: datetime) -> None:
    """Say what the page of these items holds; its text is theirs from now on."""
    body = page.text.encode()
    if body:
        keep_bodies(db, [body])
    row = {
        "url": page.url,
        "body_sha256": digest(body) if body else None,
        "published_at": page.published_at,
        "outcome": page.outcome,
        "fetched_at": at,
    }
    upsert(db, pages, [{"item_id": item_id, **row} for item_id in item_ids])


def counts(db: Connection, opens_at: datetime, closes_at: datetime) -> dict[str, int]:
    """pages_read and pages_refused (for whatever reason) in [opens_at, closes_at)."""
    inside = sa.and_(pages.c.fetched_at >= opens_at, pages.c.fetched_at < closes_at)
    query = sa.select(pages.c.outcome, sa.func.count(pages.c.url.distinct())).where(inside).group_by(pages.c.outcome)
    by_outcome: Sequence[tuple[str, int]] = [(row[0], row[1]) for row in db.execute(query)]
    read = sum(n for outcome, n in by_outcome if outcome == READ)
    return {"pages_read": read, "pages_refused": sum(n for _, n in by_outcome) - read}


def robots_of(db: Connection, origin: str, since: datetime) -> str | None:
    """The robots.txt of an origin as it was since then; None when it has to be asked."""
    query = sa.select(robots.c.body).where(robots.c.origin == origin, robots.c.fetched_at >= since)
    return db.scalar(query)


def keep_robots(db: Connection, origin: str, body: str, at: datetime) -> None:
    """Remember a robots.txt."""
    row = {"origin": origin, "body": body, "fetched_at": at}
    upsert(db, robots, [row], update=("body", "fetched_at"))
