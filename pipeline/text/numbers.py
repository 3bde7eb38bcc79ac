"""Finds the numbers of a text: what they are worth, in which unit, how exactly they are meant.

Signs are not kept ("-5 %" and "a fall of 5 %" agree). "1.234" is one and a bit, as in English and Chinese, never the
German thousand; "1.234.567" is a version. "¥" is taken for yuan. "04/05/2026" is read the American way.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from pipeline.text import numerals, units
from pipeline.text.units import Approx

Kind = Literal["number", "version", "date", "ordinal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One number of a text. ``text == whole[start:end]``, with its sign, magnitude and unit.

    number: ``value`` in ``unit`` ("" when none is known; see units.py), of which the last written place is ``step``
    ("1.5M": 100,000); ``bare`` is the value for a reader who overlooks the unit (2 of "2 years", which are 24 months).
    A range has its ends in ``low`` and ``high``, and ``value`` is the low one.
    date: ``value`` is YYYYMMDD with zeros for what is unsaid; a time of day has the unit "time" and counts minutes.
    version: ``version`` says it ("4.5"), ``unit`` holds the lower-case words of the name before it; value is 0.
    """

    kind: Kind
    value: Decimal
    unit: str
    start: int
    end: int
    text: str
    approx: Approx = "exact"
    step: Decimal = Decimal(1)
    bare: Decimal = Decimal(0)
    low: Decimal | None = None
    high: Decimal | None = None
    version: str = ""


_WIDE = {ord("０") + n: str(n) for n in range(10)}
_WIDE |= {ord("％"): "%", ord("．"): ".", ord("＄"): "$", 0xA0: " ", 0x202F: " "}
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"'）)」』”，。]+", re.IGNORECASE)


def find(text: str) -> list[Quantity]:
    """Every quantity of a text, in order. Linear in its length. Digits within web addresses do not count."""
    text = text.translate(_WIDE)  # one character for one: places stay
    taken = bytearray(len(text))
    for m in _URL.finditer(text):
        taken[m.start() : m.end()] = b"\1" * (m.end() - m.start())
    found = []
    for finder in (_dates, _versions, _digits, _words):
        for q in finder(text, taken):
            if taken.find(1, q.start, q.end) < 0:
                taken[q.start : q.end] = b"\1" * (q.end - q.start)
                found.append(q)
    return sorted(found, key=lambda q: q.start)


# --- dates and times -----------------------------------------------------------------------------------------------

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>(?-i:May)|(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?))\b\.?"
)
_YEAR = r"(?P<year>(?:19|20)\d\d)(?!\d)"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?(?![\w%]|[.,:]\d)"
_HAN_ONES = "一二三四五六七八九十"
_DATES = (
    re.compile(r"(?<![\w.])(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})(?!\d)"),
    re.compile(r"(?<![\w./])(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})(?![\d/])"),
    re.compile(rf"\b{_MONTH}\s{{1,3}}{_DAY}(?:\s?,?\s{{1,3}}{_YEAR})?"),
    re.compile(rf"(?<![\w.,])(?P<day>[0-3]?\d)(?:st|nd|rd|th)?\s{{1,3}}(?:of\s)?{_MONTH}(?:\s?,?\s{{1,3}}{_YEAR})?"),
    re.compile(rf"\b{_MONTH},?\s{{1,3}}(?:of\s)?{_YEAR}"),
    re.compile(r"(?<!\d)(?P<year>\d{4})\s?年(?:\s?(?P<month>\d{1,2})\s?月(?:\s?(?P<day>\d{1,2})\s?[日号])?)?"),
    re.compile(r"(?<!\d)(?P<month>\d{1,2})\s?月(?:\s?(?P<day>\d{1,2})\s?[日号])?"),
    re.compile(
        rf"(?<![{_HAN_ONES}第])(?P<month>十[一二]?|[一二三四五六七八九])月(?![{_HAN_ONES}球])(?:\s?(?P<day>\d{{1,2}})\s?[日号])?"
    ),
    # A month alone is one only after such a word, for people are called May and April too.
    re.compile(
        r"\b(?P<before>(?:in|since|until|till|by|from|through|to|and|than|early|mid|late|last|next|this|of)[\s-])"
        rf"(?=[A-Z]|(?!mar|may)){_MONTH}"
    ),
)
_TIMES = (
    re.compile(r"(?<![\w.:])(?P<hour>\d{1,2})(?::(?P<minute>\d\d))?\s?(?P<half>[ap])\.?m\b\.?", re.IGNORECASE),
    re.compile(r"(?<![\w.:])(?P<hour>\d{1,2}):(?P<minute>\d\d)(?![\d:])"),
    re.compile(r"(?<!\d)(?P<hour>\d{1,2})[时点](?:(?P<minute>\d{1,2})分)?(?!间|候)"),
)


