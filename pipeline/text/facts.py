"""What must not contradict when two titles tell one event: versions, quantities, what happened, and whether it did.

Read out of titles alone: a body names earlier versions and other sums beside its own. Two titles contradict when both
state a fact under one name and no value agrees; what only one of them states contradicts nothing.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.text.common_words import STOP
from pipeline.text.similarity import stem

Value = str | float
Facts = Mapping[str, frozenset[Value]]

_SCALES = {
    "%": 1.0, "percent": 1.0, "k": 1e3, "thousand": 1e3, "万": 1e4, "m": 1e6, "mn": 1e6, "million": 1e6, "亿": 1e8,
    "b": 1e9, "bn": 1e9, "billion": 1e9, "t": 1e12, "tn": 1e12, "trillion": 1e12,
}  # fmt: skip
_AMOUNT = re.compile(
    r"(?P<currency>[$€£¥])?\s?(?<![\d.])(?P<number>\d{1,12}(?:,\d{3}){0,4}(?:\.\d{1,6})?)"
    r"\s?(?P<scale>%|percent|thousand|million|billion|trillion|[mb]n|tn|[kmbt](?![^\W\d_]|\d)|[万亿])?"
)
_NUMBER = re.compile(r"(?<![\d.])(?P<number>\d{1,6}(?:\.\d{1,6}){0,4})(?P<letter>[a-z]?)(?![^\W\d_]|\d)")
_WORD_BEFORE = re.compile(r"([^\W\d_]{1,40})[\s#.-]{0,3}(?:\bv|version )?$")
_WORD_AFTER = re.compile(r"[\s-]?([^\W\d_]{1,40})")
_YEAR = re.compile(r"(?:19|20)\d\d$")
_WEIGHS_FROM = {"#denied": 0.6, "#event": 0.3, "#amount$": 0.5, "#share": 0.5}
_TOLD = {
    "#denied": "one denies it", "#event": "what happens", "#variant": "the variants", "#build": "the versions",
    "#share": "the shares", "#amount$": "the amounts", "#amount€": "the amounts", "#amount£": "the amounts",
    "#amount¥": "the amounts",
}  # fmt: skip
_AGREES_WITHIN = 0.05  # 2.3 billion and 2.25 billion are one sum, rounded

_VARIANT_WORDS = "pro flash mini nano ultra lite max turbo deep haiku sonnet opus large medium small"
_VARIANTS = frozenset(_VARIANT_WORDS.split())

# What happens to a thing; a title of one group and a title of another tell two events. Stems, from a word's start.
_EVENTS = {
    "release": r"\b(?:releas|launch|introduc|unveil|available\b|open-sourc)|发布|推出|上线",
    "breakage": r"\b(?:jailbr|hacked|breach|vulnerab|exploit|outage|offline\b|crash)|漏洞|故障|越狱",
    "court": r"\b(?:sue[sd]?\b|suing\b|lawsuit|court\b|judge\b|antitrust|fine[sd]\b)|起诉",
    "takeover": r"\b(?:acqui|buys\b|bought\b|takeover|merge[sr])|收购",
    "money": r"\b(?:raises\b|raised\b|funding|valuation|invest[si]|invested)|融资",
    "people": r"\b(?:hires\b|hired\b|resign|quits\b|leaves\b|leaving\b|layoff|lays off)|辞职",
    "results": r"\b(?:earnings|revenue)|财报",
}
_EVENT_OF = re.compile("|".join(f"(?P<{name}>{stems})" for name, stems in _EVENTS.items()))
_DENIED = re.compile(
    r"\b(?:not|no|never|cannot|den(?:y|ies|ied)|rejects?|rejected|bars?|barred|bans?|banned|blocks?|blocked|delay(?:s|ed)?"
    r"|postpone[sd]?|cancel(?:s|led)?|halts?|halted|paus(?:es|ed?))\b|n't\b|否认|推迟|取消|暂停|拒绝"
)


def facts_of(title: str) -> Facts:
    """The facts that a title states, each under a name: ``{"opus": {"5.1"}, "#event": {"money"}}``."""
    text = unicodedata.normalize("NFKC", title).casefold().replace("’", "'")
    found: defaultdict[str, set[Value]] = defaultdict(set)
    rest = _take_amounts(text, found)
    for match in _NUMBER.finditer(rest):
        _number(rest, match, found)
    found["#event"].update(m.lastgroup for m in _EVENT_OF.finditer(text) if m.lastgroup)
    found["#denied"].add(bool(_DENIED.search(text)))
    return {name: frozenset(values) for name, values in found.items() if values and name not in STOP}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A fact that two texts state, each in its own way. ``str`` says it to a reader."""

    name: str
    mine: frozenset[Value]
    theirs: frozenset[Value]

    @property
    def is_version(self) -> bool:
        """Whether it is a version, a variant or a count: what another event is known by, whatever the words."""
        return not self.name.startswith("#") or self.name in ("#build", "#variant")

    def __str__(self) -> str:
        what = _TOLD.get(self.name)
        if self.name == "#denied":
            return what or ""
        mine, theirs = _listed(self.mine), _listed(self.theirs)
        return f"{what} differ: {mine} and {theirs}" if what else f"{self.name} {mine} is not {self.name} {theirs}"


