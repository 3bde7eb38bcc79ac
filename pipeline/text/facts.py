"""What must not contradict when two texts tell one event: versions, quantities, what happened, and whether it did.

Read out of titles. A body names earlier versions and other sums beside its own, so that its first sentence and the
words of the address are asked only for what the title speaks of and leaves open. Two texts contradict when both state a
fact under one name and no value agrees; what only one of them states contradicts nothing.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.text.common_words import STOP
from pipeline.text.happenings import denies, events, reacts
from pipeline.text.numerals import english
from pipeline.text.parties import parties
from pipeline.text.similarity import stem
from pipeline.text.spacing import space
from pipeline.text.tokens import words

Value = str | float
Facts = Mapping[str, frozenset[Value]]

_SCALES = {
    "%": 1.0, "percent": 1.0, "k": 1e3, "thousand": 1e3, "万": 1e4, "m": 1e6, "mn": 1e6, "million": 1e6, "亿": 1e8,
    "b": 1e9, "bn": 1e9, "billion": 1e9, "t": 1e12, "tn": 1e12, "trillion": 1e12,
}  # fmt: skip
_LETTERS = {"thousand": "k", "mn": "m", "million": "m", "bn": "b", "billion": "b", "tn": "t", "trillion": "t"}
# A dollar sign is often left out ("raises 40M"); another currency is a sum of its own.
_CURRENCIES = {
    "dollar": "$", "美元": "$", "euro": "€", "欧元": "€", "pound": "£", "英镑": "£", "yen": "¥", "日元": "¥",
    "yuan": "元", "元": "元",
}  # fmt: skip
_AMOUNT = re.compile(
    r"(?P<currency>[$€£¥])?\s?(?<![\d.])(?P<number>\d{1,12}(?:,\d{3}){0,4}(?:\.\d{1,6})?)"
    r"[\s-]?(?P<scale>%|percent|thousand|million|billion|trillion|[mb]n|tn|[kmbt](?![^\W\d_]|\d)|[万亿])?"
    rf"(?:[\s-]?(?P<after>{'|'.join(_CURRENCIES)})s?)?"
)
_VARIANT_WORDS = "pro flash mini nano ultra lite max turbo deep haiku sonnet opus large medium small super plus air"
_VARIANTS = frozenset(
    (_VARIANT_WORDS + " instant thinking coder codex vision instruct scout maverick fast heavy").split()
)
# Words after the version of a model. With one of these another model is named ("o3-mini"), and so with any that a
# hyphen joins ("V3.2-Exp") or that follows a variant ("Codex-Max"); but "Gemini 3" may be Gemini 3 Pro.
_SIBLINGS = frozenset(("mini", "nano", "flash", "lite", "turbo", "tiny", "small", "vl", "omni"))
_NO_SIBLING_WORDS = "pro preview instruct chat base thinking it gguf class level based style like powered only"
_NO_SIBLINGS = frozenset(_NO_SIBLING_WORDS.split())
_TAIL = re.compile(r"(?:[\s-][^\W\d_]{1,20}){0,3}")
_TAIL_WORD = re.compile(r"([\s-])([^\W\d_]+)")
# "Foo-7B", "Qwen 3 80B", "70B model": parameters, not money.
_SIZE_AFTER_NAME = re.compile(rf"(?:[^\W_]-|\d |\b(?:{'|'.join(_VARIANTS)}) )$")
_SIZE_BEFORE_WORD = re.compile(r"[bm][ -](?:param|model|weight|dense|moe|instruct|chat|base|coder|llm|a\d)")

_NUMBER = re.compile(
    r"(?<![\d.,])(?P<number>\d{1,3}(?:,\d{3}){1,4}|\d{1,12}(?:\.\d{1,6}){0,4})(?P<letter>[a-z]?)(?![^\W\d_]|\d)"
)
_WORD_BEFORE = re.compile(r"([^\W\d_]{1,40}(?: [a-z](?=[+ -]))?)[\s#.+-]{0,3}(?:\bv|version )?$")
_WORD_AFTER = re.compile(r"[\s-]?([^\W\d_]{1,40})")
_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"(?:19|20)\d\d$")
# "raises 300M at 5B": two sums, each of its own kind.
_WORTH_BEFORE = re.compile(r"(?:\bat(?: an?| about| over)?|\bworth|valu(?:ed|ing|ation)\b(?: \w{1,6}){0,3}|估值)\s?$")
_WORTH_AFTER = re.compile(r"[\s-]?(?:valuation|估值)")
_LEAST_SUM = 1000  # written in words: "ten billion"
_LEAST_WORTH = 1e6  # "at $20" is a price
_SUMS = ("#amount", "#share", "#worth", "#count")
_LEAST_COUNT_DIGITS = 3  # of a number that counts what no word beside it names: "lays off 600 in Texas"
_VERSIONS = ("#build", "#variant", "#size", "#model")
# How alike two texts must be for a difference to weigh; a version weighs always. Lower tells more pairs of the hard set
# apart and splits more of the long stories (tests/eval/test_stories.py).
_SUMS_WEIGH_FROM = 0.45  # .4: .004 less of B-cubed F1; .5: one more wrong merge
_OTHERS_WEIGH_FROM = 0.55  # parties, what happens, whether it does; .5: .002 less
_TOLD = {
    "#denied": "one denies it", "#event": "what happens", "#reaction": "one is a reaction",
    "#party": "the parties", "#variant": "the variants",
    "#build": "the versions", "#size": "the sizes", "#share": "the shares", "#amount": "the amounts",
    "#worth": "the valuations", "#model": "the models", "#count": "the counts",
}  # fmt: skip
_EVERY_PARTY = "#party of all"  # those that every member of a story names
_AGREES_WITHIN = 0.05  # 2.3 billion and 2.25 billion are one sum, rounded

_FIRST_SENTENCE = re.compile(r".{1,240}?(?:[.!?](?=\s|$)|[。！？]|$)", re.DOTALL)
_SLUG_NUMBER = re.compile(r"([a-z]{2,20})-v?(\d{1,2}(?:-\d{1,2})?)(?=-[a-z]|$)", re.IGNORECASE)
_SUMS_MATTER = frozenset(("money", "takeover", "people", "price"))  # to events of these groups


def facts_of(title: str, body: str = "", address: str = "") -> Facts:
    """The facts that an item states, each under a name: ``{"opus": {"5.1"}, "#event": {"money"}}``."""
    text = _folded(title)
    tokens = [token for word in words(text) for token in word.split("-")]
    found = _quantities(text)
    names = {stem(token) for token in tokens}
    for more in (_first_sentence(body), _slug(address)):
        for name, values in _quantities(_folded(more)).items() if more else ():
            if name not in found and (names.issuperset(name.split()) or _asked(name, found, tokens)):
                found[name] = values
    found["#event"] = set(events(tokens))
    found["#denied"], found["#reaction"] = {denies(tokens)}, {reacts(tokens)}
    found["#party"] = found[_EVERY_PARTY] = set(parties(tokens))
    return {name: frozenset(values) for name, values in found.items() if values and name not in STOP}


def joined(facts: Facts, more: Facts) -> Facts:
    """What a story states, from what it stated and what its next member states."""
    found = {name: facts.get(name, frozenset()) | more.get(name, frozenset()) for name in {**facts, **more}}
    found[_EVERY_PARTY] = facts.get(_EVERY_PARTY, frozenset()) & more.get(_EVERY_PARTY, frozenset())
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A fact that two texts state, each in its own way. ``str`` says it to a reader."""

    name: str
    mine: frozenset[Value]
    theirs: frozenset[Value]

    @property
    def is_version(self) -> bool:
        """Whether it is a version, a variant or a count: what another event is known by, whatever the words."""
        return _is_version(self.name)

    def __str__(self) -> str:
        what = _TOLD.get(self.name.rstrip("".join(_CURRENCIES.values())).partition(" ")[0])
        if self.name in ("#denied", "#reaction"):
            return what or ""
        mine, theirs = _listed(self.mine), _listed(self.theirs)
        return f"{what} differ: {mine} and {theirs}" if what else f"{self.name} {mine} is not {self.name} {theirs}"


