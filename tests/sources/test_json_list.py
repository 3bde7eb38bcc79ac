import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from pytest_httpserver import HTTPServer

from pipeline.errors import SourceError
from pipeline.net.http import HttpClient
from pipeline.sources import FetchState, Parsed
from pipeline.sources.json_list import Options, fetch, parse
from pipeline.types import Payload

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PLAIN = {"title": "title", "url": "url", "id": "id", "body": "body", "published_at": "date", "authors": "by"}
WORDPRESS = {
    "url": "https://news.example/wp-json/wp/v2/posts?per_page=30",
    "format": "html",
    "fields": {
        "id": "id",
        "title": "title.rendered",
        "url": "link",
        "body": "content.rendered",
        "published_at": "date_gmt",
    },
}
LIBRARY = {  # the article library of a Chinese site
    "url": "https://news.example/api/article_library/articles.json?sort=time&page=1&per=40",
    "items": "articles",
    "fields": {
        "id": "id",
        "title": "title",
        "url": "https://news.example/articles/{slug}",
        "body": "content",
        "published_at": "publishedAt",
        "authors": "author",
    },
    "time_zone": "Asia/Shanghai",
    "headers": {"referer": "https://news.example/articles"},
}
PAGES = {  # whole pages within a list
    "url": "https://lab.example/api/v2/article/retrieval?type=lab&language=en-US",
    "items": "data.articles",
    "format": "page",
    "fields": {
        "id": "id",
        "title": "title",
        "url": "https://lab.example/blog?id={path}",
        "body": "content",
        "published_at": "extra.date",
        "authors": "extra.author",
    },
}


def options(**more: object) -> Options:
    return Options.model_validate({"url": "https://site.example/api/news", "fields": PLAIN, **more})


def parsed(body: object, how: Options) -> Parsed:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse(Payload(source_id="js", url=how.url, fetched_at=NOW, media_type="application/json", body=raw), how)


def entry(**more: object) -> dict[str, object]:
    return {"title": "A title", "url": "/a", **more}


def test_wordpress_speaks_html() -> None:
    post = {
        "id": 7,
        "date": "2026-11-22T17:30:00",
        "date_gmt": "2026-11-22T09:30:00",
        "link": "https://news.example/p/7.html",
        "title": {"rendered": "AT&#038;T &#8220;buys&#8221; <em>Owl</em>"},
        "content": {"rendered": "<p>A <b>deal</b>.</p>\n<ul><li>One</li></ul>", "protected": False},
        "excerpt": {"rendered": "<p>A &hellip;</p>"},
    }
    item = parsed([post], Options.model_validate(WORDPRESS)).items[0]
    assert (item.guid, item.title, item.body) == ("7", "AT&T “buys” Owl", "A deal.\n- One")
    assert (item.url, item.published_at) == ("https://news.example/p/7.html", datetime(2026, 11, 22, 9, 30, tzinfo=UTC))


def test_dates_without_a_zone_are_of_the_place() -> None:
    article = {
        "id": "247f757d",
        "title": "猫头鹰四号发布",
        "slug": "2026-11-23-7",
        "author": "本站",
        "publishedAt": "2026/11/23 15:06",
        "content": "摘要",
    }
    item = parsed({"success": True, "articles": [article]}, Options.model_validate(LIBRARY)).items[0]
    assert item.published_at == datetime(2026, 11, 23, 7, 6, tzinfo=UTC)
    assert (item.url, item.authors, item.language) == ("https://news.example/articles/2026-11-23-7", ("本站",), "zh")


