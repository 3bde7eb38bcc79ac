"""Bluesky: links by bytes, paging back to what is known, and handles that change owner."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Request
from werkzeug import Response as Answer

from pipeline.errors import SourceError
from pipeline.net.http import HttpClient
from pipeline.sources import Fetched, FetchState
from pipeline.sources.bluesky import Options, fetch, parse
from pipeline.types import Item, Payload

Post = dict[str, Any]
Once = Callable[..., Fetched]
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def options(**more: object) -> Options:
    return Options.model_validate({"actor": "ada.example", **more})


def payload(body: object) -> Payload:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Payload(source_id="ada", url="https://x.example/", fetched_at=NOW, media_type="application/json", body=raw)


def post(text: str, *, likes: int = 0, links: Mapping[str, str] | None = None, **record: object) -> Post:
    """A post in which each of the words ``links`` is a link."""
    raw = text.encode()
    facets = [
        {
            "index": {"byteStart": raw.index(w.encode()), "byteEnd": raw.index(w.encode()) + len(w.encode())},
            "features": [{"uri": u}],
        }
        for w, u in (links or {}).items()
    ]
    record = {"text": text, "createdAt": "2026-11-20T10:00:00Z", "facets": facets, **record}
    author = {"did": "did:plc:abc", "handle": "ada.example"}
    return {
        "post": {
            "uri": f"at://did:plc:abc/app.bsky.feed.post/{len(text)}",
            "author": author,
            "record": record,
            "likeCount": likes,
        }
    }


def parsed(*posts: Post, **more: object) -> list[Item]:
    return list(parse(payload({"feed": posts}), options(**more)).items)


@pytest.mark.parametrize(
    ("text", "links", "body"),
    [
        (
            "🦉 see lab.example/a/b... now",
            {"lab.example/a/b...": "https://lab.example/a/bcd"},
            "🦉 see https://lab.example/a/bcd now",
        ),
        ("see lab.example/a…", {"lab.example/a…": "https://www.lab.example/abc"}, "see https://www.lab.example/abc"),
        ("the 论文 is out", {"论文": "https://arxiv.org/abs/1"}, "the 论文 (https://arxiv.org/abs/1) is out"),
        ("click here", {"here": "javascript:alert(1)"}, "click here"),
        (
            "one two",
            {"one": "https://a.example/1", "two": "https://a.example/2"},
            "one (https://a.example/1) two (https://a.example/2)",
        ),
    ],
)
def test_links_are_printed_in_full(text: str, links: dict[str, str], body: str) -> None:
    assert parsed(post(text, links=links))[0].body == body


@pytest.mark.parametrize("span", [(-1, 3), (3, 1), (0, 999), (2, 2)])
def test_a_span_that_lies_is_left_alone(span: tuple[int, int]) -> None:
    facet = {"index": {"byteStart": span[0], "byteEnd": span[1]}, "features": [{"uri": "https://a.example/"}]}
    assert parsed(post("four", facets=[facet]))[0].body == "four"


def test_few_likes_are_skipped() -> None:
    posts = [post("liked", likes=10), post("unliked!", likes=9)]
    assert [i.title for i in parsed(*posts, min_likes=10)] == ["liked"]
    assert [i.points for i in parsed(*posts)] == [10, 9]


def test_the_title_is_the_first_line_of_the_post() -> None:
    assert parsed(post("\nA new model.\nIt is small."))[0].title == "A new model."


@pytest.mark.parametrize("body", [b"", b"<html>", [], {"error": "NotFound"}, {"feed": [{"post": 7}]}])
def test_another_answer_is_named(body: object) -> None:
    with pytest.raises(SourceError) as caught:
        parse(payload(body), options())
    assert (caught.value.kind, caught.value.subject) == ("bad_answer", "ada")


@pytest.mark.parametrize("actor", ["", "@ada.example", "ada", "ada.example/../x", "did:plc:", "a b.example"])
def test_what_is_no_actor(actor: str) -> None:
    with pytest.raises(ValidationError):
        options(actor=actor)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"actor": "ada.example", "list": "at://did:plc:abc/app.bsky.graph.list/3k"},
        {"list": "https://bsky.app/profile/ada.example/feed/3k"},
        {"list": "at://did:plc:abc/app.bsky.feed.generator/3k"},
        {"feed": "at://ada/app.bsky.feed.generator/3k"},
        {"feed": "https://elsewhere.example/profile/ada.example/feed/3k"},
    ],
)
def test_what_is_no_place(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(wrong)


# --- a page as items


def test_a_post_that_its_author_passed_on_again_is_still_a_post() -> None:
    own = post("Mine")
    again = {**own, "reason": {"$type": "app.bsky.feed.defs#reasonRepost"}}
    found = parse(payload({"feed": [again, own]}), options())
    assert ([i.title for i in found.items], found.dropped) == (["Mine"], [])


def test_each_post_that_is_passed_over_says_why() -> None:
    repost = {**post("Theirs!"), "reason": {"$type": "app.bsky.feed.defs#reasonRepost"}}
    answer = post("I disagree", reply={"root": {}})
    gone = [{"post": {"uri": "at://a/b/1", "notFound": True}}, {"post": {"uri": "at://a/b/2", "blocked": True}}]
    found = parse(payload({"feed": [repost, answer, *gone, {"post": []}, post("")]}), options())
    assert found.items == []
    assert [d.reason for d in found.dropped] == ["unreadable", "repost", "reply", "deleted", "blocked", "no_text"]


def test_in_a_custom_feed_nobody_can_take_the_name_of_somebody_who_is_trusted() -> None:
    entry = post("four")
    entry["post"]["author"]["displayName"] = "Ada Tern"
    feed = Options.model_validate({"feed": "at://did:plc:abc/app.bsky.feed.generator/cats"})
    assert [i.authors for i in parse(payload({"feed": [entry]}), feed).items] == [("@ada.example",)]
    assert [i.authors for i in parsed(entry)] == [("Ada Tern", "@ada.example")]


@pytest.mark.parametrize("handle", ["", "handle.invalid"])
def test_an_author_without_a_handle_is_linked_by_the_did(handle: str) -> None:
    entry = post("four")
    entry["post"]["author"]["handle"] = handle
    (item,) = parsed(entry)
    assert item.url == "https://bsky.app/profile/did:plc:abc/post/4"
    assert item.authors == ()


def test_overlapping_links_are_printed_once_and_characters_stay_whole() -> None:
    text = "见 🦉🦉 lab.example/a... 论文"
    raw = text.encode()
    owl, link, word = raw.index("🦉".encode()), raw.index(b"lab"), raw.index("论文".encode())
    facets = [
        {"index": {"byteStart": s, "byteEnd": e}, "features": [{"uri": u}]}
        for s, e, u in [
            (owl + 1, owl + 6, "https://in-an-owl.example/"),
            (link, link + 16, "https://lab.example/abc"),
            (link + 4, link + 9, "https://overlapping.example/"),
            (word, word + 4, "https://cuts-a-character.example/"),
            (word, word + 6, "https://arxiv.org/abs/1"),
            (word, 10**9, "https://outside.example/"),
        ]
    ]
    assert parsed(post(text, facets=facets))[0].body == (
        "见 🦉🦉 https://lab.example/abc 论文 (https://arxiv.org/abs/1)"
    )


# --- asking


@dataclass
class AppView:
    """A feed, the newest first; pages are cut where the cursor says."""

    feed: list[Post] = field(default_factory=list)
    seen: list[Request] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)  # by the actor or cursor that is asked for
    owner: str = "did:plc:abc"

    def write(self, *minutes: int, handle: str = "ada.example", did: str = "did:plc:abc") -> None:
        """A post made so many minutes before noon."""
        for minute in minutes:
            at = f"2026-11-22T{11 - minute // 60:02}:{59 - minute % 60:02}:00.000Z"
            entry = post(f"Post {minute}", createdAt=at)
            entry["post"] |= {
                "uri": f"at://{did}/app.bsky.feed.post/{minute}",
                "author": {"did": did, "handle": handle},
                "indexedAt": at,
            }
            self.feed.append(entry)
        self.feed.sort(key=lambda e: e["post"]["indexedAt"], reverse=True)

    def answer(self, request: Request) -> Answer:
        """Any request."""
        self.seen.append(request)
        asked = request.args
        if status := self.refused.get(asked.get("cursor", asked.get("actor", ""))):
            return Answer('{"error": "InvalidRequest"}', status=status, headers={"retry-after": "77"})
        if request.path.endswith("resolveHandle"):
            return Answer(json.dumps({"did": self.owner}))
        start, size = int(asked.get("cursor", 0)), int(asked["limit"])
        more = {"cursor": str(start + size)} if start + size < len(self.feed) else {}
        body = json.dumps({"feed": self.feed[start : start + size], **more})
        etag = f'"{len(self.feed)}"'
        if request.headers.get("if-none-match") == etag:
            return Answer(status=304)
        return Answer(body, headers={"etag": etag})


@pytest.fixture
def view(httpserver: HTTPServer) -> AppView:
    made = AppView()
    httpserver.expect_request(re.compile("/xrpc/.*")).respond_with_handler(made.answer)
    return made


@pytest.fixture
def once(httpserver: HTTPServer) -> Iterator[Once]:
    """Fetches with the state that the last fetch left."""
    with HttpClient(timeout_s=5, total_timeout_s=10, max_bytes=5_000_000, contact="") as http:

        def ask(before: Fetched | None = None, **more: object) -> Fetched:
            place = more if {"list", "feed"} & set(more) else {"actor": "ada.example", **more}
            how = Options.model_validate({**place, "base_url": httpserver.url_for(""), "allow_private": True})
            state = FetchState(
                source_id="ada",
                cursor=before.cursor if before else None,
                validators=before.validators if before else {},
            )
            return fetch(how, state, http, NOW)

        yield ask


def minutes(fetched: Fetched) -> list[int]:
    """The posts of a fetch."""
    found = [i for page in fetched.payloads for i in parse(page, options()).items]
    return [int(i.title.removeprefix("Post ")) for i in found]


def test_fetch_asks_for_the_posts_of_the_actor(view: AppView, once: Once) -> None:
    did = "did:plc:z72i7hdynmk6r22z27h6tvur"
    once(actor=did, limit=7)
    (request,) = view.seen
    assert request.path == "/xrpc/app.bsky.feed.getAuthorFeed"
    assert request.args.to_dict() == {"actor": did, "limit": "7", "filter": "posts_no_replies"}


def test_a_busy_place_is_read_back_to_what_is_known(view: AppView, once: Once) -> None:
    view.write(*range(100, 130))
    first = once(limit=10)
    assert minutes(first) == list(range(100, 110)), "the newest page at first"
    view.write(*range(35))
    second = once(first, limit=10)
    assert set(range(35)) <= set(minutes(second))
    assert [r.args.get("cursor") for r in view.seen[1:]] == [None, "10", "20", "30"]
    third = once(second, limit=10)
    assert (third.payloads, len(view.seen)) == ((), 6), "a conditional request, and no more"
    assert third.cursor == second.cursor


def test_reposts_and_pins_do_not_count_as_known(view: AppView, once: Once) -> None:
    view.write(*range(100, 105))
    first = once(limit=5)
    view.write(*range(20))
    for place, reason in ((0, "reasonPin"), (3, "reasonRepost")):
        view.feed.insert(place, {**view.feed[-1], "reason": {"$type": f"app.bsky.feed.defs#{reason}"}})
    assert set(range(20)) <= set(minutes(once(first, limit=5)))


def test_more_than_the_pages_hold_is_told(view: AppView, once: Once) -> None:
    view.write(100)
    first = once(limit=5)
    view.write(*range(40))
    second = once(first, limit=5, max_pages=3)
    assert len(minutes(second)) == 15
    assert second.trouble
    assert second.trouble.kind == "behind"
    assert once(second, limit=5, max_pages=3).trouble is None


def test_what_lies_behind_a_page_that_failed_is_read_next_time(view: AppView, once: Once) -> None:
    view.write(100)
    first = once(limit=5)
    view.write(*range(12))
    view.refused["5"] = 429
    second = once(first, limit=5)
    assert minutes(second) == list(range(5))
    assert second.trouble
    assert (second.trouble.kind, second.headers["retry-after"]) == ("http_429", "77")
    view.refused.clear()
    assert set(range(12)) <= set(minutes(once(second, limit=5)))


def test_a_custom_feed_has_an_order_of_its_own(view: AppView, once: Once) -> None:
    feed = "at://did:plc:abc/app.bsky.feed.generator/cats"
    view.write(*range(100, 110))
    first = once(feed=feed, limit=5)
    view.write(1)
    view.feed.insert(7, view.feed.pop(0))
    assert 1 not in minutes(once(first, feed=feed, limit=5)), "a page without news ends it"
    view.write(2)
    second = once(first, feed=feed, limit=5)
    assert {1, 2} <= set(minutes(second)), "a page with both does not"
    assert {r.path for r in view.seen} == {"/xrpc/app.bsky.feed.getFeed"}


def test_a_list_is_found_by_the_did_of_its_owner(view: AppView, once: Once) -> None:
    page = "https://bsky.app/profile/ada.example/lists/3kabc"
    first = once(list=page)
    once(first, list=page)
    assert [r.path.rpartition(".")[2] for r in view.seen] == ["resolveHandle", "getListFeed", "getListFeed"]
    assert view.seen[0].args["handle"] == "ada.example"
    assert view.seen[1].args["list"] == "at://did:plc:abc/app.bsky.graph.list/3kabc"
    once(first, list="https://bsky.app/profile/bob.example/lists/3kabc")
    assert view.seen[-2].args.to_dict() == {"handle": "bob.example"}, "what is known is of another list"


# --- handles change owner


def test_an_actor_is_followed_by_the_did_and_a_new_handle_is_told_once(view: AppView, once: Once) -> None:
    view.write(100)
    first = once()
    assert first.trouble is None
    view.write(1, handle="new.example")
    second = once(first)
    assert view.seen[-1].args["actor"] == "did:plc:abc"
    assert second.trouble
    assert second.trouble.kind == "handle_moved"
    assert "ada.example was did:plc:abc; its posts now come from new.example" in second.trouble.message
    view.write(0, handle="new.example")
    assert once(second).trouble is None


def test_a_handle_that_cannot_be_verified_has_not_moved(view: AppView, once: Once) -> None:
    view.write(100)
    first = once()
    view.write(1, handle="handle.invalid")
    assert once(first).trouble is None


def test_posts_of_another_account_are_told(view: AppView, once: Once) -> None:
    view.write(100)
    first = once()
    view.feed.clear()
    view.write(1, did="did:plc:stranger")
    trouble = once(first).trouble
    assert trouble
    assert trouble.kind == "handle_moved"


def test_an_account_that_is_gone_is_told(view: AppView, once: Once) -> None:
    view.write(100)
    first = once()
    view.refused["did:plc:abc"] = 400
    with pytest.raises(SourceError) as caught:
        once(first)
    assert caught.value.kind == "handle_moved"
    assert "ada.example" in caught.value.message
    with pytest.raises(SourceError, match="400"):
        once(actor="did:plc:abc")


@pytest.mark.parametrize("cursor", ["2026-11-22", "[]", '{"seen": ["a"]}', '{"of": "ada.example", "newest": "soon"}'])
def test_what_a_source_of_another_type_left_is_passed_over(view: AppView, once: Once, cursor: str) -> None:
    view.write(100)
    assert minutes(once(Fetched(cursor=cursor))) == [100]


def test_another_answer_is_kept_so_that_it_can_be_looked_at(httpserver: HTTPServer, once: Once) -> None:
    httpserver.expect_request(re.compile("/xrpc/.*")).respond_with_data("<html>")
    found = once()
    assert (found.payloads[0].body, found.cursor) == (b"<html>", None)
