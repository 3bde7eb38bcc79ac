"""How much a text tells that was not told before: words, numbers, and what became of the matter since.

Looked for in the title and the first lines, where news says what is new: what comes further down is mostly told again.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pipeline.text import numbers
from pipeline.text.similarity import COMMON_TERMS, terms
from pipeline.types import Item

HEAD_CHARS = 300
NEWS = 0.5
"""From here on a text tells something new. Labelled cases: retellings up to .38, news from .65 (tests/rank)."""

_BODY_WEIGHT = 0.6
_COMMON_WEIGHT = 0.4
_TURN_WEIGHT = 0.4
_NUMBER_WEIGHT = 0.1
_MOST_NUMBERS = 2
_SAME_NUMBER = Decimal("0.05")  # 2.3 billion and 2.25 billion are one sum, rounded

# What may become of a matter. Stems, from a word's start.
_TURNS = {
    "answer": r"\b(?:respon[ds]|answers?\b|repl(?:y|ies|ied)\b|apologi)|回应|道歉",
    "confirmation": r"\b(?:confirm|admits?\b|admitted|acknowledg)|确认|证实|承认",
    "denial": r"\b(?:den(?:y|ies|ied)\b|reject)|否认|拒绝",
    "delay": r"\b(?:delay|postpone|push(?:es|ed)? back|halts?\b|halted|paus)|推迟|暂停",
    "end": r"\b(?:withdr[ae]w|retract|revers|drops?\b|dropped|scrap|recall|cancel|pulls\b|pulled\b)|撤回|取消|召回",
    "repair": r"\b(?:fix(?:es|ed)?\b|patch|resum|restor|recover)|修复|恢复",
    "change": r"\b(?:halves|cuts?\b|lowers?\b|doubles|corrects?\b|corrected|revis)|降价|下调|上调|更正",
    "authority": r"\b(?:investigat|prob(?:e|es|ed)\b|inquiry|regulator|review\b|fine[sd]\b|ban(?:s|ned)?\b)"
    r"|调查|罚款|监管",
    "ruling": r"\brul(?:es|ed|ing)\b|判决",
    "verdict": r"\b(?:verdict|jury (?:finds|found)|guilty)|定罪",
    "settlement": r"\bsettle|和解",
    "appeal": r"\bappeal|上诉",
    "approval": r"\b(?:approv|vote[sd]?\b)|获批|通过",
    "victory": r"\b(?:wins\b|won\b|lost\b|loses\b|beats\b|defeats\b)|胜诉|败诉",
    "attack": r"\b(?:jailbr|hack|breach|vulnerab|exploit|leak|cve-)|漏洞|越狱|泄露",
    "people": r"\b(?:resign|quits\b|leaves\b|will lead\b|be led\b|takes over|steps down|joins\b)|辞职|离职|接管|接任",
}
_TURN = re.compile("|".join(rf"(?P<{name}>(?:{stems})\w*)" for name, stems in _TURNS.items()))
_HAN = re.compile("[\u3400-\u9fff]")
_TELLS_AGAIN = re.compile(
    r"\b(?:recap|round-?up|takeaways?|explain(?:s|ed|er)|first look|hands-on|podcast|episode|newsletter|issue #?\d"
    r"|digest|weekly|daily)\b|\b(?:this|last) week\b|\bthoughts\b|\bdiscussion\b|\bwhat .{1,60}\b(?:means?|says)\b"
    r"|^(?:\W{0,3}\w\W{1,3})?(?:why|how|what|this is why) \b|\?\s*$|综述|盘点|解读|周报|日报|早报",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was told: its terms, the Han characters in them, its numbers and versions, and its turns."""

    terms: frozenset[str]
    characters: frozenset[str]
    values: frozenset[Decimal]
    versions: frozenset[str]
    turns: frozenset[str]

    def holds(self, term: str) -> bool:
        """Whether a term was told. Of Han text the characters decide: a bigram may lie across two words."""
        return term in self.terms or (not term.isascii() and self.characters.issuperset(term))


def known(texts: Iterable[str]) -> Known:
    """What these texts tell."""
    text = "\n".join(texts)
    found = numbers.find(text)
    told = frozenset(terms([(text, 1.0)]))
    return Known(
        terms=told,
        characters=frozenset(_HAN.findall(text)),
        values=frozenset(v for q in found for v in (q.value, q.bare, q.high) if v),
        versions=frozenset(q.version for q in found if q.version),
        turns=frozenset(m.lastgroup for m in _TURN.finditer(text.casefold()) if m.lastgroup),
    )


def tells_again(title: str) -> bool:
    """Whether a title is that of a recap, a comment or a question: it tells again what others told."""
    return _TELLS_AGAIN.search(title) is not None


def of_item(item: Item, before: Known, closed_at: datetime) -> float:
    """How much an item tells beyond what was told ``before`` by an issue that closed then, 0..1.

    0 where nothing firm is new. Firm is a turn or a number; and a name in the title, but not in a post, which says the
    same in words of its own, nor in what was published by then, which tells what the others told.
    """
    if tells_again(item.title):
        return 0.0
    head = item.body[:HEAD_CHARS]
    late = (item.published_at or item.fetched_at) >= closed_at
    names_count = late and item.kind != "post"
    firm = _turned(item.title, before) or _new_numbers(f"{item.title}\n{head}", before)
    if firm or (names_count and _new_name(item.title, before)):
        return of_text(item.title, head, before)
    return 0.0


def of_text(title: str, body: str, before: Known) -> float:
    """The share of new words, more for a new turn in the title and for new numbers, at most 1.

    Words of another script than before cannot be compared, and count nothing.
    """
    figures = min(_MOST_NUMBERS, len(_new_numbers(f"{title}\n{body}", before)))
    comparable = bool(_HAN.search(title + body)) == bool(before.characters)
    words = _new_words(title, body, before) if comparable else 0.0
    return min(1.0, words + _TURN_WEIGHT * _turned(title, before) + _NUMBER_WEIGHT * figures)


def _turned(title: str, before: Known) -> bool:
    return any(m.lastgroup not in before.turns for m in _TURN.finditer(title.casefold()))


def _new_name(title: str, before: Known) -> bool:
    found = terms([(_without_known_turns(title, before), 1.0)])
    return any(term not in COMMON_TERMS and not before.holds(term) for term in found)


def _without_known_turns(text: str, before: Known) -> str:
    """Lower-case: "postpones" tells nothing new after "delayed"."""
    return _TURN.sub(lambda m: " " if m.lastgroup in before.turns else m[0], text.casefold())


def _new_words(title: str, body: str, before: Known) -> float:
    parts = [(_without_known_turns(title, before), 1.0), (_without_known_turns(body, before), _BODY_WEIGHT)]
    weights = terms(parts)
    weights = {term: w * (_COMMON_WEIGHT if term in COMMON_TERMS else 1.0) for term, w in weights.items()}
    return sum(w for term, w in weights.items() if not before.holds(term)) / (sum(weights.values()) or 1.0)


def _new_numbers(text: str, before: Known) -> set[str]:
    return {
        q.text
        for q in numbers.find(text)
        if (q.kind == "version" and q.version not in before.versions)
        or (q.kind == "number" and not any(abs(q.value - v) <= _SAME_NUMBER * max(q.value, v) for v in before.values))
    }
