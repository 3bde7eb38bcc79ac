"""What a reader, a model and a mail header never get to see."""

import pytest

from pipeline.text.characters import clean, one_line


@pytest.mark.parametrize(
    ("dirty", "tidy"),
    [
        ("a\0b\x07c\x9bd", "abcd"),
        ("so\u00adft hy\u200bphen\ufeff", "soft hyphen"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("hi\U000e0049\U000e0047\U000e004e", "hi"),
        ("preheader\u034f\u034f \u034f", "preheader"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("cafe\u0301", "caf\u00e9"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("  a\u00a0\u2009 b\t", "a b"),
        ("👩\u200d🚀 ❤\ufe0f", "👩\u200d🚀 ❤\ufe0f"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_text_is_cleaned_and_emoji_and_scripts_stay(dirty: str, tidy: str) -> None:
    assert clean(dirty) == tidy
    assert clean(tidy) == tidy


@pytest.mark.parametrize(
    ("text", "limit", "line"),
    [
        ("a\n b\n\nc", 0, "a b c"),
        ("short", 10, "short"),
        ("a title that is too long", 12, "a title…"),
        ("Donaudampfschifffahrt", 10, "Donaudamp…"),
        ("没有空格的标题也要截断", 6, "没有空格的…"),
    ],
)
def test_one_line_cuts_at_a_word(text: str, limit: int, line: str) -> None:
    assert one_line(text, limit) == line
    assert not limit or len(one_line(text, limit)) <= limit
