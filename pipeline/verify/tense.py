"""PURE: what is still to come told as done ("will be released", "has released"), or what is done as still to come."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.verify.clauses import Clause, clauses, of_sources, stems
from pipeline.verify.findings import Finding
from pipeline.verify.sources import Sources

SHARED = 0.6
"""Of the telling words of the shorter of two clauses, the share that both have: then they tell of the same thing."""

_LEAST_SHARED = 2
_NEXT_CHARS = 30
_TO_COME = re.compile(
    r"\b(?:will|shall|(?:is|are) (?:going |expected |due |set |scheduled )?to|plans? to|planning to|(?:is|are) due to"
    r"|expect(?:s|ed)? to|aims? to|intends? to|hopes? to)\b|\w['’]ll\b",
    re.IGNORECASE,
)
# A verb that is done: "has released", "was held", "released the weights"; not "is held", nor the "improved" of a thing.
_FORMS = (
    r"(?P<verb>(?!need|feed|speed|seed|exceed|proceed|succeed|embed|indeed|hundred)\w{2,}ed|began|taken?|took|won|sold|bought"
    r"|made|left|built|held|given?|gave|spent|sent|paid|shown|begun)"
)
_PAST = (
    re.compile(rf"\b(?:has|have|had|was|were|been)\s(?:\w+ly\s|also\s|already\s)?{_FORMS}\b"),
    re.compile(
        rf"(?<!\bbe )(?<!\bis )(?<!\bare )(?<!\bbeing )\b{_FORMS}(?=\s(?:the|an?|its|their|his|her|for|in|on|[A-Z\d]))"
    ),
)
_HAN_TO_COME = re.compile(r"将(?!军)|计划|拟于|预计|即将")
_HAN_DONE = re.compile(r"已经?")
_UNSURE = re.compile(r"\b(?:if|would|could|may|might|not|never)\b|n['’]t\b|不|未|没|如果|若|可能", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Times:
    clause: Clause
    done: frozenset[str]
    to_come: frozenset[str]


def shifted(text: str, sources: Sources) -> Iterator[Finding]:
    """Doubts about the clauses of a text with a verb whose time is another in a source; none where a source agrees."""
    known = sources.once(_of_sources)
    for mine in map(_times, clauses(text)):
        for done, here in ((True, mine.done - mine.to_come), (False, mine.to_come - mine.done)):
            against = [t for t in known if here & (t.to_come if done else t.done) and _alike(mine.clause, t.clause)]
            if against and not any(here & (t.done if done else t.to_come) for t in known):
                place = against[0].clause.place
                what = "as done what is still to come" if done else "as still to come what is done"
                yield Finding(
                    start=mine.clause.start,
                    end=mine.clause.end,
                    verdict="not_enough_info",
                    note=f"This tells {what} in the source: “{sources.shown(place)}”",
                    source=place,
                )


def _of_sources(sources: Sources) -> tuple[_Times, ...]:
    return tuple(map(_times, sources.once(of_sources)))


def _alike(mine: Clause, other: Clause) -> bool:
    shared = len(mine.words & other.words)
    return shared >= max(_LEAST_SHARED, SHARED * min(len(mine.words), len(other.words)))


def _times(clause: Clause) -> _Times:
    """The verbs of a clause that are done and that are to come; in Chinese, all of its words are one or the other."""
    if _UNSURE.search(clause.text):
        return _Times(clause, frozenset(), frozenset())
    if clause.han:
        to_come, done = bool(_HAN_TO_COME.search(clause.text)), bool(_HAN_DONE.search(clause.text))
        nothing: frozenset[str] = frozenset()
        return _Times(clause, clause.words if done and not to_come else nothing, clause.words if to_come else nothing)
    after = [clause.text[m.end() : m.end() + _NEXT_CHARS].split() for m in _TO_COME.finditer(clause.text)]
    verbs = [next((w for w in words if w not in ("be", "have", "also", "soon", "now")), "") for words in after]
    past = {m["verb"] for form in _PAST for m in form.finditer(_TO_COME.sub(" ", clause.text))} - set(verbs)
    return _Times(clause, stems(" ".join(sorted(past))), stems(" ".join(verbs)))
