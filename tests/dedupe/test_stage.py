"""What gets no story, and why: too old, or filtered by the operator's words; nothing is dropped for having no date."""

import os
from pathlib import Path

import pytest

from pipeline.store import items, stories
from tests.e2e.conftest import feed
from tests.e2e.world import BEGIN, World, configuration, served


@pytest.mark.parametrize(
    ("options", "dropped"),
    [
        ({}, 0),
        ({"keep": ["AI"]}, 1),
        ({"drop": ["sponsored"]}, 1),
        ({"keep": ["AI", "模型"], "drop": ["sponsored"]}, 2),
    ],
)
def test_words_of_the_operator_filter_and_are_counted(
    tmp_path: Path, options: dict[str, list[str]], dropped: int
) -> None:
    titles = ["AI wins a chess match", "He said it rained", "Sponsored: AI shoes for all", "大模型 AI 发布会在北京"]
    (tmp_path / "a.xml").write_text(feed("a", [(t, t) for t in titles]), encoding="utf-8")
    with served(tmp_path) as base:
        world = World(folder=tmp_path, config=configuration(base, ["a.xml"], 1))
        world.config["sources"][0].update(options)  # type: ignore[index]
        world.run(until="dedupe")
        with world.context() as ctx, ctx.store.read() as db:
            counts = items.window_counts(db, BEGIN.replace(year=2020), BEGIN.replace(year=2030))
    assert counts.get("items_filtered", 0) == dropped


@pytest.mark.parametrize(
    ("published", "stale"),
    [
        ("Wed, 03 Dec 2025 05:00:00 GMT", 0),
        ("Mon, 24 Nov 2025 22:00:00 GMT", 1),  # 200 hours late
        ("no date at all", 0),
        ("Sun, 01 Dec 2999 00:00:00 GMT", 0),
    ],
)
def test_an_old_date_is_no_news_and_no_date_is(tmp_path: Path, published: str, stale: int) -> None:
    (tmp_path / "a.xml").write_text(feed("a", [("Heron 2 is out", "Open weights.")], published), encoding="utf-8")
    with served(tmp_path) as base:
        world = World(folder=tmp_path, config=configuration(base, ["a.xml"], 1))
        report = world.run(until="rank")
        with world.context() as ctx, ctx.store.read() as db:
            counts = items.window_counts(db, BEGIN.replace(year=2020), BEGIN.replace(year=2030))
    assert counts.get("items_stale", 0) == stale
    assert report.done["rank"] == 1 - stale


def test_a_new_board_is_a_story_of_its_own(tmp_path: Path) -> None:
    head = "rank,model,arena_score,95_pct_ci,votes,organization,license,snapshot\n"
    rows = (
        "1,Heron 1,13{n}0,+4/-3,55000,Heron Labs,MIT,2025-12-0{n}\n2,Tern 1,1290,+5/-4,9000,Tern AI,MIT,2025-12-0{n}\n"
    )
    with served(tmp_path) as base:
        world = World(folder=tmp_path, config=configuration(base, [], 1))
        world.config["sources"] = [
            {"id": "arena", "type": "arena", "url": f"{base}/board.csv", "allow_private": True, "interval_hours": 1}
        ]
        for n in (1, 2, 3):
            (tmp_path / "board.csv").write_text(head + rows.format(n=n), encoding="utf-8")
            os.utime(tmp_path / "board.csv", (n * 1_000, n * 1_000))  # what If-Modified-Since goes by
            world.run(until="dedupe")
            world.pass_(days=2)
        with world.context() as ctx, ctx.store.read() as db:
            found = stories.in_window(db, BEGIN.replace(year=2020), BEGIN.replace(year=2030))
    assert len(found) == 3
