"""Numbers: each figure with its unit and magnitude, and each version, must stand in a source."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pipeline.text.common_words import STOP
from pipeline.text.numbers import Quantity, find
from pipeline.types import CheckMethod, Verdict
from pipeline.verify import words
from pipeline.verify.derived import figures, is_derived, merged
from pipeline.verify.findings import Finding
from pipeline.verify.sources import Place, Sources

METHOD: CheckMethod = "number"

COUNTABLE = 12  # up to here a writer may have counted for himself
ROUNDING = Decimal("0.05")  # how far a figure may be rounded without a word that says so: 71.2 to 71, not 2.6 to 3
_WINDOWS = {  # where to look around a value: "more than 100" may stand for 104 or 140, not for 1,000
    "exact": (Decimal("0.9"), Decimal("1.1")),
    "about": (Decimal("0.9"), Decimal("1.1")),
    "at_least": (Decimal(1), Decimal("1.5")),
    "at_most": (Decimal("0.67"), Decimal(1)),
}
SAME_THING = 3  # shared words from which on two figures tell of the same thing
_MAX_NEIGHBOURS = 6
_MAX_CANDIDATES = 500
_STEM_CHARS = 6
_CONTEXT_CHARS = 60
_ALIKE = ({"pp", "points"}, {"cny", "jpy"})
_ONE_SCALE = re.compile(r"an? (hundred|thousand|million|billion)", re.IGNORECASE)
_DECADE = re.compile(r"(?:19|20)\d0s")
_DIGITS = re.compile(r"(?<![\w.])\d{1,24}(?!\w|\.\d)")
_OWN_LENGTH = re.compile(r"[\s-]?(?:words?|sentences?|characters?|字)\b", re.IGNORECASE)  # "a summary in 50 words"
_SENTENCE_END = re.compile(r"[.!?;](?=\s)|[。！？；\n]")


@dataclass(frozen=True, slots=True)
class _Index:
    """Values in order, each with the quantity that it came from."""

    values: tuple[Decimal, ...]
    quantities: tuple[Quantity, ...]


@dataclass(frozen=True, slots=True)
class _Source:
    """The quantities of one passage: by value, and by what their figures say without the unit."""

    text: str
    found: tuple[Quantity, ...]
    by_value: _Index
    by_bare: _Index
    digits: dict[str, tuple[int, int]]  # runs of digits that stand alone, as in "9/11"


def _read(sources: Sources) -> tuple[_Source, ...]:
    return tuple(_indexed(p.text, found) for p, found in zip(sources.passages, sources.read(figures), strict=True))


def _indexed(text: str, found: tuple[Quantity, ...]) -> _Source:
    ends = [(value, bare, q) for q in found for value, bare in _ends(q)]
    digits = {m[0]: m.span() for m in _DIGITS.finditer(text)}
    return _Source(text, found, _index((v, q) for v, _, q in ends), _index((b, q) for _, b, q in ends), digits)


def _index(pairs: Iterable[tuple[Decimal, Quantity]]) -> _Index:
    ordered = sorted(pairs, key=lambda pair: pair[0])
    return _Index(tuple(v for v, _ in ordered), tuple(q for _, q in ordered))


def _ends(q: Quantity) -> Iterator[tuple[Decimal, Decimal]]:
    """Value and bare value of what a quantity stands for: two for a range; a year may be a number ("2000 GPUs")."""
    if q.low is not None and q.high is not None:
        yield q.low, q.bare
        yield q.high, q.high * q.bare / q.low if q.low else q.high
    elif q.kind in ("number", "ordinal"):
        yield q.value, q.bare
    elif q.unit == "year":
        yield q.value / 10_000, q.value / 10_000


def check(text: str, sources: Sources) -> list[Finding]:
    """Look each quantity up by value and unit, a version by its name. Dates have a check of their own.

    Refuted when no source has it, best with the figure that a source gives for the same thing (same unit, same words
    around it); not_enough_info for a decade. Nothing is said of small counts and ordinals that no source has, and of
    what follows from figures of a source: a writer may have counted and worked out for himself.
    """
    own = [q for q in merged(find(text), text) if q.kind != "date"]
    findings = []
    for q in own:
        place = _supported(q, sources)
        if place:
            findings.append(Finding(start=q.start, end=q.end, verdict="supported", source=place))
        elif not (_may_be_counted(q) or _OWN_LENGTH.match(text, q.end) or _is_derived(q, text, own, sources)):
            findings.append(_unsupported(q, text, own, sources))
    return findings


def _is_derived(q: Quantity, text: str, own: Sequence[Quantity], sources: Sources) -> bool:
    around = text[max(0, q.start - _CONTEXT_CHARS) : q.end + _CONTEXT_CHARS]
    said = frozenset(o.value for o in own if o is not q)
    return any(is_derived(q, around, said, source.text, source.found) for source in sources.once(_read))


def _may_be_counted(q: Quantity) -> bool:
    if q.kind == "ordinal":
        return q.value <= COUNTABLE
    return q.kind == "number" and q.unit in ("", "x") and q.value <= COUNTABLE and q.value == int(q.value)


# --- found ------------------------------------------------------------------------------------------------------------


def _supported(q: Quantity, sources: Sources) -> Place | None:
    for i, source in enumerate(sources.once(_read)):
        span = _version(q, source) if q.kind == "version" else _number(q, source)
        if span:
            return sources.place(i, *span)
    return None


Span = tuple[int, int] | None


def _number(q: Quantity, source: _Source) -> Span:
    places = [_value(q, value, bare, source) for value, bare in _ends(q)]
    if places and all(places):
        return places[0]
    if scale := _ONE_SCALE.fullmatch(q.text):  # "a million tokens": of a price per million
        word = re.search(rf"\b{scale[1]}\b", source.text, re.IGNORECASE)
        return word.span() if word else None
    version = next((s for s in source.found if s.version == q.text and q.text), None)  # "2.2 or older"
    return (version.start, version.end) if version else source.digits.get(q.text)


def _value(q: Quantity, value: Decimal, bare: Decimal, source: _Source) -> Span:
    """Where the source has the value in its unit; else the figure where one of the two has no unit, as in a table."""
    for s in _near(q, value, q.step, source.by_value):
        if s.unit == q.unit or {s.unit, q.unit} in _ALIKE:
            return s.start, s.end
    for s in _near(q, bare, q.step * bare / value if value else q.step, source.by_bare):
        if not q.unit or not s.unit:
            return s.start, s.end
    return None


def _near(q: Quantity, value: Decimal, step: Decimal, index: _Index) -> Iterator[Quantity]:
    """The quantities that have ``value``, then those that it may be a rounding of."""
    values, quantities = index.values, index.quantities
    for i in range(bisect_left(values, value), bisect_right(values, value)):
        yield quantities[i]
    low, high = _WINDOWS[q.approx]
    first, last = bisect_left(values, value * low), bisect_right(values, value * high)
    for i in range(first, min(last, first + _MAX_CANDIDATES)):
        if q.approx != "exact" or _rounds_to(value, step, values[i], quantities[i].step):
            yield quantities[i]


def _rounds_to(value: Decimal, step: Decimal, v: Decimal, finer: Decimal) -> bool:
    """1.5M for 1,498,203, 71 for 71.2; but 40 for 41 is a mistake. 128k tokens are 131,072."""
    coarser = finer < step and (value >= 1000 or value / step >= 10)
    if coarser and abs(v - value) <= min(step / 2, value * ROUNDING):
        return True
    return v * 1000 == value * 1024 or v * 1024 == value * 1000


def _version(q: Quantity, source: _Source) -> Span:
    """Written out, glued or apart ("GPT-4", "GPT 4"); else the same version under a name that shares a word, or none.

    Under another name only where the source has no other version of the name that is said.
    """
    names = set(q.unit.split())
    there = words.read(source.text)
    forms = [q.text, q.text[2:]] if _DECADE.fullmatch(q.text) else [q.text, *(name + q.version for name in names)]
    for form in forms:
        if found := there.find("".join(words.fold(form))):
            return there.place(*found)
    versions = [s for s in source.found if s.kind == "version"]
    same = [s for s in versions if s.version == q.version]
    akin = [s for s in same if not names or not s.unit or names & set(s.unit.split())]
    if not akin and not any(names & set(s.unit.split()) for s in versions):
        akin = same or [s for s in source.found if s.text == q.version]
    return (akin[0].start, akin[0].end) if akin else None


# --- not found --------------------------------------------------------------------------------------------------------


def _unsupported(q: Quantity, text: str, own: Sequence[Quantity], sources: Sources) -> Finding:
    context = _context(text, q)
    best, other = SAME_THING - 1, None
    for i, source in enumerate(sources.once(_read)):
        for s in _others(q, own, source):
            if (likeness := _likeness(q, context, s, source.text)) > best:
                best, other = likeness, (i, s)
    if other is None:
        note = f"{q.text} is in none of the sources"
        verdict: Verdict = "not_enough_info" if _DECADE.fullmatch(q.text) else "refuted"  # a writer may know it
        return Finding(start=q.start, end=q.end, verdict=verdict, note=note)
    i, s = other
    place = sources.place(i, s.start, s.end)
    note = f"The source says {s.text}, not {q.text}"
    return Finding(start=q.start, end=q.end, verdict="refuted", note=note, source=place)


def _others(q: Quantity, own: Sequence[Quantity], source: _Source) -> Iterator[Quantity]:
    """Figures that may stand in the source for ``q``: of its kind, not said elsewhere in the text, no mere "one"."""
    said = {(o.kind, o.value, o.unit, o.version) for o in own}
    for s in source.found[:_MAX_CANDIDATES]:
        word = _may_be_counted(s) and not any(c.isdigit() for c in s.text)
        if s.kind == q.kind and not word and (s.kind, s.value, s.unit, s.version) not in said:
            yield s


def _likeness(q: Quantity, context: tuple[set[str], str], s: Quantity, source: str) -> int:
    """How sure we are that two figures tell of one thing: shared words around them, the thing counted, unit, digits."""
    if q.kind == "version":
        shared_names = set(q.unit.split()) & set(s.unit.split())
        return SAME_THING + len(shared_names) if shared_names else 0
    if not _comparable(q, s):
        return 0
    around, counted = _context(source, s)
    shared = len(context[0] & around)
    slip = q.value.normalize().as_tuple().digits == s.value.normalize().as_tuple().digits  # 40M, 400M
    more = (counted != "" and counted == context[1]) + (q.unit == s.unit != "") + slip
    return shared + more if shared else 0


def _comparable(a: Quantity, b: Quantity) -> bool:
    """Whether one figure may stand for the other: the same unit as written (years, not months), or both are shares."""
    written_alike = a.value * b.bare == b.value * a.bare
    return (a.unit == b.unit and written_alike) or {a.unit, b.unit} <= {"%", "pp", "points"}


def _context(text: str, q: Quantity) -> tuple[set[str], str]:
    """Stems of the words around a quantity within its sentence, and of the word right after it."""
    before = _SENTENCE_END.split(text[max(0, q.start - _CONTEXT_CHARS) : q.start])[-1]
    after = _SENTENCE_END.split(text[q.end : q.end + _CONTEXT_CHARS], maxsplit=1)[0]
    following = [w[:_STEM_CHARS] for w in words.fold(after) if w not in STOP and not w.isdigit()]
    leading = [w[:_STEM_CHARS] for w in words.fold(before) if w not in STOP and not w.isdigit()]
    around = set(leading[-_MAX_NEIGHBOURS:] + following[:_MAX_NEIGHBOURS])
    return around, following[0] if following else ""
