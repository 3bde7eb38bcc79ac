"""Names: nobody and nothing is named that no source names, and nobody is misspelt.

A name is told by its shape: words with a capital within a sentence, and those that begin one when they are no everyday
words; in Chinese, words in Latin letters and a list of names that are known (aliases.py). In doubt, nothing is said.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from pipeline.text.common_words import COMMON, STOP
from pipeline.text.sentences import OPENERS, split
from pipeline.types import CheckMethod
from pipeline.verify import pinyin, words
from pipeline.verify.aliases import aliases, han_names
from pipeline.verify.findings import Finding
from pipeline.verify.sources import Sources
from pipeline.verify.words import Words

METHOD: CheckMethod = "name"

MISSPELT_FROM = 0.8  # difflib ratio of two words of which one is the other, misspelt
_LEAST_MISSPELT_CHARS = 5
_MOST_WORDS = 6
_LEAST_CHARS = 3
_PAIR = 2
_LETTERS = 2
_TITLE_CASE_FROM = 0.85  # the share of longer words with a capital, from which on a capital says nothing
_LEAST_LONGER = 4  # words, for that

_WORD = r"[A-Z](?:[\w'’.\u0300-\u036f-]|&(?=[A-Z])){0,40}"
_NAME = re.compile(
    rf"(?<![\w@#/.-]){_WORD}(?:(?: (?:of|the|de|van|von|der|bin|al|for|&)){{0,2}} {_WORD}){{0,{_MOST_WORDS}}}"
)
_LONGER = re.compile(r"\b[A-Za-z][A-Za-z'’-]{3,}")
_LATIN_IN_HAN = re.compile(r"(?<![A-Za-z0-9_.-])[A-Z][A-Za-z]{2,30}(?:[ -][A-Z][A-Za-z]{1,30}){0,3}(?![A-Za-z0-9_-])")
_HAN_HOUSE = re.compile(r"[\u4e00-\u9fff]{2}(?:资本|银行|大学|集团)")
_TITLE_OF = re.compile(
    r"\b(?:Head|Chief|Director|Minister|Secretary|Department|House|Board|Office) (?:of|for) (?:the )?$"
)
_TWO = re.compile(r"\b([A-Z][\w-]{1,40}) (?=([A-Z][\w-]{1,40}))")
_PART = re.compile(r"[^\W_][^\W_]*")
_ACRONYM = re.compile(r"^[A-Z]{2,6}s?$")
_DATES = """
    january february march april may june july august september october november december monday tuesday wednesday
    thursday friday saturday sunday jan feb mar apr jun jul aug sep sept oct nov dec spring summer autumn fall winter
    christmas easter q1 q2 q3 q4 am pm est edt pst pdt gmt utc bst cet"""
# What a writer may put before a name, or call someone, without a source that does.
_ROLES = """
    mr mrs ms miss dr prof professor sir lady lord president minister senator governor mayor king queen prince princess
    ceo cto cfo coo chief executive officer director chairman chair founder co-founder head judge justice general
    captain sergeant officer detective sheriff attorney secretary chancellor representative congressman congresswoman
    rep sen gov writer author reporter jr sr st saint university college institute company inc corp ltd llc plc gmbh
    group the state city county department court police government congress parliament senate house constitution
    internet web english i god earth
    lgbt lgbtq usa uk eu un nasa fbi cia gdp tv dvd hiv aids covid dna gpu cpu api pdf url html faq diy
    mwh gwh kwh twh tflops pflops ghz mhz gb tb mb kb fps"""
_STATE_NAMES = """
    alabama alaska arizona arkansas california colorado connecticut delaware florida georgia hawaii idaho illinois
    indiana iowa kansas kentucky louisiana maine maryland massachusetts michigan minnesota mississippi missouri montana
    nebraska nevada ohio oklahoma oregon pennsylvania tennessee texas utah vermont virginia washington wisconsin wyoming
    ontario quebec alberta manitoba"""
_STATES = frozenset(_STATE_NAMES.split())
_DERIVED = ("n", "an", "ian", "ese", "s", "q", "+")  # "Iranian", "LGBTQ"
_MODEL_NAMES = (
    "anthropic chatgpt claude deepmind deepseek gemini google gpt llama meta microsoft mistral nvidia openai qwen xai"
)
_EVERYDAY = COMMON - frozenset(_MODEL_NAMES.split())
_FREE = frozenset((_DATES + _ROLES).split()) | STOP | OPENERS


@dataclass(frozen=True, slots=True)
class _Names:
    """What a source names: all its words in lower case, those with a capital, and the initials of rows of these."""

    folded: Words
    words: frozenset[str]
    capitals: tuple[str, ...]
    pairs: tuple[tuple[str, ...], ...]  # words with a capital side by side
    initials: frozenset[str]
    text: str
    sounds: Words | None  # its Chinese, syllable by syllable


def read(text: str) -> _Names:
    """Read a passage; linear."""
    text = _plain(text)
    folded = words.read(text)
    rows = [[p for p in _PART.findall(m[0]) if p[0].isupper()] for m in _NAME.finditer(text)]
    initials = {"".join(p[0] for p in row[a:b]).lower() for row in rows for a, b in _stretches(len(row))}
    initials |= {
        "".join(p[0] for p in row).lower() for row in (m.split() for m in re.findall(r"(?:\b[a-z]{2,20} ){2,5}", text))
    }
    parts = frozenset(p for word in folded.words for p in (word, _singular(word), *_PART.findall(word)))
    capitals = tuple(dict.fromkeys(p for row in rows for p in row if len(p) >= _LEAST_MISSPELT_CHARS))
    pairs = tuple(m.groups() for m in _TWO.finditer(text))
    return _Names(folded, parts, capitals, pairs, frozenset(initials), text.lower(), pinyin.read(text))


def _plain(text: str) -> str:
    """Without accents, each character in its place: "Nicolás" is "Nicolas"."""
    return text if text.isascii() else "".join(unicodedata.normalize("NFD", c)[:1] or c for c in text)


def _stretches(count: int) -> Iterator[tuple[int, int]]:
    return ((a, b) for a in range(min(count, _MOST_WORDS)) for b in range(a + 2, min(count, _MOST_WORDS) + 1))


def check(text: str, sources: Sources) -> list[Finding]:
    """Look each name up: as it stands, by its parts, its initials, or another name of the same.

    Refuted where a name is one of a source's but for a letter or two, or but for one half of it ("Dan Altman");
    not_enough_info where no source has any of it. A half that no source has may be what the writer knew.
    """
    there = sources.read(read)
    findings = []
    han = any(source.sounds for source in there)
    foreign = han and not any(map(words.is_han, text)) and all(source.sounds for source in there if source.text)
    for start, end in _names(text):
        name = _plain(text[start:end])
        if name.lower() in _STATES and text[:start].endswith(", "):
            continue  # "Eugene, Oregon": which of the towns of that name
        if (_HAN_HOUSE.fullmatch(name) and not han) or (foreign and not _could_be_there(name)):
            continue  # a translation: no source can have it
        place = next(
            (sources.place(i, *span) for i, source in enumerate(there) if (span := _verbatim(name, source))), None
        )
        if place or _known(name, there):
            findings.append(Finding(start=start, end=end, verdict="supported", source=place))
        elif finding := _unknown(start, name, there):
            findings.append(finding)
    return findings


def _could_be_there(name: str) -> bool:
    """Whether a name could stand in a Chinese source: it has other names there, or is Pinyin."""
    return bool(aliases(name)) or all(pinyin.could_be(part.lower()) for part in _parts(name))


def _names(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the names of a text, without titles before them and without an "'s" behind."""
    if sum(map(words.is_han, text[:200])) * 4 > len(text[:200]):
        known = han_names(text)
        houses = [
            m.span() for m in _HAN_HOUSE.finditer(text) if not any(a < m.end() and b > m.start() for a, b in known)
        ]
        yield from sorted([m.span() for m in _LATIN_IN_HAN.finditer(text)] + known + houses)
        return
    for start, end in split(text):
        sentence = text[start:end]
        longer = _LONGER.findall(sentence)
        title_case = len(longer) >= _LEAST_LONGER and sum(w[0].isupper() for w in longer) >= _TITLE_CASE_FROM * len(
            longer
        )
        for match in _NAME.finditer(sentence):
            a, b = _trimmed(sentence, *match.span())
            title = _TITLE_OF.search(sentence, 0, a)  # "the Head of Household"
            if (
                b - a >= _LEAST_CHARS
                and not title
                and _is_name(sentence[a:b], begins=a < 2, capitals_tell=not title_case)
            ):
                yield start + a, start + b


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without words at its beginning that are no part of a name, and without "'s" and full stops at its end."""
    for word in text[start:end].split(" "):
        bare = word.lower().rstrip(".'’").removesuffix("'s").removesuffix("’s")
        everyday = start < 2 and (bare in _EVERYDAY or bare.endswith(("ing", "ly", "ed")))
        if bare not in _FREE and not everyday:
            break
        start = min(end, start + len(word) + 1)
    stripped = re.sub(r"(?:['’]s?|[.&'’-])+$", "", text[start:end])
    return start, start + len(stripped)


def _is_name(name: str, *, begins: bool, capitals_tell: bool) -> bool:
    parts = _parts(name)
    if not parts or all(p.lower() in _EVERYDAY for p in parts):
        return False
    shaped = any(_ACRONYM.match(p) or (not p.isupper() and re.search(r"[a-z][A-Z]", p)) for p in parts)
    return shaped or (capitals_tell and (len(parts) > 1 or not begins))


def _verbatim(name: str, source: _Names) -> tuple[int, int] | None:
    found = source.folded.find("".join(words.fold(name)))
    return source.folded.place(*found) if found else None


def _known(name: str, there: Sequence[_Names]) -> bool:
    """Whether the sources have all of it in another order or form, its initials, or another name for it."""
    if any(map(words.is_han, name)):
        return _has_alias(name, there)
    missing = _missing(name, there)
    if not missing:
        return True
    initials = "".join(p[0] for p in _PART.findall(name) if p[0].isupper()).lower()
    folded = name.lower().rstrip("s") if _ACRONYM.match(name) else name.lower()
    if any(folded in s.initials or (len(initials) > 1 and initials in s.words) for s in there):
        return True
    return _has_alias(name, there) or all(_has_alias(part, there) for part in missing)


def _has_alias(name: str, there: Sequence[_Names]) -> bool:
    return any(
        (_verbatim(alias, source) is not None)
        or (not alias.isascii() and alias in source.text)
        or re.search(rf"\b{re.escape(alias)}(?=\d)", source.text)  # "Qwen3"
        for alias in aliases(name)
        for source in there
    )


def _missing(name: str, there: Sequence[_Names]) -> list[str]:
    """The parts of a name that no source has in any form; titles do not count."""
    return [
        p
        for p in _parts(name)
        if not any(_stands(p.lower(), s.words) or _sounds(p.lower(), s) for s in there) and not _has_alias(p, there)
    ]


def _sounds(part: str, source: _Names) -> bool:
    """Whether a part of a name is how Chinese characters of a source are read: "Huang Siyuan", 黄思远."""
    return source.sounds is not None and source.sounds.find(part) is not None


def _parts(name: str) -> list[str]:
    """The words of a name that say who it is."""
    return [p for p in _PART.findall(name) if len(p) > 1 and p[0].isupper() and p.lower() not in _FREE]


def _stands(part: str, there: frozenset[str]) -> bool:
    """Whether a word stands there, in the singular, or as what it is derived from ("Iranian", "Iran")."""
    forms = {part, _singular(part), *(part + ending for ending in _DERIVED)}
    forms |= {part.removesuffix(ending) for ending in _DERIVED if ending != "n" or part.endswith("an")}
    return not forms.isdisjoint(there)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > _LEAST_CHARS and word.endswith("s") and not word.endswith("ss") else word


def _unknown(start: int, name: str, there: Sequence[_Names]) -> Finding | None:
    missing, parts = _missing(name, there), _parts(name)
    right = next((name.replace(p, known) for p in missing if (known := _misspelt(p, there))), None)
    if len(missing) < len(parts):
        right = right or _other_half(name, parts, missing, there)
        if right is None:
            return None  # a first name or a second word that the writer knew
    end = start + len(name)
    if right is not None:
        return Finding(start=start, end=end, verdict="refuted", note=f"The source says {right}, not {name}")
    return Finding(start=start, end=end, verdict="not_enough_info", note=f"{name} is named in none of the sources")


def _other_half(name: str, parts: Sequence[str], missing: Sequence[str], there: Sequence[_Names]) -> str | None:
    """The name of a source that has one half of this name, and another word in the place of the other half."""
    if len(parts) != _PAIR or len(missing) != 1 or len(name.split()) != _PAIR:
        return None
    known = parts[1] if missing[0] == parts[0] else parts[0]
    for source in there:
        for one, other in source.pairs:
            same_place = other if known == parts[1] else one
            if same_place == known and not {one.lower(), other.lower()} & _FREE:
                return f"{one} {other}"
    return None


def _misspelt(part: str, there: Sequence[_Names]) -> str | None:
    """The word of a source that this one is, but for a letter or two; not one that it is derived from."""
    if len(part) < _LEAST_MISSPELT_CHARS or part.isupper():
        return None
    alike = (name for source in there for name in source.capitals if name[0] == part[0])
    near = (
        name for name in alike if abs(len(name) - len(part)) <= _LETTERS and not _derived(part.lower(), name.lower())
    )
    return next((name for name in near if _ratio(part.lower(), name.lower()) >= MISSPELT_FROM), None)


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _derived(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return long.startswith(short) or (short[:4] == long[:4] and long.endswith(("an", "ese", "ish", "ic")))