def contradiction(mine: Facts, theirs: Facts, *, alike: float = 1.0) -> Difference | None:
    """The first fact that both state and on which nothing agrees, None when there is none.

    ``alike`` is the cosine of the two texts: in other words a sum, an event or a "not" is more often another side of
    the same event than another event. A version always weighs.
    """
    for name in sorted(mine.keys() & theirs.keys()):
        if not _is_version(name) and alike < (_SUMS_WEIGH_FROM if name.startswith(_SUMS) else _OTHERS_WEIGH_FROM):
            continue
        if name == "#party":
            apart = bool(mine[name] - theirs[name] and theirs.get(_EVERY_PARTY, frozenset()) - mine[name])
        else:
            apart = name != _EVERY_PARTY and not any(_agree(a, b) for a in mine[name] for b in theirs[name])
        if apart:
            return Difference(name=name, mine=mine[name], theirs=theirs[name])
    return None


def _is_version(name: str) -> bool:
    return not name.startswith("#") or name.startswith(_VERSIONS)


def _listed(values: frozenset[Value]) -> str:
    return " or ".join(sorted(v if isinstance(v, str) else _rounded(v) for v in values))


def _rounded(number: float) -> str:
    for scale, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if number >= scale:
            return f"{number / scale:g}{unit}"
    return f"{number:g}"


def spelled_alike(text: str) -> str:
    """A text with its sums in one spelling: "$40 million" and "40M" are "40m"."""

    def spell(match: re.Match[str]) -> str:
        scale = match["scale"] or ""
        return f" {match['number']}{_LETTERS[scale]} " if scale in _LETTERS else match[0]

    return _AMOUNT.sub(spell, text.casefold()) if _DIGIT.search(text) else text


