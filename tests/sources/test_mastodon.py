"""Mastodon: forward paging that leaves nothing out, and the RSS feed where the API wants a login."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Request
from werkzeug import Response as Answer

from pipeline.errors import SourceError
from pipeline.net.http import HttpClient
from pipeline.sources import Dropped, Fetched, FetchState
from pipeline.sources.mastodon import Options, fetch, parse
from pipeline.types import Item, Payload

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Ada</title><item>
<guid isPermaLink="true">https://social.example/@ada/s3</guid><link>https://social.example/@ada/s3</link>
<description>&lt;p&gt;Post s3&lt;/p&gt;</description></item></channel></rss>"""


@dataclass
class Server:
    """A Mastodon server: ids are words, posts are kept the oldest first."""

    base: str = ""
    posts: list[str] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    feed_status: int = 200
    most: int = 40
    fails_after: int = 10**9
    links: bool = True
    knows_min_id: bool = True
    seen: list[Request] = field(default_factory=list)

    def write(self, count: int) -> list[str]:
        """So many new posts."""
        new = [f"s{len(self.posts) + n}" for n in range(count)]
        self.posts += new
        return new

    def asked(self, part: str) -> list[dict[str, str]]:
        """The queries of the requests whose path has that in it."""
        return [r.args.to_dict() for r in self.seen if part in r.path]

    def answer(self, request: Request) -> Answer:
        """Any request."""
        self.seen.append(request)
        if request.path.endswith(".rss"):
            return Answer(FEED, status=self.feed_status, content_type="application/rss+xml", headers={"etag": '"1"'})
        if self.status != 200 or len(self.seen) > self.fails_after:
            return Answer("{}", status=self.status if self.status != 200 else 503, headers=self.headers)
        if request.path == "/api/v1/accounts/lookup":
            return Answer(json.dumps({"id": "a/7"}), content_type="application/json")
        return self._timeline(request)

    def _timeline(self, request: Request) -> Answer:
        limit = min(int(request.args.get("limit", 20)), self.most)
        found, after = self.posts, request.args.get("min_id") if self.knows_min_id else None
        page = found[found.index(after) + 1 :][:limit] if after else found[-limit:]
        body = [status(i) for i in reversed(page)]
        headers = {}
        if page and self.links:
            older, newer = f"{self.base}/x?limit=2&max_id={page[0]}", f"http://evil.example/x?min_id={page[-1]}"
            headers["link"] = f'<{older}>; rel="next", <{newer}>; rel="prev"'
        return Answer(json.dumps(body), content_type="application/json; charset=utf-8", headers=headers)


def status(post_id: str, **more: object) -> dict[str, object]:
    return {
        "id": post_id,
        "uri": f"https://social.example/users/ada/statuses/{post_id}",
        "url": f"https://social.example/@ada/{post_id}",
        "content": f"<p>Post {post_id}</p>",
        "visibility": "public",
        "account": {"id": "a/7", "acct": "ada", "url": "https://social.example/@ada"},
        **more,
    }


@pytest.fixture
def server(httpserver: HTTPServer) -> Server:
    made = Server(base=httpserver.url_for("").rstrip("/"))
    httpserver.expect_request(re.compile("/.*")).respond_with_handler(made.answer)
    return made


@pytest.fixture
def http() -> Iterator[HttpClient]:
    with HttpClient(timeout_s=5, total_timeout_s=10, max_bytes=5_000_000, contact="") as client:
        yield client


def options(server: Server | None = None, token: str = "", **more: object) -> Options:
    if "tag" not in more:
        more["account"] = "@ada@social.example"
    where = {"base_url": server.base, "allow_private": True} if server else {}
    return Options.model_validate({**where, **more}, context={"environ": {"MASTODON_TOKEN": token}})


