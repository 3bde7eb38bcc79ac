from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.text import opml
from pipeline.text.opml import Feed

LIST = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.0"><head><title>Mine</title></head><body>
  <!-- a comment --><?a processing instruction?>
  <outline text="Research" title="">
    <outline text="Labs"><outline type="rss" text="short" title="The Lab" xmlUrl="https://lab.example/feed" /></outline>
    <outline text="Just a note"/>
    <outline TEXT="x" text="Papers &amp; more" xmlurl=" https://papers.example/?a=1&b=2 "/>
  </outline>
  <outline text="Loose" xmlUrl="https://loose.example/&#x41;"/>
</body></opml>"""


def test_every_feed_is_found_with_its_folders_innermost_first() -> None:
    assert opml.read(LIST.encode()) == [
        Feed(title="The Lab", url="https://lab.example/feed", folders=("Labs", "Research")),
        Feed(title="Papers & more", url="https://papers.example/?a=1&b=2", folders=("Research",)),
        Feed(title="Loose", url="https://loose.example/A"),
    ]


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "windows-1251"])
def test_the_encoding_may_be_any(charset: str) -> None:
    declared = charset.removesuffix("-sig")
    text = (
        f"<?xml version='1.0' encoding='{declared}'?><opml><outline text='Новости' xmlUrl='https://a.example/'/></opml>"
    )
    assert [f.title for f in opml.read(text.encode(charset))] == ["Новости"]


BOMB = '<!DOCTYPE o [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><opml><outline xmlUrl="&b;"/></opml>'


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "is broken XML"),
        (b"not XML", "is broken XML"),
        (b"<opml><body><outline xmlUrl='https://a.example/'", "is broken XML"),
        (b"<html><body><p>Sign in</p></body></html>", "is no OPML, but <html>"),
        (BOMB.encode(), "defines XML entities"),
        (BOMB.encode("utf-16"), "defines XML entities"),
        (b"<!DOCTYPE o [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><opml/>", "defines XML entities"),
        (b"<opml>" + b"<outline>" * 100_000, "is broken XML"),
        (b"<opml>" + b'<outline xmlUrl="a"/>' * (opml.MAX_FEEDS + 1) + b"</opml>", "holds more than 5,000 feeds"),
        (b" " * (opml.MAX_BYTES + 1), "holds more than 5,000,000 bytes"),
    ],
    ids=lambda v: v[:30].decode("utf-8", "replace") if isinstance(v, bytes) else None,
)
def test_what_cannot_be_read_is_refused_with_a_reason(body: bytes, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        opml.read(body)


def test_a_dtd_is_not_looked_up() -> None:
    body = b'<!DOCTYPE opml SYSTEM "http://127.0.0.1:9/opml.dtd"><opml><outline xmlUrl="https://a.example/"/></opml>'
    assert [f.url for f in opml.read(body)] == ["https://a.example/"]


def test_a_written_list_is_what_the_specification_wants() -> None:
    feeds = [
        Feed(title="A & <B>\x00\x1b", url="https://a.example/?key={token}&b=1", folders=("Labs", "not kept")),
        Feed(title="C", url="https://c.example/"),
        Feed(title="D", url="https://d.example/", folders=("Labs",)),
    ]
    root = ET.fromstring(opml.write("Ann's “digest”", feeds))
    assert (root.tag, root.get("version"), root.findtext("head/title")) == ("opml", "2.0", "Ann's “digest”")
    assert [o.get("text") for o in root.findall("body/outline")] == ["Labs", "C"]
    lab = root.findall("body/outline/outline")
    assert [o.get("xmlUrl") for o in lab] == ["https://a.example/?key={token}&b=1", "https://d.example/"]
    assert {o.get("type") for o in lab} == {"rss"}
    assert lab[0].get("text") == "A & <B>"


@given(st.lists(st.tuples(st.text(), st.text(min_size=1), st.text()), max_size=4))
@example([("&amp;", "https://a.example/?x=&lt;&y", "\ufffe\ud800]]>")])
def test_what_is_written_is_read_again(rows: list[tuple[str, str, str]]) -> None:
    feeds = [Feed(title=t, url=f"https://a.example/{u}", folders=(f,)) for t, u, f in rows]
    once = opml.read(opml.write("x", feeds))
    assert len(once) == len(feeds)
    assert opml.read(opml.write("x", once)) == once


@given(st.binary() | st.text(alphabet="<>/=\"'&;! opmlutinexrUlDTCYE[]?-\x00").map(str.encode))
@example(b"<opml xmlns='urn:x'><outline xmlUrl='a'/>")
def test_no_bytes_do_harm(body: bytes) -> None:
    try:
        feeds = opml.read(body)
    except ValueError:
        return
    assert all(feed.url for feed in feeds)
