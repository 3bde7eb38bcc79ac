"""Fourteen real days, served one after the other: nothing new is lost, and nothing is fetched twice without need."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest
import sqlalchemy as sa

from pipeline.store.tables import items, memberships, skips
from pipeline.text.urls import url_key
from tests.e2e.replay import Site, more_sources, shown
from tests.e2e.world import World, configuration


@pytest.fixture
def site(shared_data: Path) -> Site:
    return Site(shared_data / "replay")


@pytest.fixture
def base(site: Site) -> Iterator[str]:
    with shown(site) as url:
        yield url


def links_of(feed: bytes) -> set[str]:
    """The links of a feed, by feedparser itself."""
    found = feedparser.parse(io.BytesIO(feed), sanitize_html=False, resolve_relative_uris=False)
    return {url_key(str(e.link)) for e in found.entries if e.get("link")}


def test_every_new_entry_of_two_weeks_ends_in_a_story_or_in_a_counted_reason(
    site: Site, base: str, tmp_path: Path
) -> None:
    days, names = site.days, site.names
    assert len(days) == 14
    config = configuration(base, names, 1)
    sources = config["sources"]
    assert isinstance(sources, list)
    for source in sources:
        source["max_items"] = 5_000
    config |= {
        "sources": [*sources, *more_sources(base)],
        "extract": {"enabled": False},
        "fetch": {"interval_hours": 20},
    }
    world = World(folder=tmp_path, config=config)
    wanted: set[str] = set()
    for day in days:
        site.day = day
        world.now = datetime.fromisoformat(f"{day}T06:00:00+00:00").astimezone(UTC)
        for feed in site.feeds().values():
            wanted |= links_of(feed)
        wanted |= {url_key(row["arxiv"]) for row in site.rows("hf_papers")} | {
            url_key(row["url"]) for name in ("hn", "reddit") for row in site.rows(name)
        }
        for _ in range(3):  # the second and third find nothing to do
            report = world.run(until="dedupe")
            assert {p.kind for p in report.problems} <= {"http_404"}, (
                "a feed that the snapshot of that day does not have"
            )
            world.pass_(hours=1)
    _nothing_is_lost(world, wanted)
    _nothing_is_fetched_twice(site, names, len(days))


def _nothing_is_lost(world: World, wanted: set[str]) -> None:
    with world.context() as ctx, ctx.store.read() as db:
        found = {row.id: url_key(row.url) for row in db.execute(sa.select(items.c.id, items.c.url))}
        in_story = set(db.scalars(sa.select(memberships.c.item_id)))
        reasons = {row.subject: row.reason for row in db.execute(sa.select(skips.c.subject, skips.c.reason))}
    assert len(found) > 1_000
    assert in_story | (found.keys() & reasons.keys()) == found.keys()
    assert not in_story & reasons.keys()
    assert reasons.keys() <= found.keys(), "no entry was passed over"
    assert wanted - set(found.values()) == set()


def _nothing_is_fetched_twice(site: Site, names: list[str], days: int) -> None:
    """One request a day and feed, however often cron knocks; the same bytes never came twice in a row."""
    for name in names:
        assert site.asks[f"/{name}"] <= days
        assert max(site.whole[f"/{name}"].values(), default=0) <= 2, "a feed may go back to what it was"
    changed = sum(len(etags) for path, etags in site.whole.items() if path.endswith(".xml"))
    given = sum(sum(etags.values()) for path, etags in site.whole.items() if path.endswith(".xml"))
    assert given - changed <= 2
