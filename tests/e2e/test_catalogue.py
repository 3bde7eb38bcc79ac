"""A source that tells what is new since the last time, over many runs."""

from datetime import timedelta
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from pipeline.store import items, sources
from tests.e2e.world import World, configuration


def model(number: int, prompt: str = "0.000001") -> dict[str, object]:
    slug = f"example/model-{number}"
    pricing = {"prompt": prompt, "completion": "0.000002"}
    return {"id": slug, "canonical_slug": slug, "name": f"Model {number}", "created": 1764700000, "pricing": pricing}


@pytest.fixture
def source() -> dict[str, object]:
    return {"id": "models", "type": "openrouter", "allow_private": True}


@pytest.fixture
def world(httpserver: HTTPServer, source: dict[str, object], tmp_path: Path) -> World:
    source["base_url"] = httpserver.url_for("/")
    return World(folder=tmp_path, config=configuration("", [], 1, sources=[source]))


def read(world: World, httpserver: HTTPServer, models: list[dict[str, object]]) -> int:
    """The number of new items of a run a day later."""
    httpserver.clear()
    httpserver.expect_request("/api/v1/models").respond_with_json({"data": models})
    world.pass_(days=1)
    report = world.run(until="fetch")
    assert report.problems == []
    return report.done["fetch"]


def test_one_new_model_after_many_is_no_error_page(world: World, httpserver: HTTPServer) -> None:
    catalogue = [model(n) for n in range(9)]
    assert read(world, httpserver, catalogue) == 9
    assert read(world, httpserver, catalogue) == 0
    catalogue.append(model(9))
    assert read(world, httpserver, catalogue) == 1
    catalogue[0] = model(0, prompt="0.0000005")
    assert read(world, httpserver, catalogue) == 1
    assert read(world, httpserver, catalogue[1:]) == 0
    with world.context() as ctx, ctx.store.read() as db:
        counts = items.window_counts(db, world.now - timedelta(days=9), world.now + timedelta(days=1))
    assert (counts["items_fetched"], counts["dropped_withdrawn"]) == (11, 1)


@pytest.mark.parametrize(("named", "hours"), [({}, 12), ({"interval_hours": 20}, 20)])
def test_a_type_has_a_pace_of_its_own_unless_the_source_names_one(
    world: World, source: dict[str, object], httpserver: HTTPServer, named: dict[str, object], hours: int
) -> None:
    source |= named
    read(world, httpserver, [model(1)])
    with world.context() as ctx, ctx.store.read() as db:
        due = sources.states(db)["models"].next_fetch_at
    assert due is not None
    assert timedelta(hours=hours) <= due - world.now <= timedelta(hours=hours * 1.1)