def once(how: Options, http: HttpClient, before: Fetched | None = None, now: datetime = NOW) -> Fetched:
    state = FetchState(
        source_id="m",
        cursor=before.cursor if before else None,
        validators=before.validators if before else {},
    )
    return fetch(how, state, http, now)


def titles(fetched: Fetched, how: Options) -> list[str]:
    return [item.title.removeprefix("Post ") for page in fetched.payloads for item in parse(page, how).items]


# --- forward


@pytest.mark.parametrize("links", [True, False])
def test_the_newest_page_first_then_forward_to_the_end(server: Server, http: HttpClient, links: bool) -> None:
    server.links = links
    how = options(server, limit=5)
    old = server.write(20)
    first = once(how, http)
    assert sorted(titles(first, how)) == sorted(old[-5:])
    new = server.write(12)
    second = once(how, http, first)
    assert sorted(titles(second, how)) == sorted(new), "nothing between two pages is missing, nothing comes twice"
    assert second.trouble is None
    third = once(how, http, second)
    assert third.payloads == ()
    assert server.asked("lookup") == [{"acct": "ada@social.example"}], "asked once"
    assert server.asked("statuses")[0] == {"limit": "5", "exclude_replies": "true", "exclude_reblogs": "true"}
    assert {r.path for r in server.seen if "statuses" in r.path} == {"/api/v1/accounts/a/7/statuses"}


def test_a_server_that_gives_less_than_asked_for_is_read_to_the_end(server: Server, http: HttpClient) -> None:
    server.most = 3
    how = options(server)
    server.write(5)
    first = once(how, http)
    new = server.write(8)
    assert sorted(titles(once(how, http, first), how)) == sorted(new)


def test_what_is_too_much_for_one_fetch_comes_with_the_next(server: Server, http: HttpClient) -> None:
    how = options(server, limit=5, max_pages=2)
    server.write(1)
    first = once(how, http)
    new = server.write(17)
    second = once(how, http, first)
    assert second.trouble
    assert second.trouble.kind == "behind"
    third = once(how, http, second)
    assert sorted(titles(second, how) + titles(third, how)) == sorted(new)


def test_what_was_read_before_the_trouble_is_kept(server: Server, http: HttpClient) -> None:
    how = options(server, limit=5)
    server.write(1)
    first = once(how, http)
    new = server.write(12)
    server.fails_after = len(server.seen) + 1
    second = once(how, http, first)
    assert second.trouble
    assert second.trouble.kind == "http_503"
    server.fails_after = 10**9
    third = once(how, http, second)
    assert len(titles(second, how)) == 5
    assert sorted(titles(second, how) + titles(third, how)) == sorted(new)


def test_a_server_that_knows_no_min_id_is_not_asked_for_ever(server: Server, http: HttpClient) -> None:
    how = options(server)
    server.write(3)
    first = once(how, http)
    server.knows_min_id = False
    before = len(server.seen)
    assert once(how, http, first).trouble is None
    assert len(server.seen) - before == 1


def test_a_tag_needs_no_account(server: Server, http: HttpClient) -> None:
    how = options(server, tag="#LLM", host="social.example")
    new = server.write(2)
    assert sorted(titles(once(how, http), how)) == new
    assert [r.path for r in server.seen] == ["/api/v1/timelines/tag/LLM"]


def test_another_account_begins_anew(server: Server, http: HttpClient) -> None:
    server.write(9)
    first = once(options(server, tag="llm", host="a.example"), http)
    second = once(options(server, tag="gpt", host="a.example", limit=2), http, first)
    assert len(titles(second, options(server))) == 2
    assert "min_id" not in server.asked("tag/gpt")[0]


def test_the_name_of_the_account_is_short_on_its_own_server() -> None:
    asked: list[str] = []

    class Refuses:
        def get(self, url: str, **more: object) -> object:
            asked.append(url)
            raise SourceError("no", kind="http_404")

    with pytest.raises(SourceError):
        fetch(options(), FetchState(source_id="m"), Refuses(), NOW)  # type: ignore[arg-type]
    assert asked == ["https://social.example/api/v1/accounts/lookup?acct=ada"]


