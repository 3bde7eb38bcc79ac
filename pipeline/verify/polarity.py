"""PURE: clauses turned round: a "not" lost or added, or an opposite, where all else stands as in a source."""

from collections.abc import Iterator, Sequence

from pipeline.types import Verdict
from pipeline.verify.clauses import Clause, clauses, of_sources, read_clause
from pipeline.verify.findings import Finding
from pipeline.verify.opposites import CONVERSE, OPPOSITE, SIDES, turned_round
from pipeline.verify.sources import Sources

SHARED, HAN_SHARED = 0.7, 0.6
"""Of the telling words of the shorter of two clauses, the share that both have: then they tell of the same thing."""

_LEAST_SHARED = 2
_SHORT = 2  # telling words of a sentence that says one thing: "Quillon is profitable"
# Words that stand for any name: "the company".
_ANYBODY = frozenset(
    ("compa", "firm", "maker", "start", "model", "produ", "syste", "tool", "team", "group", "alrea", "still", "now")
)


def turned(text: str, sources: Sources) -> Iterator[Finding]:
    """The clauses of a text that deny what a source says, say what it denies, or have the opposite word.

    Refuted, but for a "not" beside few or unknown words, which is not_enough_info.
    """
    every = sources.once(_every_word)
    alike = {han: [c for c in sources.once(of_sources) if c.han == han] for han in (False, True)}
    for clause in clauses(text):
        known = alike[clause.han]
        found = _opposed(text, clause, known, sources) or _denying(clause, known, every, sources)
        if found:
            yield found


def _every_word(sources: Sources) -> frozenset[str]:
    return frozenset(word for clause in sources.once(of_sources) for word in clause.words)


# --- not ------------------------------------------------------------------------------------------------------------


def _denying(clause: Clause, known: Sequence[Clause], every: frozenset[str], sources: Sources) -> Finding | None:
    if clause.vague or (other := _nearest_denied(clause, known)) is None:
        return None
    verdict = _verdict(clause, other, every)
    if verdict is None:
        return None
    what, there = ("denies", "says") if clause.denied else ("says", "denies")
    note = f"This {what} what the source {there}: “{sources.shown(other.place)}”"
    return Finding(start=clause.start, end=clause.end, verdict=verdict, note=note, source=other.place)


def _verdict(clause: Clause, other: Clause, every: frozenset[str]) -> Verdict | None:
    """How sure it is that one denies what the other says; None where they tell of different things."""
    if clause.han:
        return "refuted"
    mine, theirs = clause.words - _ANYBODY, other.words - _ANYBODY
    shared = len(mine & theirs)
    if shared >= _LEAST_SHARED and (clause.whole or len(clause.words) > _SHORT):
        if shared >= SHARED * min(len(mine), len(theirs)):
            return "refuted" if mine <= every and shared >= SHARED * len(theirs) else "not_enough_info"
    elif shared and clause.whole and len(mine) <= _SHORT and mine <= every:
        return "not_enough_info"
    return None


def _nearest_denied(clause: Clause, known: Sequence[Clause]) -> Clause | None:
    """The nearest clause that has the denied word, if it denies what this one says or says what this one denies.

    None where another one, as near, agrees.
    """
    denied = [other for other in known if (clause.denied or other.denied) & clause.words & other.words]
    if clause.han:
        denied = [other for other in denied if _tells_the_same(clause, other)]
    against = [other for other in denied if bool(other.denied) != bool(clause.denied)]
    best = max(against, key=lambda other: len(clause.words & other.words), default=None)
    if best is None or best.vague:
        return None
    word, most = (clause.denied or best.denied) & clause.words & best.words, len(clause.words & best.words)
    agreeing = (other for other in known if bool(other.denied) == bool(clause.denied) and word & other.words)
    return None if any(len(clause.words & other.words) >= most for other in agreeing) else best


def _tells_the_same(clause: Clause, other: Clause) -> bool:
    """For Chinese: most of what the clause with the "not" says stands in the other one."""
    denying = clause if clause.denied else other if other.denied else clause
    return len(clause.words & other.words) >= max(_LEAST_SHARED, HAN_SHARED * len(denying.words))


# --- the opposite -----------------------------------------------------------------------------------------------------


def _opposed(text: str, clause: Clause, known: Sequence[Clause], sources: Sources) -> Finding | None:
    """A word whose opposite stands in the nearest clause with most of the same other words."""
    best, most = None, _LEAST_SHARED - 1
    for other in known if clause.sides else ():
        shared = len(clause.bare & other.bare)
        about = {side[0] for side in clause.sides} & {side[0] for side in other.sides}
        if not about or shared < SHARED * min(len(clause.bare), len(other.bare)):
            continue
        changed = {s for s in clause.sides - other.sides if turned_round(s) in other.sides - clause.sides}
        if shared > most or (shared == most and not changed):
            best, most = (other, changed) if changed and bool(other.denied) == bool(clause.denied) else None, shared
    if best is None:
        return None
    other, changed = best
    mine = next(m for m in OPPOSITE.finditer(text, clause.start, clause.end) if SIDES[m[0].lower()] & changed)
    opposite = {turned_round(side) for side in changed}
    theirs = next(m for m in OPPOSITE.finditer(other.text) if SIDES[m[0].lower()] & opposite)
    if all(side[0] in CONVERSE for side in changed):
        before = read_clause(other.text[: theirs.start()]).words
        if before.isdisjoint(read_clause(text[clause.start : mine.start()]).words):
            return None  # "A beat B" and "B lost to A"
    note = f"This says the opposite of what the source says: “{sources.shown(other.place)}”"
    return Finding(start=mine.start(), end=mine.end(), verdict="refuted", note=note, source=other.place)
