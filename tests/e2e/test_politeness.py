"""How polite a reader is, counted by the server that it reads: the columns of Rachel Kroll's feed reader score.

https://rachelbythebay.com/w/2024/06/28/fsr/ , and what https://openrss.org/app/newsflash asks for.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.store import sources
from pipeline.store.sources import SourceState
from tests.e2e.conftest import STORIES, feed
from tests.e2e.world import World, configuration, serving

ODD_ETAG = 'W/"it\'s, opaque: \\"%20"'
ODD_DATE = "Wed, 3 Dec 2025 5:0:00 +0000"  # no HTTP-date at all, and echoed all the same
TTL = "<ttl>600</ttl>"


@dataclass
class Ask:
    """One request as it came in."""

    at: datetime
    path: str
    headers: dict[str, str]
    connection: int
    status: int

    @property
    def is_conditional(self) -> bool:
        return "if-none-match" in self.headers or "if-modified-since" in self.headers


@dataclass
class Publisher:
    """A server that knows what it gave, keeps connections open, and writes down who asks."""

    body: str = field(default_factory=lambda: feed("lab", STORIES["lab.xml"]))
    headers: dict[str, str] = field(default_factory=lambda: {"ETag": ODD_ETAG, "Last-Modified": ODD_DATE})
    status: int = 200
    moved: dict[str, tuple[int, str]] = field(default_factory=dict)  # path -> (status, Location)
    asks: list[Ask] = field(default_factory=list)
    clock: datetime | None = None
    base: str = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        sent = {k.lower(): v for k, v in handler.headers.items()}
        if handler.path in self.moved:
            status, location = self.moved[handler.path]
            return status, {"Location": location}, b""
        known = self.headers.get("ETag")
        if self.status == 200 and known and sent.get("if-none-match") == known:
            return 304, {"ETag": known}, b""
        return self.status, self.headers, self.body.encode() if self.status == 200 else b"no"


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    state = Publisher()
    connections: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            connections.append(1)

        def do_GET(self) -> None:
            status, headers, body = state.answer(self)
            assert state.clock is not None
            sent = {k.lower(): v for k, v in self.headers.items()}
            state.asks.append(Ask(state.clock, self.path, sent, len(connections), status))
            self.send_response(status)
            for name, value in {"Content-Type": "application/rss+xml", "Set-Cookie": "id=1", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with serving(Handler) as state.base:
        yield state


@pytest.fixture
def world(publisher: Publisher, tmp_path: Path) -> World:
    return World(folder=tmp_path, config=configuration(publisher.base, ["lab.xml"], 1))


def live(world: World, publisher: Publisher, *, hours: float, every_minutes: float = 60) -> None:
    """Let cron knock: each run is a new program on the same folder, as after a restart."""
    ends_at = world.now + timedelta(hours=hours)
    while world.now < ends_at:
        publisher.clock = world.now
        world.run(until="fetch")
        world.pass_(minutes=every_minutes)


def state(world: World) -> SourceState:
    with world.context() as ctx, ctx.store.read() as db:
        return sources.states(db)["lab"]


def gaps_h(publisher: Publisher) -> list[float]:
    times = [ask.at for ask in publisher.asks]
    return [(b - a).total_seconds() / 3600 for a, b in pairwise(times)]


def test_two_days_of_an_hourly_cron(world: World, publisher: Publisher) -> None:
    live(world, publisher, hours=48)
    first, *later = publisher.asks
    assert not first.is_conditional, "exactly one unconditional request"
    assert len(later) >= 5
    for ask in later:
        assert ask.headers["if-none-match"] == ODD_ETAG
        assert ask.headers["if-modified-since"] == ODD_DATE
        assert ask.status == 304
    assert min(gaps_h(publisher)) >= 6, "never before next_fetch_at"
    for ask in publisher.asks:
        assert ask.path == "/lab.xml", "no invented query parameters"
        assert not {"cookie", "referer", "cache-control", "pragma"} & ask.headers.keys()
        assert "application/rss+xml" in ask.headers["accept"]
        assert ask.headers["user-agent"].startswith("EveryOtherDay/")


def test_a_validator_that_changes_is_echoed_as_it_is_now(world: World, publisher: Publisher) -> None:
    live(world, publisher, hours=1)
    publisher.headers = {"ETag": '"two"'}
    publisher.body = feed("lab", STORIES["press.xml"])
    live(world, publisher, hours=16)
    sent = [ask.headers.get("if-none-match") for ask in publisher.asks]
    assert sent == [None, ODD_ETAG, '"two"']
    assert "if-modified-since" not in publisher.asks[2].headers, "the new answer gave none"


@pytest.mark.parametrize(
    ("headers", "body", "status", "least_h"),
    [
        ({"Cache-Control": "max-age=43200"}, "", 200, 12),
        ({"Cache-Control": "max-age=31536000"}, "", 200, 24),
        ({}, TTL, 200, 10),
        ({}, "<skipHours><hour>12</hour><hour>13</hour><hour>14</hour></skipHours>", 200, 9),
        ({"Retry-After": "30000"}, "", 503, 8.3),
        ({"Retry-After": "Thu, 04 Dec 2025 18:00:00 GMT"}, "", 429, 36),
    ],
)
def test_what_the_publisher_asks_for(
    world: World, publisher: Publisher, headers: dict[str, str], body: str, status: int, least_h: float
) -> None:
    publisher.headers |= headers
    publisher.body = publisher.body.replace("<item>", f"{body}<item>", 1)
    publisher.status = status
    live(world, publisher, hours=1)
    publisher.status = 200
    live(world, publisher, hours=60)
    assert gaps_h(publisher)[0] >= least_h


def test_one_host_gets_one_connection_however_many_sources(world: World, publisher: Publisher) -> None:
    world.config["sources"] = [
        {"id": f"s{n}", "type": "rss", "url": f"{publisher.base}/{n}.xml", "allow_private": True} for n in range(12)
    ]
    live(world, publisher, hours=1)
    assert sorted(ask.path for ask in publisher.asks) == sorted(f"/{n}.xml" for n in range(12))
    assert {ask.connection for ask in publisher.asks} == {1}


@pytest.mark.parametrize(("status", "rewritten"), [(301, True), (308, True), (302, False), (307, False)])
def test_a_permanent_redirect_is_believed_after_two_good_fetches(
    world: World, publisher: Publisher, status: int, rewritten: bool
) -> None:
    publisher.moved = {"/lab.xml": (status, "/new.xml")}
    publisher.headers = {}
    live(world, publisher, hours=30, every_minutes=7 * 60)
    paths = [ask.path for ask in publisher.asks]
    assert paths[:4] == ["/lab.xml", "/new.xml"] * 2
    assert paths[4:] == (["/new.xml"] * 3 if rewritten else ["/lab.xml", "/new.xml"] * 3)
    assert (state(world).url is not None) == rewritten


def test_a_redirect_to_something_else_is_never_believed(world: World, publisher: Publisher) -> None:
    publisher.moved = {"/lab.xml": (301, "/login")}
    publisher.body = "<html><body>Please log in</body></html>"
    live(world, publisher, hours=96)
    assert len(publisher.asks) > 4
    assert state(world).url is None
    publisher.moved = {"/lab.xml": (301, "https://127.0.0.1:1/")}
    live(world, publisher, hours=48)
    assert state(world).url is None


def test_an_error_does_not_make_the_next_request_unconditional(world: World, publisher: Publisher) -> None:
    live(world, publisher, hours=1)
    publisher.status = 500
    live(world, publisher, hours=24)
    publisher.status = 200
    live(world, publisher, hours=48)
    assert [ask.is_conditional for ask in publisher.asks].count(False) == 1
    assert publisher.asks[-1].status == 304
