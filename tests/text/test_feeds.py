import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.text import feeds
from pipeline.text.feeds import links, title, web_address, well_known
from pipeline.text.urls import host

CHANNEL = "UC" + "x" * 22
CHANNEL_FEED = f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}"
WELL_KNOWN = [
    (f"https://www.youtube.com/channel/{CHANNEL}/videos", "youtube", CHANNEL, CHANNEL_FEED),
    (CHANNEL_FEED, "youtube", CHANNEL, CHANNEL_FEED),
    ("https://github.com/Ada/engine.js", "github", "Ada/engine.js", "https://github.com/Ada/engine.js/releases.atom"),
    ("http://www.github.com/a/b.git", "github", "a/b", "https://github.com/a/b/releases.atom"),
    ("https://github.com/a/b/releases/?tab=x", "github", "a/b", "https://github.com/a/b/releases.atom"),
    ("https://old.reddit.com/r/LocalLLaMA/", "reddit", ["LocalLLaMA"], "https://www.reddit.com/r/LocalLLaMA/.rss"),
    (
        "https://reddit.com/r/mlops+rust/top?t=day",
        "reddit",
        ["mlops", "rust"],
        "https://www.reddit.com/r/mlops+rust/.rss",
    ),
    ("https://bsky.app/profile/ada.example", "bluesky", "ada.example", "https://bsky.app/profile/ada.example/rss"),
    ("https://bsky.app/profile/did:plc:ab1", "bluesky", "did:plc:ab1", "https://bsky.app/profile/did:plc:ab1/rss"),
    ("https://social.example/@ada", "mastodon", "ada@social.example", "https://social.example/@ada.rss"),
    ("https://social.example/@ada@home.example", "mastodon", "ada@home.example", "https://home.example/@ada.rss"),
    ("https://arxiv.org/list/cs.CL/recent", "arxiv", ["cs.CL"], "https://rss.arxiv.org/rss/cs.CL"),
    ("https://ada.substack.com/p/a-post", "rss", None, "https://ada.substack.com/feed"),
    ("https://open.substack.com/pub/ada", "rss", None, "https://ada.substack.com/feed"),
    ("https://ada.ghost.io/", "rss", None, "https://ada.ghost.io/rss/"),
    ("https://buttondown.email/ada/archive/", "rss", None, "https://buttondown.com/ada/rss"),
    ("https://medium.com/@ada", "rss", None, "https://medium.com/feed/@ada"),
]


@pytest.mark.parametrize(("url", "kind", "value", "feed"), WELL_KNOWN, ids=[row[0] for row in WELL_KNOWN])
def test_a_well_known_place_is_told_by_its_address(url: str, kind: str, value: object, feed: str) -> None:
    place = well_known(url)
    assert place is not None
    assert (place.type, list(place.options.values()), place.feed) == (kind, [value or feed], feed)
    assert place.among([kind]) is place
    plain = place.among(["rss"])
    assert (plain.type, plain.options, plain.name) == ("rss", {"url": feed}, place.name)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "https://blog.example/",
        "https://blog.example/feed",
        "https://github.com/",
        "https://github.com/ada",
        "https://github.com/a/b/releases.atom",
        "https://github.com/a/b/commits/main.atom",
        "https://www.reddit.com/r/a/.rss",
        "https://www.reddit.com/r/a/comments/1abc/title/",
        "https://www.youtube.com/@ada",
        "https://www.youtube.com/watch?v=abcdefghijk",
        "https://api.substack.com/feed/podcast/69345.rss",
        "https://substack.com/@ada",
        "https://arxiv.org/abs/2411.01234",
        "https://social.example/@ada.rss",
        "https://social.example/@ada/112233",
    ],
)
def test_any_other_address_says_nothing(url: str) -> None:
    assert well_known(url) is None


@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        ('<link rel="alternate" type="application/rss+xml" href="/f">', ["/f"]),
        ("<LINK REL='Home Alternate' TYPE='Application/Atom+XML; charset=utf-8' HREF=f>", ["/news/f"]),
        ('<link rel=alternate type="application/feed+json" href="//blog.example/j">', ["/j"]),
        ('<base href="/deep/"><link rel=alternate type="application/rss+xml" href="f">', ["/deep/f"]),
        ('<link rel=alternate type="text/xml" href="/rss.xml">', ["/rss.xml"]),
        ('<link rel=alternate type="application/json" href="/wp-json/1">', []),
        ('<link rel=alternate hreflang=de href="/de/">', []),
        ('<link rel=stylesheet type="application/rss+xml" href="/f">', []),
        ('<link rel=alternate type="application/rss+xml" href="javascript:alert(1)">', []),
        ('<link rel=alternate type="application/rss+xml" href="mailto:a@b.example">', []),
        ('<link rel=alternate type="application/rss+xml">', []),
        ("<p>Read our <a href='/blog/feed/'>feed</a>, <a href='/about'>us</a></p>", ["/blog/feed/"]),
        ("<a href='https://other.example/feed'>a friend</a>", []),
        ('<!-- <link rel="alternate" type="application/rss+xml" href="/f"> -->', []),
    ],
)
def test_a_page_names_its_feeds(head: str, wanted: list[str]) -> None:
    assert links(f"<html><head>{head}", "https://blog.example/news/") == [f"https://blog.example{w}" for w in wanted]


