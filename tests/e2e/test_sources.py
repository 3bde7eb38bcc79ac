"""Sources over many runs: who is told of failing ones, what a check says, and what a changed option does."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pytest_httpserver import HTTPServer
from werkzeug import Request
from werkzeug import Response as Answer

from pipeline.cli import digest
from pipeline.store import sources
from pipeline.store.sources import SourceState
from tests.e2e.conftest import feed
from tests.e2e.world import Post, World, configuration, post_office

TWO = [("One thing", "The first text of a feed."), ("Another thing", "The second text, about something else.")]
MANY = [(f"Thing {n}", f"Text number {n} of a feed, each about something else.") for n in range(9)]


class Site:
    """A feed whose answer the test turns."""

    def __init__(self, server: HTTPServer) -> None:
        self.body, self.status, self.headers = feed("lab", TWO), 200, dict[str, str]()
        self.seen: list[Request] = []
        server.expect_request("/lab.xml").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Answer:
        self.seen.append(request)
        return Answer(self.body, status=self.status, headers=self.headers, content_type="application/rss+xml")


@pytest.fixture
def post() -> Iterator[tuple[Post, int]]:
    with post_office() as found:
        yield found


@pytest.fixture
def site(httpserver: HTTPServer) -> Site:
    return Site(httpserver)


@pytest.fixture
def world(site: Site, httpserver: HTTPServer, post: tuple[Post, int], tmp_path: Path) -> World:
    return World(folder=tmp_path, config=configuration(httpserver.url_for("").rstrip("/"), ["lab.xml"], post[1]))


def state(world: World) -> SourceState:
    with world.context() as ctx, ctx.store.read() as db:
        return sources.states(db)["lab"]


def fail(world: World, times: int) -> None:
    for _ in range(times):
        world.pass_(days=2)
        world.run(until="fetch")


def command(world: World, *words: str) -> Result:
    (world.folder / "config.yaml").write_text(json.dumps(world.config), encoding="utf-8")
    return CliRunner().invoke(digest, ["-c", str(world.folder), *words])


def test_reviewers_are_told_once_of_a_source_that_goes_on_failing(
    world: World, site: Site, post: tuple[Post, int]
) -> None:
    world.config["schedule"] = {"anchor": "2031-01-01"}  # no issue in between
    site.status = 500
    fail(world, 4)
    world.run()
    assert post[0].mails == [], "a blip is nothing to write about"
    fail(world, 1)
    for _ in range(3):
        world.run()
    (mail,) = post[0].to("boss@example.org")
    assert mail["Subject"] == "Test Digest: 1 source is failing"
    assert "lab: 5 times in a row" in mail.get_content()
    assert mail["Auto-Submitted"] == "auto-generated"

    site.status = 200
    fail(world, 1)
    assert (state(world).failures, state(world).alerted_at) == (0, None)
    site.status = 500
    fail(world, 5)
    world.run()
    assert len(post[0].to("boss@example.org")) == 2, "it had answered in between"


def test_a_mail_server_that_is_down_gets_the_alert_later(world: World, site: Site, post: tuple[Post, int]) -> None:
    world.config["schedule"] = {"anchor": "2031-01-01"}
    channels = world.config["channels"]
    assert isinstance(channels, list)
    channels[0]["port"] = 1
    site.status = 500
    fail(world, 5)
    assert [p.kind for p in world.run().problems] == ["RecipientRejected"]
    channels[0]["port"] = post[1]
    world.run()
    assert len(post[0].to("boss@example.org")) == 1


def test_404_never_disables_and_410_pauses_until_the_option_changes(world: World, site: Site) -> None:
    site.status = 404
    fail(world, 8)
    assert len(site.seen) == 8
    site.status = 410
    fail(world, 3)
    assert len(site.seen) == 9
    assert state(world).gone_at is not None
    site.status = 200
    first = world.config["sources"]
    assert isinstance(first, list)
    first[0]["max_items"] = 50
    world.run(until="fetch")
    assert (len(site.seen), state(world).gone_at, state(world).failures) == (10, None, 0)


def test_a_feed_that_suddenly_is_one_entry_is_a_warning_and_no_news(world: World, site: Site) -> None:
    site.body = feed("lab", MANY)
    assert world.run(until="dedupe").problems == []
    site.body = feed("lab", [("We are moving to a new home", "Please log in.")])
    world.pass_(days=1)
    report = world.run(until="dedupe")
    assert [p.kind for p in report.problems] == ["shrunk"]
    assert (report.done["fetch"], state(world).entries) == (0, 9)
    fail(world, 2)
    world.pass_(days=2)
    assert world.run(until="dedupe").done["fetch"] == 1, "it stays like that, so it is believed"


def test_entries_over_the_limit_are_counted_once(world: World, site: Site) -> None:
    first = world.config["sources"]
    assert isinstance(first, list)
    first[0]["max_items"] = 4
    site.body = feed("lab", MANY)
    for _ in range(2):
        world.run(until="fetch")
        world.pass_(days=1)
    from pipeline.store import items

    with world.context() as ctx, ctx.store.read() as db:
        counts = items.window_counts(db, world.now - timedelta(days=9), world.now)
    assert (counts["items_fetched"], counts["dropped_over_the_limit"]) == (4, 5)


def test_a_check_says_in_a_line_what_came_and_asks_nobody_twice(world: World, site: Site) -> None:
    first = command(world, "sources", "check")
    assert first.output.startswith("silent  lab  2 new; newest ")
    assert first.output.endswith(" days ago: is it still alive?\n")
    again = command(world, "sources", "check", "lab")
    assert (again.exit_code, len(site.seen)) == (0, 1)
    assert again.output.startswith("waits   lab  not asked before ")
    site.status = 503
    site.headers = {"Retry-After": "7200"}
    failed = command(world, "sources", "check", "lab", "--now", "--json")
    assert (failed.exit_code, len(site.seen)) == (5, 2)
    assert json.loads(failed.output)["message"].startswith("answered 503 at http://")
    unknown = command(world, "sources", "check", "nobody")
    assert "there is no such source" in str(unknown.exception)


def test_status_shows_the_health_of_each_source(world: World, site: Site) -> None:
    command(world, "sources", "check")
    with world.context() as ctx, ctx.store.begin() as db:
        sources.spend(db, "lab", 250_000, ctx.clock())
        sources.spend(db, "lab", 500_000, ctx.clock())
    site.status = 500
    command(world, "sources", "check", "--now")
    command(world, "run", "--until", "fetch")
    said = command(world, "status").output
    assert "Sources: 0 of 1 answered last time, 2 items in a week" in said
    assert "answered 500" in said
    rows = [json.loads(line) for line in command(world, "status", "--json").output.splitlines()]
    (row,) = [r for r in rows if r["what"] == "source"]
    assert (row["which"], row["state"]) == ("lab", "1 failures in a row")
    assert "0.75 in all" in row["detail"]
