"""A world with two small feeds of our own and a real mail server."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.review import stage as review
from pipeline.run import preview
from pipeline.store import deliveries
from tests.e2e.world import Post, World, configuration, post_office, served

STORIES = {
    "lab.xml": [
        (
            "Heron 2 is out with open weights",
            "Heron 2 has 64B parameters and reads 256k tokens. It is out under Apache 2.0.",
        ),
        (
            "A phone model follows",
            "The 3B model runs at 22 tokens per second on a phone. It was distilled from Heron 2.",
        ),
    ],
    "press.xml": [
        (
            "Quayside raises money for chips",
            "Quayside has raised $400 million. It employs 140 people in Rotterdam.",
        ),
        (
            "Tallinn ends its permit trial",
            "Tallinn has ended the trial after 11 months. Clerks changed 62 % of the drafts.",
        ),
    ],
}


def feed(name: str, stories: list[tuple[str, str]], published: str = "Wed, 03 Dec 2025 05:00:00 GMT") -> str:
    """An RSS feed of these (title, text)."""
    items = "".join(
        f"<item><title>{title}</title><link>https://{name}.example/{i}</link><guid>{name}-{title}</guid>"
        f"<pubDate>{published}</pubDate><description>{text}</description></item>"
        for i, (title, text) in enumerate(stories)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{name}</title>{items}</channel></rss>'


@pytest.fixture
def www(tmp_path: Path) -> Path:
    """The folder that the feeds' server hands out."""
    folder = tmp_path / "www"
    folder.mkdir()
    for name, stories in STORIES.items():
        (folder / name).write_text(feed(name.removesuffix(".xml"), stories), encoding="utf-8")
    return folder


@pytest.fixture
def post() -> Iterator[tuple[Post, int]]:
    """A mail server and its port."""
    with post_office() as found:
        yield found


@pytest.fixture
def world(www: Path, post: tuple[Post, int], tmp_path: Path) -> Iterator[World]:
    """An operator with two readers, on the small feeds."""
    with served(www) as base:
        made = World(folder=tmp_path, config=configuration(base, sorted(STORIES), post[1]))
        with made.context() as ctx, ctx.store.begin() as db:
            deliveries.add_recipients(db, [("ann@example.org", ""), ("bob@example.org", "")], made.now)
        yield made


@pytest.fixture
def approved() -> Callable[[World, str], str]:
    """Approve an issue of a world as it stands; gives the fingerprint."""

    def approve(world: World, issue_id: str = "2025-12-03") -> str:
        with world.context() as ctx:
            _, _, fingerprint = preview(ctx, issue_id)
            review.approve(ctx, issue_id, fingerprint, reviewer="ann", channel="cli")
        return fingerprint

    return approve