def _dates(text: str, _taken: bytearray) -> Iterator[Quantity]:
    for pattern in _DATES:
        for m in pattern.finditer(text):
            parts = m.groupdict()
            month = (parts.get("month") or "0").lower()
            m_no = _month(month)
            day = int(parts.get("day") or 0)
            if m_no <= 12 and day <= 31:
                value = int(parts.get("year") or 0) * 10_000 + m_no * 100 + day
                start = m.end("before") if "before" in parts else m.start()
                yield _quantity(text, "date", value, "", start, m.end())
    for pattern in _TIMES:
        for m in pattern.finditer(text):
            hour, minute = int(m["hour"]), int(m["minute"] or 0)
            if hour <= 24 and minute < 60:
                late = "half" in m.re.groupindex and m["half"].lower() == "p" and hour < 12
                yield _quantity(text, "date", (hour + 12 * late) * 60 + minute, "time", m.start(), m.end())


def _month(word: str) -> int:
    """1 to 12 of a figure, an English name or a Chinese numeral; 0 for "0"."""
    if word.isdigit():
        return int(word)
    if word[0] in _HAN_ONES:
        return sum(_HAN_ONES.index(c) + 1 for c in word)
    return _MONTHS.index(word[:3]) + 1


def _quantity(text: str, kind: Kind, value: int | Decimal, unit: str, start: int, end: int) -> Quantity:
    return Quantity(
        kind=kind, value=Decimal(value), bare=Decimal(value), unit=unit, start=start, end=end, text=text[start:end]
    )


# --- versions and identifiers ----------------------------------------------------------------------------------------

# "mid-2025" and "top-10" hold plain numbers, and so do "In 4.5 seconds" and "Scored 4.5".
_PREFIXES = """
    a about an and approx at au by circa cny early eur for from gbp hk in inr jpy late mid minus multi nearly non of or
    over plus post pre rmb sub than the to top under us usd with"""
_OPENERS = """
    above after all almost also another around as average before below between both but can each earlier every exactly
    first had has have he her his however i if into is it its just last later less many more most next no not now
    on only our per roughly scored scores she since so some still that their then there these they this those today
    total until up was we were when where which while you your approximately
    jan feb mar apr may jun june jul july aug sep sept oct nov dec january february march april august september october
    november december"""
_NOT_A_NAME = frozenset(_PREFIXES.split() + _OPENERS.split())
_NOT_GLUED = frozenset(("usd", "rmb", "cny", "eur", "gbp", "jpy", "inr", "us"))  # USD40
_VERSIONS = (
    # GPT-5.5, Qwen3, v2.1, o3, H100, gpt-4o, Llama-3.1
    re.compile(
        r"(?<![\w.$€£¥])(?P<name>[A-Za-z]{1,20})(?P<joint>[-–]?)(?P<version>\d{1,4}(?:\.\d{1,4}){0,3})"
        r"(?P<tail>[a-z]{0,2})(?![A-Za-z0-9%])(?!\.\d)"
    ),
    # 3.5-flash
    re.compile(
        r"(?<![\w.])(?P<version>\d{1,2}(?:\.\d{1,2}){0,2})[-\s]?(?P<after>flash|pro|mini|turbo|sonnet|opus|haiku|preview|nano"
        r"|lite|ultra|instruct|codex|coder)\b",
        re.IGNORECASE,
    ),
    # Opus 4.5, Version 2.1; bounded so that a score ("MMLU 88.7") is one only as a name with its figure
    re.compile(
        r"(?<![\w.])(?P<name>[A-Z][A-Za-z]{1,20}|[Vv]ersion|[Rr]elease)\s(?P<version>\d{1,2}(?:\.\d{1,3}){1,3})(?![\w%])(?!\.\d)"
        r"(?!\s?(?:%|percent|per cent|points|billion|million|thousand|trillion|times|[万亿]))"
    ),
    # 1.2.3, arXiv 2404.10774, 8x7B
    re.compile(
        r"(?<![\w.])(?P<version>\d{1,4}(?:\.\d{1,4}){2,4}|\d{4}\.\d{5}|\d{1,4}x\d{1,5}[A-Za-z]?)(?![\w])(?!\.\d)"
    ),
)
_NUMERONYM = re.compile(r"[a-z]\d{1,3}[a-z]")  # a16z, k8s: a word, and no version
_NAME_BEFORE = re.compile(r"(?:\b[A-Z][\w]{0,20}[ -]){1,2}$")