# --- where a login is wanted


@pytest.mark.parametrize("refusal", [401, 403, 422])
def test_a_closed_api_is_left_alone_for_a_week_and_the_feed_read(
    server: Server, http: HttpClient, refusal: int
) -> None:
    server.status = refusal
    how = options(server)
    first = once(how, http)
    assert first.trouble is None, "as it should be: no problem of a run"
    (item,) = parse(first.payloads[0], how).items
    assert (item.guid, item.kind, item.authors) == (
        "https://social.example/@ada/s3",
        "post",
        ("@ada@social.example",),
    )
    second = once(how, http, first, NOW + timedelta(days=6))
    assert [r.path for r in server.seen] == ["/api/v1/accounts/lookup", "/@ada.rss", "/@ada.rss"]
    assert server.seen[-1].headers["if-none-match"] == '"1"'
    server.status = 200
    server.write(5)
    third = once(how, http, second, NOW + timedelta(days=8))
    assert "s3" in titles(third, how)
    same = next(i for page in third.payloads for i in parse(page, how).items if i.title == "Post s3")
    assert same.guid == item.guid, "it is one post, whichever way it comes"
    assert json.loads(third.cursor or "{}")["closed_until"] is None


def test_a_tag_has_a_feed_too(server: Server, http: HttpClient) -> None:
    server.status = 401
    once(options(server, tag="llm", host="a.example"), http)
    assert server.seen[-1].path == "/tags/llm.rss"


def test_a_token_that_is_refused_is_told(server: Server, http: HttpClient) -> None:
    server.status = 401
    how = options(server, token="s3cret")
    first = once(how, http)
    assert first.trouble
    assert (first.trouble.kind, "MASTODON_TOKEN" in first.trouble.remedy) == ("http_401", True)
    assert first.payloads
    assert "s3cret" not in f"{first}{first.trouble}{how}"
    server.status = 200
    server.write(1)
    assert once(how, http, first).trouble is None, "with a token the API is tried every time"
    assert server.seen[-1].headers["authorization"] == "Bearer s3cret"


def test_without_a_feed_the_remedy_is_a_token(server: Server, http: HttpClient) -> None:
    server.status, server.feed_status = 401, 404
    with pytest.raises(SourceError, match="its API wants a login, and its feed answered 404") as caught:
        once(options(server), http)
    assert "MASTODON_TOKEN" in caught.value.remedy


def test_what_a_server_tells_back_is_kept_without_the_token(server: Server, http: HttpClient) -> None:
    how = options(server, token="s3")
    server.write(4)
    assert b'"s3"' not in once(how, http).payloads[0].body


# --- refusals


def test_429_waits_as_long_as_the_server_says(server: Server, http: HttpClient) -> None:
    """Its header is a time of day, where others give seconds."""
    server.status = 429
    server.headers = {"X-RateLimit-Reset": (NOW + timedelta(seconds=90)).isoformat().replace("+00:00", "Z")}
    with pytest.raises(SourceError) as caught:
        once(options(server), http)
    assert (caught.value.kind, caught.value.wait_s) == ("http_429", 90)


