"""X: what is asked for, what it costs, and that what a cap cuts off is read later, once."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from pytest_httpserver import HTTPServer

from pipeline.errors import NetworkError, SourceError
from pipeline.net.http import HttpClient
from pipeline.seams import Http
from pipeline.sources import Dropped, Fetched, FetchState
from pipeline.sources.x import Options, fetch, off, parse
from pipeline.types import Item, Payload
from tests.sources.x_server import XServer

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ADA, BOB = "11", "12"


@pytest.fixture
def x() -> XServer:
    return XServer(handles={ADA: "Ada_Tern", BOB: "bob"}, lists={"77": [ADA, BOB]})


@pytest.fixture
def http() -> Iterator[HttpClient]:
    with HttpClient(timeout_s=5, total_timeout_s=10, max_bytes=5_000_000, contact="") as client:
        yield client


def options(token: str | None = "s3cret", **more: object) -> Options:
    if not {"users", "list"} & set(more):
        more["users"] = ["ada_tern"]
    environ = {"X_BEARER_TOKEN": token} if token else {}
    return Options.model_validate({"base_url": "http://127.0.0.1:1", **more}, context={"environ": environ})


def once(how: Options, http: Http, before: Fetched | None = None, now: datetime = NOW) -> Fetched:
    return fetch(how, FetchState(source_id="x", cursor=before.cursor if before else None), http, now)


def ids(fetched: Fetched) -> list[str]:
    """The posts of a fetch, the oldest first."""
    return sorted((str(p["id"]) for page in fetched.payloads for p in json.loads(page.body)["data"]), key=int)


def items(fetched: Fetched, how: Options) -> list[Item]:
    return [item for page in fetched.payloads for item in parse(page, how).items]


def queries(x: XServer, path: str) -> list[dict[str, str]]:
    return [query for asked, query in x.asked if asked == path]


# --- off and on


def test_without_a_token_it_is_off_and_nothing_is_asked(x: XServer) -> None:
    how = options(token=None)
    assert off(how) == "off until X_BEARER_TOKEN is set"
    assert fetch(how, FetchState(source_id="x", cursor="{}"), x, NOW) == Fetched(cursor="{}")
    assert x.asked == []
    assert off(options()) == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"users": []},
        {"users": ["https://x.com/ada"]},
        {"users": ["ada tern"]},
        {"list": "https://x.com/ada/lists/tern"},
        {"list": "1/../2"},
        {"users": ["ada"], "max_usd_per_run": 0},
        {"users": ["ada"], "token": "s3cret"},
    ],
)
def test_what_is_no_place(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(wrong)


@pytest.mark.parametrize("given", ["77", 77, "https://x.com/i/lists/77", "https://twitter.com/i/lists/77/"])
def test_a_list_is_named_by_its_id_or_address(given: object) -> None:
    assert options(list=given).list == "77"


# --- timelines


def test_the_newest_page_first_then_only_what_is_new(x: XServer, httpserver: HTTPServer, http: HttpClient) -> None:
    """Over a real connection: the token goes in the header, nobody is looked up twice."""
    httpserver.expect_request("/2/users/by").respond_with_handler(x.serve)
    httpserver.expect_request(f"/2/users/{ADA}/tweets").respond_with_handler(x.serve)
    how = options(base_url=httpserver.url_for(""), allow_private=True, users=["@Ada_Tern"])
    old = x.write(ADA, 300)
    first = once(how, http)
    assert ids(first) == old[-98:], "a page, and what the look-up of the account left of the cap"
    new = x.write(ADA, 3)
    second = once(how, http, first)
    assert ids(second) == new
    third = once(how, http, second)
    assert (third.payloads, third.cost_usd_micros, third.trouble) == ((), 0, None)
    assert [query.get("since_id") for query in queries(x, f"/2/users/{ADA}/tweets")] == [None, old[-1], new[-1]]
    assert queries(x, f"/2/users/{ADA}/tweets")[0]["exclude"] == "retweets,replies"
    assert queries(x, "/2/users/by") == [{"usernames": "ada_tern"}]
    assert first.cost_usd_micros + second.cost_usd_micros == x.billed_usd_micros
    assert {i.authors for i in items(second, how)} == {("@Ada_Tern",)}
    assert items(second, how)[0].url == f"https://x.com/Ada_Tern/status/{new[-1]}"


def test_what_is_wanted_is_not_excluded(x: XServer) -> None:
    x.write(ADA, referenced_tweets=[{"type": "replied_to", "id": "1"}])
    how = options(replies=True, reposts=True)
    assert len(items(once(how, x), how)) == 1
    assert "exclude" not in queries(x, f"/2/users/{ADA}/tweets")[0]


def test_an_account_that_is_not_there_stops_no_other(x: XServer) -> None:
    new = x.write(ADA)
    found = once(options(users=["nobody_here", "ada_tern"]), x)
    assert ids(found) == new
    assert found.trouble
    assert (found.trouble.kind, found.trouble.message) == ("no_such_user", "there is no account @nobody_here")


def test_an_account_that_is_suspended_stops_no_other(x: XServer) -> None:
    told = {"errors": [{"title": "Forbidden", "detail": f"User {ADA} is\nsuspended. Bearer s3cret"}]}
    x.silent[f"/2/users/{ADA}/tweets"] = (200, {}, json.dumps(told).encode())
    new = x.write(BOB)
    found = once(options(users=["ada_tern", "bob"]), x)
    assert ids(found) == new
    assert found.trouble
    assert found.trouble.kind == "refused"
    assert f"User {ADA} is suspended. Bearer {{token}}" in found.trouble.message


def test_a_page_without_posts_may_have_one_after_it(x: XServer) -> None:
    how = options()
    x.write(ADA)
    first = once(how, x)
    path, new = f"/2/users/{ADA}/tweets", x.write(ADA, 2)
    x.tokens["hole"] = (path, 0)
    x.silent[path] = (200, {}, b'{"meta": {"result_count": 0, "next_token": "hole"}}')

    class Once:
        """Answers the first request with the hole."""

        def get(self, url: str, **more: object) -> object:
            answer = x.get(url, headers=more["headers"])  # type: ignore[arg-type]
            x.silent.clear()
            return answer

    found = once(how, Once(), first)  # type: ignore[arg-type]
    assert ids(found) == new
    assert queries(x, path)[-1]["pagination_token"] == "hole"


# --- lists


def test_a_list_is_read_down_to_the_first_post_that_is_known(x: XServer) -> None:
    """Its interface takes neither since_id nor exclude (the server refuses them)."""
    how = options(list="77")
    old = [*x.write(ADA, 20), *x.write(BOB, 20)]
    first = once(how, x)
    assert first.trouble is None or first.trouble.kind == "spend_cap"
    new = [*x.write(BOB, 30), *x.write(ADA, 3)]
    second = once(how, x, first)
    assert set(new) <= set(ids(second))
    assert len(ids(second)) <= 2 * len(new) + 5, "the last page holds some that are known"
    assert set(ids(first)) <= set(old)


def test_authors_of_a_list_are_looked_up_once_and_only_where_it_matters(x: XServer) -> None:
    how = options(list="77")
    x.write(ADA, 2)
    x.write(BOB, 2, referenced_tweets=[{"type": "retweeted", "id": "1"}])
    first = once(how, x)
    assert queries(x, "/2/users") == [{"ids": ADA}], "whose posts are passed over needs no name"
    assert {i.authors for i in items(first, how)} == {("@Ada_Tern",)}
    assert first.cost_usd_micros == x.billed_usd_micros == 4 * 5_000 + 10_000
    x.write(ADA)
    assert items(once(how, x, first), how)[0].authors == ("@Ada_Tern",)
    assert len(queries(x, "/2/users")) == 1


def test_the_cap_leaves_enough_for_the_names(x: XServer) -> None:
    """A post without its author is worth little: the look-up is part of what a post may cost at worst."""
    x.handles |= {str(n): f"user{n}" for n in range(100, 130)}
    x.lists["77"] = [str(n) for n in range(100, 130)]
    for author in x.lists["77"]:
        x.write(author)
    how = options(list="77", max_usd_per_run=0.2)
    found = once(how, x)
    assert [len(i.authors) for i in items(found, how)] == [1] * 13
    assert found.cost_usd_micros == x.billed_usd_micros == 13 * 15_000


def test_names_come_with_the_posts_where_that_is_asked_for(x: XServer) -> None:
    how = options(list="77", expand=True)
    x.write(ADA, 2)
    found = once(how, x)
    assert {i.authors for i in items(found, how)} == {("N", "@Ada_Tern")}
    assert queries(x, "/2/users") == []
    assert found.cost_usd_micros == x.billed_usd_micros == 2 * 5_000 + 10_000


# --- the caps


def drained(how: Options, x: XServer, before: Fetched, runs: int = 60) -> list[Fetched]:
    """Fetches until nothing is left to read; each within its cap."""
    found = [before]
    for _ in range(runs):
        billed = x.billed_usd_micros
        found.append(once(how, x, found[-1]))
        assert x.billed_usd_micros - billed == found[-1].cost_usd_micros <= how.max_usd_per_run * 1_000_000
        if found[-1].trouble is None:
            return found[1:]
        assert found[-1].trouble.kind == "spend_cap"
    raise AssertionError("it never ends")


@pytest.mark.parametrize("cap", [{"max_usd_per_run": 0.05}, {"max_posts": 10}, {"max_usd_per_run": 0.041}])
def test_what_the_cap_cuts_off_is_read_next_time_exactly_once(x: XServer, cap: dict[str, float]) -> None:
    how = options("s3cret", **cap)
    x.write(ADA, 3)
    before = once(how, x)
    x.given.clear()
    new = x.write(ADA, 34)
    found = drained(how, x, before)
    assert len(found) > 3
    assert ids(found[0])[-1] == new[-1], "the newest come first"
    assert sorted(x.given) == new
    assert sorted(i for f in found for i in ids(f)) == new


def test_new_posts_do_not_wait_for_what_was_cut_off(x: XServer) -> None:
    how = options(max_posts=10)
    x.write(ADA)
    before = once(how, x)
    x.given.clear()
    written = x.write(ADA, 34)
    first = once(how, x, before)
    written += x.write(ADA, 2)
    second = once(how, x, first)
    assert ids(second)[-2:] == written[-2:]
    drained(how, x, second)
    assert sorted(x.given) == written


@settings(max_examples=40, deadline=None)
@given(
    busy=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 7)), min_size=1, max_size=5),
    cap=st.integers(5, 30),
)
def test_nothing_is_lost_and_nothing_paid_for_twice(busy: list[tuple[int, int]], cap: int) -> None:
    x = XServer(handles={ADA: "Ada_Tern", BOB: "bob"})
    how = options(users=["ada_tern", "bob"], max_posts=cap)
    x.write(ADA, 2)
    x.write(BOB, 2)
    before = drained(how, x, Fetched())[-1]
    x.given.clear()
    written = []
    for of_ada, of_bob in busy:
        written += x.write(ADA, of_ada) + x.write(BOB, of_bob)
        before = once(how, x, before)
    drained(how, x, before)
    assert Counter(x.given) == Counter(written)


def test_a_busy_account_does_not_eat_the_share_of_a_quiet_one(x: XServer) -> None:
    how = options(users=["ada_tern", "bob"], max_posts=20)
    x.write(ADA)
    x.write(BOB)
    before = once(how, x)
    x.write(ADA, 500)
    quiet = x.write(BOB, 2)
    assert set(quiet) <= set(ids(once(how, x, before)))


def test_who_had_no_turn_comes_first_next_time(x: XServer) -> None:
    how = options(users=["ada_tern", "bob"], max_posts=5)
    x.write(ADA, 9)
    x.write(BOB, 9)
    first = once(how, x)
    x.write(ADA, 9)
    second = once(how, x, first)
    assert {p["author_id"] for page in second.payloads for p in json.loads(page.body)["data"]} == {BOB}


@pytest.mark.parametrize("how", [options(max_usd_per_run=0.02), options(max_posts=4), options(max_usd_per_run=0.001)])
def test_a_cap_that_allows_no_page_is_told(x: XServer, how: Options) -> None:
    x.write(ADA)
    trouble: SourceError | None
    try:
        trouble = once(how, x).trouble
    except SourceError as e:
        trouble = e
    assert trouble
    assert trouble.kind == "spend_cap"
    assert "max_usd_per_run" in trouble.remedy
    assert queries(x, f"/2/users/{ADA}/tweets") == []


def test_what_the_cap_cuts_off_a_list_is_read_next_time(x: XServer) -> None:
    how = options(list="77", max_posts=30)
    x.write(ADA, 3)
    before = once(how, x)
    x.given.clear()
    new = x.write(ADA, 70)
    found = drained(how, x, before)
    assert set(x.given) >= set(new)
    assert len(found) > 2
    assert len(x.given) - len(new) <= 10 * len(found), "of what is known only a short page is read again"
    quiet = x.billed_usd_micros
    once(how, x, found[-1])
    assert x.billed_usd_micros - quiet == 5 * 5_000


def test_a_place_in_a_list_that_x_has_forgotten_is_told_once(x: XServer) -> None:
    how = options(list="77", max_posts=30)
    x.write(ADA, 3)
    before = once(how, x)
    x.write(ADA, 70)
    cut = once(how, x, before)
    x.tokens.clear()
    found = once(how, x, cut)
    assert found.trouble
    assert found.trouble.kind == "gap_lost"
    assert once(how, x, found).trouble is None


def test_an_answer_that_cannot_be_read_is_counted_at_its_worst(x: XServer) -> None:
    how = options()
    x.write(ADA)
    before = once(how, x)
    x.silent[f"/2/users/{ADA}/tweets"] = (200, {}, b'{"data": [{"id": "19')
    found = once(how, x, before)
    assert found.cost_usd_micros == 100 * 5_000
    assert found.trouble
    assert found.trouble.kind == "bad_answer"
    x.silent.clear()
    new = x.write(ADA)
    assert ids(once(how, x, found)) == new, "the place is as it was"


# --- what goes wrong


def test_429_waits_as_long_as_x_says(x: XServer) -> None:
    reset = str(int((NOW + timedelta(minutes=11)).timestamp()))
    x.silent["/2/users/by"] = (429, {"x-rate-limit-reset": reset}, b"{}")
    with pytest.raises(SourceError) as caught:
        once(options(), x)
    assert (caught.value.kind, caught.value.wait_s) == ("http_429", 660)


@pytest.mark.parametrize("reset", ["", "soon", "-5", "9" * 400, "1"])
def test_junk_in_the_header_is_no_wait(x: XServer, reset: str) -> None:
    x.silent["/2/users/by"] = (429, {"x-rate-limit-reset": reset}, b"{}")
    with pytest.raises(SourceError) as caught:
        once(options(), x)
    assert caught.value.wait_s == 0


def test_what_was_read_before_the_trouble_is_kept(x: XServer) -> None:
    how = options(users=["ada_tern", "bob"])
    new = x.write(ADA, 2)
    late = x.write(BOB, 2)
    reset = str(int((NOW + timedelta(minutes=2)).timestamp()))
    x.silent[f"/2/users/{BOB}/tweets"] = (429, {"x-rate-limit-reset": reset}, b"{}")
    first = once(how, x)
    assert ids(first) == new
    assert first.trouble
    assert first.trouble.kind == "http_429"
    assert first.headers == {"retry-after": "120"}
    assert first.cost_usd_micros == x.billed_usd_micros
    x.silent.clear()
    second = once(how, x, first)
    assert ids(second) == late


def test_a_broken_connection_is_trouble_of_the_rest(x: XServer, httpserver: HTTPServer, http: HttpClient) -> None:
    """The look-up is paid for: it must not be lost with what comes after it."""
    httpserver.expect_request("/2/users/by").respond_with_handler(x.serve)
    httpserver.expect_request(f"/2/users/{ADA}/tweets").respond_with_data("x" * 6_000_000)
    how = options(base_url=httpserver.url_for(""), allow_private=True)
    found = once(how, http)
    assert found.trouble
    assert found.trouble.kind == "too_large"
    assert found.cost_usd_micros == 10_000
    assert json.loads(found.cursor or "{}")["ids"] == {"ada_tern": ADA}


@pytest.mark.parametrize("status", [401, 402, 403, 500])
def test_a_refusal_of_all_is_raised_and_never_names_the_token(x: XServer, status: int) -> None:
    x.silent["/2/users/by"] = (status, {}, b"Bearer s3cret")
    with pytest.raises((SourceError, NetworkError)) as caught:
        once(options(), x)
    assert caught.value.kind == f"http_{status}"
    assert "s3cret" not in f"{caught.value}{caught.value.__dict__}{caught.value.__cause__}"


def test_the_token_is_nowhere_in_what_is_kept(x: XServer) -> None:
    how = options()
    x.write(ADA, text="I know your s3cret")
    found = once(how, x)
    assert "s3cret" not in f"{found}{how}{how.model_dump()}"
    assert b"I know your {token}" in found.payloads[0].body


# --- parse


def payload(data: object, **more: object) -> Payload:
    body = json.dumps({"data": data, **more}).encode()
    return Payload(source_id="x", url="https://api.x.com/", fetched_at=NOW, media_type="application/json", body=body)


def test_every_sample_of_the_documentation_is_read_without_loss(shared_data: Path) -> None:
    samples = [json.loads(p.read_text(encoding="utf-8"))["body"] for p in (shared_data / "social").glob("x_*.json")]
    assert len(samples) == 12
    for sample in samples:
        posts = sample["data"] if isinstance(sample["data"], list) else [sample["data"]]
        body = json.dumps(sample).encode()
        found = parse(
            Payload(source_id="x", url="", fetched_at=NOW, media_type="application/json", body=body),
            options(replies=True, reposts=True),
        )
        assert (len(found.items), found.dropped) == (len(posts), [])
        assert parse(payload(posts), options()).entries == len(posts)
        for item, post in zip(found.items, posts, strict=True):
            assert item.guid == post.get("edit_history_tweet_ids", [post["id"]])[0]
            assert "t.co" not in item.body or "entities" not in post


def test_each_post_that_is_passed_over_says_why() -> None:
    posts = [
        {"id": "1", "text": "RT @a: b", "referenced_tweets": [{"type": "retweeted", "id": "9"}]},
        {"id": "2", "text": "@a b", "referenced_tweets": [{"type": "replied_to", "id": "9"}]},
        {"id": "3", "text": "c", "public_metrics": {"like_count": 4}},
        {"id": "4", "text": "d", "public_metrics": {"like_count": 5}},
        {"id": "5", "text": ""},
    ]
    found = parse(payload(posts), options(min_likes=5))
    assert [i.guid for i in found.items] == ["4"]
    assert [(d.guid, d.reason) for d in found.dropped] == [
        ("1", "repost"),
        ("2", "reply"),
        ("3", "few_votes"),
        ("5", "few_votes"),
    ]
    assert Dropped(guid="5", reason="no_text") in parse(payload(posts), options()).dropped


def test_an_edit_is_no_new_item() -> None:
    before = {"id": "10", "text": "Teh model", "edit_history_tweet_ids": ["10"]}
    after = {"id": "11", "text": "The model", "edit_history_tweet_ids": ["10", "11"]}
    found = parse(payload([after, before]), options())
    assert [(i.guid, i.title) for i in found.items] == [("10", "The model")]
    assert found.dropped == []


def test_a_repost_is_the_original_and_says_who_passed_it_on() -> None:
    how = options(reposts=True)
    repost = {
        "id": "20",
        "author_id": ADA,
        "text": "RT @carol: We publish the weights of a model that is rather la…",
        "referenced_tweets": [{"type": "retweeted", "id": "5"}],
        "public_metrics": {"like_count": 0},
    }
    users = [{"id": ADA, "username": "ada"}, {"id": "13", "username": "carol", "name": "Carol"}]
    (cut,) = parse(payload([repost], includes={"users": users[:1]}), how).items
    assert (cut.guid, cut.authors, cut.via, cut.points) == ("5", ("@carol",), "@ada", None)
    assert cut.body == "We publish the weights of a model that is rather la…"
    assert cut.url == "https://x.com/carol/status/5"
    original = {"id": "5", "author_id": "13", "text": "All of it.", "public_metrics": {"like_count": 12}}
    (whole,) = parse(payload([repost], includes={"users": users, "tweets": [original]}), how).items
    assert (whole.id, whole.body, whole.points) == (cut.id, "All of it.", 12)
    assert (whole.authors, whole.via) == (("Carol", "@carol"), "@ada")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"data": 7}', b'{"data": [1, {"id": "x"}]}'])
def test_another_answer_is_named(body: bytes) -> None:
    given = Payload(source_id="x", url="u", fetched_at=NOW, media_type="application/json", body=body)
    with pytest.raises(SourceError) as caught:
        parse(given, options())
    assert (caught.value.kind, caught.value.subject) == ("bad_answer", "x")
