"""The pages of items, read from a real server: who is asked, how often, and what becomes of the text."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from pytest_httpserver import HTTPServer
from werkzeug import Request
from werkzeug import Response as Answer

from pipeline.store import issues, items, summaries
from pipeline.store.tables import pages
from pipeline.types import Item
from tests.conftest import store_url
from tests.e2e.world import World, configuration

LINES = (
    "The laboratory in Rotterdam released Heron 2, a model with 64 billion parameters, on Tuesday morning.",
    "It reads 256,000 tokens at once and was trained for eleven weeks on four thousand accelerators.",
    "Its weights are free for everybody, and the paper names every data set that went into it.",
)
PAGE = (
    "<html><head><title>Heron 2</title><meta property='article:published_time' content='2025-12-02T08:00:00Z'></head>"
    "<body><nav><a href='/'>Home</a></nav><article><h1>Heron 2 is out</h1>"
    + "".join(f"<p>{line}</p>" for line in LINES)
    + "</article><footer>Cookies and terms</footer></body></html>"
)


@dataclass
class Site:
    """A feed of bare titles and the pages behind them."""

    base: str
    titles: dict[str, str]
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answer(self, request: Request) -> Answer:
        if request.path == "/feed.xml":
            return Answer(self.feed(), content_type="application/rss+xml")
        self.asked.append(request.path)
        made = self.answers.get(request.path)
        if made is None:
            return Answer("", status=404) if request.path == "/robots.txt" else Answer(PAGE, content_type="text/html")
        return Answer(made.get_data(), status=made.status_code, content_type=made.content_type)

    def feed(self) -> str:
        entries = "".join(
            f"<item><title>{title}</title><link>{self.base}{path}</link><guid>{path}</guid>"
            "<pubDate>Wed, 03 Dec 2025 05:00:00 GMT</pubDate></item>"
            for path, title in self.titles.items()
        )
        return f"<rss version='2.0'><channel><title>x</title>{entries}</channel></rss>"


@pytest.fixture
def site(httpserver: HTTPServer) -> Site:
    made = Site(httpserver.url_for("").rstrip("/"), {"/heron": "Heron 2 is out with open weights"})
    httpserver.expect_request("").respond_with_handler(made.answer)
    for path in ("/feed.xml", "/robots.txt", *(f"/{n}" for n in range(30)), "/heron", "/closed/x", "/a.vtt"):
        httpserver.expect_request(path).respond_with_handler(made.answer)
    return made


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def world(request: pytest.FixtureRequest, site: Site, tmp_path: Path) -> World:
    config = configuration(site.base, ["feed.xml"], 1)
    return World(folder=tmp_path, config={**config, "store": {"url": store_url(request.param)}})


def read(world: World) -> dict[str, Item]:
    report = world.run(until="extract")
    assert report.problems == []
    with world.context() as ctx, ctx.store.read() as db:
        return {item.title: item for item in items.pending(db)}


def outcomes(world: World) -> dict[str, str]:
    with world.context() as ctx, ctx.store.read() as db:
        return {row.url.rpartition("/")[2]: row.outcome for row in db.execute(sa.select(pages.c.url, pages.c.outcome))}


def test_an_item_gets_the_text_and_the_date_of_its_page_once(world: World, site: Site) -> None:
    (item,) = read(world).values()
    assert all(line in item.body for line in LINES)
    assert "Cookies" not in item.body
    assert site.asked == ["/robots.txt", "/heron"]
    for _ in range(2):
        world.pass_(days=1)
        (again,) = read(world).values()
        assert again.body == item.body, "the feed, which has no text, was read again"
    assert site.asked.count("/heron") == 1


def test_the_printed_sentences_come_from_the_page(world: World, site: Site) -> None:
    world.run(until="verify")
    with world.context() as ctx, ctx.store.read() as db:
        issue = issues.recent(db)[0]
        (written,) = summaries.load(db, [s.story_id for s in issue.slots]).values()
    assert written.claims[0].text in LINES
    assert issue.counts["pages_read"] == 1


def test_robots_txt_is_obeyed_and_asked_for_once_a_day(world: World, site: Site) -> None:
    site.titles = {"/closed/x": "Not for programs", "/1": "For everybody"}
    site.answers["/robots.txt"] = Answer("User-agent: EveryOtherDay\nDisallow: /closed/\n", content_type="text/plain")
    found = read(world)
    assert found["Not for programs"].body == ""
    assert LINES[0] in found["For everybody"].body
    assert outcomes(world) == {"x": "robots", "1": "read"}
    site.titles = {"/2": "Later the same day"}
    world.pass_(hours=8)
    read(world)
    assert site.asked == ["/robots.txt", "/1", "/2"]
    site.titles = {"/3": "The day after"}
    world.pass_(hours=25)
    read(world)
    assert site.asked[-2:] == ["/robots.txt", "/3"]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_host_whose_robots_txt_cannot_be_had_is_left_alone(world: World, site: Site, status: int) -> None:
    site.answers["/robots.txt"] = Answer("", status=status)
    (item,) = read(world).values()
    assert (item.body, site.asked) == ("", ["/robots.txt"])


def test_what_cannot_be_read_is_counted_and_is_no_problem(world: World, site: Site) -> None:
    site.titles = {f"/{n}": f"Title number {n} of something else" for n in range(6)}
    wall = f"<html><body><p>{'Please enable JavaScript and cookies to continue. ' * 6}</p></body></html>"
    site.answers = {
        "/0": Answer("no", status=403),
        "/1": Answer(wall, content_type="text/html"),
        "/2": Answer(b"%PDF-1.7", content_type="application/pdf"),
        "/3": Answer("<html><body><p>Short.</p></body></html>", content_type="text/html"),
        "/4": Answer("<html></html>", content_type="text/html"),
    }
    found = read(world)
    assert outcomes(world) == {
        "0": "http_403",
        "1": "wall",
        "2": "not_text",
        "3": "short",
        "4": "empty",
        "5": "read",
    }
    assert sum(bool(item.body) for item in found.values()) == 1
    read(world)
    assert len([path for path in site.asked if path != "/robots.txt"]) == 6


def test_a_host_gets_at_most_so_many_requests_a_run(world: World, site: Site) -> None:
    site.titles = {f"/{n}": f"Title number {n}" for n in range(9)}
    world.config["extract"] = {"max_per_host": 3}
    report = world.run(until="dedupe")
    assert report.done["extract"] == 3
    assert len(site.asked) == 4


def test_a_page_of_two_items_is_fetched_once_and_kept_for_a_week(world: World, site: Site) -> None:
    sources = world.config["sources"]
    assert isinstance(sources, list)
    world.config["sources"] = [sources[0], {**sources[0], "id": "other"}]
    world.run(until="extract")
    with world.context() as ctx, ctx.store.read() as db:
        found = items.pending(db)
    assert len(found) == 2
    assert all(LINES[0] in item.body for item in found)
    world.config["sources"] = [*world.config["sources"], {**sources[0], "id": "third"}]  # type: ignore[misc]
    world.pass_(hours=30)
    read(world)
    assert site.asked.count("/heron") == 1


def test_a_redirect_to_a_private_host_is_not_followed(world: World, site: Site, httpserver: HTTPServer) -> None:
    httpserver.clear()
    httpserver.expect_request("/feed.xml").respond_with_handler(site.answer)
    httpserver.expect_request("/robots.txt").respond_with_data("", status=404)
    inside = f"http://127.0.0.2:{httpserver.port}/secret"
    httpserver.expect_request("/heron").respond_with_data("", status=302, headers={"Location": inside})
    (item,) = read(world).values()
    assert (item.body, outcomes(world)) == ("", {"heron": "private_address"})


def test_pages_can_be_turned_off_for_a_source_or_for_all(world: World, site: Site) -> None:
    sources = world.config["sources"]
    assert isinstance(sources, list)
    sources[0]["pages"] = False
    read(world)
    sources[0]["pages"] = True
    world.config["extract"] = {"enabled": False}
    read(world)
    assert site.asked == []


def test_an_old_item_is_no_news_and_is_not_read(world: World, site: Site) -> None:
    world.now += timedelta(days=9)
    read(world)
    assert site.asked == []
