"""Plain text in columns."""

import pytest

from pipeline.text.wrap import width, wrap


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("中文", 4), ("é", 1), ("e\u0301", 1), ("👩‍💻", 4), ("", 0)])
def test_width(text: str, columns: int) -> None:
    assert width(text) == columns


def test_words_fill_lines_and_hang() -> None:
    assert wrap("aaa bbb ccc", 9, "* ") == "* aaa bbb\n  ccc"


def test_an_address_is_never_broken() -> None:
    url = "https://example.org/" + "很长" * 60
    assert wrap(f"see {url} now", 20) == f"see\n{url}\nnow"


def test_han_breaks_anywhere_but_not_before_punctuation() -> None:
    assert wrap("一二三四。五六", 8) == "一二三\n四。五六"
    assert wrap("一二三「四」", 8) == "一二三\n「四」"


def test_nothing_is_lost() -> None:
    text = "Mixed 中文（括号）。and「quotes」 " + "。（" * 50 + " end"
    assert "".join(wrap(text, 10).split()) == "".join(text.split())
