import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Request
from werkzeug import Response as Answer

from pipeline.errors import NetworkError, SourceError
from pipeline.net.http import HttpClient
from pipeline.sources import FetchState, Parsed
from pipeline.sources.reddit import Options, fetch, parse
from pipeline.types import Payload

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DATA = Path(__file__).parents[1] / "data" / "sources" / "reddit"
SECRET, TOKEN, FEED_TOKEN = "s3cret-of-the-app", "eyJ-token-of-an-hour", "f33d+t0ken/of=ada"
STATE = FetchState(source_id="reddit")


def options(*, environ: object = None, **more: object) -> Options:
    context = {"environ": environ or {}}
    return Options.model_validate({"subreddits": ["LocalModels", "machines"], **more}, context=context)


def with_app(server: HTTPServer, limit: int = 50, time: str = "day") -> Options:
    return options(
        environ={"REDDIT_CLIENT_SECRET": SECRET},
        client_id="app",
        username="ada",
        base_url=server.url_for(""),
        api_url=server.url_for(""),
        allow_private=True,
        limit=limit,
        time=time,
    )


def parsed(name: str, **more: object) -> Parsed:
    body = (DATA / name).read_bytes()
    payload = Payload(source_id="reddit", url="https://x.example/", fetched_at=NOW, media_type="", body=body)
    return parse(payload, options(**more))


@pytest.fixture
def http() -> Iterator[HttpClient]:
    with HttpClient(timeout_s=5, total_timeout_s=10, max_bytes=1_000_000, contact="") as client:
        yield client


def grant(server: HTTPServer, answer: object) -> None:
    server.expect_request("/api/v1/access_token", method="POST").respond_with_json(answer)


def test_an_app_gets_a_token_and_the_listing_with_votes(httpserver: HTTPServer, http: HttpClient) -> None:
    grant(httpserver, {"access_token": TOKEN, "token_type": "bearer", "expires_in": 3600})
    body = (DATA / "listing.json").read_bytes()
    httpserver.expect_request("/r/LocalModels+machines/top").respond_with_data(body, content_type="application/json")
    fetched = fetch(with_app(httpserver, limit=70, time="week"), STATE, http, NOW)
    exchange, listing = (request for request, _ in httpserver.log)
    assert exchange.form.to_dict() == {"grant_type": "client_credentials"}
    assert exchange.headers["authorization"] == "Basic " + b64encode(f"app:{SECRET}".encode()).decode()
    assert listing.headers["authorization"] == f"Bearer {TOKEN}"
    assert listing.args.to_dict() == {"t": "week", "limit": "70", "raw_json": "1"}
    for request in (exchange, listing):
        assert request.headers["user-agent"].startswith("python:every-other-day:")
        assert request.headers["user-agent"].endswith(" (by /u/ada)")
    assert [p.body for p in fetched.payloads] == [body]
    assert not holds_a_secret(fetched)


def holds_a_secret(what: object) -> bool:
    basic = b64encode(f"app:{SECRET}".encode()).decode()
    return any(secret in repr(what) for secret in (SECRET, TOKEN, FEED_TOKEN, basic, "f33d%2Bt0ken"))


@pytest.mark.parametrize("answer", [{"error": "unsupported_grant_type"}, [TOKEN], {"access_token": f"{TOKEN}\nx: y"}])
def test_no_token_is_named_without_telling_one(httpserver: HTTPServer, http: HttpClient, answer: object) -> None:
    grant(httpserver, answer)
    with pytest.raises(SourceError) as caught:
        fetch(with_app(httpserver), STATE, http, NOW)
    assert caught.value.kind == "no_token"
    assert not holds_a_secret((caught.value, caught.value.__cause__))


@pytest.mark.parametrize(
    ("status", "headers", "wait_s"),
    [
        (429, {"Retry-After": "30"}, 30),
        (429, {"x-ratelimit-reset": "417"}, 417),
        (429, {"x-ratelimit-reset": "417.0", "Retry-After": "600"}, 600),
        (429, {"x-ratelimit-reset": "soon"}, 0),
        (403, {"x-ratelimit-reset": "417"}, 0),
        (503, {"Retry-After": "120"}, 120),
    ],
)
def test_how_long_to_wait(
    httpserver: HTTPServer, http: HttpClient, status: int, headers: dict[str, str], wait_s: float
) -> None:
    grant(httpserver, {"access_token": TOKEN})
    httpserver.expect_request("/r/LocalModels+machines/top").respond_with_data(status=status, headers=headers)
    with pytest.raises(SourceError) as caught:
        fetch(with_app(httpserver), STATE, http, NOW)
    assert (caught.value.kind, caught.value.wait_s) == (f"http_{status}", wait_s)
    assert not holds_a_secret(caught.value)


