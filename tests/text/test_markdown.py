"""Hostile text in Markdown prints as it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pipeline.text.markdown import escape, escape_url

HOSTILE = [
    "# not a heading",
    "1. not a list",
    "12) nor this",
    "- x",
    "+ x",
    "=== x",
    "> quote",
    "[a](javascript:alert(1))",
    "![a](https://example.org/x.png)",
    "<script>alert(1)</script>",
    "<https://example.org>",
    "*a* **b** _c_ ~~d~~ `e`",
    "a | b",
    "&lt;b&gt; &#x3c;",
    "\\",
    "$x$",
    "https://evil.example and www.evil.example",
    "2026-11-23",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_prints_as_it_stands(text: str) -> None:
    for dialect in ("commonmark", "gfm-like"):
        parser = MarkdownIt(dialect, {"linkify": False})
        tokens = parser.parse(escape(text))
        assert [t.type for t in tokens] == ["paragraph_open", "inline", "paragraph_close"]
        children = tokens[1].children or []
        assert {c.type for c in children} <= {"text", "text_special"}
        assert "".join(c.content for c in children) == text


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40))
def test_any_printable_ascii_prints_as_it_stands(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(escape(text))
    children = tokens[1].children or []
    assert "".join(c.content for c in children) == text
    assert {c.type for c in children} <= {"text", "text_special"}


def test_an_address_stays_inside_its_brackets() -> None:
    url = "https://example.org/a_(b)?x=1&lt;=2&y=[3]"
    html = MarkdownIt("commonmark").render(f"[t]({escape_url(url)}) after")
    assert 'href="https://example.org/a_%28b%29?x=1&amp;lt;=2&amp;y=%5B3%5D"' in html
    assert html.rstrip().endswith("after</p>")
