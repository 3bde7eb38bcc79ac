import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TypedDict

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request
from werkzeug import Response as Answer

from pipeline.errors import NetworkError, SourceError
from pipeline.net.http import HttpClient
from pipeline.sources import Fetched, FetchState
from pipeline.sources.hackernews import MAX_HITS, Options, fetch, parse
from pipeline.types import Item, Payload

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STATE = FetchState(source_id="hn")


class Story(TypedDict):
    objectID: str
    title: str
    created_at_i: int
    points: int


def story(number: int, hours_ago: float = 1, title: str = "An LLM", points: int = 80) -> Story:
    at = int((NOW - timedelta(hours=hours_ago)).timestamp())
    return {"objectID": str(number), "title": title, "created_at_i": at, "points": points}


class Search:
    """Algolia's search: never more than MAX_HITS, whatever the page, and the number of all that match."""

    def __init__(self, server: HTTPServer, stories: list[Story]) -> None:
        self.stories = stories
        self.asked: list[dict[str, str]] = []
        server.expect_request("/search_by_date").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Answer:
        self.asked.append(request.args.to_dict())
        limits = re.fullmatch(r"created_at_i>=(\d+),created_at_i<(\d+),points>=(\d+)", request.args["numericFilters"])
        assert limits
        since, until, points = map(int, limits.groups())
        word = request.args["query"].lower()
        found = [
            s
            for s in self.stories
            if since <= s["created_at_i"] < until and s["points"] >= points and word in s["title"].lower()
        ]
        size = int(request.args["hitsPerPage"])
        answer = {"hits": found[:size], "nbHits": len(found), "nbPages": -(-min(len(found), MAX_HITS) // size)}
        return Answer(json.dumps(answer), content_type="application/json")


@pytest.fixture
def http() -> Iterator[HttpClient]:
    with HttpClient(timeout_s=5, total_timeout_s=10, max_bytes=10_000_000, contact="") as client:
        yield client


@pytest.fixture
def options(httpserver: HTTPServer) -> Callable[..., Options]:
    where = httpserver.url_for("")

    def make(**more: object) -> Options:
        known = {"query": "LLM", "base_url": where, "fallback_url": where, "allow_private": True}
        return Options.model_validate({**known, **more})

    return make


def items(fetched: Fetched, options: Options) -> list[Item]:
    return [item for payload in fetched.payloads for item in parse(payload, options).items]


def test_no_story_is_cut_off(httpserver: HTTPServer, http: HttpClient, options: Callable[..., Options]) -> None:
    many = [story(n, hours_ago=48 * (n / 2500) ** 3) for n in range(1, 2500)]  # most of them in the last hours
    search = Search(httpserver, many)
    fetched = fetch(options(min_points=0), STATE, http, NOW)
    found = [hit["objectID"] for payload in fetched.payloads for hit in json.loads(payload.body)["hits"]]
    assert sorted(found) == sorted(s["objectID"] for s in many)
    assert fetched.trouble is None
    assert len(search.asked) < 20


def test_what_no_slicing_can_hold_is_told(
    httpserver: HTTPServer, http: HttpClient, options: Callable[..., Options]
) -> None:
    httpserver.expect_request("/search_by_date").respond_with_json({"hits": [], "nbHits": 5_000, "nbPages": 1})
    trouble = fetch(options(), STATE, http, NOW).trouble
    assert trouble is not None
    assert (trouble.kind, bool(trouble.remedy)) == ("cut", True)
    assert len(httpserver.log) < 100


def test_each_query_is_a_search_of_its_own(
    httpserver: HTTPServer, http: HttpClient, options: Callable[..., Options]
) -> None:
    search = Search(httpserver, [story(1), story(2, title="Qwen 9"), story(3, title="Gardening"), story(4, 60)])
    chosen = options(query=["LLM", "Qwen"], front_page=True, min_points=70)
    assert {i.guid for i in items(fetch(chosen, STATE, http, NOW), chosen)} == {"1", "2"}
    assert [a["query"] for a in search.asked] == ["LLM", "Qwen"]
    assert {a["tags"] for a in search.asked} == {"story,front_page"}
    assert all("points>=70" in a["numericFilters"] for a in search.asked)


def test_a_story_that_gains_votes_is_found_later_and_a_pause_is_made_up_for(
    httpserver: HTTPServer, http: HttpClient, options: Callable[..., Options]
) -> None:
    slow, old = story(1, hours_ago=40, points=30), story(2, hours_ago=100)
    search = Search(httpserver, [slow, old])
    first = fetch(options(), STATE, http, NOW)
    assert items(first, options()) == []
    slow["points"] = 60
    again = fetch(options(), FetchState(source_id="hn", cursor=first.cursor), http, NOW)
    assert [i.points for i in items(again, options())] == [60]
    search.stories.append(story(3, hours_ago=70))
    slept = str(int((NOW - timedelta(days=3)).timestamp()))
    late = fetch(options(), FetchState(source_id="hn", cursor=slept), http, NOW)
    assert {i.guid for i in items(late, options())} == {"1", "2", "3"}
    fetch(options(), FetchState(source_id="hn", cursor="0"), http, NOW)
    assert f"created_at_i>={int((NOW - timedelta(days=14)).timestamp())}" in search.asked[-1]["numericFilters"]


AT = int(NOW.timestamp()) - 3600
FRONT: list[dict[str, object] | None] = [
    {"id": 1, "type": "story", "title": "A new LLM", "score": 90, "descendants": 7, "time": AT},
    {"id": 2, "type": "story", "title": "Two LLMs", "score": 20, "time": AT},
    {"id": 3, "type": "story", "title": "Gardening", "score": 500, "time": AT},
    {"id": 4, "type": "job", "title": "LLM firm is hiring", "score": 90, "time": AT},
    {"id": 5, "type": "story", "title": "LLM", "score": 90, "dead": True, "time": AT},
    {"id": 6, "type": "story", "deleted": True, "time": AT},
    None,
    {"id": 8, "type": "story", "title": "The LLM of 2019", "score": 90, "time": 1},
]


def front_page(server: HTTPServer) -> None:
    server.expect_request("/topstories.json").respond_with_json(list(range(1, len(FRONT) + 1)))
    for number, answer in enumerate(FRONT, 1):
        server.expect_request(f"/item/{number}.json").respond_with_json(answer)


@pytest.mark.parametrize("failure", [Answer(status=503), Answer(status=429), Answer("<html>"), Answer("{}")])
def test_the_front_page_stands_in_for_the_search(
    httpserver: HTTPServer, http: HttpClient, options: Callable[..., Options], failure: Answer
) -> None:
    httpserver.expect_request("/search_by_date").respond_with_response(failure)
    front_page(httpserver)
    fetched = fetch(options(), FetchState(source_id="hn", cursor="17"), http, NOW)
    found = [parse(p, options()) for p in fetched.payloads]
    assert [(i.guid, i.points, i.comments) for p in found for i in p.items] == [("1", 90, 7)]
    reasons = [d.reason for p in found for d in p.dropped]
    assert reasons == ["few_votes", "no_match", "no_story", "dead", "deleted", "deleted", "old"]
    assert fetched.cursor == "17"  # the next search makes up for it
    assert fetched.trouble is not None


def test_when_both_fail_the_search_is_named(http: HttpClient, options: Callable[..., Options]) -> None:
    with pytest.raises(SourceError, match="search_by_date") as caught:
        fetch(options(), STATE, http, NOW)
    assert caught.value.kind == "http_500"
    down = options(base_url="http://127.0.0.1:1", fallback_url="http://127.0.0.1:1")
    with pytest.raises(NetworkError):
        fetch(down, STATE, http, NOW)


def test_the_front_page_ends_where_it_breaks_off(
    httpserver: HTTPServer, http: HttpClient, options: Callable[..., Options]
) -> None:
    httpserver.expect_request("/topstories.json").respond_with_json([1, *range(100, 400)])
    httpserver.expect_request("/item/1.json").respond_with_json(FRONT[0])
    assert len(fetch(options(), STATE, http, NOW).payloads) == 1
    httpserver.expect_request(re.compile("/item/.*")).respond_with_json(None)
    assert len(fetch(options(), STATE, http, NOW).payloads) == 60


@pytest.mark.parametrize(
    ("title", "query", "tags", "found"),
    [
        ("GPT-6 is out", ["gpt-6"], "story", True),
        ("Aiming high", ["AI"], "story", False),
        ("Open weights of a model", ["weights model"], "story", True),
        ("Show HN: My LLM", ["LLM"], "show_hn", True),
        ("An LLM", ["LLM"], "show_hn", False),
        ("Anything", [""], "story", True),
    ],
)
def test_words_are_looked_for_here_where_there_is_no_search(
    title: str, query: list[str], tags: str, found: bool, options: Callable[..., Options]
) -> None:
    body = json.dumps({"id": 1, "title": title, "score": 90, "time": int(NOW.timestamp())}).encode()
    payload = Payload(source_id="hn", url="https://x.example/", fetched_at=NOW, media_type="", body=body)
    assert bool(parse(payload, options(query=query, tags=tags)).items) is found


def test_of_too_many_the_newest_count(options: Callable[..., Options]) -> None:
    body = json.dumps({"hits": [story(n, hours_ago=n) for n in (3, 1, 2)]}).encode()
    payload = Payload(source_id="hn", url="https://x.example/", fetched_at=NOW, media_type="", body=body)
    found = parse(payload, options(max_items=2))
    assert [i.guid for i in found.items] == ["1", "2"]
    assert [(d.guid, d.reason) for d in found.dropped] == [("3", "over_the_limit")]
