from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.store.representative import order
from pipeline.types import Item

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def item(name: str, **fields: Any) -> Item:
    url = f"https://{name}.example/x"
    defaults = {"source_id": name, "guid": name, "url": url, "title": name, "body": "", "fetched_at": NOON}
    return Item(id=name, **{**defaults, **fields})


def names(*items: Item) -> list[str]:
    return [i.id for i in order(items)]


def test_the_publisher_stands_before_those_who_point_at_it() -> None:
    post = item("hn", kind="post", url="https://acme.example/orca", published_at=NOON - timedelta(hours=9))
    letter = item("letter", kind="newsletter", body="x" * 900)
    own = item("acme", url="https://acme.example/orca", body="y" * 900)
    assert names(post, letter, own)[0] == "acme"


def test_who_points_is_not_the_publisher_even_as_an_article() -> None:
    assert names(item("a", via="Some Digest", body="x" * 900), item("b"))[0] == "b"


def test_a_text_stands_before_a_teaser_then_the_host_that_most_link_then_time() -> None:
    assert names(item("a"), item("b", body="x" * 900)) == ["b", "a"]
    linked = [item("b"), item("c", url="https://acme.example/1"), item("d", url="https://acme.example/2")]
    assert names(*linked)[-1] == "b"
    assert names(item("a"), item("b", published_at=NOON - timedelta(days=1))) == ["b", "a"]


def test_the_order_does_not_hang_on_the_order_given() -> None:
    items = [item(n) for n in "dacb"]
    assert names(*items) == names(*reversed(items)) == list("abcd")
