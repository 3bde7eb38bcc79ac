"""Which items need their page, and whose turn it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.extract.wants import address, by_origin, choose
from pipeline.types import Item

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
URL = "https://lab.example/news/heron"
LONG = "The laboratory released a small model that runs on a telephone. " * 5


def item(name: str = "a", /, **fields: object) -> Item:
    made = Item(id=name, source_id="lab", guid=name, url=URL, title="Heron 2 is out", body="", fetched_at=NOW)
    return replace(made, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, URL),
        ({"body": "Heron 2 is out"}, URL),
        ({"body": "One sentence about it."}, URL),
        ({"body": LONG}, ""),
        ({"body": LONG + "and so on […]"}, URL),
        ({"body": LONG + "Continue reading »"}, URL),
        ({"body": LONG * 4 + "and so on …"}, ""),
        ({"title": "T" * 250, "body": "T" * 250}, URL),
        ({"kind": "post", "body": "Nice!"}, ""),
        ({"kind": "leaderboard"}, ""),
        ({"url": ""}, ""),
        ({"url": "https://lab.example/"}, ""),
        ({"url": "https://lab.example/?p=12"}, "https://lab.example/?p=12"),
        ({"url": "https://lab.example/changelog#v1.2"}, ""),
        ({"url": "https://lab.example/paper.PDF"}, ""),
        ({"url": "https://cdn.lab.example/episode-12.mp3"}, ""),
        ({"url": "https://x.com/ann/status/12"}, ""),
        ({"url": "https://old.reddit.com/r/a/comments/1/b"}, ""),
        ({"url": "https://www.youtube.com/watch?v=abcdefghijk"}, ""),
        ({"url": "https://netflix.com/tudum"}, "https://netflix.com/tudum"),
        ({"url": "ftp://lab.example/a"}, ""),
        ({"kind": "podcast", "body": LONG, "text_url": "https://lab.example/t.vtt"}, "https://lab.example/t.vtt"),
        ({"text_url": "javascript:alert(1)"}, ""),
    ],
)
def test_what_has_no_text_of_its_own_needs_its_page(fields: dict[str, object], wanted: str) -> None:
    assert address(item(**fields), min_chars=200) == wanted


def test_the_operator_says_always_or_never() -> None:
    assert address(item(body=LONG), min_chars=200, pages=True) == URL
    assert address(item(kind="post", body="Nice!"), min_chars=200, pages=True) == URL
    assert address(item(), min_chars=200, pages=False) == ""
    assert address(item(text_url="https://lab.example/t.vtt"), min_chars=200, pages=False) == ""


def places(items: list[Item]) -> dict[str, dict[str, list[str]]]:
    found = by_origin(items, lambda i: i.url)
    return {place: {url: [i.id for i in members] for url, members in pages.items()} for place, pages in found.items()}


def test_addresses_stand_by_site_the_newest_first_and_each_once() -> None:
    old = item("old", url="http://b.example:8080/old", published_at=NOW - timedelta(days=1))
    new = item("new", url="http://b.example:8080/new")
    copy = item("copy", url="http://b.example:8080/old", source_id="press", published_at=NOW - timedelta(hours=30))
    other = item("other", url="https://b.example/new", published_at=NOW - timedelta(hours=1))
    assert places([old, copy, other, new]) == {
        "http://b.example:8080": {"http://b.example:8080/new": ["new"], "http://b.example:8080/old": ["old", "copy"]},
        "https://b.example": {"https://b.example/new": ["other"]},
    }


def test_an_address_that_one_source_gives_to_several_items_is_about_none_of_them() -> None:
    assert places([item("a"), item("b"), item("c", url="https://lab.example/c")]) == {
        "https://lab.example": {"https://lab.example/c": ["c"]}
    }


def chosen(counts: dict[str, int], asked: dict[str, int], max_pages: int, max_per_host: int) -> dict[str, list[str]]:
    at = iter(range(1_000))
    made = [
        item(f"{host}{n}", url=f"https://{host}.example/{n}", published_at=NOW - timedelta(minutes=next(at)))
        for host, count in counts.items()
        for n in range(count)
    ]
    known = {f"https://{host}.example": n for host, n in asked.items()}
    found = choose(by_origin(made, lambda i: i.url), known, max_pages=max_pages, max_per_host=max_per_host)
    return {place[8:-8]: [url.rpartition("/")[2] for url in pages] for place, pages in found.items()}


@pytest.mark.parametrize(
    ("asked", "max_pages", "max_per_host", "expected"),
    [
        ({}, 100, 10, {"a": ["0", "1", "2", "3", "4"], "b": ["0"], "c": ["0", "1"]}),
        ({}, 100, 2, {"a": ["0", "1"], "b": ["0"], "c": ["0", "1"]}),
        ({}, 4, 3, {"a": ["0", "1", "2"], "b": ["0"]}),
        ({"a": 1}, 100, 2, {"a": ["0"], "b": ["0"], "c": ["0", "1"]}),
        ({"a": 9, "z": 90}, 100, 9, {"b": ["0"]}),
        ({"z": 100}, 100, 10, {}),
        ({}, 1, 10, {"a": ["0"]}),
    ],
)
def test_the_limits_hold_together_with_what_was_asked_lately(
    asked: dict[str, int], max_pages: int, max_per_host: int, expected: dict[str, list[str]]
) -> None:
    assert chosen({"a": 5, "b": 1, "c": 2}, asked, max_pages, max_per_host) == expected