def test_the_best_feed_comes_first() -> None:
    page = """<html><head>
      <a href="/feed.xml">all</a>
      <link rel="alternate" type="application/rss+xml" title="Blog &raquo; Kommentar-Feed" href="/k/feed/">
      <link rel="alternate" type="application/rss+xml" title="Blog" href="/comments/feed/">
      <link rel="alternate" type="application/rss+xml" title="Blog &raquo; Feed" href="/feed/">
      <link rel="alternate" type="application/rss+xml" title="Blog &raquo; AI" href="/topic/ai/feed/">
      <link rel="alternate" type="application/atom+xml" title="Blog again" href="/feed/">"""
    assert [u.removeprefix("https://blog.example") for u in links(page, "https://blog.example/topic/ai")] == [
        "/topic/ai/feed/",
        "/feed/",
        "/k/feed/",
        "/comments/feed/",
        "/feed.xml",
    ]


def test_the_page_of_a_channel_says_which_channel_it_is() -> None:
    page = f'<html><head><link rel="canonical" href="https://www.youtube.com/channel/{CHANNEL}">'
    assert links(page, "https://www.youtube.com/@ada") == [CHANNEL_FEED]
    assert links(page, "https://elsewhere.example/") == [], "no page speaks for another host"


def test_a_page_of_ten_thousand_feeds_is_bounded() -> None:
    tag = '<link rel="alternate" type="application/rss+xml" href="/{}">'
    assert len(links("".join(tag.format(i) for i in range(10_000)), "https://a.example/")) == feeds.MAX_LINKS


@given(st.text() | st.text(alphabet="<>/=\"' linkrehfatos:.@x#?&\x00\ud800"), st.text())
@example('<link rel=alternate type="application/rss+xml" href="http://[">', "https://a.example/")
@example('<base href="http://["><link rel=alternate type="application/rss+xml" href="f">', "http://[")
@example("<div>" * 5000 + "<a href=/feed>", "https://a.example/")
def test_no_page_does_harm(page: str, url: str) -> None:
    assert all(host(found) for found in links(page, url))
    title(page)
    well_known(url)


@pytest.mark.parametrize(
    ("feed", "wanted"),
    [
        ("<rss><channel><image><title>no</title></image><item><title>i</title></item><title> A\n b </title>", "A b"),
        ("<?xml version='1.0' encoding='gb2312'?><rss><channel><title><![CDATA[量子位 &amp; <b>x</b>]]>", "量子位 & x"),
        ('<feed xmlns="http://www.w3.org/2005/Atom"><title type="html">A &amp;amp; B</title></feed>', "A & B"),
        ('<rdf:RDF xmlns:rdf="r" xmlns="s"><item><title>i</title></item><channel><title>R</title></channel>', "R"),
        ('{"title": "J", "items": []}', "J"),
        ('{"title": 7', ""),
        ('{"title": null}', ""),
        ("[1]", ""),
        ("", ""),
        ("<rss><channel><item><title>only</title></item></channel></rss>", ""),
        ('<!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/hostname">]><feed><title>a&x;</title></feed>', "a&x;"),
    ],
)
def test_a_feed_says_what_it_is_called(feed: str, wanted: str) -> None:
    assert title(feed) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (" https://a.example/f ", "https://a.example/f"),
        ("HTTP://a.example/?x={token}", "HTTP://a.example/?x={token}"),
        ("a.example/blog", "https://a.example/blog"),
        ("//a.example/", "https://a.example/"),
        ("localhost:8000/f", "https://localhost:8000/f"),
        ("a.example:8000", "https://a.example:8000"),
        ("feed://a.example/f", "https://a.example/f"),
        ("feed:https://a.example/f", "https://a.example/f"),
        ("feed:http://a.example/f", "http://a.example/f"),
    ],
)
def test_an_address_is_read_as_people_write_it(text: str, wanted: str) -> None:
    assert web_address(text) == wanted


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no web address"),
        ("ftp://a.example/f", "no web address"),
        ("mailto:ann@a.example", "no web address"),
        ("javascript:alert(1)", "no web address"),
        ("https://", "no web address"),
        ("https://a.example/" + "x" * 3000, "no web address"),
        ("https://ann:secret@a.example/", "password"),
    ],
)
def test_what_is_no_address_is_refused(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        web_address(text)
