from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline.errors import SourceError
from pipeline.sources import FetchState
from pipeline.sources import rss as source
from pipeline.sources.rss import Options, fetch
from pipeline.types import Item, Payload, Response

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
URL = "https://feeds.example/feed"


def payload(body: str | bytes, media_type: str = "application/xml") -> Payload:
    body = body.encode() if isinstance(body, str) else body
    return Payload(source_id="example", url=URL, fetched_at=NOW, media_type=media_type, body=body)


def parse(given: Payload, how: Options) -> list[Item]:
    return list(source.parse(given, how).items)


def options(**more: object) -> Options:
    return Options.model_validate({"url": URL, **more})


def rss(*items: str, title: str = "News") -> str:
    inside = "".join(f"<item>{i}</item>" for i in items)
    return f'<rss version="2.0"><channel><title>{title}</title>{inside}</channel></rss>'


def titled(*titles: str) -> str:
    return rss(*(f"<title>{t}</title><guid>{n}</guid>" for n, t in enumerate(titles)))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("AT&amp;T", "AT&T"),
        ("AT&amp;amp;T", "AT&T"),
        ("<![CDATA[AT&amp;T]]>", "AT&T"),
        ("<![CDATA[AT&T]]>", "AT&T"),
        ("It&amp;#8217;s &amp;quot;new&amp;quot;", 'It’s "new"'),
        ("a &lt; b", "a < b"),
        ("List&lt;T&gt; in C#", "List<T> in C#"),
        ("&lt;b&gt;Bold&lt;/b&gt; claim", "Bold claim"),
        ("two\n   lines\u0000", "two lines"),
    ],
)
def test_a_title_is_decoded_once_and_not_twice(written: str, read: str) -> None:
    assert parse(payload(titled(written)), options())[0].title == read


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "is empty"),
        ("<!DOCTYPE html><html><body>Hello</body></html>", "is a web page"),
        (
            '<html><head><link rel="alternate" type="application/rss+xml" href="/rss.xml"></head></html>',
            "its feed is at https://feeds.example/rss.xml",
        ),
        ("<rss version='2.0'><channel><title>x</ti", "is broken XML"),
        ('{"items": [', "is broken JSON"),
        ('{"error": "no"}', "no JSON Feed"),
        ("{" * 100_000, "is broken JSON"),
    ],
)
def test_what_is_no_feed_is_named(body: str, says: str) -> None:
    with pytest.raises(SourceError, match=says) as caught:
        parse(payload(body, "text/html"), options())
    assert (caught.value.kind, caught.value.subject) == ("not_a_feed", "example")
    assert "config.yaml" in caught.value.remedy


def test_a_feed_without_entries_is_a_feed() -> None:
    assert parse(payload(rss()), options()) == []


@pytest.mark.parametrize(
    "body",
    [
        titled("RSS reader not yet whitelisted!"),
        titled("Making sure you&#8217;re not a bot!"),
        rss(title="Feed error for query: cat:cs.XX"),
    ],
)
def test_an_error_message_in_the_shape_of_a_feed_is_not_news(body: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse(payload(body), options())
    assert caught.value.kind == "placeholder"
    assert caught.value.remedy


def test_a_story_about_such_messages_is_news() -> None:
    assert len(parse(payload(titled("Please enable cookies: a history", "Other")), options())) == 2


LAUGHS = "".join(f'<!ENTITY l{n} "' + f"&l{n - 1};" * 10 + '">' for n in range(1, 10))
ATTRIBUTES = " ".join(f"a{n}='x'" for n in range(5_000))


@pytest.mark.parametrize(
    "body",
    [
        f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>{titled("&l9;")}',
        f'<!DOCTYPE x [<!ENTITY a "{"a" * 100_000}">]>{titled("&a;" * 1_000)}',
        f"<!DOCTYPE x [<!ENTITY a '{'a' * 100_000}'>]>{titled('&a;' * 1_000)}",
        f'<!DOCTYPE x [<!ENTITY % a "%b;"> %a;]>{titled("x")}',
        f"<rss version='2.0'><channel {ATTRIBUTES}/></rss>",
    ],
    ids=["billion laughs", "one long entity", "in single quotes", "parameter entity", "attributes"],
)
@pytest.mark.parametrize("coding", ["utf-8", "utf-16"])
def test_xml_bombs_are_refused(body: str, coding: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse(payload(body.encode(coding)), options())
    assert caught.value.kind == "hostile"


def test_entities_of_a_feed_that_means_well_are_read() -> None:
    body = f'<!DOCTYPE rss [\n<!ENTITY nbsp "&#160;">\n<!ENTITY lab "Lab">]>{titled("a&nbsp;b &lab;")}'
    assert parse(payload(body), options())[0].title == "a b Lab"


def test_no_file_is_ever_read() -> None:
    body = f'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>{titled("[&a;]")}'
    assert Path("/etc/hostname").read_text(encoding="utf-8").strip() not in parse(payload(body), options())[0].title


def test_the_charset_is_found_where_the_header_lies() -> None:
    body = titled("Zürich, 北京, Łódź, Αθήνα").encode()
    assert parse(payload(body, "text/xml; charset=iso-8859-1"), options())[0].title == "Zürich, 北京, Łódź, Αθήνα"


def test_of_too_many_entries_the_newest_stay_in_the_order_of_the_feed() -> None:
    days = (3, 1, None, 4, 2)
    dates = ("" if d is None else f"<pubDate>0{d} Nov 2026 00:00:00 GMT</pubDate>" for d in days)
    body = rss(*(f"<title>{d}</title><guid>{d}</guid>{date}" for d, date in zip(days, dates, strict=True)))
    assert [i.title for i in parse(payload(body), options(max_items=3))] == ["3", "None", "4"]


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("ada@lab.example", ()),
        ("ada@lab.technology (Ada Example)", ("Ada Example",)),
        ("Ada Example &lt;ada@lab.example&gt;", ("Ada Example",)),
        ("@ada", ("@ada",)),
        ("Example, Ada", ("Example, Ada",)),
        ("Ada Example, Bo Example, Cy Example", ("Ada Example", "Bo Example", "Cy Example")),
    ],
)
def test_authors_are_names(written: str, names: tuple[str, ...]) -> None:
    assert parse(payload(rss(f"<title>x</title><author>{written}</author>")), options())[0].authors == names


