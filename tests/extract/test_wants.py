from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.config import ExtractSettings
from pipeline.extract.wants import choose, origin, verdict
from pipeline.types import Item

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LONG = "A text that is long enough to be summarised without inventing. " * 10


def item(name: str, **fields: Any) -> Item:
    url = f"https://{name}.example/post"
    defaults = {"source_id": "s", "guid": name, "url": url, "title": name, "body": "", "fetched_at": NOW}
    return Item(id=name, **{**defaults, **fields})


def chosen(*items: Item, closed: tuple[str, ...] = (), **settings: Any) -> list[str]:
    return [want.url for want in choose(items, ExtractSettings(**settings), closed)]


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, True),
        ({"body": "One line only."}, True),
        ({"body": LONG}, False),
        ({"url": ""}, False),
        ({"url": "https://x.com/ada/status/1"}, False),
        ({"url": "https://old.reddit.com/r/a/comments/b"}, False),
        ({"url": "https://lab.example/report.PDF?download=1"}, False),
        ({"kind": "leaderboard"}, False),
        ({"body": LONG, "text_url": "https://pod.example/1.vtt"}, True),
    ],
)
def test_an_item_that_says_too_little_wants_its_page(fields: dict[str, Any], wanted: bool) -> None:
    assert bool(chosen(item("a", **fields))) is wanted


def test_the_newest_first_within_the_limits_and_one_address_once() -> None:
    items = [item(f"i{n}", url=f"https://a.example/{n}", published_at=NOW - timedelta(hours=n)) for n in range(5)]
    assert chosen(*items, max_per_host=2) == ["https://a.example/0", "https://a.example/1"]
    others = [item(f"o{n}", published_at=NOW - timedelta(days=1)) for n in range(3)]
    assert len(chosen(*items, *others, max_pages=4, max_per_host=3)) == 4
    (want,) = choose([item("a"), item("b", url="https://a.example/post")], ExtractSettings())
    assert set(want.item_ids) == {"a", "b"}
    assert chosen(item("a"), closed=("s",)) == []


def test_what_a_text_is_worth() -> None:
    assert verdict(LONG, 200) == "read"
    assert verdict("Too little.", 200) == "short"
    assert verdict("Please enable JavaScript and cookies to continue. " * 6, 200) == "wall"
    assert verdict(LONG * 3 + "Sites ask you to enable JavaScript.", 200) == "read"


def test_one_robots_txt_speaks_for_one_origin() -> None:
    assert origin("https://A.example:8443/x?y") == "https://a.example:8443"
    assert origin("http://a.example/") != origin("https://a.example/")
