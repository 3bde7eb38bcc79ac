"""PURE: right names in the wrong roles: "B sued A" where the source says that A sued B."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.verify.clauses import Clause, clauses, of_sources
from pipeline.verify.findings import Finding
from pipeline.verify.nearest import telling, tokens
from pipeline.verify.sources import Sources

# Verbs that run from one party to another, by their first letters; "sued by" turns each round.
_ENGLISH = re.compile(
    r"\b(?P<verb>su(?:es?|ed|ing)|acquir\w+|b(?:uys?|ought)|hir(?:es?|ed)|pa(?:ys?|id)|suppl(?:y|ies|ied)|beats?|invest\w*"
    r"|overt(?:akes?|ook)|accus(?:es?|ed)|fin(?:es|ed)|fund(?:s|ed)|licen[sc](?:es|ed)|outperform\w*|surpass\w*|report(?:s|ed)"
    r"|blam(?:es?|ed)|praise[sd]?|critici[sz]e[sd]?|support(?:s|ed)|replac(?:es?|ed)|join(?:s|ed)|s(?:ells?|old)|lent|lends?"
    r"|owns?|owned|owes?|owed|sign(?:s|ed)|back(?:s|ed)|thank(?:s|ed)|lead|leads|led|doubt\w*|trail(?:s|ed))\b"
)
_HAN = re.compile(
    r"(?P<verb>起诉|收购|投资|击败|超过|超越|领先|指控|批评|支持|资助|供应|雇用|聘请|取代|控告|赞扬|感谢|赔偿|优于|快于|慢于)"
)
_OBJECT_END = re.compile(
    r"\b(?:in|on|at|for|to|with|over|after|before|from|about|because|and|by|as|that|when)\b|[，。]"
)
_PASSIVE = re.compile(r"\b(?:by|from|to)\b|被|由|遭")


@dataclass(frozen=True, slots=True)
class _Deed:
    before: frozenset[str]
    after: frozenset[str]
    verb: str
    turned: bool  # "by" stands behind it


def swapped(text: str, sources: Sources) -> Iterator[Finding]:
    """The clauses of a text in which the doer and the other one have changed places: errors."""
    known = sources.once(_of_sources)
    for clause in clauses(text):
        for mine in _deeds(clause):
            same = [(deed, other) for deed, other in known if deed.verb == mine.verb and deed.turned == mine.turned]
            against = next((other for deed, other in same if _is_swapped(mine, deed)), None)
            if against and not any(_agree(mine, deed) for deed, _ in same):
                note = f"The roles are the other way round in the source: “{sources.shown(against.place)}”"
                yield Finding(start=clause.start, end=clause.end, verdict="refuted", note=note, source=against.place)


def _of_sources(sources: Sources) -> tuple[tuple[_Deed, Clause], ...]:
    return tuple((deed, clause) for clause in sources.once(of_sources) for deed in _deeds(clause))


def _is_swapped(mine: _Deed, theirs: _Deed) -> bool:
    return bool(mine.before & theirs.after) and bool(mine.after & theirs.before)


def _agree(mine: _Deed, theirs: _Deed) -> bool:
    return bool(mine.before & theirs.before) or bool(mine.after & theirs.after)


def _deeds(clause: Clause) -> Iterator[_Deed]:
    for m in (_HAN if clause.han else _ENGLISH).finditer(clause.text):
        before, after = clause.text[: m.start()], clause.text[m.end() :]
        after = _OBJECT_END.split(after.removeprefix(" by "), maxsplit=1)[0]
        turned = bool(_PASSIVE.search(before[-4:] if clause.han else clause.text[m.end() : m.end() + 4]))
        yield _Deed(
            frozenset(telling(tokens(before))), frozenset(telling(tokens(after))), m["verb"][:3].lower(), turned
        )