def test_odd_dates() -> None:
    body = rss(
        "<title>a</title><pubDate>Thu, 19 Nov 2026 10:00 CET</pubDate>",
        "<title>b</title><pubDate>November 19, 2026</pubDate>",
        "<title>c</title><pubDate>0001-01-01T00:00:00Z</pubDate>",
    )
    dates = [i.published_at for i in parse(payload(body), options())]
    assert dates == [datetime(2026, 11, 19, 9, tzinfo=UTC), None, None]


@pytest.mark.parametrize("url", ["", "example.com/feed", "file:///etc/passwd", "javascript:alert(1)"])
def test_the_address_of_a_feed_must_be_one(url: str) -> None:
    with pytest.raises(ValidationError, match="https://host/path"):
        options(url=url)


class Recorder:
    """An Http that answers one response and remembers what it was asked."""

    def __init__(self, response: Response) -> None:
        self.response = response
        self.asked: dict[str, object] = {}

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
        allow_private: bool = False,
        form: Mapping[str, str] | None = None,
    ) -> Response:
        self.asked = {"url": url, "max_bytes": max_bytes, "allow_private": allow_private, **(headers or {})}
        return self.response


def test_fetch_asks_politely_and_keeps_the_bytes() -> None:
    body = titled("x").encode()
    headers = {"content-type": "application/rss+xml", "etag": 'W/"1"', "last-modified": "yesterday, they say"}
    http = Recorder(Response(url=URL, status=200, headers=headers, body=body))
    first = fetch(options(allow_private=True, max_bytes=5_000), FetchState(source_id="example"), http, NOW)
    assert first.payloads[0].body == body
    assert (http.asked["url"], http.asked["max_bytes"], http.asked["allow_private"]) == (URL, 5_000, True)
    assert "application/feed+json" in str(http.asked["accept"])
    assert "if-none-match" not in http.asked

    http.response = Response(url=URL, status=304, headers={}, body=b"")
    again = fetch(options(), FetchState(source_id="example", validators=first.validators), http, NOW)
    assert again.payloads == ()
    assert (http.asked["if-none-match"], http.asked["if-modified-since"]) == ('W/"1"', "yesterday, they say")

    moved = FetchState(source_id="example", url="https://new.example/feed", validators=first.validators)
    fetch(options(), moved, http, NOW)
    assert http.asked["url"] == "https://new.example/feed"
    assert "if-none-match" not in http.asked  # they were another address's


def test_every_file_of_feedparser_s_own_tests_is_read(shared_data: Path) -> None:
    files = sorted((shared_data / "feeds" / "files").iterdir())
    assert len(files) > 1_000
    counts = {"items": 0, "refused": 0}
    for path in files:
        try:
            counts["items"] += len(parse(payload(path.read_bytes(), ""), options()))
        except SourceError:
            counts["refused"] += 1
    assert counts["items"] >= 720  # feedparser: 721, of which two are one entry given twice
    assert counts["refused"] <= 170  # it finds no entry in these either
