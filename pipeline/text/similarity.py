"""How alike two texts are: TF-IDF with an inverted index that grows as texts arrive, in plain Python.

A group (for us a story) stands in the index as the sum of the unit vectors of its texts: the cosine with it is the
average over its members, in proportion to how tightly they agree, so that one weak neighbour cannot pull a text in.
Document frequencies count groups, not texts: a name does not lose weight because its story is told forty times. They
grow online on top of a prior, so that the first text of a stream already knows that "model" says little.
"""

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipeline.text.common_words import COMMON, STOP
from pipeline.text.tokens import words

Key = TypeVar("Key", bound=Hashable)
Vector = Mapping[str, float]

# The prior acts like PRIOR_TEXTS groups read before: a common word stood in COMMON_TEXTS of them, any other in none.
# 300 or 3,000 in its place changes the B-cubed F1 of tests/eval/test_stories.py by less than .01.
PRIOR_TEXTS = 1000
COMMON_TEXTS = 30
# A term in more than this many groups opens no candidates (it still counts for those that rarer terms opened).
MAX_POSTINGS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Match(Generic[Key]):
    """A group and its cosine with a text, 0..1."""

    key: Key
    cosine: float


def terms(parts: Iterable[tuple[str, float]]) -> dict[str, float]:
    """The terms of weighted texts, ``[(title, 1.0), (body, 0.3)]``: a term has the largest weight of its places.

    Stop words are left out; "gpt-5" is "gpt" and "gpt 5", so that "GPT 5" is the same, and a lone digit says nothing
    without the word before it. English plurals fold into their singular. How often a term stands in a text does not
    count: titles are short, and bodies repeat.
    """
    found: dict[str, float] = {}
    for text, weight in parts:
        before = ""
        for part in (p for word in words(text.replace("’", "'")) for p in word.split("-")):
            term = f"{before} {part}" if len(part) == 1 and part.isdecimal() else stem(part)
            before = term
            if part not in STOP:
                found[term] = max(weight, found.get(term, 0.0))
    return found


def stem(word: str) -> str:
    """Fold an English plural into its singular: the S-stemmer of Harman (1991), which hardly ever harms."""
    if len(word) > 4 and word.endswith("ies") and word[-4] not in "ae":
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and word[-2] not in "us" and not word.endswith("is"):
        return word[:-1]
    return word


COMMON_TERMS = frozenset(stem(word) for word in COMMON)
"""Terms that two texts may well share without being about one event."""


class Index(Generic[Key]):
    """Groups of texts, found again by their rare terms. Time per look-up is bounded by MAX_POSTINGS per term."""

    def __init__(self) -> None:
        self._serial = 0
        self._postings: defaultdict[str, dict[Key, float]] = defaultdict(dict)
        self._vectors: dict[Key, dict[str, float]] = {}
        self._added: dict[Key, int] = {}  # counts groups, so that ties have an order
        self._squares: dict[Key, float] = {}  # the squared length of each group's vector

    def __len__(self) -> int:
        return len(self._vectors)

    def vector(self, found: Mapping[str, float]) -> dict[str, float]:
        """The unit vector of a text by what is known about its terms so far; empty for a text without terms."""
        weights = {term: weight * self._idf(term) for term, weight in found.items()}
        norm = math.sqrt(sum(w * w for w in weights.values()))
        return {term: w / norm for term, w in weights.items()} if norm else {}

    def _idf(self, term: str) -> float:
        prior = COMMON_TEXTS if term in COMMON_TERMS else 0
        groups = len(self._postings.get(term, ()))
        return math.log(1 + (PRIOR_TEXTS + len(self._vectors)) / (1 + prior + groups))

    def add(self, key: Key, vector: Vector) -> None:
        """Put a text into a group, which begins with its first text."""
        self._added.setdefault(key, self._serial)
        self._serial += 1
        group = self._vectors.setdefault(key, {})
        squares = self._squares.get(key, 0.0)
        for term, weight in vector.items():
            before = group.get(term, 0.0)
            group[term] = self._postings[term][key] = before + weight
            squares += weight * (2 * before + weight)
        self._squares[key] = squares

    def remove(self, key: Key) -> None:
        """Forget a group; what it taught about frequencies stays."""
        for term in self._vectors.pop(key, {}):
            del self._postings[term][key]
            if not self._postings[term]:
                del self._postings[term]
        self._squares.pop(key, None)
        self._added.pop(key, None)

    def similar(self, vector: Vector, at_least: float = 0.0) -> list[Match[Key]]:
        """The groups whose cosine is at least that much, best first; ties go to the one added first.

        Terms are taken from the weightiest on. What the rest of them can still add is at most the length of the
        rest, so a group that they alone would bring is not opened once that falls under ``at_least``: nothing is
        lost by it.
        """
        dots: dict[Key, float] = {}
        rest = 1.0
        for term, weight in sorted(vector.items(), key=lambda tw: (-tw[1], tw[0])):
            postings = self._postings.get(term, {})
            if rest >= at_least * at_least and len(postings) <= MAX_POSTINGS:
                for key, there in postings.items():
                    dots[key] = dots.get(key, 0.0) + weight * there
            else:
                for key in dots.keys() & postings.keys():
                    dots[key] += weight * postings[key]
            rest -= weight * weight
        found = [Match(key=k, cosine=min(1.0, dot / math.sqrt(self._squares[k]))) for k, dot in dots.items()]
        return sorted((m for m in found if m.cosine >= at_least), key=lambda m: (-m.cosine, self._added[m.key]))

    def shared(self, key: Key, found: Iterable[str]) -> list[str]:
        """Those of the terms that a group has too."""
        group = self._vectors.get(key, {})
        return [term for term in found if term in group]
