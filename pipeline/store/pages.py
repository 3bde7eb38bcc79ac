"""The pages that were read for items, and what robots.txt of their sites said."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.store.rows import digest, keep_bodies, upsert
from pipeline.store.tables import items, memberships, pages, robots, slots
from pipeline.types import PageOutcome

_REFUSED = ("robots", "refused")


def keep(
    db: Connection,
    item_ids: Collection[str],
    *,
    url: str,
    outcome: PageOutcome,
    at: datetime,
    text: str = "",
    published_at: datetime | None = None,
) -> None:
    """Write what came of an address for the items whose text is there. A second "later" is "failed".

    A text that stood at another path of the same site is of no item (a wall, a search page ...): both lose it.
    """
    sha256 = digest(text.encode()) if text else None
    if sha256:
        keep_bodies(db, [text.encode()])
        outcome = "refused" if _take_back(db, sha256, url) else outcome
    tried = set(db.scalars(sa.select(pages.c.item_id).where(pages.c.item_id.in_(item_ids))))
    rows = [
        {
            "item_id": item_id,
            "url": url,
            "body_sha256": sha256,
            "published_at": published_at if outcome == "read" else None,
            "outcome": "failed" if outcome == "later" and item_id in tried else outcome,
            "fetched_at": at,
        }
        for item_id in item_ids
    ]
    upsert(db, pages, rows, update=[c.name for c in pages.columns if c.name != "item_id"])


def _take_back(db: Connection, sha256: str, url: str) -> bool:
    """Whether another path of the site gave the same text; then that one is no text either, where nobody cites it."""
    site, path = "/".join(url.split("/", 3)[:3]) + "/", url.partition("?")[0]
    twins = sa.and_(
        pages.c.body_sha256 == sha256,
        pages.c.url.startswith(site, autoescape=True),
        ~pages.c.url.startswith(path, autoescape=True),
    )
    printed = sa.select(memberships.c.item_id).join(slots, slots.c.story_id == memberships.c.story_id)
    found = db.scalar(sa.select(pages.c.item_id).where(twins).limit(1)) is not None
    free = sa.and_(twins, pages.c.item_id.not_in(printed))
    db.execute(pages.update().where(free).values(outcome="refused", published_at=None))
    return found


def keep_known(db: Connection, item_ids: Collection[str], *, url: str, since: datetime, at: datetime) -> bool:
    """Give items what an address gave for another item since then; whether there was something."""
    query = (
        sa.select(pages.c.body_sha256, pages.c.published_at, pages.c.outcome)
        .where(pages.c.url == url, pages.c.fetched_at >= since, pages.c.outcome != "later")
        .limit(1)
    )
    known = db.execute(query).mappings().one_or_none()
    if known is None:
        return False
    rows = [{**known, "item_id": item_id, "url": url, "fetched_at": at} for item_id in item_ids]
    upsert(db, pages, rows, update=[c.name for c in pages.columns if c.name != "item_id"])
    return True


def asked_since(db: Connection, since: datetime) -> list[str]:
    """The addresses that were asked for since then."""
    return list(db.scalars(sa.select(pages.c.url).where(pages.c.fetched_at > since).distinct()))


def window_counts(db: Connection, opens_at: datetime, closes_at: datetime) -> dict[str, int]:
    """What came of the pages of items that came in during [opens_at, closes_at): pages_read, _refused, _failed."""
    group = sa.case((pages.c.outcome == "read", "read"), (pages.c.outcome.in_(_REFUSED), "refused"), else_="failed")
    query = (
        sa.select(group, sa.func.count(pages.c.url.distinct()))
        .join(items, items.c.id == pages.c.item_id)
        .where(items.c.fetched_at >= opens_at, items.c.fetched_at < closes_at)
        .group_by(group)
    )
    return {f"pages_{name}": count for name, count in db.execute(query)}


def robots_txt(db: Connection, origin: str, since: datetime) -> str | None:
    """The robots.txt of a site as it was since then; None when it was not asked for."""
    return db.scalar(sa.select(robots.c.body).where(robots.c.origin == origin, robots.c.fetched_at > since))


def keep_robots_txt(db: Connection, origin: str, body: str, at: datetime) -> None:
    """Write what a site says to robots."""
    upsert(db, robots, [{"origin": origin, "body": body, "fetched_at": at}], update=["body", "fetched_at"])
