"""Two weeks of real feeds, papers, front pages and posts make seven issues, in which nothing is printed twice."""

from collections.abc import Iterator
from datetime import datetime
from itertools import combinations
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.store import issues, repeats, told
from pipeline.store.tables import items, memberships, skips
from pipeline.text.tokens import words
from pipeline.text.urls import url_key
from pipeline.types import Issue, Told
from tests.e2e.replay import Site, more_sources, shown
from tests.e2e.world import World, configuration

NEAR = 0.7  # Jaccard of two headlines' words: "v2.0.57" and "v2.0.58" share none


@pytest.fixture(scope="module")
def world(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Fourteen days have passed, and seven issues went out at their deadline."""
    site = Site(shared_data / "replay")
    site.day = site.days[0]
    with shown(site) as base:
        config = configuration(base, site.names, 1, review={"policy": "publish_marked"})
        config["schedule"] = {"anchor": "2025-12-02", "time": "18:00", "time_zone": "UTC", "review_hours": 12}
        config |= {"fetch": {"interval_hours": 20}, "channels": [{"type": "file", "folder": "issues"}]}
        config["sources"] = [*config["sources"], *more_sources(base)]  # type: ignore[misc]
        made = World(folder=tmp_path_factory.mktemp("digest"), config=config)
        for number, day in enumerate(site.days, 1):
            site.day = day
            made.now = datetime.fromisoformat(f"{day}T06:00:00+00:00")
            made.run()
            if number % 2 == 0:
                made.pass_(hours=12)
                made.run()
        yield made


@pytest.fixture(scope="module")
def sent(world: World) -> list[Issue]:
    with world.context() as ctx, ctx.store.read() as db:
        return issues.with_status(db, "sent")


@pytest.fixture(scope="module")
def tellings(world: World, sent: list[Issue]) -> list[Told]:
    with world.context() as ctx, ctx.store.read() as db:
        return told.load(db, sent)


def test_seven_issues_went_out(sent: list[Issue]) -> None:
    assert [issue.id[-2:] for issue in sent] == ["02", "04", "06", "08", "10", "12", "14"]
    assert all(len(issue.slots) > 20 for issue in sent)


def test_no_story_address_or_headline_is_printed_twice_but_as_an_update(
    sent: list[Issue], tellings: list[Told]
) -> None:
    updates = {(issue.id, slot.story_id) for issue in sent for slot in issue.slots if slot.update_of}
    new = [t for t in tellings if (t.ran_in, t.story_id) not in updates]
    twice = [
        (a.ran_in, a.headline, b.ran_in, b.headline)
        for a, b in combinations(new, 2)
        if a.ran_in != b.ran_in and (a.story_id == b.story_id or _addresses(a) & _addresses(b) or _near(a, b))
    ]
    assert twice == []


def _addresses(telling: Told) -> set[str]:
    return {url_key(item.url) for item in telling.items if item.url}


def _near(a: Told, b: Told) -> bool:
    mine, theirs = set(words(a.headline)), set(words(b.headline))
    return len(mine & theirs) > NEAR * len(mine | theirs)


def test_every_item_ends_in_a_printed_story_a_repeat_or_a_counted_reason(world: World, sent: list[Issue]) -> None:
    for issue in sent:
        with world.context() as ctx, ctx.store.read() as db:
            inside = sa.and_(items.c.fetched_at >= issue.opens_at, items.c.fetched_at < issue.closes_at)
            fetched = set(db.scalars(sa.select(items.c.id).where(inside)))
            rows = db.execute(sa.select(memberships.c.item_id, memberships.c.story_id))
            story_of = {row.item_id: row.story_id for row in rows if row.item_id in fetched}
            reasons = set(db.scalars(sa.select(skips.c.subject).where(skips.c.stage == "dedupe")))
            left = {repeat.story_id for repeat in repeats.of_issue(db, issue.id)}
        assert fetched == story_of.keys() | (fetched & reasons)
        printed = {slot.story_id for slot in issue.slots}
        assert not printed & left
        counts = issue.counts
        unprinted = set(story_of.values()) - printed - left
        assert counts["stories_ran_before"] == len(left)
        assert len(unprinted) == counts["stories_left_out"] + counts["dropped_excluded_by_a_word"]
