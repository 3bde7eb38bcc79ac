import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer

from pipeline.errors import SourceError
from pipeline.net.http import HttpClient
from pipeline.sources import Fetched, FetchState, Parsed
from pipeline.sources.huggingface import Options, fetch, parse
from pipeline.text.urls import url_key
from pipeline.types import Payload

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
PAPERS, MODELS = "/api/daily_papers", "/api/models"


def payload(body: object, at: datetime = NOW) -> Payload:
    return Payload(
        source_id="hf", url="https://hf.example/", fetched_at=at, media_type="", body=json.dumps(body).encode()
    )


def parsed(*entries: dict[str, object], **options: object) -> Parsed:
    return parse(payload(list(entries)), Options.model_validate(options))


def paper(paper_id: str, **more: object) -> dict[str, object]:
    return {"paper": {"id": paper_id, "title": f"On {paper_id}", "summary": "It works.", **more}}


def model(model_id: str, **more: object) -> dict[str, object]:
    return {"id": model_id, "createdAt": "2026-11-20T10:00:00.000Z", "likes": 5, "tags": [], **more}


def asked(httpserver: HTTPServer, http: HttpClient, **options: object) -> Fetched:
    given = Options.model_validate({"base_url": httpserver.url_for("/"), "allow_private": True, **options})
    return fetch(given, FetchState(source_id="hf"), http, NOW)


def bodies(fetched: Fetched) -> list[object]:
    return [json.loads(p.body) for p in fetched.payloads]


def test_papers_are_asked_of_today_and_of_yesterday(httpserver: HTTPServer, http: HttpClient) -> None:
    for day in ("2026-11-23", "2026-11-22"):
        httpserver.expect_request(PAPERS, query_string={"date": day, "limit": "100"}).respond_with_json([paper(day)])
    fetched = asked(httpserver, http)
    assert bodies(fetched) == [[paper("2026-11-23")], [paper("2026-11-22")]]
    assert len({p.url for p in fetched.payloads}) == 2
    assert fetched.trouble is None


def test_the_list_of_today_may_not_be_open_yet(httpserver: HTTPServer, http: HttpClient) -> None:
    httpserver.expect_request(PAPERS, query_string={"date": "2026-11-23", "limit": "100"}).respond_with_data("", 400)
    httpserver.expect_request(PAPERS, query_string={"date": "2026-11-22", "limit": "100"}).respond_with_json([])
    fetched = asked(httpserver, http)
    assert (bodies(fetched), fetched.trouble) == ([[]], None)


def test_a_weekend_is_no_trouble(httpserver: HTTPServer, http: HttpClient) -> None:
    httpserver.expect_request(PAPERS).respond_with_json([])
    fetched = asked(httpserver, http)
    assert (bodies(fetched), fetched.trouble) == ([[], []], None)
    assert [parse(p, Options()) for p in fetched.payloads] == [Parsed(items=[], dropped=[])] * 2


def test_one_day_that_fails_is_told_and_the_other_stays(httpserver: HTTPServer, http: HttpClient) -> None:
    httpserver.expect_request(PAPERS, query_string={"date": "2026-11-23", "limit": "100"}).respond_with_json([])
    httpserver.expect_request(PAPERS, query_string={"date": "2026-11-22", "limit": "100"}).respond_with_data("", 400)
    fetched = asked(httpserver, http)
    assert bodies(fetched) == [[]]
    assert fetched.trouble is not None
    assert fetched.trouble.kind == "http_400"


def test_pages_are_followed_on_the_same_host_and_only_as_far_as_wanted(
    httpserver: HTTPServer, http: HttpClient
) -> None:
    def serve(page: int, link: str) -> None:
        httpserver.expect_request(MODELS, query_string=f"cursor={page}").respond_with_json(
            [model(f"lab/{page}")], headers={"Link": link}
        )

    next_page = {"Link": f'<{httpserver.url_for(MODELS)}?cursor=1>; rel="next"'}
    serve(1, f'<{MODELS}?cursor=2>; rel="next"')
    serve(2, f'<{MODELS}?cursor=1>; rel="next"')
    for limit, pages in ((100, 1), (101, 2), (300, 3), (500, 5)):
        httpserver.expect_oneshot_request(MODELS).respond_with_json([model("lab/0")], headers=next_page)
        assert len(asked(httpserver, http, what="models", limit=limit).payloads) == pages
    elsewhere = {"Link": '<https://elsewhere.example/?cursor=1>; rel="next"'}
    httpserver.expect_oneshot_request(MODELS).respond_with_json([model("lab/0")], headers=elsewhere)
    assert len(asked(httpserver, http, what="models", limit=500).payloads) == 1


def test_the_trend_of_one_task(httpserver: HTTPServer, http: HttpClient) -> None:
    httpserver.expect_request(MODELS).respond_with_json([])
    asked(httpserver, http, what="models", pipeline_tag="text-generation", limit=30)
    query = httpserver.log[0][0].args
    assert {k: query[k] for k in ("sort", "direction", "limit", "pipeline_tag")} == {
        "sort": "trendingScore",
        "direction": "-1",
        "limit": "30",
        "pipeline_tag": "text-generation",
    }
    assert "safetensors" in query.getlist("expand[]")


