from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer

from pipeline.errors import SourceError
from pipeline.net.http import HttpClient
from pipeline.sources import FetchState, Parsed
from pipeline.sources.arxiv import Options, fetch, parse
from pipeline.types import Payload

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = Path(__file__).parents[1] / "data" / "sources" / "arxiv" / "day.xml"
NAMES = 'xmlns="http://www.w3.org/2005/Atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"'


def options(**more: object) -> Options:
    return Options.model_validate({"categories": ["cs.CL", "cs.LG"], **more})


def parsed(body: bytes | str, **more: object) -> Parsed:
    raw = body.encode() if isinstance(body, str) else body
    url = "https://rss.arxiv.org/atom/cs.CL+cs.LG"
    given = Payload(source_id="arxiv", url=url, fetched_at=NOW, media_type="application/atom+xml", body=raw)
    return parse(given, options(**more))


def atom(*entries: str, title: str = "cs.CL updates on arXiv.org", total: int | None = None) -> str:
    count = "" if total is None else f"<opensearch:totalResults>{total}</opensearch:totalResults>"
    return f"<feed {NAMES}><title>{title}</title>{count}{''.join(entries)}</feed>"


def entry(guid: str, title: str = "On Owls", summary: str = "They fly.", creator: str = "") -> str:
    names = f'<dc:creator xmlns:dc="http://purl.org/dc/elements/1.1/">{creator}</dc:creator>' if creator else ""
    return f"<entry><id>{guid}</id><title>{title}</title><summary>{summary}</summary>{names}</entry>"


def test_replacements_and_listings_of_neighbours_are_counted() -> None:
    found = parsed(DAY.read_bytes())
    assert [i.guid for i in found.items] == ["2611.12345", "2611.12399"]
    assert {d.guid: d.reason for d in found.dropped} == {"2611.00002": "cross_listing", "2501.00001": "replacement"}
    with_neighbours = parsed(DAY.read_bytes(), announce=["new", "cross"])
    assert [i.guid for i in with_neighbours.items] == ["2611.12345", "2611.00002", "2611.12399"]
    assert [d.reason for d in with_neighbours.dropped] == ["replacement"]


def test_a_day_of_more_papers_than_wanted_names_the_others() -> None:
    found = parsed(DAY.read_bytes(), max_items=1)
    assert [i.guid for i in found.items] == ["2611.12345"]
    assert {d.guid: d.reason for d in found.dropped}["2611.12399"] == "over_the_limit"


def test_a_thousand_papers_are_read() -> None:
    day = atom(*(entry(f"oai:arXiv.org:2611.{n:05}v1") for n in range(1_500)))
    assert len(parsed(day).items) == 1_500


@pytest.mark.parametrize(
    ("guid", "paper"),
    [
        ("oai:arXiv.org:2411.01234v1", "2411.01234"),
        ("oai:arXiv.org:2411.01234", "2411.01234"),
        ("http://arxiv.org/abs/2411.01234v12", "2411.01234"),
        ("oai:arXiv.org:hep-th/9901001v2", "hep-th/9901001"),
        ("oai:arXiv.org:math.GT/0309136v1", "math.GT/0309136"),
    ],
)
def test_versions_of_a_paper_are_one_item(guid: str, paper: str) -> None:
    item = parsed(atom(entry(guid))).items[0]
    assert (item.guid, item.url) == (paper, f"https://arxiv.org/abs/{paper}")


def test_what_is_no_paper_is_counted() -> None:
    found = parsed(atom(entry("https://arxiv.org/help/maintenance", "Down on Sunday")))
    assert ([*found.items], [d.reason for d in found.dropped]) == ([], ["no_paper"])


@pytest.mark.parametrize(
    ("creator", "names"),
    [
        ("Ada Example", ("Ada Example",)),
        ("Ada Example, Bo Example", ("Ada Example", "Bo Example")),
        ("Plato, Ada Example, Bo Example", ("Plato", "Ada Example", "Bo Example")),
        (r"J\&quot;org M\'endez, Plato", ("Jörg Méndez", "Plato")),
    ],
)
def test_authors_stand_behind_commas(creator: str, names: tuple[str, ...]) -> None:
    assert parsed(atom(entry("oai:arXiv.org:2411.01234v1", creator=creator))).items[0].authors == names


def test_a_long_list_of_authors_has_no_half_names() -> None:
    creator = ", ".join(["Plato", *(f"Author Number{n}" for n in range(40))])
    authors = parsed(atom(entry("oai:arXiv.org:2411.01234v1", creator=creator))).items[0].authors
    assert len(authors) >= 5
    assert not any("…" in a for a in authors)


