"""HTML as plain text: what a reader sees, and nothing that is hidden from a reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.html import Link, links, read, to_text

DEEP = 100_000


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("plain words", "plain words"),
        ("AT&amp;T &#8217;s &eacute;", "AT&T ’s é"),
        ("AT&amp;amp;T", "AT&amp;T"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("two\nlines", "two\nlines"),
        ("<p>&amp;lt;b&amp;gt; stays</p>", "&lt;b&gt; stays"),
        ("<p>one <b>two</b>three<br>four</p><div>five</div>", "one twothree\nfour\nfive"),
        ("<ul><li>a<li><p>b</p><p>c</p></ul>d", "- a\n- b\nc\nd"),
        ("<table><tr><td>Model<td>Score<tr><td>Tern<td>71.2</table>", "Model Score\nTern 71.2"),
        ("<pre>first\n  second</pre>", "first\nsecond"),
        ("<p>broken\n   over\tlines</p>", "broken over lines"),
        ("<head><title>t</title><style>s{}</style></head><body>b<script>x('<p>')</script>", "b"),
        ("<template>t</template><noscript>n</noscript><textarea>a</textarea><svg><text>s</text></svg>v", "v"),
        ("<!-- hidden --><![CDATA[x]]><?php y ?>seen", "seen"),
        ("a\0b\ud800<p>c\u034f\u034f", "ab\nc"),
        ('<meta charset="gb2312"><p>镕 é</p>', "镕 é"),
        ("<p>a<p>b</div></span><i>c", "a\nbc"),
        ("<", "<"),
        ("<!-- only a comment -->", ""),
    ],
)
def test_text_of_html(html: str, text: str) -> None:
    assert to_text(html) == text


@pytest.mark.parametrize(
    "opening",
    [
        '<div style="display:none">',
        '<div style="DISPLAY : None !important">',
        '<div style="visibility:hidden">',
        '<span style="mso-hide:all">',
        '<div style="max-height:0px;overflow:hidden">',
        '<p style="font-size:0">',
        '<p style="font-size:1px">',
        '<div style="opacity:0.0">',
        "<div hidden>",
        '<p style="color:#FFF;background-color:#ffffff">',
        '<p style="color:white;background:rgb(255, 255, 255)">',
        '<td bgcolor="#000000" style="color:black">',
        '<p style="color:#fff">',
        '<p style="color:#fefefe">',
        '<font color="white">',
        '<p style="color:transparent">',
        '<p style="color:rgba(0, 0, 0, 0)">',
        '<table bgcolor="#112233"><tr><td style="color:#112233">',
        '<div style="background:#000"><p class="x" style="color:#000;background:#000">',
        '<p style="text-indent:-9999px">',
        '<div style="position:absolute;left:-5000px">',
        '<div style="position:absolute;clip:rect(0 0 0 0)">',
        '<div style="height:0;overflow:hidden">',
        '<div style="width:0px;overflow:hidden">',
        '<div style="visibility:collapse">',
        '<div style="transform:scale(0)">',
    ],
)
def test_hidden_text_is_dropped_and_counted(opening: str) -> None:
    page = read(f"<p>seen</p>{opening}secret <b>words</b>")
    assert [b.text for b in page.blocks] == ["seen"]
    assert page.hidden_chars == len("secret") + len("words")


@pytest.mark.parametrize(
    "html",
    [
        '<table><tr><td style="font-size:0px"><div style="font-size:13px">seen</div></td></tr></table>',
        '<a style="background:#00f;color:#fff;mso-hide:all" href="https://a.example/">seen</a>',
        '<p style="max-height:none;opacity:.9;font-size:1em;color:#fff;background:#000">seen</p>',
        '<p style=";;:;color">seen</p>',
        '<table bgcolor="#000000"><tr><td style="color:#fff">seen</td></tr></table>',
        '<div style="background:#003"><p><b style="color:white">seen</b></p></div>',
        '<div class="dark"><p style="color:#fff">seen</p></div>',
        '<style>body{background:#111}</style><p style="color:#fff">seen</p>',
        '<p style="background:url(x.png);color:#fff">seen</p>',
        '<p style="background:linear-gradient(#000,#111);color:#fff">seen</p>',
        '<p style="color:transparent;-webkit-background-clip:text;background:linear-gradient(#f00,#00f)">seen</p>',
        '<p style="color:#fff">\n<span style="color:#000">seen</span></p>',
        '<p style="color:inherit;background:inherit">seen</p>',
        '<p style="height:0">seen</p>',
        '<p style="transform:scale(0.98)">seen</p>',
        '<p style="text-indent:-12px">seen</p>',
        '<p style="position:absolute;left:-2px">seen</p>',
    ],
)
def test_what_only_looks_hidden_stays(html: str) -> None:
    assert to_text(html) == "seen"


def test_links_come_in_order_canonical_and_once() -> None:
    html = (
        '<p><a href="https://A.example/x?utm_source=n">First <b>one</b></a> and <a href="/rel">second</a></p>'
        '<a href="https://a.example/x"><h3>again</h3></a>'
        '<a href="javascript:alert(1)">bad</a> <a href="mailto:a@b.example">mail</a> <a href="#top">top</a>'
        '<a name="n">n</a>'
        '<a href="https://img.example/"><img src="i.png" alt="A chart"></a>'
        '<a href="https://open.example/"><img src="o.gif" width="1" height="1"></a>'
        '<p style="display:none"><a href="https://hidden.example/">h</a></p>'
    )
    assert links(html, "https://base.example/post/") == [
        Link("https://a.example/x", "First one"),
        Link("https://base.example/rel", "second"),
        Link("https://img.example/", "A chart"),
    ]


@pytest.mark.parametrize("opening", ["<div>", "<b>", "<ul><li>", "<table><tr><td>", "<a href=x>", "<blockquote><p>"])
def test_endless_nesting_is_only_text(opening: str) -> None:
    assert to_text(opening * DEEP + "deep").removeprefix("- ") == "deep"


@given(st.text(alphabet=st.sampled_from("<>/&;ab =\"'!-#x\n\0pdiv"), max_size=200))
def test_no_html_breaks_it(html: str) -> None:
    text = to_text(html)
    assert "\0" not in text
    assert text == text.strip()
    links(html)


@pytest.mark.parametrize(
    ("html", "heading", "lead"),
    [
        ("<h2>A <i>heading</i></h2>", 2, "A heading"),
        ("<h3><a href='https://a.example/'>In it</a></h3>", 3, "In it"),
        ("<p><b>Five bold</b> words: and more</p>", 0, "Five bold"),
        ("<li><a href='https://a.example/'><strong>Title</strong></a> (12)</li>", 0, "Title"),
        ("<p>Plain, then <b>bold</b></p>", 0, ""),
        ("<p> <b>All of it</b> </p>", 0, "All of it"),
    ],
)
def test_headings_and_the_bold_words_that_begin_a_block(html: str, heading: int, lead: str) -> None:
    first = read(html + "<p>after</p>").blocks[0]
    assert (first.heading, first.lead) == (heading, lead)
    assert read(html + "<p>after</p>").blocks[-1].heading == 0
