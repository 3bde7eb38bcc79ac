"""PURE: figures that a writer worked out from those of one source: a difference, a sum, a share, a multiple, a span."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import permutations, product

from pipeline.text.numbers import Quantity, find

NEAR_CHARS = 250
"""How far two figures that are put together stand apart at most: with all of a source, some two give any number."""

COUNTED_TIMES = 20
_JOINED_CHARS = 40  # "20,000 pupils and 3,000 teachers"
_NEAR_FIGURES = 8
_MOST_DATES, _FIRST_FIGURES, _MOST_FIGURES = 20, 20, 200
_AND = re.compile(r"\s?,?\s?(?:and\s|[零和])?")
_PARTED = re.compile(r"[.!?](?=\s)|[。！？\n]")
_ABOUT = Decimal("0.005")  # how far a figure that was worked out may be rounded beyond its last written place
_FINE = Decimal("0.1")  # a last written place of more than that is worth too much to be half of it off
_WRITTEN_DIGITS = 2  # a figure of so many digits is no chance result

# Words of one who has worked something out.
_CUE = re.compile(
    r"\b(?:more|less|fewer|higher|lower|ahead|behind|lead|up|down|by|rise|rose|fell|gr[eo]w|gap|difference|total|together"
    r"|combined|twice|doubled?|triple[ds]?|times|share|beats?|points?|percent|faster|slower|cheaper|increase|decrease|cut"
    r"|previous\w*|predecessor|before|earlier|former\w*|saves?|saved)\b"
    r"|[%x×]|共|合计|领先|落后|增长|下降|提高|高出|相差|倍|降低|占|快|慢|少|多|缩短|节省|减少|增加|上一|此前|之前|原来|比",
    re.IGNORECASE,
)
_REST = re.compile(
    r"\b(?:only|just|rest|remain\w*|still|left|others?|not|no|never|without|fail\w*|wrong\w*|dis\w{4,}|miss\w*)\b|n['’]t\b"
    r"|其余|剩|仅|只|仍|不|未|没|错",
    re.IGNORECASE,
)
_RATE = re.compile(
    r"\b(?:per|each|every|average|a (?:day|week|month|year|second|minute|hour))\b|[每/]|平均", re.IGNORECASE
)
_POINTS = frozenset(("%", "pp", "points", ""))
_TOTAL = re.compile(r"\b(?:total|together|combined|altogether|difference|gap)\b|共|合计|总计|相差", re.IGNORECASE)
_TIMED = re.compile(
    r"\b(?:ago|after|later|before|earlier|since|within|until|past|last(?:ed|s)?|first|took|takes|for)\b"
    r"|[前后来内初长]|持续|历时|用时",
    re.IGNORECASE,
)


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


# What shares are called without a figure: "cut by more than half" is 50 %.
_FRACTIONS = {
    Decimal(50): _words(r"\bhal(?:f|ves?|ved|ving)\b|一半|半数|腰斩|对半"),
    Decimal(33): _words(r"\b(?:one|a) third\b|三分之一"),
    Decimal(67): _words(r"\btwo[- ]thirds\b|三分之二"),
    Decimal(25): _words(r"\b(?:one|a) quarter\b|四分之一"),
    Decimal(75): _words(r"\bthree[- ]quarters\b|四分之三"),
}
# And multiples of the figure beside them: "half as much as" makes of 650 watts 1,300, "翻一番" of 18万 36万.
_MULTIPLES = (
    (Decimal(2), _words(r"\bhal(?:f|ve[sd]?|ving)\b|一半|腰斩|\btwice\b|\bdoubl(?:e[sd]?|ing)\b|翻一?[番倍]")),
    (Decimal(3), _words(r"\ba third\b|三分之一|\bthree times\b|\btripl(?:e[sd]?|ing)\b|\bthreefold\b|三倍")),
    (Decimal(4), _words(r"\ba quarter\b|四分之一|\bfour times\b|\bquadrupl(?:e[sd]?|ing)\b|\bfourfold\b|四倍|翻两番")),
)
_BESIDE_CHARS = 40
# And spans of time, in months.
_PERIODS = {
    Decimal(3): _words(r"\bquarter\b|季度|一季"),
    Decimal(6): _words(r"\bhalf[- ]?year\b|\b(?:first|second) half\b|上半年|下半年|半年"),
    Decimal(9): _words(r"\bthree quarters\b|前三季度|三个季度"),
    Decimal(12): _words(r"\b(?:a|one|the|full|whole|per) year\b|\bannual\w*|全年|一年|年度"),
}


def is_derived(q: Quantity, text: str, said: frozenset[Decimal], source: str, figures: Sequence[Quantity]) -> bool:
    """Whether a figure of ``text`` follows from ``figures`` of a source, or from a share or span that it names.

    ``said`` are the other figures of the text. Two figures count where they stand within NEAR_CHARS of each other, or
    are among the first of the source. Linear in the length of the source.
    """
    if q.kind != "number":
        return False
    if q.unit == "%" and (named := _FRACTIONS.get(q.value)) is not None and named.search(source):
        return True
    if q.unit == "month" and (named := _PERIODS.get(q.value)) is not None and named.search(source):
        return True
    if q.unit in ("month", "second") and _TIMED.search(text) and _spans(q, figures):
        return True
    numbers = [f for f in figures if f.kind == "number" and f.value > 0]
    if any(_from_one(q, f, text, source) for f in numbers):
        return True
    cue = bool(_CUE.search(text)) and bool(q.unit or q.step < 1 or _TOTAL.search(text))
    rest = bool(_REST.search(text))
    for a, b, together in _near_pairs(numbers, source):
        if together and (_is_share(q, a, b) or _is_rest(q, a, b, said, cue=rest)):
            return True
        if _from_two(q, a, b, cue):
            return True
    return _from_far(
        q, numbers[:_FIRST_FIGURES], cue=cue, rate=bool(_RATE.search(text)), told=bool(_RATE.search(source))
    )


def figures(text: str) -> tuple[Quantity, ...]:
    """The figures of a source in order, "three hours and 20 minutes" as two and as one. Through ``Sources.read``."""
    single = find(text)
    return tuple(sorted({*single, *merged(single, text)}, key=lambda q: (q.start, q.end)))


def merged(figures: Sequence[Quantity], text: str) -> list[Quantity]:
    """The figures of a text with "three hours and 20 minutes" as one."""
    found: list[Quantity] = []
    for q in figures:
        last = found[-1] if found else None
        if (
            last
            and last.unit == q.unit == "second"
            and q.value < last.value
            and _AND.fullmatch(text, last.end, q.start)
        ):
            value = last.value + q.value
            found[-1] = replace(last, value=value, bare=value, step=q.step, end=q.end, text=text[last.start : q.end])
        else:
            found.append(q)
    return found


def is_moment_derived(q: Quantity, figures: Sequence[Quantity]) -> bool:
    """Whether a time of day, or a year, is another one of the source plus or less a span that it names."""
    first = figures[:_MOST_FIGURES]
    if q.unit == "time":
        hours = [f.value for f in first if f.unit == "time"]
        minutes = {way * f.value / 60 for f in first if f.unit == "second" for way in (1, -1)}
        return any((hour + span - q.value) % 720 == 0 for hour, span in product(hours, minutes))
    if q.unit != "year":
        return False
    years = {f.value // 10_000 for f in first if f.kind == "date" and f.unit != "time" and f.value >= 10_000}
    spans = {way * f.value / 12 for f in first if f.unit == "month" for way in (1, -1)}
    return any(year + span == q.value // 10_000 for year, span in product(years, spans))


# --- numbers --------------------------------------------------------------------------------------------------------


def _near_pairs(numbers: Sequence[Quantity], source: str) -> Iterator[tuple[Quantity, Quantity, bool]]:
    """Two figures close together, either way round, and whether they stand in one sentence."""
    for i, a in enumerate(numbers):
        for b in numbers[i + 1 : i + 1 + _NEAR_FIGURES]:
            if b.start - a.end > NEAR_CHARS:
                break
            together = not _PARTED.search(source, a.end, max(a.end, b.start))
            yield a, b, together
            yield b, a, together


def _from_one(q: Quantity, f: Quantity, text: str, source: str) -> bool:
    """The rest to 100 %, a multiple as a growth (1.6 times: by 60 %), or one that stands beside the figure in words."""
    if q.unit == f.unit == "%" and _near(q, 100 - f.value) and _REST.search(text):
        return True
    if q.unit == "%" and f.unit == "x" and _near(q, 100 * (f.value - 1)):
        return True
    if q.unit != f.unit:
        return False
    beside = source[max(0, f.start - _BESIDE_CHARS) : f.end + _BESIDE_CHARS]
    if any(_near(q, f.value * share / 100) and words.search(beside) for share, words in _FRACTIONS.items()):
        return True
    return any((_near(q, f.value * n) or _near(q, f.value / n)) and words.search(beside) for n, words in _MULTIPLES)


def _is_share(q: Quantity, a: Quantity, b: Quantity) -> bool:
    """Whether ``q`` is a % of b, that of which b is a %, b before or after a change by a %, or b times a."""
    counted = q.unit == "x" and q.value > COUNTED_TIMES  # "1,300 times" counts occasions
    if (b.unit != q.unit and not (counted and not b.unit)) or a.unit not in ("%", "x") or a.unit == q.unit:
        return False
    if not _is_written_out(q) and q.value not in (a.value * b.value, b.value / a.value):
        return False
    share = a.value / 100
    parts = [share, 1 + share, 1 - share] if a.unit == "%" else [a.value]
    return any(_near(q, part * b.value) or _near(q, b.value / part) for part in parts if part > 0)


def _is_rest(q: Quantity, a: Quantity, b: Quantity, said: frozenset[Decimal], *, cue: bool) -> bool:
    """Whether ``q`` is what is left of a without b, to the last digit; the text says a, or that something is left."""
    if a.unit != b.unit and not {a.unit, b.unit} <= _POINTS:
        return False
    if q.unit not in (a.unit, b.unit, ""):
        return False
    return q.value == a.value - b.value and (cue or a.value in said or q.step < 1)


def _is_rate(q: Quantity, a: Quantity, b: Quantity) -> bool:
    """Whether ``q`` is so much a year (month, hour, piece ...) of ``a``, or the sum of that over the span ``b``."""
    if a.unit != q.unit or b.unit == a.unit or b.unit not in ("month", "second", "") or not b.bare:
        return False
    return _is_written_out(q) and (_near(q, a.value / b.bare) or (b.unit != "" and _near(q, a.value * b.bare)))


def _from_far(q: Quantity, numbers: Sequence[Quantity], *, cue: bool, rate: bool, told: bool) -> bool:
    """Whether ``q`` follows from two figures with a unit, wherever they stand."""
    for a, b in permutations(numbers, 2):
        if (rate or (told and b.unit)) and _is_rate(q, a, b):
            return True
        if cue and q.unit not in _POINTS and q.unit == a.unit == b.unit and _from_two(q, a, b, cue):
            return True
    return False


def _from_two(q: Quantity, a: Quantity, b: Quantity, cue: bool) -> bool:
    """Whether ``q`` is a - b, a + b, a / b, a share of b, or the change from b to a."""
    if a.unit != b.unit and not {a.unit, b.unit} <= _POINTS:
        return False
    if cue and q.unit in ("%", "x"):
        ratio = a.value / b.value
        if any(_near(q, v) for v in ((ratio,) if q.unit == "x" else (100 * ratio, abs(100 * (ratio - 1))))):
            return True
    if not (q.unit in (a.unit, b.unit) or {q.unit, a.unit} <= _POINTS):
        return False
    joined = _is_written_out(q) and abs(b.start - a.end) <= _JOINED_CHARS and a.unit == b.unit
    return (cue or joined) and (_near(q, a.value + b.value) or (cue and _near(q, a.value - b.value)))


def _is_written_out(q: Quantity) -> bool:
    return len(q.value.normalize().as_tuple().digits) >= _WRITTEN_DIGITS or q.value >= 1000 or q.step < 1


def _near(q: Quantity, value: Decimal) -> bool:
    off = abs(q.value - value)
    return off <= _ABOUT * abs(value) or (q.step <= _FINE * q.value and off <= q.step / 2)


# --- time -----------------------------------------------------------------------------------------------------------


def _spans(q: Quantity, figures: Sequence[Quantity]) -> bool:
    """Whether a span lies between two dates of the source; one without a year has that of another."""
    dates = [int(f.value) for f in figures if f.kind == "date" and f.unit != "time"][:_MOST_DATES]
    years = [value // 10_000 for value in dates if value >= 10_000]
    full = {value for value in dates if value >= 10_000}
    full |= {v + (y + n) * 10_000 for v in dates if v < 10_000 for y in set(years) or {0} for n in (0, 1)}
    times = [f.value for f in figures[:_MOST_FIGURES] if f.unit == "time"]
    if q.unit == "second" and any(int(a - b) % 1440 * 60 == q.value for a, b in product(times, times)):
        return True
    for a, b in product(full, full):
        if a > b and (q.value == _months(a) - _months(b) or _is_years(q, a, b) or _is_days(q, a, b)):
            return True
    return False


def _months(value: int) -> int:
    return value // 10_000 * 12 + value // 100 % 100


def _is_years(q: Quantity, a: int, b: int) -> bool:
    return q.unit == "month" and q.value == 12 * (a // 10_000 - b // 10_000)


def _is_days(q: Quantity, a: int, b: int) -> bool:
    if q.unit != "second" or not (a % 100 and b % 100):
        return False
    days = 30.44 * (_months(a) - _months(b)) + a % 100 - b % 100
    written = float(q.value) / 86_400
    return abs(written - days) <= (0 if _months(a) == _months(b) else 1)