@pytest.mark.parametrize("reset", ["", "soon", "1705420800", "2020-01-01T00:00:00Z"])
def test_junk_in_the_header_is_no_wait(server: Server, http: HttpClient, reset: str) -> None:
    server.status, server.headers = 429, {"X-RateLimit-Reset": reset}
    with pytest.raises(SourceError) as caught:
        once(options(server), http)
    assert caught.value.wait_s == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"account": "ada"},
        {"account": "ada@localhost"},
        {"account": "ada@a.example/x"},
        {"account": "a/../b@a.example"},
        {"tag": "llm"},
        {"tag": "two words", "host": "a.example"},
        {"tag": "llm", "host": "https://a.example"},
        {"account": "ada@a.example", "tag": "llm"},
        {"account": "ada@a.example", "token": "s3cret"},
        {"account": "ada@a.example", "limit": 41},
    ],
)
def test_what_is_no_place(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(wrong)


# --- parse


def payload(body: object, media_type: str = "application/json") -> Payload:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Payload(source_id="m", url="https://social.example/", fetched_at=NOW, media_type=media_type, body=raw)


def parsed(*statuses: dict[str, object], boosts: bool = False) -> list[Item]:
    return list(parse(payload(statuses), options(boosts=boosts)).items)


def test_every_recording_is_read_without_loss(shared_data: Path) -> None:
    recordings = sorted((shared_data / "social").glob("mastodon_*.json"))
    assert len(recordings) == 6
    for path in recordings:
        found = parse(payload(path.read_bytes()), options(replies=True, boosts=True))
        written = json.loads(path.read_bytes())
        assert (len(found.items), found.dropped) == (len(written), [])
        for item, post in zip(found.items, written, strict=True):
            assert item.guid == post.get("url", item.guid)
            assert post["content"] == "" or item.body


def test_each_post_that_is_passed_over_says_why() -> None:
    boosted = status("b", account={"id": "8", "acct": "bob@other.example"})
    posts = [
        status("1", visibility="private"),
        status("2", visibility="direct"),
        status("3", reblog=boosted),
        status("4", in_reply_to_id="9", in_reply_to_account_id="8"),
        status("5", favourites_count=4),
        status("6", content="", favourites_count=5),
        status("7", visibility="unlisted", in_reply_to_id="9", in_reply_to_account_id="a/7", favourites_count=5),
        status("8", favourites_count=5, sensitive=True),
    ]
    found = parse(payload(posts), options(min_favourites=5))
    assert [i.title for i in found.items] == ["Post 7", "Post 8"]
    assert [d.reason for d in found.dropped] == ["private", "private", "boost", "reply", "few_votes", "no_text"]


def test_a_boost_is_the_original_and_says_who_passed_it_on() -> None:
    original = status("9", account={"id": "8", "acct": "bob@other.example", "display_name": "Bob"}, favourites_count=3)
    (item,) = parsed(status("1", reblog=original, visibility="public"), boosts=True)
    assert (item.guid, item.authors, item.points) == (original["url"], ("Bob", "@bob@other.example"), 3)
    assert item.via == "@ada@social.example"
    assert parse(payload([status("1", reblog={**original, "visibility": "private"})]), options(boosts=True)).dropped


def test_under_a_tag_nobody_can_take_the_name_of_somebody_who_is_trusted() -> None:
    post = status("1", account={"acct": "stranger@a.example", "display_name": "Ada Tern"})
    how = options(tag="llm", host="social.example")
    assert [i.authors for i in parse(payload([post]), how).items] == [("@stranger@a.example",)]
    assert [i.authors for i in parsed(post)] == [("Ada Tern", "@stranger@a.example")]


def test_an_edit_is_no_new_item() -> None:
    (before,), (after,) = parsed(status("1")), parsed(status("1", content="<p>Better</p>", edited_at="2026-11-22"))
    assert before.id == after.id


def test_a_strange_post_costs_no_other() -> None:
    found = parse(payload([status("1"), {"id": {}}, "spoilt", status("2")]), options())
    assert [i.title for i in found.items] == ["Post 1", "Post 2"]
    assert [d.reason for d in found.dropped] == ["unreadable"] * 2
    assert len({d.guid for d in found.dropped}) == 2
    assert all(isinstance(d, Dropped) for d in found.dropped)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"error": "no"}', [1, 2], b"<html>"])
def test_another_answer_is_named(body: object) -> None:
    with pytest.raises(SourceError) as caught:
        parse(payload(body), options())
    assert (caught.value.kind, caught.value.subject) == ("bad_answer", "m")
