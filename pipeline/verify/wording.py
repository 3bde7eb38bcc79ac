"""Wording: a "not" lost or added, the opposite word, a plan told as a fact, a first or a cause that no source has.

Each sentence is held against the source sentence that has most of its words, and only where that has nearly all of
them: then one such word is a change of what is said, and no other way of saying it. English and Chinese.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.text.sentences import split
from pipeline.types import CheckMethod, Verdict
from pipeline.verify.findings import Finding
from pipeline.verify.nearest import Told, comparable, nearest, telling, tokens, told
from pipeline.verify.opposites import CONVERSE, OPPOSITE, SIDES, turned_round
from pipeline.verify.overstated import overstated
from pipeline.verify.polarity import turned
from pipeline.verify.roles import swapped
from pipeline.verify.sources import Place, Sources
from pipeline.verify.words import HAN, quoted, unquoted

METHOD: CheckMethod = "wording"

LEAST_WORDS = 3
SURE_FROM = 0.8  # the share of its content words that the source sentence has, by weight
BOTH_FROM = 0.6  # and what it has of the source sentence's, for a "not": of a long one it may leave that part out
_NEXT_CHARS = 60
_STEM_CHARS = 4  # "spend", "spent"

_NOT = re.compile(
    r"\b(?:not|never|no longer|neither|nor|cannot|without|refus(?:e[sd]?|ing)|den(?:y|ies|ied|ying)|reject(?:s|ed|ing)?"
    r"|declin(?:e[sd]?|ing) to|fail(?:s|ed|ing)? to|rul(?:es?|ed|ing) out)\b|n['’]t\b"
    r"|不(?!断|少|仅|同|过|久|止|如|只|但|得不|禁|错)|没有|未(?!来|必)|无法|并非|否认|拒绝|从未|尚未",
    re.IGNORECASE,
)
_ANY_NOT = re.compile(r"\b(?:no|none|nobody|nothing)\b", re.IGNORECASE)
_HEDGE = re.compile(
    r"\b(?:reportedly|allegedly|alleged|claims?|claimed|claiming|rumou?r(?:s|ed)?|may|might|could|would|possibly|perhaps"
    r"|probably|likely|expected?|expects?|plans?|planned|planning|aims?|hopes?|intends?|considering|in talks"
    r"|seek(?:s|ing)?|propose[sd]?|appears?|seems?|suggests?|believed?|said to|according to|says?|said|told|if|should"
    r"|set to)\b|据称|据报道|据悉|传闻|可能|或将|或许|有望|计划|拟|打算|预计|考虑|声称|称|疑似|将|会",
    re.IGNORECASE,
)
_STRONG_HEDGE = re.compile(
    r"\b(?:reportedly|allegedly|rumou?r(?:s|ed)?|(?-i:may)|might|could|possibly|perhaps|plans? to|planning to|aims? to"
    r"|hopes? to|intends? to|considering|in talks|is said to|claims? (?:to|that)|claimed)\b"
    r"|据称|传闻|可能|或将|或许|有望|计划|拟|打算|考虑|声称|疑似",
    re.IGNORECASE,
)
_CAUSE = re.compile(
    r"(?<=\w )(?:because|due to|owing to|caused by|leading to|led to|resulting in|thanks to|prompted by|triggered by)\b"
    r"|因为|由于|导致|致使|归因于",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Aligned:
    """A sentence and the source sentence that has nearly all of its words; ``back`` is what it has of that, 0..1."""

    start: int
    text: str
    place: Place
    source: str
    back: float


def check(text: str, sources: Sources) -> list[Finding]:
    """Refuted where a "not" or an opposite changes a sentence that a source has nearly word for word.

    not_enough_info for a first, a cause or a certainty that its source sentence lacks.
    """
    known = sources.once(told)
    if not comparable(text, known):
        return []
    whole = "\n".join(p.text for p in sources.passages)
    found = [f for a in _aligned(text, known, sources) for f in _turned(a, known, whole)]
    found += overstated(text, sources)
    found += swapped(unquoted(text), sources)
    seen = [(f.start, f.end) for f in found]
    found += [f for f in turned(unquoted(text), sources) if not any(a < f.end and f.start < b for a, b in seen)]
    inside = quoted(text)  # `quotes` looks those up word for word
    found = [f for f in found if not any(a <= f.start and f.end <= b for a, b in inside)]
    return sorted(found, key=lambda finding: finding.start)


def _turned(a: _Aligned, known: Told, whole: str) -> list[Finding]:
    """What is changed in a sentence: an opposite may also be a "not", and is said once."""
    return list(_opposites(a, whole)) or [*_negations(a), *_hedges(a)]


def _aligned(text: str, known: Told, sources: Sources) -> Iterator[_Aligned]:
    for start, end in split(text):
        sentence = text[start:end]
        cause = _CAUSE.search(sentence)
        row = _unturned(sentence[: cause.start()] if cause else sentence)
        best = nearest(row, known)
        if len(row) < LEAST_WORDS or best is None:
            continue
        place = known.places[best.sentence]
        source = sources.passages[place.passage].text[place.start : place.end]
        mine, theirs = frozenset(row), frozenset(_unturned(source))
        if _held(mine, theirs, known) >= SURE_FROM:
            yield _Aligned(start, sentence, place, source, _held(theirs, mine, known))


def _unturned(text: str) -> list[str]:
    """The roots of the telling words of a text without those that may have been turned round."""
    return telling(tokens(OPPOSITE.sub(_gap, _NOT.sub(_gap, text))))


def _gap(match: re.Match[str]) -> str:
    return "" if HAN.search(match[0]) else " "  # Han words are pairs of neighbours


def _held(some: frozenset[str], others: frozenset[str], known: Told) -> float:
    """The share, by weight, of some roots that are among the others."""
    total = sum(known.weight(root) for root in some)
    return sum(known.weight(root) for root in some & others) / total if total else 0.0


def _finding(a: _Aligned, match: re.Match[str], verdict: Verdict, note: str) -> Finding:
    return Finding(start=a.start + match.start(), end=a.start + match.end(), verdict=verdict, note=note, source=a.place)


def _negations(a: _Aligned) -> Iterator[Finding]:
    """A "not" on one side alone, before a word that both have; two on one side may take each other back."""
    mine, theirs = list(_NOT.finditer(a.text)), list(_NOT.finditer(a.source))
    if a.back < BOTH_FROM or len(mine) + len(theirs) != 1 or _ANY_NOT.search(a.source if mine else a.text):
        return
    if mine and _is_said(a.text, mine[0], a.source):
        yield _finding(a, mine[0], "refuted", f"The source does not say “{mine[0][0]}”")
    elif theirs and _is_said(a.source, theirs[0], a.text):
        note = f"The source says “{theirs[0][0]}” where this does not"
        yield Finding(start=a.start, end=a.start + len(a.text), verdict="refuted", note=note, source=a.place)


def _is_said(text: str, match: re.Match[str], other: str) -> bool:
    """Whether the word that a "not" or a "may" belongs to stands in the other sentence too."""
    after = telling(tokens(text[match.end() : match.end() + _NEXT_CHARS]))
    return bool(after) and any(root[:_STEM_CHARS] == after[0][:_STEM_CHARS] for root in telling(tokens(other)))


def _opposites(a: _Aligned, whole: str) -> Iterator[Finding]:
    """The opposite of a word of the source sentence, where that sentence does not have the word itself."""
    there = {side: m[0] for m in OPPOSITE.finditer(a.source) for side in SIDES[m[0].lower()]}
    for match in OPPOSITE.finditer(a.text):
        sides = SIDES[match[0].lower()]
        opposite = next((there[turned_round(s)] for s in sides if turned_round(s) in there), None)
        converse = all(side[0] in CONVERSE for side in sides)
        if (
            opposite
            and not any(side in there for side in sides)
            and not (converse and not _same_before(a, match, opposite))
        ):
            known = re.search(rf"(?<!\w){re.escape(match[0])}", whole, re.IGNORECASE)
            verdict: Verdict = "not_enough_info" if known else "refuted"
            yield _finding(a, match, verdict, f"The source says “{opposite}”, not “{match[0]}”")


def _same_before(a: _Aligned, match: re.Match[str], opposite: str) -> bool:
    """Whether something stands before a word and before its opposite: not so in "A beat B" and "B lost to A"."""
    before = a.source[: a.source.lower().find(opposite.lower())]
    return not set(telling(tokens(a.text[: match.start()]))).isdisjoint(telling(tokens(before)))


def _hedges(a: _Aligned) -> Iterator[Finding]:
    """What the source says is said, planned or possible, told without any such word."""
    hedged = _STRONG_HEDGE.search(a.source)
    if hedged and _is_said(a.source, hedged, a.text) and not _HEDGE.search(a.text):
        note = f"The source says “{hedged[0]}”; this says it as a fact"
        yield Finding(start=a.start, end=a.start + len(a.text), verdict="not_enough_info", note=note, source=a.place)