def test_one_organisation_that_fails_is_told_and_the_others_stay(httpserver: HTTPServer, http: HttpClient) -> None:
    answers = {"good": ([model("good/One")], 200), "broken": ([], 500), "misspelt": ([], 200), "Qwen": ([], 200)}
    answers["Qwen"] = ([model("Qwen/Two")], 200)
    for author, (body, status) in answers.items():
        httpserver.expect_request(MODELS, query_string=_by(author)).respond_with_json(body, status=status)
    fetched = asked(httpserver, http, what="models", authors=list(answers), limit=20)
    assert bodies(fetched) == [[model("good/One")], [], [model("Qwen/Two")]]
    assert fetched.trouble is not None
    assert fetched.trouble.kind == "http_500"
    fetched = asked(httpserver, http, what="models", authors=["good", "misspelt"], limit=20)
    assert fetched.trouble is not None
    assert (fetched.trouble.kind, "author=misspelt" in fetched.trouble.message) == ("no_models", True)
    with pytest.raises(SourceError, match="answered 500"):
        asked(httpserver, http, what="models", authors=["broken"], limit=20)


def _by(author: str) -> str:
    fields = "&".join(
        f"expand%5B%5D={f}" for f in ("createdAt", "likes", "tags", "pipeline_tag", "gated", "safetensors")
    )
    return f"author={author}&sort=createdAt&direction=-1&limit=20&{fields}"


def test_when_the_limit_is_reached_it_stops_and_says_until_when(httpserver: HTTPServer, http: HttpClient) -> None:
    httpserver.expect_request(MODELS).respond_with_data("", 429, headers={"RateLimit": '"api";r=0;t=55'})
    with pytest.raises(SourceError) as caught:
        asked(httpserver, http, what="models", authors=["a", "b", "c"])
    assert (caught.value.kind, caught.value.wait_s) == ("http_429", 55)
    assert len(httpserver.log) == 1


def test_what_the_network_says_is_told_of_the_source(httpserver: HTTPServer, http: HttpClient) -> None:
    with pytest.raises(SourceError) as caught:
        fetch(Options(base_url="http://127.0.0.1:9"), FetchState(source_id="hf"), http, NOW)
    assert caught.value.kind == "private_address"


def test_what_is_passed_over_has_a_reason() -> None:
    found = parsed(
        model("lab/New"),
        model("lab/Quiet", likes=0),
        model("lab/Old", createdAt="2026-11-01T00:00:00Z"),
        model("copier/New-GGUF"),
        model("copier/New-4bit", tags=["base_model:quantized:lab/New"]),
        model("lab/Mlxology"),
        what="models",
        min_votes=1,
    )
    assert [i.guid for i in found.items] == ["lab/New", "lab/Mlxology"]
    assert {d.guid: d.reason for d in found.dropped} == {
        "lab/Quiet": "few_votes",
        "lab/Old": "old",
        "copier/New-GGUF": "quantised_copy",
        "copier/New-4bit": "quantised_copy",
    }
    votes = parsed(paper("2611.00001", upvotes=9), paper("2611.00002", upvotes=10), min_votes=10)
    assert [i.points for i in votes.items] == [10]
    assert [(d.guid, d.reason) for d in votes.dropped] == [("2611.00001", "few_votes")]


def test_the_radar_dates_a_model_and_the_trend_does_not() -> None:
    radar = parsed(model("Qwen/Owl"), what="models", authors=["Qwen"]).items[0]
    assert radar.published_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert "trending" not in radar.body
    assert parsed(model("Qwen/Owl"), what="models").items[0].published_at is None


def test_likes_do_not_change_the_text() -> None:
    texts = {parsed(model("Qwen/Owl", likes=n), what="models").items[0].body for n in (1, 2_000)}
    assert len(texts) == 1


def test_a_paper_is_the_one_of_arxiv() -> None:
    found = parsed(paper("2611.00001"), paper("blog-post"))
    keys = [url_key(i.url) for i in found.items]
    assert keys == ["arxiv:2611.00001", "huggingface.co/papers/blog-post"]


def test_odd_fields_count_as_absent() -> None:
    odd: dict[str, object]
    odd = {"likes": "many", "tags": ["license:mit", 7, None], "pipeline_tag": None, "gated": [], "safetensors": None}
    assert (
        parsed(model("Qwen/Owl", **odd), what="models")
        .items[0]
        .body.endswith("Its licence is mit. It is on the list of trending models of Hugging Face.")
    )
    odd = {"upvotes": None, "authors": [{"name": None}], "submittedOnDailyAt": 7, "githubRepo": "javascript:x"}
    item = parsed(paper("2611.00001", **odd)).items[0]
    assert (item.points, item.authors, item.published_at, item.media) == (None, (), None, ())


@pytest.mark.parametrize("body", [{}, {"error": "x"}, [{"title": "neither"}], ["x"], None])
def test_another_answer_is_named(body: object) -> None:
    with pytest.raises(SourceError) as caught:
        parse(payload(body), Options())
    assert (caught.value.kind, caught.value.subject) == ("bad_answer", "hf")


def test_authors_belong_to_models() -> None:
    with pytest.raises(ValidationError, match="what: models"):
        Options(authors=("Qwen",))
    with pytest.raises(ValidationError):
        Options(what="models", authors=("a/../b",))


def test_abstracts_of_real_days_stay_readable(shared_data: Path) -> None:
    files = shared_data.glob("replay/*/hf_papers.jsonl")
    rows = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    entries = [paper(r["id"].partition(":")[2], title=r["title"], summary=r["text"]) for r in rows]
    items = parsed(*entries).items
    assert len(items) == len(rows) > 300
    assert all(i.url.endswith(i.guid) for i in items)
    assert sum("\\" in i.body for i in items) <= len(items) / 50
