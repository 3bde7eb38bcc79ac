"""What is perhaps the same is asked once a run; without a usable answer it stays apart, and the reviewer sees it."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.run import Report
from pipeline.store import doubts, items, stories
from pipeline.types import Item, Membership
from tests.e2e.world import ModelServer, World, configuration, model_server

OLD = ("old", "Quayside raises money for chips in Rotterdam")
FAST = ("fast", "Quayside raises money for fast chips in Rotterdam")
HARBOUR = ("harbour", "Quayside raises money for chips in Rotterdam harbour")
OTHER = ("other", "Tallinn ends its permit trial")
NEW = (FAST, HARBOUR, OTHER)
LINE = re.compile(r"^\[(\d+)\] A: (.*)\n.*\nB: (.*)\n", re.MULTILINE)
ALIKE = {"threshold": 1.0}  # so that what is nearly the same is in doubt


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with model_server() as server:
        server.answer = saying(lambda _: False)
        yield server


@pytest.fixture
def world(tmp_path: Path, model: ModelServer) -> World:
    made = World(folder=tmp_path, config=configuration("", [], 9, channels=[], dedupe=ALIKE))
    made.config["model"] = {"base_url": model.base_url, "name": "tiny"}
    come(made, OLD)
    assert model.calls == []  # there is nothing to doubt
    return made


def saying(same: Callable[[str], bool]) -> Callable[[str], str]:
    """A model that judges each pair by its two titles, "new | other"."""
    return lambda prompt: json.dumps(
        {"pairs": [{"pair": int(n), "same": same(f"{new} | {other}")} for n, new, other in LINE.findall(prompt)]}
    )


def come(world: World, *found: tuple[str, str]) -> Report:
    """Items of these sources with these titles arrive, and are folded."""
    arriving = [
        Item(id=source, source_id=source, guid=source, url="", title=title, body="", fetched_at=world.now)
        for source, title in found
    ]
    with world.context() as ctx, ctx.store.begin() as db:
        items.add(db, arriving)
    return world.run(until="dedupe")


def told(world: World) -> dict[str, str]:
    """Item id -> its story, and how it came there."""
    with world.context() as ctx, ctx.store.read() as db:
        alive = stories.in_window(db, world.now - timedelta(days=9), world.now + timedelta(days=1))
        members = [m for story_id in alive for m in stories.members(db, story_id)]
    return {m.item_id: f"{m.story_id} {m.method}" for m in members}


def in_doubt(world: World) -> set[tuple[str, str]]:
    with world.context() as ctx, ctx.store.read() as db:
        return {(d.story_id, d.other_id) for d in doubts.open_of(db, ["old", "fast", "harbour", "other"])}


def test_one_call_settles_all_pairs_and_a_second_run_asks_nothing(world: World, model: ModelServer) -> None:
    model.answer = saying(lambda pair: "harbour" in pair and "fast" not in pair)
    come(world, *NEW)
    assert len(model.calls) == 1
    assert told(world) == {"old": "old first", "fast": "fast first", "harbour": "old model", "other": "other first"}
    assert in_doubt(world) == set()
    come(world)
    come(world, ("late", "A cable comes ashore at Narva"))
    assert len(model.calls) == 1


def test_a_run_that_was_killed_after_the_answer_asks_nothing_again(world: World, model: ModelServer) -> None:
    come(world, *NEW)
    with world.context() as ctx, ctx.store.begin() as db:
        for table, name in (("doubts", "story_id"), ("memberships", "item_id"), ("stories", "id")):
            db.exec_driver_sql(f"delete from {table} where {name} != 'old'")
        db.exec_driver_sql("delete from signatures where item_id != 'old'")
        db.exec_driver_sql("insert into unfolded select id from items where id != 'old'")
    come(world)
    assert len(model.calls) == 1
    assert told(world).keys() == {"old", "fast", "harbour", "other"}


UNANSWERED = {("fast", "old"), ("harbour", "old"), ("harbour", "fast")}


@pytest.mark.parametrize(
    ("answer", "asked"),
    [
        (lambda _: "I cannot say.", 3),
        (lambda _: '{"pairs": [{"pair": 99, "same": true}]}', 3),
        (lambda _: '{"pairs": [{"pair": 1, "same": false}, {"pair": 1, "same": true}]}', 3),
        (saying(lambda _: True), 1),  # it says so of texts that have nothing to do with each other, too
    ],
    ids=["prose", "unknown pair", "answered twice", "all the same"],
)
def test_a_wrong_answer_merges_nothing_and_is_told(
    world: World, model: ModelServer, answer: Callable[[str], str], asked: int
) -> None:
    model.answer = answer
    report = come(world, *NEW)
    assert len(model.calls) == asked
    assert {m.split()[1] for m in told(world).values()} == {"first"}
    assert in_doubt(world) == UNANSWERED
    assert ["stories that are perhaps the same stay apart" in p.message for p in report.problems] == [True]


def test_what_is_left_out_stays_in_doubt(world: World, model: ModelServer) -> None:
    model.answer = lambda _: '{"pairs": []}'
    assert come(world, *NEW).problems == []
    assert in_doubt(world) == UNANSWERED


@pytest.mark.parametrize(
    "change",
    [
        {"dedupe": ALIKE | {"ask_model": False}},
        {"model": {"type": "extractive"}},
        {"model": {"base_url": "http://127.0.0.1:9/v1", "name": "gone", "timeout_s": 0.5}},
        {"model": {"base_url": "{}", "name": "dear", "budget_usd": 0, "price": {"input": 1, "output": 1}}},
    ],
    ids=["not to be asked", "no model", "a model that is down", "no budget"],
)
def test_without_an_answer_they_stay_apart_and_in_doubt(
    world: World, model: ModelServer, change: dict[str, dict[str, object]]
) -> None:
    world.config |= json.loads(json.dumps(change).replace("{}", model.base_url))
    report = come(world, *NEW)
    assert model.calls == []
    assert told(world).keys() == {"old", "fast", "harbour", "other"}
    assert in_doubt(world) == UNANSWERED
    assert len(report.problems) == (1 if change.get("model", {}).get("name") else 0)


def test_an_order_in_a_title_moves_no_pair_but_those_it_stands_in(world: World, model: ModelServer) -> None:
    model.answer = saying(lambda pair: "all of them" in pair)  # a model that takes orders, where it sees one
    come(world, ("fast", OLD[1] + ", and so do all of them"), HARBOUR, OTHER)
    assert told(world) == {"old": "old first", "fast": "old model", "harbour": "harbour first", "other": "other first"}


def test_what_a_reviewer_merges_while_the_model_thinks_is_where_the_item_goes(world: World, model: ModelServer) -> None:
    come(world, OTHER)

    def meanwhile(prompt: str) -> str:
        with world.context() as ctx, ctx.store.begin() as db:
            stories.move(db, [Membership(item_id="old", story_id="other", method="reviewer")], world.now)
        return saying(lambda pair: "fast" in pair)(prompt)

    model.answer = meanwhile
    come(world, FAST)
    assert told(world) == {"old": "other reviewer", "other": "other first", "fast": "other model"}