def test_a_feed_of_one_s_own_is_asked_for_without_telling_its_token(httpserver: HTTPServer, http: HttpClient) -> None:
    seen: list[Request] = []

    def answer(request: Request) -> Answer:
        seen.append(request)
        if len(seen) > 1:
            return Answer(f"no {request.url}", status=403)
        return Answer(f"<feed><!-- {request.url} {FEED_TOKEN} --></feed>", headers={"ETag": '"1"'})

    httpserver.expect_request("/r/LocalModels+machines/new/.rss").respond_with_handler(answer)
    own = options(
        environ={"REDDIT_FEED_TOKEN": FEED_TOKEN},
        feed_user="ada",
        listing="new",
        base_url=httpserver.url_for(""),
        allow_private=True,
    )
    fetched = fetch(own, STATE, http, NOW)
    assert seen[0].args.to_dict() == {"t": "day", "limit": "50", "feed": FEED_TOKEN, "user": "ada"}
    assert not holds_a_secret(fetched)
    with pytest.raises(SourceError) as caught:
        fetch(own, FetchState(source_id="reddit", validators=fetched.validators), http, NOW)
    assert seen[1].headers["if-none-match"] == '"1"'
    assert not holds_a_secret(caught.value)


def test_a_server_that_is_down_does_not_make_us_tell_the_token(http: HttpClient) -> None:
    token = {"REDDIT_FEED_TOKEN": FEED_TOKEN}
    down = options(environ=token, feed_user="ada", base_url="http://127.0.0.1:1", allow_private=True)
    with pytest.raises(NetworkError) as caught:
        fetch(down, STATE, http, NOW)
    assert not holds_a_secret((caught.value, caught.value.subject, caught.value.__cause__))


@pytest.mark.parametrize(
    ("name", "secret"), [("client_id", "REDDIT_CLIENT_SECRET"), ("feed_user", "REDDIT_FEED_TOKEN")]
)
def test_a_name_without_its_secret_is_a_mistake(name: str, secret: str) -> None:
    with pytest.raises(ValidationError, match=secret):
        Options.model_validate({"subreddits": ["LocalModels"], name: "app"})


def test_votes_cannot_be_asked_for_without_an_app() -> None:
    with pytest.raises(ValidationError, match="client_id"):
        options(min_score=10)


@pytest.mark.parametrize("subreddits", [[], ["r/LocalModels"], ["a+b"], ["../x"], ["x" * 40]])
def test_what_is_no_subreddit(subreddits: list[str]) -> None:
    with pytest.raises(ValidationError):
        options(subreddits=subreddits)


def test_each_post_that_is_passed_over_says_why() -> None:
    found = parsed("listing.json")
    assert {d.guid: d.reason for d in found.dropped} == {
        "t3_rules": "sticky",
        "t3_orig1": "crosspost",  # it stands there as itself, too
        "t3_gone1": "deleted",
        "t3_gone2": "deleted",
        "t3_gone3": "deleted",
        "t3_adult": "nsfw",
        "t5_sub": "no_post",
    }
    assert found.entries == 14
    assert [d.guid for d in parsed("feed.xml").dropped] == ["t3_gone2"]


def test_votes_and_what_is_for_adults_are_the_operators_choice() -> None:
    app = {"environ": {"REDDIT_CLIENT_SECRET": SECRET}, "client_id": "app"}
    found = parsed("listing.json", min_score=300, nsfw=True, **app)
    assert [i.guid for i in found.items] == ["t3_link1", "t3_orig1", "t3_photo"]
    assert "t3_adult" in [i.guid for i in parsed("listing.json", nsfw=True).items]


def test_a_post_keeps_its_guid_and_page_whichever_way_it_comes() -> None:
    listing = {i.guid: (i.url, i.via, i.body) for i in parsed("listing.json").items}
    feed = {i.guid: (i.url, i.via, i.body) for i in parsed("feed.xml").items}
    assert listing["t3_self1"] == feed["t3_self1"]
    assert listing["t3_link1"][1] == feed["t3_link1"][1]


@pytest.mark.parametrize("body", [b"{}", b'{"data": {"children": [{"kind": "t3", "data": {}}]}}', b"[]"])
def test_another_answer_is_named(body: bytes) -> None:
    payload = Payload(source_id="reddit", url="https://x.example/", fetched_at=NOW, media_type="", body=body)
    with pytest.raises(SourceError) as caught:
        parse(payload, options())
    assert caught.value.kind == "bad_answer"


def test_real_listings_are_read_without_loss(shared_data: Path) -> None:
    files = sorted((shared_data / "social").glob("reddit_listing_*.json"))
    assert len(files) == 6
    for path in files:
        children = [c["data"] for c in json.loads(path.read_bytes())["data"]["children"]]
        payload = Payload(source_id="r", url=path.name, fetched_at=NOW, media_type="", body=path.read_bytes())
        found = parse(payload, options(nsfw=True))
        items = {i.guid: i for i in found.items}
        assert {*items, *(d.guid for d in found.dropped)} == {c["name"] for c in children}
        assert {d.reason for d in found.dropped} <= {"sticky", "deleted"}
        for child in children:
            if item := items.get(child["name"]):
                assert (item.points, item.comments) == (child["score"], child["num_comments"])
                assert item.url
                assert "&amp;" not in item.title
                assert bool(item.body) == bool(child["selftext"])
