"""What is asked to find a source, and what of it is taken: the web is a table of addresses here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline import config, resources
from pipeline.config import Settings
from pipeline.context import options_of
from pipeline.discover import MAX_NAMED, Finder, Found
from pipeline.errors import ConfigError, NetworkError, SourceError
from pipeline.seams import Response
from pipeline.text.feeds import well_known
from tests.text.test_feeds import WELL_KNOWN

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def rss(title: str, *entries: str) -> str:
    items = "".join(f"<item><title>{e}</title><link>https://x.example/{e}</link></item>" for e in entries)
    return f"<rss version='2.0'><channel><title>{title}</title>{items}</channel></rss>"


def page(*feeds: str) -> str:
    links = "".join(f'<link rel="alternate" type="application/rss+xml" href="{feed}">' for feed in feeds)
    return f"<!DOCTYPE html><html><head><title>Page</title>{links}</head><body>Hello</body></html>"


@dataclass
class Web:
    """Answers 200 with what it has, else 404; remembers what was asked."""

    pages: Mapping[str, str]
    moved: Mapping[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
        allow_private: bool = False,
        form: Mapping[str, str] | None = None,
    ) -> Response:
        self.asked.append(url)
        if "private" in url and not allow_private:
            raise NetworkError("leads to the private address 10.0.0.1", subject=url, kind="private_address")
        there = self.moved.get(url, url)
        body = self.pages.get(there, self.pages.get(there.partition("?")[0]))
        return Response(
            url=there,
            status=404 if body is None else 200,
            headers={},
            body=(body or "").encode(),
            moved_to=None if there == url else there,
        )


def settings(*sources: str) -> Settings:
    lines = "".join(f"  - {{{source}}}\n" for source in sources)
    text = (
        f"schedule: {{anchor: 2026-11-23}}\nsources:\n{lines}"
        if lines
        else "schedule: {anchor: 2026-11-23}\nsources: []"
    )
    return config.parse(text, Path("config.yaml"), options_of, {})


def find(web: Web, url: str, *sources: str, private_host: str = "") -> Found:
    return Finder(http=web, now=NOW, settings=settings(*sources), private_host=private_host).find(url)


def test_a_feed_is_taken_as_it_is_with_one_request() -> None:
    web = Web({"https://a.example/f": rss("A feed", "x", "y")})
    found = find(web, "https://a.example/f")
    assert (found.place.type, found.place.options, found.title) == ("rss", {"url": "https://a.example/f"}, "A feed")
    assert (found.entries, found.newest_at) == (2, None)
    assert web.asked == ["https://a.example/f"]


def test_a_feed_that_moved_for_good_is_written_where_it_is_now() -> None:
    web = Web({"https://b.example/f": rss("B", "x")}, moved={"https://a.example/f": "https://b.example/f"})
    assert find(web, "https://a.example/f").place.options == {"url": "https://b.example/f"}


def test_the_first_feed_of_a_page_that_has_entries_wins() -> None:
    web = Web({
        "https://a.example/": page("/comments/feed/", "/gone", "/empty", "/full"),
        "https://a.example/comments/feed/": rss("Comments", "c"),
        "https://a.example/empty": rss("Empty"),
        "https://a.example/full": rss("Full", "x"),
    })  # fmt: skip
    assert find(web, "https://a.example/").title == "Full"
    assert web.asked[1:] == ["https://a.example/gone", "https://a.example/empty", "https://a.example/full"]


def test_a_feed_without_entries_is_better_than_none() -> None:
    web = Web({"https://a.example/": page("/f"), "https://a.example/f": rss("Empty")})
    found = find(web, "https://a.example/")
    assert (found.title, found.entries) == ("Empty", 0)


def test_a_page_that_names_none_is_asked_at_the_usual_places_of_its_host_only() -> None:
    web = Web({"https://a.example/blog/": page(), "https://a.example/feed.xml": rss("Usual", "x")})
    assert find(web, "https://a.example/blog/").place.options == {"url": "https://a.example/feed.xml"}
    web = Web({"https://a.example/blog/": page()})
    with pytest.raises(SourceError, match="names no feed, and there is none at the usual places") as caught:
        find(web, "https://a.example/blog/")
    assert caught.value.remedy
    paths = [url.removeprefix("https://a.example") for url in web.asked]
    assert paths == ["/blog/", "/feed", "/rss", "/rss.xml", "/atom.xml", "/feed.xml", "/index.xml"]


def test_a_page_of_a_hundred_dead_feeds_costs_a_dozen_requests() -> None:
    web = Web({"https://a.example/": page(*(f"/f{i}" for i in range(100)))})
    with pytest.raises(SourceError, match="names 100 feeds, but none can be read"):
        find(web, "https://a.example/")
    assert len(web.asked) == 1 + MAX_NAMED + 6


def test_a_well_known_place_is_read_where_its_feed_is() -> None:
    web = Web({"https://ada.substack.com/feed": rss("Ada writes", "x")})
    assert find(web, "https://ada.substack.com/p/post").place.options == {"url": "https://ada.substack.com/feed"}
    assert web.asked == ["https://ada.substack.com/feed"]


def test_a_profile_that_is_no_mastodon_after_all_is_a_page_like_any_other() -> None:
    web = Web({"https://club.example/@ada": page("/ada.xml"), "https://club.example/ada.xml": rss("Ada", "x")})
    assert find(web, "https://club.example/@ada").place.options == {"url": "https://club.example/ada.xml"}


def test_a_place_with_a_type_of_its_own_gets_it() -> None:
    post = (
        '{"uri": "at://did:plc:a/app.bsky.feed.post/1", "author": {"did": "did:plc:a", "handle": "ada.example"},'
        ' "record": {"text": "Hello", "createdAt": "2026-11-22T10:00:00Z"}, "indexedAt": "2026-11-22T10:00:00Z"}'
    )
    api = "https://public.api.bsky.app/xrpc/app.bsky.feed.getAuthorFeed"
    found = find(Web({api: f'{{"feed": [{{"post": {post}}}]}}'}), "https://bsky.app/profile/ada.example")
    assert (found.place.type, found.place.options) == ("bluesky", {"actor": "ada.example"})
    assert (found.entries, found.newest_at) == (1, datetime(2026, 11, 22, 10, tzinfo=UTC))


@pytest.mark.parametrize("url", [row[0] for row in WELL_KNOWN])
def test_the_table_of_places_says_what_the_types_take(url: str) -> None:
    place = well_known(url)
    assert place is not None
    place = place.among(resources.type_names("pipeline.sources"))
    source = config.source({"id": "a", "type": place.type, **place.options}, Path(), options_of, {})
    assert source.options.model_fields_set >= set(place.options)


@pytest.mark.parametrize(
    ("body", "told"),
    [(None, "answered 404"), ("<rss", "names no feed"), (rss("Feed error for query", "x"), "an error message")],
)
def test_what_cannot_be_read_is_told_with_the_address_and_a_remedy(body: str | None, told: str) -> None:
    with pytest.raises(SourceError, match=told) as caught:
        find(Web({} if body is None else {"https://a.example/f": body}), "https://a.example/f")
    assert str(caught.value).startswith("https://a.example/f: ")
    assert "nothing was added" in caught.value.remedy


def test_a_private_address_needs_to_be_allowed() -> None:
    web = Web({"https://private.example/f": rss("Mine", "x")})
    with pytest.raises(SourceError, match="--allow-private") as caught:
        find(web, "https://private.example/f")
    assert caught.value.kind == "private_address"
    found = find(web, "https://private.example/f", private_host="private.example")
    assert found.place.options == {"url": "https://private.example/f", "allow_private": True}


def test_a_permission_for_a_private_host_is_none_for_another_that_it_names() -> None:
    web = Web({"https://private.example/": page("https://other.private/f"), "https://other.private/f": rss("No", "x")})
    with pytest.raises(SourceError, match="none can be read"):
        find(web, "https://private.example/", private_host="private.example")


@pytest.mark.parametrize(
    ("configured", "url", "requests"),
    [
        ('id: one, type: rss, url: "http://www.a.example/f/"', "https://a.example/f", 0),
        ('id: one, type: rss, url: "https://a.example/feed"', "https://a.example/", 2),
        ('id: one, type: rss, url: "https://github.com/Ada/x/releases.atom"', "https://github.com/ada/x", 0),
        ("id: one, type: bluesky, actor: Ada.example", "https://bsky.app/profile/ada.example", 0),
        (
            'id: one, type: rss, url: "https://bsky.app/profile/ada.example/rss"',
            "https://bsky.app/profile/ada.example",
            0,
        ),
    ],
)
def test_what_is_configured_already_is_not_added_again(configured: str, url: str, requests: int) -> None:
    web = Web({"https://a.example/": page("/feed"), "https://a.example/feed": rss("A", "x")})
    with pytest.raises(ConfigError, match="is configured already, as one"):
        find(web, url, configured)
    assert len(web.asked) == requests


def test_another_source_of_the_same_host_or_type_is_another_one() -> None:
    web = Web({"https://a.example/F": rss("A", "x")})
    others = ('id: one, type: rss, url: "https://a.example/f"', "id: two, type: bluesky, actor: bob.example")
    assert find(web, "https://a.example/F", *others).entries
