import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from pytest_httpserver import HTTPServer

from pipeline.errors import SourceError
from pipeline.net.http import HttpClient
from pipeline.sources import Fetched, FetchState, Parsed
from pipeline.sources.openrouter import MAX_SEEN, Options, fetch, parse
from pipeline.types import Payload

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MODELS = "/api/v1/models"
Model = dict[str, object]


def model(
    slug: str, prompt: str = "0.000001", completion: str = "0.000002", *, age_days: float = 1, **more: object
) -> Model:
    created = int((NOW - timedelta(days=age_days)).timestamp())
    pricing = {"prompt": prompt, "completion": completion, "image": "0.5"}
    plain = {"id": slug, "canonical_slug": slug, "name": slug.title(), "created": created, "pricing": pricing}
    return {**plain, "description": "x" * 3_000, "architecture": {"modality": "text->text"}, **more}


class Shop:
    """OpenRouter on the loopback, read day after day."""

    def __init__(self, httpserver: HTTPServer, http: HttpClient) -> None:
        self.server, self.http = httpserver, http
        self.cursor: str | None = None
        self.now = NOW

    def read(self, models: Iterable[Model], **options: object) -> tuple[Fetched, Parsed]:
        self.server.clear()
        self.server.expect_request(MODELS).respond_with_json({"data": list(models)})
        given = Options.model_validate({"base_url": self.server.url_for("/"), "allow_private": True, **options})
        fetched = fetch(given, FetchState(source_id="or", cursor=self.cursor), self.http, self.now)
        self.cursor = fetched.cursor
        self.now += timedelta(days=1)
        return fetched, parse(fetched.payloads[0], given)

    def news(self, models: Iterable[Model], **options: object) -> list[str]:
        return [i.guid for i in self.read(models, **options)[1].items]


@pytest.fixture
def shop(httpserver: HTTPServer, http: HttpClient) -> Shop:
    return Shop(httpserver, http)


def reasons(found: Parsed) -> dict[str, str]:
    return {d.guid: d.reason for d in found.dropped}


def test_at_first_only_what_is_young_is_news_and_then_what_was_not_there(shop: Shop) -> None:
    young, old = model("a/young", age_days=6), model("a/old", age_days=8)
    _, found = shop.read([young, old])
    assert ([i.guid for i in found.items], reasons(found)) == (["a/young"], {"a/old": "old"})
    found = shop.read([young, old])[1]
    assert found == Parsed(items=[], dropped=[])
    late = model("a/late", age_days=300)
    found = shop.read([young, late, old])[1]
    assert [(i.guid, i.published_at) for i in found.items] == [("a/late", None)]


def test_what_comes_back_is_not_new_and_what_left_is_counted_once(shop: Shop) -> None:
    both = [model("a/one", age_days=90), model("a/two", age_days=90)]
    shop.read(both)
    for _ in range(2):
        assert reasons(shop.read(both[:1])[1]) == {"a/two#gone": "withdrawn"}
    assert shop.read(both)[1] == Parsed(items=[], dropped=[])


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (("0.000001", "0.000002"), ("0.0000009", "0.000002"), True),
        (("0.000001", "0.000002"), ("0.00000090000001", "0.000002"), False),
        (("0.000001", "0.000002"), ("0.000001", "0.0000022"), True),
        (("0.0000003", "0.0000003"), ("0.00000033", "0.0000003"), True),  # in floats 0.09999999999999998
        (("0", "0"), ("0.000000001", "0"), True),
        (("0.000001", "0"), ("0", "0"), True),
        (("0.000001", "0.000002"), ("1e-6", "2.0e-6"), False),
        (("-1", "-1"), ("0.000001", "0.000002"), False),
        (("0.000001", "0.000002"), ("-1", "-1"), False),
        (("0.000001", "0.000002"), ("NaN", "Infinity"), False),
        (("0.000001", "0.000002"), ("1e-999999", "1e999999"), False),
    ],
)
def test_a_price_is_told_when_it_moves_by_a_tenth(
    shop: Shop, before: tuple[str, str], after: tuple[str, str], told: bool
) -> None:
    shop.read([model("a/one", *before)])
    assert shop.news([model("a/one", *after)]) == (["a/one#price-2026-11-24"] if told else [])
    assert shop.news([model("a/one", *after)]) == []


def test_small_moves_add_up(shop: Shop) -> None:
    prices = ["0.00000100", "0.00000096", "0.00000092", "0.00000088"]
    told = [shop.news([model("a/one", p)]) for p in prices]
    assert told == [["a/one"], [], [], ["a/one#price-2026-11-26"]]
    assert shop.news([model("a/one", "0.00000088")]) == []


def test_a_price_that_goes_and_comes_back_is_told_twice(shop: Shop) -> None:
    cheap, dear = model("a/one", "0.000001"), model("a/one", "0.000002")
    told = [shop.news([m]) for m in (cheap, dear, cheap, dear)]
    assert told == [["a/one"], ["a/one#price-2026-11-24"], ["a/one#price-2026-11-25"], ["a/one#price-2026-11-26"]]


def test_a_router_that_gets_a_price_is_followed_from_then_on(shop: Shop) -> None:
    shop.read([model("a/one", "-1", "-1")])
    assert shop.news([model("a/one", "0.000001")]) == []
    assert shop.news([model("a/one", "0.000003")]) == ["a/one#price-2026-11-25"]


