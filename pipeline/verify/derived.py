"""PURE: figures that a writer worked out: difference, sum, share, change or multiple of two figures of one source."""

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import permutations

from pipeline.text.numbers import Quantity

MOST_FIGURES = 20
"""Of a source that are tried: with more of them, some two give any small number."""

_ABOUT = Decimal("0.005")  # how far a figure that was worked out may be rounded beyond its last written place
# Words of one who has worked something out.
_CUE = re.compile(
    r"\b(?:more|less|fewer|higher|lower|ahead|behind|lead|up|down|by|rise|rose|fell|gr[eo]w|gap|difference|total|together"
    r"|combined|twice|doubled?|triple[ds]?|times|share|beats?|points?|percent|faster|slower|cheaper|increase|decrease|cut)\b"
    r"|[%x×]|共|合计|领先|落后|增长|下降|提高|高出|相差|倍|降低|占|快|慢",
    re.IGNORECASE,
)
_POINTS = frozenset(("%", "pp", "points", ""))
_TOTAL = re.compile(r"\b(?:total|together|combined|altogether|difference|gap)\b|共|合计|总计|相差", re.IGNORECASE)
# What shares are called without a figure: "cut by more than half" is 50 %.
_FRACTIONS = {
    Decimal(50): re.compile(r"\bhal(?:f|ves?|ved|ving)\b|一半|半数|腰斩|对半", re.IGNORECASE),
    Decimal(33): re.compile(r"\b(?:one|a) third\b|三分之一", re.IGNORECASE),
    Decimal(67): re.compile(r"\btwo[- ]thirds\b|三分之二", re.IGNORECASE),
    Decimal(25): re.compile(r"\b(?:one|a) quarter\b|四分之一", re.IGNORECASE),
    Decimal(75): re.compile(r"\bthree[- ]quarters\b|四分之三", re.IGNORECASE),
}


def is_derived(q: Quantity, text: str, source: str, figures: Sequence[Quantity]) -> bool:
    """Whether a figure of ``text`` follows from two ``figures`` of a source, or from a share that it names in words."""
    if q.kind != "number":
        return False
    if q.unit == "%" and (named := _FRACTIONS.get(q.value)) is not None and named.search(source):
        return True
    if not _CUE.search(text) or not (q.unit or _TOTAL.search(text)):
        return False
    numbers = [f for f in figures if f.kind == "number" and f.value > 0][:MOST_FIGURES]
    return any(_follows(q, a, b) for a, b in permutations(numbers, 2))


def _follows(q: Quantity, a: Quantity, b: Quantity) -> bool:
    """Whether ``q`` is a - b, a + b, a as a share of b, the change from b to a, or a / b."""
    if a.unit != b.unit and not {a.unit, b.unit} <= _POINTS:
        return False
    if q.unit in ("%", "x"):
        ratio = a.value / b.value
        if any(_near(q, v) for v in ((ratio,) if q.unit == "x" else (100 * ratio, abs(100 * (ratio - 1))))):
            return True
    same = q.unit in (a.unit, b.unit) or {q.unit, a.unit} <= _POINTS
    return same and (_near(q, a.value - b.value) or _near(q, a.value + b.value))


def _near(q: Quantity, value: Decimal) -> bool:
    return abs(q.value - value) <= max(q.step / 2, _ABOUT * abs(value))
