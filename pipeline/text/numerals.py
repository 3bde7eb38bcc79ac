"""Numbers written in words, English and Chinese, and where they stand."""

import re
from collections.abc import Iterator
from decimal import Decimal

Spelled = tuple[int, int, Decimal]
"""start, end, value."""

_TO_NINETEEN = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen"""
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL = {word: n for n, word in enumerate(_TO_NINETEEN.split())} | {word: 10 * n for n, word in enumerate(_TENS, 2)}
_SCALES = {"dozen": 12, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_NO_SCALE = 10**15
_WORD = "|".join(sorted([*_SMALL, *_SCALES, "hundred"], key=len, reverse=True))
_PHRASE = re.compile(
    rf"(?<![\w.])(?:(?P<article>an?)\s(?=hundred|thousand|million|billion|trillion|dozen))?"
    rf"(?:{_WORD})(?:(?:-|\s|\sand\s)(?:{_WORD})\b){{0,11}}(?![\w])",
    re.IGNORECASE,
)
_HALF = re.compile(r"\bhalf (?:of )?$", re.IGNORECASE)  # "half a million"
_HALF_CHARS = 10
_AND_A_HALF = re.compile(r" and a half\b", re.IGNORECASE)
_TOKEN = re.compile(rf"(?P<joint>-|\sand\s|\s)?(?P<word>{_WORD})\b", re.IGNORECASE)

_TO_TWELFTH = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_ORDINALS = {word: n for n, word in enumerate(_TO_TWELFTH.split(), start=1)}
_ORDINAL = re.compile(rf"\b(?:{'|'.join(_ORDINALS)})\b", re.IGNORECASE)

HAN_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "兩": 2}
_HAN_SMALL = {"十": 10, "百": 100, "千": 1000}
HAN_SCALES = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
# One character alone is a word more often than a number ("一个", "十分", "万一"): two make a number, or one before a
# unit of time or a share ("九年", "六成").
_HAN = re.compile(
    r"(?<![第统每])(?:[零〇一二两兩三四五六七八九十][零〇一二两兩三四五六七八九十百千万萬亿億]{1,15}(?![些样起旦])"
    r"|[二两三四五六七八九十](?=个月|个?小时|分钟|秒|个?星期|周|天|年|倍|成(?![为功立本员果熟长])))"
)


def english(text: str) -> Iterator[Spelled]:
    """Cardinals from zero into the trillions: "forty-two", "three hundred and five", "a million", "two dozen",
    "half a million".

    "One and two" and "two, three" are two numbers each.
    """
    for phrase in _PHRASE.finditer(text):
        at = phrase.end("article") + 1 if phrase["article"] else phrase.start()
        half = _HALF.search(text, max(0, phrase.start() - _HALF_CHARS), phrase.start())
        for start, end, value in _cardinals(text, phrase.start(), at, phrase.end()):
            more = _AND_A_HALF.match(text, end)
            if more:
                yield start, more.end(), value + Decimal("0.5")
            else:
                yield (half.start(), end, value / 2) if half and start == phrase.start() else (start, end, value)


def _cardinals(text: str, start: int, at: int, end: int) -> Iterator[Spelled]:
    """Read one run of number words from ``at``; ``start`` lies before it where an article stands for one."""
    total, current, smallest, stop = 0, int(at > start), _NO_SCALE, at
    last = "article" if current else ""
    while (token := _TOKEN.match(text, at)) and token.end() <= end:
        word, joint, at = token["word"].lower(), (token["joint"] or "").strip(), token.end()
        if last and not _joins(word, joint, current, last, smallest):
            yield start, stop, Decimal(total + current)
            total, current, smallest, last = 0, 0, _NO_SCALE, ""
        if not last:
            if word not in _SMALL:  # "several hundred" is no number
                continue
            start = token.start("word")
        if word in _SCALES:
            smallest = _SCALES[word]
            total, current = total + current * smallest, 0
        else:
            current = current * 100 if word == "hundred" else current + _SMALL[word]
        stop, last = at, word
    if last:
        yield start, stop, Decimal(total + current)


def _joins(word: str, joint: str, current: int, last: str, smallest: int) -> bool:
    """Whether a word goes on with the number before it."""
    if word == "hundred":
        return not joint and 0 < current < 100
    if word in _SCALES:
        return not joint and current > 0 and _SCALES[word] < smallest
    if last in _SCALES:
        return joint != "-" and last != "dozen"
    if joint == "and":
        return last == "hundred"
    return last == "hundred" or (last in _TENS and 0 < _SMALL[word] < 10)


def ordinals(text: str) -> Iterator[Spelled]:
    """First to twelfth."""
    for m in _ORDINAL.finditer(text):
        yield m.start(), m.end(), Decimal(_ORDINALS[m[0].lower()])


def chinese(text: str) -> Iterator[Spelled]:
    """Chinese numerals of two characters or more: 三百二十万, 两亿, 二〇二六."""
    for m in _HAN.finditer(text):
        yield m.start(), m.end(), Decimal(_han_value(m[0]))


def _han_value(text: str) -> int:
    if all(c in HAN_DIGITS for c in text):
        return int("".join(str(HAN_DIGITS[c]) for c in text))
    total = section = digit = 0
    last_scale = 0
    for c in text:
        if c in HAN_DIGITS:
            digit = HAN_DIGITS[c]
        elif c in _HAN_SMALL:
            section += (digit or 1) * _HAN_SMALL[c]
            digit = 0
        else:
            scale, part = HAN_SCALES[c], section + digit
            larger = scale > last_scale  # 三亿五千万 adds, 两万亿 multiplies
            total = (total + part) * scale if larger else total + part * scale
            section, digit, last_scale = 0, 0, scale
    return total + section + digit
