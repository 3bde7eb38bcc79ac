"""PURE: the clauses of a text: which words each has, which it denies, and which of them have an opposite."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pipeline.text.sentences import split
from pipeline.text.tokens import words
from pipeline.verify.nearest import telling, tokens
from pipeline.verify.opposites import OPPOSITE, SIDES, Side
from pipeline.verify.sources import Place, Sources
from pipeline.verify.words import HAN

_NOT = re.compile(
    r"\b(?:not|never|no longer|neither|nor|cannot|without|nobody|no one|nothing|none|no(?!-|\.? \d))\b|n['’]t\b",
    re.IGNORECASE,
)
# Words that deny, limit or contrast without a "not": a clause that has one is no proof of either.
_VAGUE = re.compile(
    r"\b(?:fail\w*|refus\w*|den(?:y|ie[sd]|ying)|reject\w*|declin\w*|rul(?:e[sd]?|ing) out|yet to|unable|instead|rather"
    r"|unlike|few|little|hardly|barely|lack\w*|stop(?:s|ped)?|un\w{4,}|dis\w{6,}|non-?\w+|false\w*|exclud\w+|except"
    r"|only|ban(?:s|ned)?|block(?:s|ed)?|prevent\w*|avoid\w*|doubt\w*|if|whether|unless|until|could|might|would|may"
    r"|drop\w*|remov\w*|discontinu\w*|withdr\w*|retir\w*|shut\w*|end(?:s|ed)?|cancel\w*|halt\w*|suspend\w*|paus\w*"
    r"|replac\w*|lost|await\w*|pending|first|why|how|what|impossible|hard to|difficult|too \w+ to|stay\w* away)\b"
    r"|\?\s*$"
    r"|\bnot (?:more|just|only|all|every|necessarily)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[;:,](?=\s)|\s[–—]\s|\b(?:but|while|because|although|though|whereas|which|who)\b|[，；：、]")
_NEXT_CHARS = 50
_STEM_CHARS = 5
_BETWEEN = frozenset(("already", "also", "currently", "fully", "further", "immediat", "official", "previous", "public"))
_MANY_DENIED = frozenset(("no", "none", "nobody", "nothing", "no one"))
_IRREGULAR = {
    "bought": "buy", "built": "build", "fell": "fall", "fallen": "fall", "gave": "give", "given": "give",
    "grew": "grow", "held": "hold", "kept": "keep", "left": "leave", "lost": "lose", "made": "make", "paid": "pay",
    "rose": "rise", "sent": "send", "sold": "sell", "spent": "spend", "taken": "take", "told": "tell", "took": "take",
    "won": "win",
}  # fmt: skip

_HAN_NOT = re.compile(
    r"(?:并|暂|仍|还|也|却|从)?(?:不(?!断|少|仅|同|过|久|止|如|只|但|得不|禁|错|足|到|超|满)(?:会|能|可|再|予|得)?"
    r"|没有|没(?!收)|未(?!来|必)(?:能|曾|经)?|无法|无须|无需|[暂并毫仍尚]无|尚未|并非|从未)"
)
_HAN_VAGUE = re.compile(r"是否|能否|否认|拒绝|未必|之前|除非|如果|若|可能|首|不是|不到|吗")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A clause ``text[start:end]`` that tells something. Words are stems in English, pairs of characters in Chinese."""

    start: int
    end: int
    text: str
    whole: bool  # it is all of its sentence
    han: bool
    words: frozenset[str]  # its telling words
    denied: frozenset[str]  # those that a "not" belongs to; in Chinese, where it cannot be told, all of them
    vague: bool  # it denies, limits or asks in a way that cannot be told
    bare: frozenset[str]  # its words without those that have an opposite
    sides: frozenset[Side]  # the sides of those that have one
    place: Place | None = None  # of a clause of a source


def clauses(text: str) -> Iterator[Clause]:
    """The clauses of a text, in their order."""
    for first, last in split(text):
        at = first
        for cut in [*(first + m.start() for m in _CLAUSE.finditer(text[first:last])), last]:
            part = text[at:cut]
            clause = read_clause(part, at)
            if clause.words:
                yield replace(clause, whole=(at, cut) == (first, last))
            at = cut


def of_sources(sources: Sources) -> tuple[Clause, ...]:
    """The clauses of all passages. Through ``sources.once``."""
    return tuple(
        replace(clause, place=sources.place(number, clause.start, clause.end))
        for number, passage in enumerate(sources.passages)
        for clause in clauses(passage.text)
    )


def read_clause(text: str, at: int = 0) -> Clause:
    """A text that is one clause, which begins ``at``."""
    han = bool(HAN.search(text))
    told, denied, vague = _read_han(text) if han else _read_latin(text)
    found = (m[0] for m in OPPOSITE.finditer(text)) if han else tokens(text)
    sides = frozenset(side for word in found for side in SIDES.get(word, ()))
    bare = told
    if sides:
        bare = frozenset(words(OPPOSITE.sub("", _HAN_NOT.sub("", text)))) if han else stems(OPPOSITE.sub(" ", text))
    return Clause(
        start=at,
        end=at + len(text),
        text=text,
        whole=False,
        han=han,
        words=told,
        denied=denied,
        vague=vague,
        bare=bare,
        sides=sides,
    )


def stems(text: str) -> frozenset[str]:
    """The stems of the telling words of an English text."""
    return frozenset(_stem(root) for root in telling([_IRREGULAR.get(word, word) for word in tokens(text)]))


def _stem(root: str) -> str:
    return root[:_STEM_CHARS] if root.isascii() and root.isalpha() else root


def _read_latin(text: str) -> tuple[frozenset[str], frozenset[str], bool]:
    """(the telling words, those that are denied, whether it is vague)."""
    denied, odd = _denied(text)
    return stems(text), denied, odd or bool(_VAGUE.search(text))


def _read_han(text: str) -> tuple[frozenset[str], frozenset[str], bool]:
    """The same of Chinese: its pairs of characters without the "not"."""
    nots, pairs = len(_HAN_NOT.findall(text)), frozenset(words(_HAN_NOT.sub("", text)))
    return pairs, pairs if nots else frozenset(), nots > 1 or bool(_HAN_VAGUE.search(text))


def _denied(text: str) -> tuple[frozenset[str], bool]:
    """(the stems of the words that each "not" belongs to; whether one belongs to none here, or two are too many).

    "No data was lost" denies both words.
    """
    found: list[str] = []
    nots = list(_NOT.finditer(text))
    for m in nots:
        plain = [_IRREGULAR.get(word, word) for word in tokens(text[m.end() : m.end() + _NEXT_CHARS])]
        row = [root for root in telling(plain) if root not in _BETWEEN]
        found += row[: 2 if m[0].lower() in _MANY_DENIED else 1]
    return frozenset(map(_stem, found)), len(nots) > 1 or len(found) < len(nots)