def contradiction(mine: Facts, theirs: Facts, *, alike: float = 1.0) -> Difference | None:
    """The first fact that both state and on which nothing agrees, None when there is none.

    ``alike`` is the cosine of the two texts: in other words a sum, an event or a "not" is more often another side of
    the same event than another event. A version always weighs.
    """
    for name in sorted(mine.keys() & theirs.keys()):
        if alike < _WEIGHS_FROM.get(name, 0.0):
            continue
        if not any(_agree(a, b) for a in mine[name] for b in theirs[name]):
            return Difference(name=name, mine=mine[name], theirs=theirs[name])
    return None


def _listed(values: frozenset[Value]) -> str:
    return " or ".join(sorted(v if isinstance(v, str) else _rounded(v) for v in values))


def _rounded(number: float) -> str:
    for scale, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if number >= scale:
            return f"{number / scale:g}{unit}"
    return f"{number:g}"


def _agree(a: Value, b: Value) -> bool:
    if isinstance(a, str) or isinstance(b, str):
        return a == b
    return abs(a - b) <= _AGREES_WITHIN * max(a, b)


def _take_amounts(text: str, found: defaultdict[str, set[Value]]) -> str:
    """Note sums, shares and sizes; give the text without them, so that what is left are versions and counts."""

    def note(match: re.Match[str]) -> str:
        currency, scale = match["currency"], match["scale"]
        value = float(match["number"].replace(",", "")) * _SCALES.get(scale or "", 1.0)
        if not currency and not scale and "," not in match["number"]:
            return match[0]
        # A dollar sign is often left out ("raises 40M"); another currency is a sum of its own.
        name = "#share" if scale in ("%", "percent") else f"#amount{currency or '$'}"
        found[name].add(value)
        return " "

    return _AMOUNT.sub(note, text)


def _number(text: str, match: re.Match[str], found: defaultdict[str, set[Value]]) -> None:
    """Note a version ("opus" is 5.1) or a count ("engineers" are 50) under the words at both its sides."""
    number = match["number"] + match["letter"]
    if _YEAR.match(number):
        return
    while number.endswith(".0"):
        number = number.removesuffix(".0")
    before = _WORD_BEFORE.search(text, max(0, match.start() - 50), match.start())
    after = _WORD_AFTER.match(text, match.end())
    names = [side[1] for side in (before, after) if side]
    if before:
        found[stem(before[1])].add(number)
    if after and after[1] not in _VARIANTS:
        found[stem(after[1])].add(number)
    if number.count(".") >= 2 or not names:
        found["#build"].add(number)  # "1.12.43" is one thing, whatever stands beside it
    found["#variant"].update(n for n in names if n in _VARIANTS)
