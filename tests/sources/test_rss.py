from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline.errors import SourceError
from pipeline.seams import Response
from pipeline.sources import Dropped, FetchState, Wish
from pipeline.sources import rss as source
from pipeline.sources.rss import Options, fetch
from pipeline.types import Item, Payload

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
URL = "https://feeds.example/feed"
ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
SY = "xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'"


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


def page(title: str, text: str = "") -> str:
    return f"<!DOCTYPE html><html lang='en'><head><title>{title}</title></head><body><h1>{text}</h1></body></html>"


@pytest.mark.parametrize(
    "body",
    [
        titled("RSS reader not yet whitelisted!"),
        titled("Making sure you&#8217;re not a bot!"),
        titled("Bridge returned error 404! (20416)"),
        titled("Just a moment..."),
        titled("Error"),
        rss(title="Feed error for query: cat:cs.XX"),
        rss(title="404 Not Found"),
        rss(title="Error | nitter"),
        page("Just a moment..."),
        page("Attention Required! | Cloudflare"),
        page("Blocked", "whoa there, pardner!"),
        page("lab.example", "Instance has been rate limited."),
        "Due to cost considerations, we will gradually restrict access to rsshub.app for some feed readers.",
        "Rate exceeded.",
    ],
)
def test_an_error_message_is_not_news(body: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse(payload(body), options())
    assert caught.value.kind == "placeholder"
    assert caught.value.remedy


@pytest.mark.parametrize(
    "titles",
    [
        ("Please enable cookies: a history", "Just a moment"),
        ("404 Media wins a case",),
        ("What an error 503 costs",),
        ("Error bars for everyone",),
        ("Blocked: how a wall works",),
    ],
)
def test_a_story_about_such_messages_is_news(titles: tuple[str, ...]) -> None:
    assert [i.title for i in parse(payload(titled(*titles)), options())] == list(titles)


def test_a_page_that_sells_is_no_feed() -> None:
    with pytest.raises(SourceError, match="is a web page") as caught:
        parse(payload(page("Data services", "Talk to our sales team"), "application/rss+xml"), options())
    assert caught.value.kind == "not_a_feed"


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


@pytest.mark.parametrize(
    ("channel", "wish"),
    [
        ("", Wish()),
        ("<ttl>90</ttl>", Wish(ttl_s=5_400)),
        ("<ttl>soon</ttl>", Wish()),
        ("<sy:updatePeriod>daily</sy:updatePeriod>", Wish(ttl_s=86_400)),
        (
            "<sy:updatePeriod>\n hourly</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>",
            Wish(ttl_s=900),
        ),
        (
            "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>",
            Wish(ttl_s=3_600),
        ),
        ("<ttl>90</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", Wish(ttl_s=5_400)),
        (
            "<skipHours><hour>23</hour><hour> 1 </hour><hour>24</hour><hour>25</hour><hour>-1</hour></skipHours>",
            Wish(skip_hours=(0, 1, 23)),
        ),
        (
            "<skipDays><day>Sunday</day><day>saturday</day><day>Someday</day></skipDays>",
            Wish(skip_days=(5, 6)),
        ),
    ],
)
@pytest.mark.parametrize("broken", ["", "&lt "], ids=["well-formed", "broken"])
def test_when_a_feed_wants_to_be_asked(channel: str, wish: Wish, broken: str) -> None:
    item = "<item><title>x</title><hour>7</hour><day>Monday</day></item>"
    for inside in (channel + item, item + channel):
        body = f"<rss version='2.0' {SY}><channel>{broken}<title>x</title>{inside}</channel></rss>"
        assert source.parse(payload(body), options()).wish == wish


@pytest.mark.parametrize(
    ("inside", "url"),
    [
        ("<guid>https://a.example/1</guid>", "https://a.example/1"),
        ("<guid isPermaLink='false'>https://a.example/1</guid>", ""),
        ("<guid>17</guid>", ""),
        ("<guid>/2026/17</guid>", "https://feeds.example/2026/17"),
        ("<guid>https://a.example/1</guid><link>https://a.example/2</link>", "https://a.example/2"),
        ("<guid>17</guid><enclosure url='https://a.example/1.mp3'/>", "https://a.example/1.mp3"),
        ("<link/><enclosure url='/1.mp3'/>", "https://feeds.example/1.mp3"),
        ("<link>mailto:ann@a.example</link><guid>17</guid>", ""),
    ],
)
@pytest.mark.parametrize("broken", ["", "&lt "], ids=["well-formed", "broken"])
def test_where_an_entry_is(inside: str, url: str, broken: str) -> None:
    assert parse(payload(rss(f"{broken}<title>x</title>{inside}")), options())[0].url == url


@pytest.mark.parametrize(
    ("inside", "body"),
    [
        ("<description>Short.</description><content:encoded>Long.</content:encoded>", "Long."),
        ("<content:encoded>Long.</content:encoded><description>Short.</description>", "Long."),
        ("<content:encoded>&lt;img src='a'&gt;</content:encoded><description>Short.</description>", "Short."),
        ("<description>Short.</description><itunes:summary>Notes.</itunes:summary>", "Short."),
        ("<itunes:summary>Notes.</itunes:summary><content:encoded>Long.</content:encoded>", "Long."),
        ("<description>Short.</description><media:description>A caption.</media:description>", "Short."),
        ("<media:description>A caption.</media:description><description>Short.</description>", "Short."),
        ("<media:description>A caption.</media:description>", "A caption."),
        ("<description>Comments</description>", ""),
        ("<description>submitted by /u/ann to r/AI &lt;br/&gt; [link] [comments]</description>", ""),
    ],
)
def test_the_whole_text_comes_before_summaries_and_captions(inside: str, body: str) -> None:
    spaces = f"xmlns:content='{CONTENT}' xmlns:itunes='{ITUNES}' xmlns:media='http://search.yahoo.com/mrss/'"
    feed = rss(f"<title>x</title>{inside}").replace("<rss ", f"<rss {spaces} ")
    assert parse(payload(feed), options())[0].body == body


def test_entries_that_share_a_guid_are_told_apart_and_one_that_stands_there_twice_is_one() -> None:
    same = "<guid isPermaLink='false'>same</guid>"
    body = rss(
        f"<title>a</title>{same}",
        f"<title>b</title>{same}",
        f"<title>a</title>{same}",
        "<title>c</title><link>https://a.example/?utm_source=1</link>",
        "<title>d</title><link>https://a.example/?utm_source=2</link>",
        "<title>e</title>",
        "<title>f</title>",
    )
    items = parse(payload(body), options())
    assert [i.title for i in items] == ["a", "b", "c", "d", "e", "f"]
    assert len({i.id for i in items}) == 6
    assert [i.id for i in parse(payload(body), options())] == [i.id for i in items]


def test_what_is_over_the_limit_is_named() -> None:
    parsed = source.parse(payload(titled("a", "b", "c")), options(max_items=2))
    assert [i.title for i in parsed.items] == ["a", "b"]
    assert parsed.dropped == [Dropped(guid="2", reason="over_the_limit")]
    assert parsed.entries == 3


def test_the_names_of_many_authors_in_one() -> None:
    names = [f"Author Number{n}" for n in range(3_000)]
    creator = f"<dc:creator xmlns:dc='http://purl.org/dc/elements/1.1/'>{', '.join(names)}</dc:creator>"
    assert parse(payload(rss(f"<title>x</title>{creator}")), options())[0].authors == tuple(names[:20])