def test_of_a_whole_page_the_article_is_taken() -> None:
    prose = " ".join(f"The model reads page {n} of the book and remembers what stood there." for n in range(12))
    page = (
        f"<html><head><title>x</title></head><body><nav><a href='/'>Blog</a> <a href='/about'>About</a></nav>"
        f"<article><h1>Owl 4</h1><p>{prose}</p></article><footer>All rights reserved</footer></body></html>"
    )
    article = {
        "id": "8f0c",
        "title": "Owl 4",
        "path": "owl-4",
        "content": page,
        "extra": {"date": "2026-11-23T10:00:00+08:00", "author": "Owl Team"},
    }
    item = parsed({"data": {"articles": [article]}}, Options.model_validate(PAGES)).items[0]
    assert prose in item.body
    assert "About" not in item.body
    assert (item.url, item.published_at) == ("https://lab.example/blog?id=owl-4", datetime(2026, 11, 23, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("date", "hour"),
    [
        ("2026-11-20T12:00:00.000Z", 12),
        ("2026-11-20T12:00:00", 4),
        ("2026-11-20 12:00", 4),
        ("2026/11/20 12:00", 4),
        ("2026-11-20T12:00:00+02:00", 10),
        ("Fri, 20 Nov 2026 12:00:00 +0000", 12),
        ("Fri, 20 Nov 2026 12:00:00 GMT", 12),
        (1795176000, 12),
        (1795176000000, 12),
        (1795176000000.0, 12),
        ("1795176000", 12),
    ],
)
def test_dates_of_every_kind(date: object, hour: int) -> None:
    how = options(time_zone="Asia/Shanghai")
    assert parsed([entry(date=date)], how).items[0].published_at == datetime(2026, 11, 20, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    "date", [None, True, "", "soon", "20261120", 0, 7, -1, 10**30, 1e308, float("nan"), [], {}, "9999-12-31 23:59"]
)
def test_what_is_no_date(date: object) -> None:
    found = parsed([entry(date=date)], options(time_zone="America/New_York")).items[0].published_at
    assert found is None


def test_the_newest_count_and_what_is_left_out_is_named() -> None:
    entries = [entry(id=n, url=f"/{n}", date=f"2026-11-{n:02}") for n in (3, 9, 5)]
    entries += [entry(id=1, url=""), entry(id=2, title=" "), entry(id=9, url="/again")]
    found = parsed(entries, options(max_items=2))
    assert [i.guid for i in found.items] == ["9", "5"]
    assert {d.guid: d.reason for d in found.dropped} == {"3": "over_the_limit", "1": "no_address", "2": "no_title"}


def test_addresses_are_resolved_and_cleaned() -> None:
    how = options(fields={"title": "title", "url": "https://site.example/{kind}/{id}?x={id}"})
    urls = [i.url for i in parsed([entry(kind="a/b", id="1&y=2"), entry(kind="../c", id=3)], how).items]
    assert urls == ["https://site.example/a/b/1%26y%3D2?x=1%26y%3D2", "https://site.example/c/3?x=3"]
    bad = parsed([entry(url="javascript:alert(1)"), entry(url="http://[")], options())
    assert [d.reason for d in bad.dropped] == ["no_address", "no_address"]


def test_authors_are_a_name_or_a_list_of_names_or_of_people() -> None:
    for by in ("Ada", ["Ada"], [{"name": "Ada"}]):
        fields = {**PLAIN, "authors": "by.name"} if isinstance(by[0], dict) else PLAIN
        assert parsed([entry(by=by)], options(fields=fields)).items[0].authors == ("Ada",)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "is no JSON"),
        (b"<html>", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"9" * 10_000, "is no JSON"),
        ({"success": False}, "is no list"),
        ([1] * 5_001, "more than 5,000"),
    ],
)
def test_another_answer_is_named(body: object, says: str) -> None:
    with pytest.raises(SourceError, match=says) as caught:
        parsed(body, options())
    assert (caught.value.kind, caught.value.subject) == ("bad_answer", "js")


def test_a_list_that_is_elsewhere_is_named() -> None:
    with pytest.raises(SourceError, match=r"has no list at 'data\.articles'"):
        parsed({"data": {"articles": None}}, options(items="data.articles"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "url", "title", "body"]), inner),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None)
@given(st.lists(JSON, max_size=5))
def test_whatever_stands_there_is_read_or_counted(entries: list[object]) -> None:
    for how in (options(), options(format="page"), options(fields={**PLAIN, "url": "https://a.example/{id}"})):
        found = parsed(entries, how)
        assert found.entries <= len(entries)
        assert all(i.title and i.url for i in found.items)


def test_headers_that_a_site_insists_on_are_sent(httpserver: HTTPServer, http: HttpClient) -> None:
    headers = {"Referer": "https://site.example/articles", "Accept": "application/json, */*"}
    httpserver.expect_request("/api", headers=headers).respond_with_json([entry()], headers={"ETag": '"a"'})
    sent = {"referer": "https://site.example/articles", "accept": "application/json, */*"}
    how = options(url=httpserver.url_for("/api"), allow_private=True, headers=sent)
    fetched = fetch(how, FetchState(source_id="js"), http, NOW)
    assert [i.title for i in parse(fetched.payloads[0], how).items] == ["A title"]
    fetch(how, FetchState(source_id="js", validators=fetched.validators), http, NOW)
    assert httpserver.log[-1][0].headers["If-None-Match"] == '"a"'


@pytest.mark.parametrize(
    "wrong",
    [
        {"headers": {"authorization": "Bearer x"}},
        {"headers": {"cookie": "a=1"}},
        {"headers": {"referer": "https://a.example/\r\nx: 1"}},
        {"fields": {"title": "title"}},
        {"fields": {"title": "title", "url": "https://a.example/none"}},
        {"fields": {"title": "title", "url": "javascript:{id}"}},
        {"fields": {"title": "a..b", "url": "url"}},
        {"items": "$.data[*]"},
        {"time_zone": "Peking"},
    ],
)
def test_what_cannot_be_configured(wrong: Mapping[str, object]) -> None:
    with pytest.raises(ValidationError):
        options(**wrong)
