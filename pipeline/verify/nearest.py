"""The sentences of the sources by the words that they hold, and which of them are nearest to a printed sentence."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.text.common_words import COMMON, STOP
from pipeline.text.language import detect
from pipeline.text.sentences import split
from pipeline.text.tokens import words
from pipeline.verify.sources import Place, Sources
from pipeline.verify.words import HAN

PAIR_WORDS = 4  # how far two words stand apart at most that are a pair: about a clause, as in skip-bigrams (Lin 2004)
_WINDOW = 1  # sentences on either side of the nearest one: one printed sentence often folds three
_COMMON_WEIGHT = 0.5
HAN_HELD = 0.4
_TELLS_LANGUAGE_WORDS = 12  # so many Latin words without a common English one are another language; fewer, a headline

# The endings that inflect or derive an English word; what is left is compared, and need not be a word (Lovins 1968).
_ENDING = re.compile(r"(?:ations?|ions?|ings?|ed|ers?|ly|ments?|ity|ance|ence|al|ive|es|s|e)$")
_LEAST_ROOT_CHARS = 3


@lru_cache(maxsize=1 << 15)
def root(word: str) -> str:
    """A word without its ending, so that "announced" and "announcement" are one; numbers and other scripts stay."""
    if not word.isascii() or not word.isalpha() or len(word) <= _LEAST_ROOT_CHARS:
        return word
    short = _ENDING.sub("", word)
    return short if len(short) >= _LEAST_ROOT_CHARS else word


def tokens(text: str) -> list[str]:
    """The words of a text, folded; "don't" in one spelling."""
    return words(text.replace("’", "'"))


def telling(tokens_of: Sequence[str]) -> list[str]:
    """The roots of the words that tell something, in their order; "gpt-5" is two."""
    return [root(part) for word in tokens_of for part in word.split("-") if part and part not in STOP]


COMMON_ROOTS = frozenset(map(root, COMMON))
"""Of words that many texts share without telling of one thing."""


@dataclass(frozen=True, slots=True)
class Told:
    """What all sources say: their sentences, and which of them hold a root."""

    places: tuple[Place, ...]
    roots: tuple[frozenset[str], ...]  # of each sentence, those of the telling words
    holding: Mapping[str, Sequence[int]]  # a root to the sentences that hold it, ascending
    written: frozenset[str]  # every word as it is written
    characters: frozenset[str]  # every one that a passage holds
    every_root: frozenset[str]  # with those of stop words
    pairs: frozenset[tuple[str, str]]  # roots that follow one another within PAIR_WORDS
    languages: frozenset[str]  # those of its passages, where they can be told

    def weight(self, word: str) -> float:
        """How telling a root is: the rarer among the sentences the more, everyday words half (Sparck Jones 1972)."""
        rarity = math.log1p(len(self.roots) / (len(self.holding.get(word, ())) + 0.5))
        return rarity * _COMMON_WEIGHT if word in COMMON_ROOTS else rarity


@dataclass(frozen=True, slots=True)
class Nearest:
    """The sentence of the sources that says most of a row of roots, and the share that it says with those around it."""

    sentence: int
    share: float  # 0..1, by weight


def told(sources: Sources) -> Told:
    """Read all passages of a story; linear in their length. Through ``sources.once``."""
    places: list[Place] = []
    roots: list[frozenset[str]] = []
    holding: defaultdict[str, list[int]] = defaultdict(list)
    written: set[str] = set()
    pairs: set[tuple[str, str]] = set()
    for number, passage in enumerate(sources.passages):
        for start, end in split(passage.text):
            found = tokens(passage.text[start:end])
            row = telling(found)
            written.update(found)
            pairs.update((a, b) for i, a in enumerate(row) for b in row[i + 1 : i + 1 + PAIR_WORDS])
            for word in set(row):
                holding[word].append(len(roots))
            places.append(sources.place(number, start, end))
            roots.append(frozenset(row))
    return Told(
        places=tuple(places),
        roots=tuple(roots),
        holding=holding,
        written=frozenset(written),
        characters=frozenset(c for p in sources.passages for c in p.text),
        every_root=frozenset(map(root, written)),
        pairs=frozenset(pairs),
        languages=frozenset(detect(p.text) for p in sources.passages) - {"und"},
    )


def comparable(text: str, told: Told) -> bool:
    """Whether text and sources share a language, so that words can be compared: a translation has none in common."""
    language = detect(text)
    if language == "und" and len(tokens(text)) < _TELLS_LANGUAGE_WORDS:
        language = "en"
    return language in told.languages


def holds_han(text: str, told: Told) -> bool:
    """Whether the sources have a good part of the characters of a Chinese text, though of its words (pairs) few.

    Of 56 true paraphrases 8 have fewer than a quarter of their pairs in the source, none fewer than 54 % of their
    characters; of the same held against another short source, 83 % have fewer than HAN_HELD.
    """
    han = set(HAN.findall(text))
    return bool(han) and sum(c in told.characters for c in han) >= HAN_HELD * len(han)


def nearest(row: Sequence[str], told: Told) -> Nearest | None:
    """Where most of these roots stand close together; None where no sentence holds any. One pass over its holders."""
    weights = {word: told.weight(word) for word in row}
    alone: Counter[int] = Counter()
    around: defaultdict[int, float] = defaultdict(float)
    for word, times in Counter(row).items():
        holders = told.holding.get(word, ())
        reach: set[int] = set()
        for sentence in holders:
            alone[sentence] += 1
            reach.update(range(max(0, sentence - _WINDOW), min(len(told.roots), sentence + _WINDOW + 1)))
        for sentence in reach:
            around[sentence] += times * weights[word]
    if not around:
        return None
    best = max(around, key=lambda i: (around[i], alone[i], -i))
    return Nearest(best, around[best] / sum(weights[word] for word in row))