@pytest.mark.parametrize(
    ("why", "named"),
    [
        ("Bad subject class 'LG'. Valid subject classes for the archive 'cs' are: cs.AI.", "category cs.LG"),
        ("Bad archive 'cs'. Valid archive names are: math.", "category cs.CL or cs.LG"),
        ("", "category cs.CL or cs.LG"),
    ],
)
def test_a_category_that_is_unknown_is_named(why: str, named: str) -> None:
    title = "Feed error for query: http://rss.arxiv.org/atom/cs.CL+cs.LG"
    error = f"<feed {NAMES}><title>{title}</title><subtitle>{why}</subtitle></feed>"
    with pytest.raises(SourceError, match=named) as caught:
        parsed(error)
    assert (caught.value.kind, caught.value.subject) == ("bad_query", "arxiv")


def test_an_error_of_the_interface_is_no_paper() -> None:
    error = entry("http://arxiv.org/api/errors#incorrect_id_format", "Error", "malformed query")
    with pytest.raises(SourceError, match="malformed query") as caught:
        parsed(atom(error), query="ti:(")
    assert caught.value.kind == "bad_query"


@pytest.mark.parametrize("category", ["", "cs.CL+cs.LG", "cs/../x", "CS", "cs.", "cs.CL OR cat:x"])
def test_what_is_no_category(category: str) -> None:
    with pytest.raises(ValidationError):
        options(categories=[category])


@pytest.mark.parametrize("category", ["cs", "cs.CL", "q-bio.NC", "astro-ph.CO", "cond-mat.dis-nn", "physics.data-an"])
def test_what_is_a_category(category: str) -> None:
    assert options(categories=[category]).categories == (category,)


def test_one_conditional_request_for_all_categories(httpserver: HTTPServer, http: HttpClient) -> None:
    given = options(base_url=httpserver.url_for("/"), allow_private=True)
    page = httpserver.expect_ordered_request("/atom/cs.CL+cs.LG")
    page.respond_with_data(DAY.read_bytes(), headers={"ETag": '"a"'})
    unchanged = httpserver.expect_ordered_request("/atom/cs.CL+cs.LG", headers={"If-None-Match": '"a"'})
    unchanged.respond_with_data(status=304)
    first = fetch(given, FetchState(source_id="arxiv"), http, NOW)
    assert len(parse(first.payloads[0], given).items) == 2
    state = FetchState(source_id="arxiv", validators=first.validators)
    assert fetch(given, state, http, NOW).payloads == ()
    assert len(httpserver.log) == 2


def test_a_search_looks_back_a_week_before_the_last_time(httpserver: HTTPServer, http: HttpClient) -> None:
    httpserver.expect_request("/api/query").respond_with_data(atom(total=0))
    given = options(query='abs:"world model" OR ti:agent', api_url=httpserver.url_for("/"), allow_private=True)
    dates = {
        None: "202611160900",
        (NOW - timedelta(days=2)).isoformat(): "202611140900",
        (NOW - timedelta(days=400)).isoformat(): "202609240900",  # sixty days, no more
        (NOW + timedelta(days=400)).isoformat(): "202611160900",
        "nonsense": "202611160900",
    }
    for cursor, since in dates.items():
        fetched = fetch(given, FetchState(source_id="arxiv", cursor=cursor), http, NOW)
        assert (fetched.cursor, fetched.trouble) == (NOW.isoformat(), None)
        asked = httpserver.log[-1][0].args
        assert asked["search_query"] == (
            f'(cat:cs.CL OR cat:cs.LG) AND (abs:"world model" OR ti:agent) AND submittedDate:[{since} TO 202611230900]'
        )
        assert (asked["sortBy"], asked["sortOrder"], asked["max_results"]) == ("submittedDate", "descending", "2000")


def test_a_search_that_finds_too_much_says_so(httpserver: HTTPServer, http: HttpClient) -> None:
    httpserver.expect_request("/api/query").respond_with_data(atom(entry("http://arxiv.org/abs/2611.1v1"), total=9_001))
    given = options(query="all:model", max_items=500, api_url=httpserver.url_for("/"), allow_private=True)
    fetched = fetch(given, FetchState(source_id="arxiv"), http, NOW)
    assert fetched.trouble is not None
    assert "9,001 papers, of which the newest 500" in fetched.trouble.message
    assert len(fetched.payloads) == 1


def test_a_search_that_is_refused_names_the_query(httpserver: HTTPServer, http: HttpClient) -> None:
    httpserver.expect_request("/api/query").respond_with_data("", status=400)
    given = options(query="ti:(", api_url=httpserver.url_for("/"), allow_private=True)
    with pytest.raises(SourceError, match=r"ti:\(") as caught:
        fetch(given, FetchState(source_id="arxiv"), http, NOW)
    assert caught.value.kind == "bad_query"