@pytest.mark.parametrize(
    ("price", "printed"),
    [
        ("0.000003", "$3"),
        ("0.0000025", "$2.50"),
        ("0.00000015", "$0.15"),
        ("0.0000000375", "$0.0375"),
        ("0.00003", "$30"),
        ("0.0012", "$1,200"),
        ("0.000000123456789", "$0.123456789"),
        ("3e-7", "$0.30"),
    ],
)
def test_prices_are_exact(shop: Shop, price: str, printed: str) -> None:
    item = shop.read([model("a/one", price, price)])[1].items[0]
    assert item.title == f"New on OpenRouter: A/One ({printed} / {printed} per million tokens)"
    assert f"{printed} per million input tokens and {printed} per million output tokens" in item.body


def test_variants_and_aliases_fold_into_their_model(shop: Shop) -> None:
    variants = [
        model("a/one:free", "0", "0", canonical_slug="a/one-2026"),
        model("a/one:batch", "0.0000005", canonical_slug="a/one-2026"),
        model("a/one", canonical_slug="a/one-2026"),
        model("~a/latest", alias_target={"slug": "a/one"}),
    ]
    found = shop.read(variants)[1]
    assert [(i.guid, i.url) for i in found.items] == [("a/one-2026", "https://openrouter.ai/a/one")]
    assert "$1 / $2" in found.items[0].title
    assert reasons(found) == {"a/one:free": "variant", "a/one:batch": "variant", "~a/latest": "alias"}
    assert shop.news(reversed(variants)) == []


def test_pages_are_followed_on_the_same_host(httpserver: HTTPServer, http: HttpClient) -> None:
    def page(slug: str, following: str | None) -> dict[str, object]:
        return {"data": [model(slug)], "links": {"next": following}, "total_count": 2}

    second = f"{MODELS}?offset=500&limit=500"
    httpserver.expect_ordered_request(MODELS, query_string="").respond_with_json(page("a/one", second))
    httpserver.expect_ordered_request(MODELS, query_string="offset=500&limit=500").respond_with_json(
        page("a/two", "https://elsewhere.example/more")
    )
    given = Options(base_url=httpserver.url_for("/"), allow_private=True)
    fetched = fetch(given, FetchState(source_id="or"), http, NOW)
    assert [i.guid for i in parse(fetched.payloads[0], given).items] == ["a/one", "a/two"]


def test_pages_end(httpserver: HTTPServer, http: HttpClient) -> None:
    for n in range(12):
        answer = {"data": [model(f"a/{n}")], "links": {"next": f"{MODELS}?page={n + 1}"}}
        httpserver.expect_request(MODELS, query_string=f"page={n}" if n else "").respond_with_json(answer)
    given = Options(base_url=httpserver.url_for("/"), allow_private=True)
    fetched = fetch(given, FetchState(source_id="or"), http, NOW)
    assert len(parse(fetched.payloads[0], given).items) == 10


def test_a_catalogue_that_fails_in_its_middle_changes_nothing(httpserver: HTTPServer, http: HttpClient) -> None:
    answer = {"data": [model("a/one")], "links": {"next": f"{MODELS}?page=1"}}
    httpserver.expect_request(MODELS, query_string="").respond_with_json(answer)
    httpserver.expect_request(MODELS, query_string="page=1").respond_with_data("", 502)
    given = Options(base_url=httpserver.url_for("/"), allow_private=True)
    with pytest.raises(SourceError, match="502"):
        fetch(given, FetchState(source_id="or"), http, NOW)


@pytest.mark.parametrize("answer", [{}, {"data": []}, {"data": [{"name": "no id"}]}, [], {"error": {"code": 500}}])
def test_another_answer_is_named(httpserver: HTTPServer, http: HttpClient, answer: object) -> None:
    httpserver.expect_request(MODELS).respond_with_json(answer)
    given = Options(base_url=httpserver.url_for("/"), allow_private=True)
    with pytest.raises(SourceError) as caught:
        fetch(given, FetchState(source_id="or", cursor='{"a/one":["1","1"]}'), http, NOW)
    assert caught.value.kind == "bad_answer"


def test_what_is_kept_is_small(shop: Shop) -> None:
    catalogue = [model(f"maker/some-model-{n}-20261120", age_days=90) for n in range(450)]
    shop.read(catalogue)
    fetched, _ = shop.read(catalogue)
    assert len(fetched.payloads[0].body) < 150_000  # the answer has 1.6 MB
    assert len(fetched.cursor or "") < 30_000


def test_the_cursor_stays_bounded_and_keeps_what_is_there(shop: Shop) -> None:
    shop.cursor = json.dumps({f"gone/{n}": ["1", "1"] for n in range(MAX_SEEN + 100)})
    fetched, _ = shop.read([model("a/one"), model("a/two")])
    kept = json.loads(fetched.cursor or "")
    assert len(kept) == MAX_SEEN
    assert {"a/one", "a/two"} <= kept.keys()


def test_a_cursor_that_is_broken_is_a_first_contact(shop: Shop) -> None:
    shop.cursor = '{"a/one": "cheap"}'
    assert shop.news([model("a/one"), model("a/old", age_days=90)]) == ["a/one"]


def test_odd_fields_count_as_absent() -> None:
    odd = model("a/one", created=10**30, context_length="big", name=None, description=7)
    bare = model("a/two", pricing=None, name="Two")
    long = model("a/three", "0." + "1" * 100, name="Three")
    body = json.dumps({"seen": {}, "data": [odd, bare, long], "links": None}).encode()
    payload = Payload(source_id="or", url="https://x.example/", fetched_at=NOW, media_type="", body=body)
    items = parse(payload, Options()).items
    titles = [
        "New on OpenRouter: a/one ($1 / $2 per million tokens)",
        "New on OpenRouter: Two",
        "New on OpenRouter: Three",
    ]
    assert ([i.title for i in items], items[0].published_at) == (titles, None)
