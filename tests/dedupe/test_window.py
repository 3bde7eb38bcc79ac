"""What a run reads of the stories before it: as much as it needs, however much there is."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks._corpus import BEGIN, rows
from pipeline.dedupe import stage
from pipeline.store import items
from pipeline.store.tables import memberships, signatures
from pipeline.types import Item
from tests.e2e.world import World, configuration

A_DAY = 100


def found(count: int) -> list[Item]:
    made = []
    for n, row in enumerate(rows(count, a_day=A_DAY, seed=7)):
        at = BEGIN + timedelta(days=n / A_DAY)
        made.append(
            Item(
                id=row["id"],
                source_id=row["source"],
                guid=row["id"],
                url=row["url"],
                title=row["title"],
                body=row["body"],
                published_at=at,
                fetched_at=at,
            )
        )
    return made


def told(folder: Path, runs: list[list[Item]]) -> tuple[World, set[frozenset[str]]]:
    """The stories that so many runs make."""
    folder.mkdir(exist_ok=True)
    world = World(folder=folder, config=configuration("", [], 1), now=BEGIN)
    for new in runs:
        world.now = new[-1].fetched_at + timedelta(hours=1)
        with world.context() as ctx:
            with ctx.store.begin() as db:
                items.add(db, new)
            for key in stage.pending(ctx):
                stage.process(ctx, key)
    with world.context() as ctx, ctx.store.read() as db:
        stories: dict[str, set[str]] = {}
        for item_id, story_id in db.execute(sa.select(memberships.c.item_id, memberships.c.story_id)):
            stories.setdefault(story_id, set()).add(item_id)
    return world, {frozenset(story) for story in stories.values()}


def test_ten_runs_make_the_stories_of_one(tmp_path: Path) -> None:
    some = found(600)
    _, at_once = told(tmp_path / "one", [some])
    _, day_by_day = told(tmp_path / "ten", [some[n : n + 60] for n in range(0, 600, 60)])
    assert len(at_once) < 450  # items do tell one event
    assert len(at_once ^ day_by_day) <= 0.02 * len(at_once)  # frequencies known later move a cosine a little


def test_signatures_older_than_the_window_go(tmp_path: Path) -> None:
    some = found(4_000)
    world, _ = told(tmp_path, [some[:2_000], some[2_000:]])
    with world.context() as ctx, ctx.store.read() as db:
        oldest = db.scalar(sa.select(sa.func.min(signatures.c.seen_at)))
        assert oldest is not None
        assert world.now - oldest < timedelta(days=ctx.settings.dedupe.window_days + 8)


def test_a_store_without_signatures_gets_them_again(tmp_path: Path) -> None:
    some = found(300)
    world, _ = told(tmp_path, [some[:200]])
    with world.context() as ctx, ctx.store.begin() as db:
        db.execute(signatures.delete())
    _, after = told(tmp_path, [some[200:]])
    _, expected = told(tmp_path / "other", [some[:200], some[200:]])
    assert after == expected


@pytest.mark.parametrize("new", [1, 300])
def test_a_run_asks_the_store_as_often_for_many_items_as_for_one(tmp_path: Path, new: int) -> None:
    some = found(700)
    world, _ = told(tmp_path, [some[:400]])
    counted: Counter[str] = Counter()
    with world.context() as ctx:
        with ctx.store.begin() as db:
            items.add(db, some[400 : 400 + new])
            sa.event.listen(db.engine, "before_cursor_execute", lambda *args: counted.update([args[2].split()[0]]))
        [stage.process(ctx, key) for key in stage.pending(ctx)]
    assert counted["SELECT"] <= 20
    assert counted["INSERT"] <= 6
