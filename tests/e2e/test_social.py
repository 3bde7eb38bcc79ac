"""A paid source over many runs: off until there is a token, and what it costs is booked once."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from pytest_httpserver import HTTPServer

from pipeline.cli import digest
from pipeline.store import items, sources
from tests.e2e.world import World, configuration
from tests.sources.x_server import XServer

ADA = "11"


@pytest.fixture
def x(httpserver: HTTPServer) -> XServer:
    made = XServer(handles={ADA: "ada_tern"})
    httpserver.expect_request(re.compile("/2/.*")).respond_with_handler(made.serve)
    return made


@pytest.fixture
def world(x: XServer, httpserver: HTTPServer, tmp_path: Path) -> World:
    source = {
        "id": "x",
        "type": "x",
        "users": ["ada_tern"],
        "base_url": httpserver.url_for("").rstrip("/"),
        "allow_private": True,
        "interval_hours": 240,
    }
    calm = {"anchor": "2031-01-01"}
    return World(folder=tmp_path, config=configuration("", [], 1, sources=[source], schedule=calm, channels=[]))


def command(world: World, *words: str) -> str:
    (world.folder / "config.yaml").write_text(json.dumps(world.config), encoding="utf-8")
    result = CliRunner().invoke(digest, ["-c", str(world.folder), *words])
    assert result.exit_code == 0, result.output
    return result.output


def test_off_is_no_problem_and_a_token_turns_it_on_at_once(world: World, x: XServer) -> None:
    x.write(ADA, 3)
    for _ in range(2):
        report = world.run(until="fetch")
        assert (report.problems, x.asked) == ([], [])
    assert command(world, "sources", "check", "--now") == "off     x  until X_BEARER_TOKEN is set\n"
    assert "Sources: 0 of 0 answered last time, 1 off, 0 items" in command(world, "status")
    (world.folder / ".env").write_text(f"X_BEARER_TOKEN={x.token}\n", encoding="utf-8")
    assert world.run(until="fetch").done["fetch"] == 3, "without waiting for the interval"


def test_what_is_paid_for_is_kept_and_booked(world: World, x: XServer) -> None:
    (world.folder / ".env").write_text(f"X_BEARER_TOKEN={x.token}\n", encoding="utf-8")
    x.write(ADA, 9)
    world.run(until="fetch")
    x.write(ADA, 1)
    world.pass_(days=20)
    report = world.run(until="fetch")
    assert (report.problems, report.done["fetch"]) == ([], 1), "one new post is no shrunk feed"
    with world.context() as ctx, ctx.store.read() as db:
        assert sources.spent(db, world.now)["x"] == (5_000, x.billed_usd_micros)
        assert items.window_counts(db, world.now - timedelta(days=30), world.now + timedelta(1))["items_fetched"] == 10
    assert x.token not in (world.folder / "config.yaml").read_text(encoding="utf-8")
    assert x.token.encode() not in (world.folder / "digest.db").read_bytes()