def _versions(text: str, _taken: bytearray) -> Iterator[Quantity]:
    for pattern in _VERSIONS:
        for m in pattern.finditer(text):
            parts = m.groupdict()
            name = (parts.get("name") or parts.get("after") or "").lower()
            if not _is_name(name, parts.get("joint")) or _NUMERONYM.fullmatch(m[0]):
                continue
            before = _NAME_BEFORE.search(text, max(0, m.start() - 44), m.start())
            words = f"{before[0] if before else ''} {name}".lower().replace("-", " ").split()
            unit = " ".join(w for w in words if w not in ("v", "version", "release") and w not in _NOT_A_NAME)
            version = parts["version"] + (parts.get("tail") or "").removesuffix("s")  # A100s
            if name == "q" and version in ("1", "2", "3", "4"):  # Q3, the third quarter
                yield _quantity(text, "ordinal", int(version), "", m.start(), m.end())
                continue
            found = _quantity(text, "version", 0, unit, m.start(), m.end())
            yield replace(found, version=version.lower())


def _is_name(name: str, joint: str | None) -> bool:
    return name not in (_NOT_GLUED if joint == "" else _NOT_A_NAME)


# --- digits ----------------------------------------------------------------------------------------------------------

_FIGURE = r"(?P<figure>\d{1,3}(?:,\d{2,3}){0,8},\d{3}(?:\.\d{1,12})?|\d{1,24}(?:\.\d{1,12})?)(?!\d)"
_NUMBER = re.compile(
    rf"(?:(?P<sign>{units.CURRENCY}|百分之)\s?|(?<![A-Za-z\d_])(?<!\d[.,]))(?P<size>A(?=\d{{1,3}}(?:\.\d)?B\b))?{_FIGURE}"
)
_RANGE = re.compile(r"\s?[-–—~～]\s?|\sto\s|\s?[至到]\s?")
_AND = re.compile(r"\sand\s")
_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b", re.IGNORECASE)
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]{0,20}")
_SHORT_YEAR = re.compile(r"\s?(?:--?|[–/])\s?(?P<year>\d\d)(?![\w%]|[-.,:]\d)")
_YEARS = range(1900, 2100)


@dataclass(frozen=True, slots=True)
class _Read:
    """A number with its parts still apart: a range shares them. ``factor`` is the magnitude, ``per`` the unit's."""

    figure: Decimal
    factor: Decimal
    per: Decimal
    unit: str
    start: int
    end: int
    step: Decimal


def _digits(text: str, taken: bytearray) -> Iterator[Quantity]:
    at = 0
    while m := _NUMBER.search(text, at):
        at = m.end()
        if taken.find(1, m.start("figure"), m.end()) >= 0:
            continue
        found = _identifier(text, m) or _range(text, m) or _single(text, m)
        yield found
        if found.unit == "year" and (short := _SHORT_YEAR.match(text, found.end)):  # 2024-25
            year = int(found.value) // 10_000 // 100 * 100 + int(short["year"])
            yield _quantity(text, "date", year * 10_000, "year", short.start("year"), short.end())
            at = short.end()
        at = max(at, found.end)


def _read(text: str, m: re.Match[str], parts: int = 2) -> _Read:
    """Read from a match on; ``parts`` is how many magnitudes may follow one another, as in 1亿5000万."""
    digits = m["figure"].replace(",", "")
    factor, end = units.scale(text, m.end())
    if text[end - 1] in "亿億万萬" and parts > 1 and (more := _NUMBER.match(text, end)):
        rest = _read(text, more, parts - 1)
        if rest.figure * rest.factor < factor:
            whole = Decimal(digits) * factor + rest.figure * rest.factor
            return replace(rest, figure=whole, factor=Decimal(1), start=m.start(), step=rest.step * rest.factor)
    unit, per, stop = units.unit(text, end)
    sign = units.currency(m["sign"])
    if sign and unit != sign:
        unit, per, stop = sign, Decimal(1), end
    elif factor == 10**6 and text[m.end() : stop] == "m":  # 10m: people or metres, the reader knows
        factor, per = Decimal(1), factor
    unit = "params" if m["size"] else unit
    return _Read(Decimal(digits), factor, per, unit, m.start(), stop, _step(digits))


