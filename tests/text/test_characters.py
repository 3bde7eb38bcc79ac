"""What a reader, a model and a mail header never get to see."""

import pytest

from pipeline.text.characters import clean, one_line, smuggled_chars


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
        ("1\ufe0f\u20e3 葛\U000e0100", "1\ufe0f\u20e3 葛\U000e0100"),
        ("👨\u200d👩\u200d👧 ❤\ufe0f\u200d🔥", "👨\u200d👩\u200d👧 ❤\ufe0f\u200d🔥"),
        ("क्\u200dष", "क्\u200dष"),
        ("😀\U000e0138\U000e0155\ufe01", "😀"),
        ("a\ufe00\ufe01\ufe02b", "a\ufe00b"),
        ("op\u200c\u200d\u200cen a\u200db", "open ab"),
        ("x\u3164y\U000e0fff\ufffe", "xy"),
    ],
)
def test_text_is_cleaned_and_emoji_and_scripts_stay(dirty: str, tidy: str) -> None:
    assert clean(dirty) == tidy
    assert clean(tidy) == tidy


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("plain", 0),
        ("👩\u200d🚀 ❤\ufe0f می\u200cخواهم so\u00adft", 0),
        ("preheader" + "\u034f\u200c\u00a0" * 40, 0),
        ("hi" + "\U000e0041" * 20, 20),
        ("😀" + "\U000e0121" * 12, 12),
        ("a" + "\u200b\u200c" * 16 + "b", 32),
    ],
)
def test_what_carries_a_message_that_nobody_sees_is_counted(text: str, count: int) -> None:
    assert smuggled_chars(text) == count


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
