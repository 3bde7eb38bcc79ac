"""The stage on a real site on the loopback: what it asks for, what it leaves alone, and what the items have then."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipeline.context import Context
from pipeline.extract import stage
from pipeline.extract.robots import AGENT
from pipeline.run import catch_up
from pipeline.store import items
from pipeline.store.tables import pages
from pipeline.types import Item
from tests.e2e.world import BEGIN, World

SENTENCE = "The laboratory released {} that runs on a telephone and needs no network at all. "


Reply = Callable[[], Response]


def reply(body: str = "", media_type: str = "text/html; charset=utf-8", status: int = 200, to: str = "") -> Reply:
    """How a site answers: each time anew."""
    headers = {"location": to} if to else {}
    return lambda: Response(body, status=status, content_type=media_type, headers=headers)


def page(about: str, head: str = "") -> Reply:
    text = SENTENCE.format(about) * 4
    body = f"<body><article><h1>{about}</h1><p>{text}</p></article></body>"
    return reply(f"<html><head><title>{about}</title>{head}</head>{body}</html>")


def robots(text: str) -> Reply:
    return reply(text, "text/plain")


@dataclass
class Site:
    """Answers each path as the test says, 404 where it says nothing."""

    base: str
    answers: dict[str, Reply] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    times: list[float] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        self.asked.append(request.path)
        self.agents.add(request.headers["user-agent"])
        self.times.append(time.monotonic())
        return self.answers.get(request.path, reply(status=404))()

    def count(self, path: str) -> int:
        return self.asked.count(path)


@pytest.fixture
def site(httpserver: HTTPServer) -> Site:
    made = Site(base=httpserver.url_for("").rstrip("/"))
    httpserver.expect_request(re.compile("/.*")).respond_with_handler(made.answer)
    return made


@pytest.fixture
def world(tmp_path: Path, site: Site) -> World:
    def source(name: str, **more: object) -> dict[str, object]:
        return {"id": name, "type": "rss", "url": f"{site.base}/{name}.xml", "allow_private": True, **more}

    config: dict[str, object] = {
        "schedule": {"anchor": "2025-12-03", "time": "18:00", "review_hours": 12},
        "fetch": {"timeout_s": 0.5, "threads": 4},
        "sources": [
            source("lab"),
            source("press"),
            source("public", allow_private=False),
            source("whole", pages=False),
            source("teasers", pages=True),
            source("ai", keep=["AI"], drop=["sponsored"]),
        ],
    }
    return World(folder=tmp_path, config=config)


def item(url: str, name: str = "", **fields: object) -> Item:
    name = name or urlsplit(url).path.strip("/")
    made = Item(id=name, source_id="lab", guid=name, url=url, title=f"About {name}", body="", fetched_at=BEGIN)
    return replace(made, **fields)  # type: ignore[arg-type]


def put(world: World, *found: Item) -> None:
    with world.context() as ctx, ctx.store.begin() as db:
        items.add(db, found)


def extract(world: World) -> int:
    """One run of the stage alone; how many pages were read."""
    with world.context() as ctx:
        return sum(stage.process(ctx, key).count for key in list(stage.pending(ctx)))


@contextmanager
def stored(world: World) -> Iterator[tuple[Context, sa.Connection]]:
    with world.context() as ctx, ctx.store.read() as db:
        yield ctx, db


def outcomes(world: World) -> dict[str, str]:
    with stored(world) as (_, db):
        return {row.item_id: row.outcome for row in db.execute(sa.select(pages.c.item_id, pages.c.outcome))}


def bodies(world: World) -> dict[str, str]:
    with stored(world) as (_, db):
        return {i.id: i.body for i in items.pending(db)}


def test_items_without_a_text_get_that_of_their_page_and_each_page_is_asked_for_once(world: World, site: Site) -> None:
    site.answers = {"/a": page("model a"), "/b": page("model b"), "/whole": page("more than that")}
    whole = SENTENCE.format("a model of which the feed tells all") * 4
    put(world, item(f"{site.base}/a"), item(f"{site.base}/b", body="Read more"), item(f"{site.base}/whole", body=whole))
    assert extract(world) == 2
    found = bodies(world)
    assert SENTENCE.format("model a").strip() in found["a"]
    assert SENTENCE.format("model b").strip() in found["b"]
    assert found["whole"] == whole
    assert sorted(site.asked) == ["/a", "/b", "/robots.txt"]
    assert all(agent.startswith(f"{AGENT}/") for agent in site.agents)
    assert extract(world) == 0
    assert len(site.asked) == 3


def test_robots_txt_is_obeyed_and_asked_for_once_a_day(world: World, site: Site) -> None:
    site.answers = {
        "/robots.txt": robots("User-agent: *\nDisallow: /private\n"),
        "/a": page("model a"),
        "/private/b": page("model b"),
        "/c": page("model c"),
    }
    put(world, item(f"{site.base}/a"), item(f"{site.base}/private/b", "b"))
    extract(world)
    assert outcomes(world) == {"a": "read", "b": "robots"}
    assert site.count("/private/b") == 0
    world.pass_(hours=23)
    put(world, item(f"{site.base}/c", fetched_at=world.now))
    extract(world)
    assert (site.count("/robots.txt"), site.count("/c")) == (1, 1)
    world.pass_(hours=2)
    put(world, item(f"{site.base}/d", fetched_at=world.now))
    extract(world)
    assert site.count("/robots.txt") == 2
    assert outcomes(world) == {"a": "read", "b": "robots", "c": "read", "d": "gone"}


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_site_that_cannot_say_what_it_allows_is_asked_once_more_and_not_for_its_pages(
    world: World, site: Site, status: int
) -> None:
    site.answers = {"/robots.txt": reply(status=status), "/a": page("model a"), "/b": page("model b")}
    put(world, item(f"{site.base}/a"), item(f"{site.base}/b"))
    assert extract(world) == 0
    assert site.asked == ["/robots.txt"]
    assert outcomes(world) == {"a": "later", "b": "later"}
    extract(world)
    assert site.asked == ["/robots.txt"], "not so soon"
    world.pass_(hours=1)
    extract(world)
    assert site.asked == ["/robots.txt"] * 2
    assert outcomes(world) == {"a": "failed", "b": "failed"}
    world.pass_(hours=1)
    extract(world)
    assert len(site.asked) == 2


def test_a_site_that_is_down_is_left_alone_and_its_pages_are_read_when_it_is_back(world: World, site: Site) -> None:
    site.answers = {f"/{n}": reply(status=503) for n in range(4)}
    put(world, *(item(f"{site.base}/{n}") for n in range(4)))
    extract(world)
    assert len(site.asked) == 2, "robots.txt, and one page"
    assert set(outcomes(world).values()) == {"later"}
    with world.context() as ctx:
        catch_up(ctx, ["extract", "dedupe"])
    site.answers = {f"/{n}": page(f"model {n}") for n in range(4)}
    world.pass_(hours=1)
    assert extract(world) == 4, "though they have a story by now"
    assert set(outcomes(world).values()) == {"read"}


def test_two_items_with_one_address_take_one_request_and_a_third_one_none(world: World, site: Site) -> None:
    site.answers = {"/a": page("model a")}
    put(world, item(f"{site.base}/a", "one"), item(f"{site.base}/a", "two", source_id="press"))
    assert extract(world) == 1
    world.pass_(hours=20)
    put(world, item(f"{site.base}/a", "three", source_id="teasers", body="x" * 300, fetched_at=world.now))
    extract(world)
    assert site.count("/a") == 1
    assert len(set(bodies(world).values())) == 1
    assert outcomes(world) == {"one": "read", "two": "read", "three": "read"}


@pytest.mark.parametrize(
    ("limits", "read"),
    [
        ({"max_per_host": 3}, 3),
        ({"max_pages": 2}, 2),
        ({"max_pages": 4, "max_per_host": 3}, 3),
        ({"enabled": False}, 0),
    ],
)
def test_of_one_site_the_newest_pages_are_read_up_to_the_limits(
    world: World, site: Site, limits: dict[str, int], read: int
) -> None:
    world.config["extract"] = limits
    site.answers = {f"/{n}": page(f"model {n}") for n in range(6)}
    put(world, *(item(f"{site.base}/{n}", published_at=BEGIN - timedelta(hours=n)) for n in range(6)))
    with world.context() as ctx:
        catch_up(ctx, ["extract"])
    assert [a for a in site.asked if a != "/robots.txt"] == [f"/{n}" for n in range(read)]
    world.pass_(hours=1)
    extract(world)
    assert len(site.asked) == (1 + 2 * read if read else 0), "the next ones, an hour later"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (reply(status=404), "gone"),
        (reply(status=403), "refused"),
        (reply("%PDF-1.7", "application/pdf"), "not_text"),
        (reply("<p>Please enable JavaScript and cookies to continue. " + "It is not hard to do. " * 9), "refused"),
        (reply("<p>Nothing."), "no_text"),
        (reply(status=302, to="/"), "gone"),
        (reply("x" * 3000), "too_large"),
    ],
)
def test_a_page_that_gives_nothing_is_no_problem_and_not_asked_for_again(
    world: World, site: Site, answer: Reply, outcome: str
) -> None:
    world.config["extract"] = {"max_bytes": 2_000}
    site.answers = {"/a": answer, "/": page("home"), "/b": page("model b")}
    put(world, item(f"{site.base}/a"), item(f"{site.base}/b"))
    with world.context() as ctx:
        report = catch_up(ctx, ["extract"])
    assert report.exit_code == 0
    assert report.done["extract"] == 1
    assert outcomes(world) == {"a": outcome, "b": "read"}
    assert bodies(world)["a"] == ""
    world.pass_(hours=2)
    extract(world)
    assert site.count("/a") == 1


def test_a_private_address_is_only_for_sources_that_may_and_that_are_there_themselves(world: World, site: Site) -> None:
    site.answers = {"/a": page("secrets"), "/b": page("more of them")}
    router = site.base.replace("localhost", "127.0.0.1")
    put(world, item(f"{site.base}/a", source_id="public"), item(f"{router}/b", source_id="lab"))
    extract(world)
    assert site.asked == []
    assert outcomes(world) == {"a": "private", "b": "private"}


def test_a_slow_site_costs_one_time_out(world: World, site: Site) -> None:
    def slow() -> Response:
        time.sleep(1.0)
        return page("model a")()

    site.answers = {"/a": slow, "/b": slow}
    put(world, item(f"{site.base}/a"), item(f"{site.base}/b"))
    extract(world)
    assert len(site.asked) == 2, "robots.txt, and one page"
    assert outcomes(world) == {"a": "later", "b": "later"}


def test_a_site_without_a_name_costs_nothing(world: World) -> None:
    put(world, item("https://no-such-host.invalid/a", source_id="public"))
    extract(world)
    assert outcomes(world) == {"a": "later"}


def test_the_pause_that_a_site_wishes_is_kept(world: World, site: Site) -> None:
    site.answers = {f"/{n}": page(f"model {n}") for n in range(3)}
    site.answers["/robots.txt"] = robots("User-agent: *\nCrawl-delay: 0.2")
    put(world, *(item(f"{site.base}/{n}") for n in range(3)))
    assert extract(world) == 3
    first, second, third = site.times[1:]
    assert min(second - first, third - second) >= 0.2


def test_a_site_that_wishes_a_long_pause_gives_one_page_a_run(world: World, site: Site) -> None:
    site.answers = {f"/{n}": page(f"model {n}") for n in range(3)}
    site.answers["/robots.txt"] = robots("User-agent: *\nCrawl-delay: 60")
    put(world, *(item(f"{site.base}/{n}") for n in range(3)))
    with world.context() as ctx:
        catch_up(ctx, ["extract"])
    assert len(site.asked) == 2
    world.pass_(hours=1)
    assert extract(world) == 1


def test_robots_txt_of_the_place_where_a_redirect_ends_is_obeyed_too(world: World, site: Site) -> None:
    with HTTPServer(host="localhost") as there:  # another port is another origin
        there.expect_request("/robots.txt").respond_with_data("User-agent: *\nDisallow: /")
        there.expect_request("/b").respond_with_handler(lambda _: page("model b")())
        site.answers = {"/a": reply(status=302, to=there.url_for("/b"))}
        put(world, item(f"{site.base}/a"))
        extract(world)
        assert [request.path for request, _ in there.log] == ["/b", "/robots.txt"]
    assert site.asked == ["/robots.txt", "/a"]
    assert outcomes(world) == {"a": "robots"}


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("text/vtt", "WEBVTT\n\n" + "00:00.000 --> 00:01.000\n<v Ada>{}\n\n"),
        ("application/x-subrip", "1\n00:00:00,000 --> 00:00:01,000\nAda: {}\n"),
        ("application/json", '{"segments": [{"speaker": "Ada", "body": "{}"}]}'),
        ("text/html", "<cite>Ada:</cite><time>0:00</time><p>{}</p>"),
        ("text/plain", "[00:00] Ada: {}"),
    ],
)
def test_an_episode_gets_its_transcript(world: World, site: Site, media_type: str, body: str) -> None:
    words = SENTENCE.format("the first episode").strip()
    site.answers = {"/t": reply(body.replace("{}", " ".join([words] * 4)), media_type)}
    notes = "Ada talks about telephones. " * 9
    episode = item(f"{site.base}/episode", kind="podcast", body=notes, text_url=f"{site.base}/t")
    put(world, episode, item(f"{site.base}/other", kind="podcast", body=notes))
    assert extract(world) == 1
    assert bodies(world) == {"episode": "Ada: " + " ".join([words] * 4), "other": notes}


def test_what_becomes_no_story_and_what_the_operator_excludes_is_not_asked_for(world: World, site: Site) -> None:
    site.answers = {"/good": page("AI"), "/teaser": page("more than the teaser")}
    old = BEGIN - timedelta(hours=97)
    put(
        world,
        item(f"{site.base}/stale", published_at=old),
        item(f"{site.base}/off", source_id="ai", title="About the weather"),
        item(f"{site.base}/ad", source_id="ai", title="AI, sponsored"),
        item(f"{site.base}/good", source_id="ai", title="AI wins"),
        item(f"{site.base}/never", source_id="whole"),
        item(f"{site.base}/teaser", source_id="teasers", body="x" * 250),
        item(f"{site.base}/removed", source_id="no-longer-configured"),
    )
    extract(world)
    assert sorted(site.asked) == ["/good", "/robots.txt", "/teaser"]


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2025-11-20", datetime(2025, 11, 20)), ("2999-01-01", None), ("soon", None)],  # noqa: DTZ001
)
def test_an_item_without_a_date_gets_that_of_its_page(
    world: World, site: Site, day: str, expected: datetime | None
) -> None:
    meta = f'<meta property="article:published_time" content="{day}">'
    site.answers = {"/a": page("model a", meta), "/b": page("model b", meta)}
    put(world, item(f"{site.base}/a"), item(f"{site.base}/b", published_at=BEGIN))
    extract(world)
    with stored(world) as (_, db):
        dates = {i.id: i.published_at for i in items.pending(db)}
    assert dates == {"a": expected.replace(tzinfo=BEGIN.tzinfo) if expected else None, "b": BEGIN}


def test_a_site_that_answers_every_address_alike_gives_no_text(world: World, site: Site) -> None:
    site.answers = {f"/{n}": page("the way in which we use your data") for n in range(3)}
    put(world, *(item(f"{site.base}/{n}") for n in range(3)))
    extract(world)
    assert outcomes(world) == {"0": "refused", "1": "refused", "2": "refused"}
    assert set(bodies(world).values()) == {""}


def test_a_run_that_is_killed_in_the_middle_of_a_site_asks_only_for_the_rest(world: World, site: Site) -> None:
    class Killed(BaseException):
        pass

    site.answers = {f"/{n}": page(f"model {n}") for n in range(3)}
    put(world, *(item(f"{site.base}/{n}", published_at=BEGIN - timedelta(hours=n)) for n in range(3)))
    with world.context() as ctx:

        class Dying:
            def get(self, url: str, **more: object) -> object:
                if url.endswith("/1"):
                    raise Killed
                return ctx.http.get(url, **more)  # type: ignore[arg-type]

        with pytest.raises(Killed):
            stage.process(replace(ctx, http=Dying()), site.base)  # type: ignore[arg-type]
    assert outcomes(world) == {"0": "read"}
    assert extract(world) == 2
    assert [site.count(f"/{n}") for n in range(3)] == [1, 1, 1]