def _step(digits: str) -> Decimal:
    """What one in the last written place is worth; the zeros at the end of a whole number do not count as written."""
    whole, _, decimals = digits.partition(".")
    if decimals:
        return Decimal(1).scaleb(-len(decimals))
    return Decimal(1).scaleb(len(whole) - len(whole.rstrip("0"))) if whole.strip("0") else Decimal(1)


def _identifier(text: str, m: re.Match[str]) -> Quantity | None:
    """4o, 3D, 1080p, 1990s: digits that run on into letters which are neither magnitude, unit nor ordinal."""
    if m["sign"] or m["size"] or not (tail := _IDENTIFIER.match(text, m.end())):
        return None
    if units.scale(text, m.end())[1] > m.end() or units.unit(text, m.end())[0]:
        return None
    start, end = m.start("figure"), tail.end()
    if _ORDINAL.fullmatch(tail[0]):
        return _quantity(text, "ordinal", Decimal(m["figure"].replace(",", "")), "", start, end)
    return replace(_quantity(text, "version", 0, "", start, end), version=text[start:end].lower())


def _range(text: str, m: re.Match[str]) -> Quantity | None:
    low = _read(text, m)
    joint = _RANGE.match(text, low.end) or (
        text[max(0, low.start - 8) : low.start].lower() == "between " and _AND.match(text, low.end)
    )
    second = _NUMBER.match(text, joint.end()) if joint else None
    if second is None or _identifier(text, second) or _is_year(m, low):
        return None
    high = _read(text, second)
    if low.factor == low.per == 1 and (not low.unit or high.unit in ("", low.unit)):
        low = replace(low, factor=high.factor, per=high.per, unit=high.unit or low.unit)
    bottom, top = low.figure * low.factor * low.per, high.figure * high.factor * high.per
    if bottom >= top or (high.unit and low.unit != high.unit):
        return None
    found = _quantity(text, "number", bottom, low.unit, low.start, high.end)
    return replace(found, low=bottom, high=top, bare=bottom, step=high.step * high.factor * high.per)


def _is_year(m: re.Match[str], read: _Read) -> bool:
    plain = len(m["figure"]) == 4 and m["figure"].isdigit() and not m["sign"]
    return plain and read.end == m.end() and int(m["figure"]) in _YEARS


def _single(text: str, m: re.Match[str]) -> Quantity:
    read = _read(text, m)
    if _is_year(m, read):
        return _quantity(text, "date", int(m["figure"]) * 10_000, "year", read.start, read.end)
    return _number(text, read)


def _number(text: str, read: _Read) -> Quantity:
    bare = read.figure * read.factor
    return replace(
        _quantity(text, "number", bare * read.per, read.unit, read.start, read.end),
        step=read.step * read.factor * read.per,
        bare=bare,
        approx=units.approximation(text, read.start, read.end),
    )


# --- words -----------------------------------------------------------------------------------------------------------


_PARTS = re.compile(rf"(?P<of>[千万])分之(?P<share>\d{{1,4}}(?:\.\d{{1,4}})?|[{_HAN_ONES}])")


def _words(text: str, _taken: bytearray) -> Iterator[Quantity]:
    for m in _PARTS.finditer(text):  # 万分之三 is 0.03 %
        share = Decimal(m["share"]) if m["share"][0].isdigit() else Decimal(_HAN_ONES.index(m["share"]) + 1)
        per = Decimal("0.1") if m["of"] == "千" else Decimal("0.01")
        yield _number(text, _Read(share, per, Decimal(1), "%", m.start(), m.end(), Decimal(1)))
    for start, end, value in numerals.ordinals(text):
        yield _quantity(text, "ordinal", value, "", start, end)
    for source in (numerals.english, numerals.chinese):
        for start, end, value in source(text):
            unit, per, stop = units.unit(text, end)
            if unit == "month" and text[end:stop] == "年" and int(value) in _YEARS:
                yield _quantity(text, "date", int(value) * 10_000, "year", start, stop)
                continue
            yield _number(text, _Read(value, Decimal(1), per, unit, start, stop, _step(str(value))))