def _agree(a: Value, b: Value) -> bool:
    if isinstance(a, str) or isinstance(b, str):
        return a == b
    return abs(a - b) <= _AGREES_WITHIN * max(a, b)


def _folded(text: str) -> str:
    """Lower-case, with sums in digits and a blank between Han and Latin letters."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    for start, end, value in reversed(list(english(text))):
        if value >= _LEAST_SUM:
            text = text[:start] + _rounded(float(value)).lower() + text[end:]
    return space(text)


def _first_sentence(body: str) -> str:
    found = _FIRST_SENTENCE.match(body)
    return found[0] if found else ""


def _slug(address: str) -> str:
    """The small numbers in the last part of a path, with the word before: "claude-opus-5-1" has "opus 5.1"."""
    last = address.partition("?")[0].rpartition("/")[2]
    return "; ".join(f"{m[1]} {m[2].replace('-', '.')}" for m in _SLUG_NUMBER.finditer(last))


def _asked(name: str, found: Mapping[str, object], tokens: list[str]) -> bool:
    """Whether a sum that a title leaves open belongs to what it tells."""
    return (
        name.startswith(_SUMS)
        and not any(n.startswith("#amount") for n in found)
        and not _SUMS_MATTER.isdisjoint(events(tokens))
    )


def _quantities(text: str) -> dict[str, set[Value]]:
    found: defaultdict[str, set[Value]] = defaultdict(set)
    if _DIGIT.search(text):
        rest = _take_amounts(text, found)
        for match in _NUMBER.finditer(rest):
            _number(rest, match, found)
    return found


def _take_amounts(text: str, found: defaultdict[str, set[Value]]) -> str:
    """Note sums, shares and sizes; give the text without them, so that what is left are versions and counts."""

    def note(match: re.Match[str]) -> str:
        scale = match["scale"] or ""
        currency = match["currency"] or _CURRENCIES.get(match["after"] or "", "")
        if not currency and not scale:
            return match[0]
        value = float(match["number"].replace(",", "")) * _SCALES.get(scale, 1.0)
        if scale in ("%", "percent"):
            found["#share"].add(value)
        elif not currency and scale in ("b", "m") and _is_size(text, match):
            found["#size"].add(value)
        else:
            kind = "#worth" if value >= _LEAST_WORTH and _is_worth(text, match) else "#amount"
            found[f"{kind}{currency or '$'}"].add(value)
        return " "

    return _AMOUNT.sub(note, text)


def _is_size(text: str, match: re.Match[str]) -> bool:
    start, end = match.start("number"), match.end("scale")
    before = _SIZE_AFTER_NAME.search(text, max(0, start - 10), start)
    return bool(before or _SIZE_BEFORE_WORD.match(text, end - 1))


def _tail(text: str, end: int) -> str:
    """What comes after a version and names another model than the version alone."""
    found = _TAIL.match(text, end)
    tail, variants = list[str](), 0
    for joint, word in _TAIL_WORD.findall(found[0] if found else ""):
        known = word in _SIBLINGS or word in _VARIANTS
        if joint != "-" and not known:
            break
        if word in _SIBLINGS or variants or not (known or word in _NO_SIBLINGS):
            tail.append(word)
        variants += word in _VARIANTS
    return " ".join(tail) or "itself"


def _is_worth(text: str, match: re.Match[str]) -> bool:
    """Whether a sum is what a company is worth, not what it gets."""
    start = match.start()
    return bool(_WORTH_BEFORE.search(text, max(0, start - 30), start) or _WORTH_AFTER.match(text, match.end()))


def _number(text: str, match: re.Match[str], found: defaultdict[str, set[Value]]) -> None:
    """Note a version ("opus" is 5.1) or a count ("engineers" are 50) under the words at both its sides."""
    number = match["number"].replace(",", "") + match["letter"]
    if _YEAR.match(number):
        return
    while number.endswith(".0"):
        number = number.removesuffix(".0")
    before = _WORD_BEFORE.search(text, max(0, match.start() - 50), match.start())
    after = _WORD_AFTER.match(text, match.end())
    names = [side[1] for side in (before, after) if side]
    if before:
        found[stem(before[1])].add(number)
        found[f"#model {before[1]} {number}"].add(_tail(text, match.end()))
    if after and after[1] not in _VARIANTS:
        found[stem(after[1])].add(number)
    if len(number) >= _LEAST_COUNT_DIGITS and number.isdecimal() and all(name in STOP for name in names):
        found["#count"].add(float(number))
    if number.count(".") >= 2 or not names:
        found["#build"].add(number)  # "1.12.43" is one thing, whatever stands beside it
    found["#variant"].update(n for n in names if n in _VARIANTS)
