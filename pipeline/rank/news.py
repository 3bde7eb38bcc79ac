"""How much a text tells that was not told before: words, numbers, and what became of the matter since. Pure.

Looked for in the title and the first lines, where news says what is new: what comes further down is mostly told again.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pipeline.text import numbers
from pipeline.text.similarity import COMMON_TERMS, terms
from pipeline.types import Item

HEAD_CHARS = 300
_BODY_WEIGHT = 0.6
_COMMON_WEIGHT = 0.4
_TURN_WEIGHT = 0.3
_NUMBER_WEIGHT = 0.1
_MOST_NUMBERS = 2
_SAME_NUMBER = Decimal("0.05")  # 2.3 billion and 2.25 billion are one sum, rounded

# What may become of a matter. Stems, from a word's start.
_TURNS = {
    "answer": r"\b(?:respon[ds]|answers?\b|repl(?:y|ies|ied)\b|apologi)|回应|道歉",
    "confirmation": r"\b(?:confirm|admits?\b|admitted|acknowledg)|确认|证实|承认",
    "reversal": r"\b(?:withdr[ae]w|retract|revers|drops?\b|dropped|scrap|halts?\b|halted|paus|postpone|delay|reject|recall"
    r"|den(?:y|ies|ied)\b|cancel|pulls\b|pulled\b)|撤回|取消|推迟|暂停|否认|拒绝|召回",
    "repair": r"\b(?:fix(?:es|ed)?\b|patch|resum|restor|recover)|修复|恢复",
    "change": r"\b(?:halves|cuts?\b|lowers?\b|doubles|corrects?\b|corrected|revis)|降价|下调|上调|更正",
    "authority": r"\b(?:investigat|prob(?:e|es|ed)\b|inquiry|regulator|review\b|fine[sd]\b|ban(?:s|ned)?\b)|调查|罚款|监管",
    "outcome": r"\b(?:verdict|jury|rul(?:es|ed|ing)\b|settle|appeal|dismiss|approv|wins\b|won\b|lost\b|loses\b|vote[sd]?\b"
    r"|guilty)|判决|和解|上诉|获批|胜诉",
    "attack": r"\b(?:jailbr|hack|breach|vulnerab|exploit|leak|cve-)|漏洞|越狱|泄露",
    "people": r"\b(?:resign|quits\b|leaves\b|will lead\b|be led\b|takes over|steps down|joins\b)|辞职|离职|接管|接任",
}  # fmt: skip
_TURN = re.compile("|".join(f"(?P<{name}>{stems})" for name, stems in _TURNS.items()))
_TELLS_AGAIN = re.compile(
    r"\b(?:recap|round-?up|takeaways?|explain(?:s|ed|er)|first look|hands-on|podcast|episode|newsletter|issue #?\d|digest"
    r"|weekly|daily)\b|\b(?:this|last) week\b|\bthoughts\b|\bdiscussion\b|\bwhat .{1,60}\b(?:means?|says)\b"
    r"|^(?:why|how|what) \b|\?\s*$|综述|盘点|解读|周报|日报|早报",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was told: its terms, its numbers and versions, and its turns."""

    terms: frozenset[str]
    values: frozenset[Decimal]
    versions: frozenset[str]
    turns: frozenset[str]


def known(texts: Iterable[str]) -> Known:
    """What these texts tell."""
    text = "\n".join(texts)
    found = numbers.find(text)
    return Known(
        terms=frozenset(terms([(text, 1.0)])),
        values=frozenset(v for q in found for v in (q.value, q.bare, q.high) if v),
        versions=frozenset(q.version for q in found if q.version),
        turns=_turns(text),
    )


def tells_again(title: str) -> bool:
    """Whether a title is that of a recap, a comment or a question: it tells again what others told."""
    return _TELLS_AGAIN.search(title) is not None


def share(items: Sequence[Item], before: Known) -> float:
    """How much the item that tells most of them tells beyond what was told ``before``, 0..1."""
    return max((_of_item(item, before) for item in items), default=0.0)


def _of_item(item: Item, before: Known) -> float:
    if tells_again(item.title):
        return 0.0
    head = item.body[:HEAD_CHARS]
    weights = terms([(item.title, 1.0), (head, _BODY_WEIGHT)])
    weights = {term: w * (_COMMON_WEIGHT if term in COMMON_TERMS else 1.0) for term, w in weights.items()}
    new = sum(w for term, w in weights.items() if term not in before.terms) / (sum(weights.values()) or 1.0)
    turned = bool(_turns(item.title) - before.turns)
    figures = min(_MOST_NUMBERS, len(_new_numbers(f"{item.title}\n{head}", before)))
    return min(1.0, new + _TURN_WEIGHT * turned + _NUMBER_WEIGHT * figures)


def _new_numbers(text: str, before: Known) -> set[str]:
    return {
        q.text
        for q in numbers.find(text)
        if (q.kind == "version" and q.version not in before.versions)
        or (q.kind == "number" and not any(abs(q.value - v) <= _SAME_NUMBER * max(q.value, v) for v in before.values))
    }


def _turns(text: str) -> frozenset[str]:
    return frozenset(m.lastgroup for m in _TURN.finditer(text.casefold()) if m.lastgroup)
