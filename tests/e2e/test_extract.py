"""A feed of titles: what is printed comes from the pages that they lead to, and the issue says how many were read."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from pipeline.run import preview
from pipeline.store import issues, stories, summaries
from tests.e2e.conftest import feed
from tests.e2e.test_bad_input import digest
from tests.e2e.test_faults import serving
from tests.e2e.world import Post, World, configuration

ARTICLES = {
    "Heron 2 is out": "Heron 2 has 64B parameters and reads 256k tokens of text at a time.",
    "Quayside raises money": "Quayside has raised $400 million from three funds and employs 140 people in Rotterdam.",
    "Tallinn ends a trial": "Tallinn has ended the trial of its permit assistant after 11 months in 4 districts.",
}
MORE = (
    "The announcement was made on Tuesday in front of a small audience, and more details are to follow next week. " * 3
)


@dataclass
class Site:
    """Hands out a feed of titles, and a page for each of them."""

    base: str = ""
    files: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            found = made.files.get(self.path)
            body = (found or "").encode()
            self.send_response(404 if found is None else 200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with serving(Handler) as base:
        made.base = base.rstrip("/")
        titles = feed("news", [(title, "") for title in ARTICLES])
        made.files["/feed.xml"] = titles.replace("https://news.example", made.base)
        for i, (title, sentence) in enumerate(ARTICLES.items()):
            text = f"<article><h1>{title}</h1><p>{sentence} {MORE}</p></article>"
            made.files[f"/{i}"] = f"<html><head><title>{title}</title></head><body>{text}</body></html>"
        yield made


@pytest.fixture
def world(site: Site, post: tuple[Post, int], tmp_path: Path) -> World:
    return World(folder=tmp_path, config=configuration(site.base, ["feed.xml"], post[1], extract={}))


def text_of(world: World) -> str:
    with world.context() as ctx:
        return " ".join(preview(ctx, "2025-12-03")[1]["text"].body.decode().split())


def test_the_summary_of_an_item_with_a_title_only_comes_from_its_page(world: World, site: Site) -> None:
    site.files["/robots.txt"] = "User-agent: *\nDisallow: /2"
    del site.files["/1"]
    assert world.run().exit_code == 0
    read, gone, refused = ARTICLES.values()
    text = text_of(world)
    assert read in text
    assert gone not in text
    assert refused not in text
    assert "1 page read, 1 page refused, 1 page failed" in text
    assert "/2" not in site.asked
    asked = len(site.asked)
    assert world.run().exit_code == 0
    assert len(site.asked) == asked


def test_citations_point_into_the_text_of_the_page(world: World) -> None:
    world.run()
    with world.context() as ctx, ctx.store.read() as db:
        issue = issues.get(db, "2025-12-03")
        assert issue is not None
        found = stories.load(db, [slot.story_id for slot in issue.slots]).values()
        written = summaries.load(db, [story.id for story in found])
    texts = {item.id: item.cited_text for story in found for item in story.items}
    cited = [c for s in written.values() for claim in s.claims for c in claim.citations]
    assert {c.item_id for c in cited} == set(texts)
    assert all(texts[c.item_id][c.start : c.end] == c.quote for c in cited)
    assert all(len(text) > 200 for text in texts.values())


def test_without_the_stage_titles_are_all_there_is(world: World, site: Site) -> None:
    world.config["extract"] = {"enabled": False}
    assert world.run().exit_code == 0
    assert site.asked == ["/feed.xml"]
    assert "64B parameters" not in text_of(world)


def test_a_run_up_to_the_stage_and_one_that_only_tells(world: World, site: Site) -> None:
    world.run(until="fetch")
    told = digest(world, "run", "--dry-run")
    assert f"extract: 1 to do ({site.base})" in told.stdout
    assert site.asked == ["/feed.xml"]
    report = world.run(until="extract")
    assert report.done["extract"] == 3
    assert report.done["dedupe"] == 0
