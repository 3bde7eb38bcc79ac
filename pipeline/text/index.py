"""Groups of texts, found again by the terms that they share: TF-IDF with an inverted index that grows as texts arrive.

A group (for us a story) stands in the index as the sum of the unit vectors of its texts: the cosine with it is the
average over its members, in proportion to how tightly they agree, so that one weak neighbour cannot pull a text in.
Document frequencies count groups, not texts: a name does not lose weight because its story is told forty times. They
grow online on top of a prior, so that the first text of a stream already knows that "model" says little.
"""

import math
from array import array
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import compress
from typing import Generic, TypeVar
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from pipeline.text.similarity import COMMON_TERMS

Key = TypeVar("Key", bound=Hashable)
Vector = Mapping[str, float]
Numbers = NDArray[np.int32]
Weights = NDArray[np.float32]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# The prior acts like PRIOR_TEXTS groups read before: a common word stood in COMMON_TEXTS of them, any other in none.
# 300 or 3,000 in its place changes the B-cubed F1 of tests/eval/test_stories.py by less than .01.
PRIOR_TEXTS = 1000
COMMON_TEXTS = 30
# A text opens the groups that share its weightiest terms, as long as these are not in more groups than that together.
# Fifty times as many, and twenty times as many candidates, change no story of tests/eval/test_stories.py.
MOST_POSTINGS = 2000
# Of the groups that were opened, so many are compared by all their terms: those that share most of the rare ones.
MOST_CANDIDATES = 50

_LEAST_TAIL = 1000  # changes before a merge; later a quarter of the groups
_DIGITS = 9  # what two sums of the same numbers in another order have in common


@dataclass(frozen=True, slots=True, kw_only=True)
class Match(Generic[Key]):
    """A group and its cosine with a text, 0..1."""

    key: Key
    cosine: float


def pack(found: Mapping[str, float]) -> bytes:
    """The terms of a text with their weights in 6 bytes each, for ``Index.load``."""
    packed = np.empty(len(found), dtype=_PACKED)
    packed["term"] = [_number(term) for term in found]
    packed["weight"] = list(found.values())
    return packed.tobytes()


@lru_cache(maxsize=1 << 16)
def _number(term: str) -> int:
    """What a term is known by: of a million terms, a hundred share it with another one."""
    return crc32(term.encode(errors="surrogatepass"))


_PACKED = np.dtype([("term", "<u4"), ("weight", "<f2")])
_COMMON = np.array(sorted(map(_number, COMMON_TERMS)), dtype=np.uint32)


def _ordered(numbers: Numbers | NDArray[np.uint32]) -> tuple[Ints, Ints]:
    """Where numbers of 32 bits stand in their order, equal ones as they come, and the numbers in that order.

    numpy sorts values five times as fast as it finds their order, so each takes its place along.
    """
    packed = np.sort(numbers.astype(np.uint64) << 32 | np.arange(len(numbers), dtype=np.uint64))
    return (packed & 0xFFFFFFFF).astype(np.int64), (packed >> 32).astype(np.int64)


def _numbered(numbers: Numbers | NDArray[np.uint32]) -> tuple[Ints, Numbers]:
    """The different numbers, ascending, and for each number its place among them."""
    order, ordered = _ordered(numbers)
    first = np.diff(ordered, prepend=-1) != 0
    places = np.empty(len(numbers), np.int32)
    places[order] = np.cumsum(first) - 1
    return ordered[first], places


@dataclass(frozen=True, slots=True)
class _Lists:
    """Lists of numbers with weights, side by side: the terms of groups, or the groups of terms. 8 bytes a number."""

    starts: Ints
    numbers: Numbers
    weights: Weights

    @classmethod
    def of(cls, owners: Numbers, numbers: Numbers, weights: Weights, count: int) -> "_Lists":
        """The lists of ``count`` owners, 0 to count - 1, each in the order given."""
        order, ordered = _ordered(owners)
        return cls(np.searchsorted(ordered, np.arange(count + 1)), numbers[order], weights[order])

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, owner: int) -> tuple[Numbers, Weights]:
        here = slice(self.starts[owner], self.starts[owner + 1])
        return self.numbers[here], self.weights[here]

    def chosen(self, owners: Numbers) -> tuple[Numbers, Numbers, Weights]:
        """The lists of these, one after another: the place of each number's owner in ``owners``, number, weight."""
        sizes = self.starts[owners + 1] - self.starts[owners]
        places = np.repeat(np.arange(len(owners), dtype=np.int32), sizes)
        at = np.arange(len(places)) + np.repeat(self.starts[owners] - (np.cumsum(sizes) - sizes), sizes)
        return places, self.numbers[at], self.weights[at]


_NOTHING = _Lists.of(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32), 0)


@dataclass(slots=True)
class _Tail:
    """A list that grows."""

    numbers: "array[int]" = field(default_factory=lambda: array("i"))
    weights: "array[float]" = field(default_factory=lambda: array("f"))

    def arrays(self) -> tuple[Numbers, Weights]:
        """Both as they are, not copied: nothing can be added while they are in use."""
        return np.frombuffer(self.numbers, dtype=np.int32), np.frombuffer(self.weights, dtype=np.float32)


class Index(Generic[Key]):
    """The time of a look-up is bounded by MOST_POSTINGS and MOST_CANDIDATES, memory by the groups.

    What came lately stands in small lists that are merged into the large ones now and then; what was removed goes with
    the next merge.
    """

    def __init__(self) -> None:
        self._codes: dict[int, int] = {}  # of the terms by their numbers, counting up
        self._frequencies: list[int] = []  # groups with a term, by code
        self._spread: Floats = np.zeros(0)  # room for a vector by code, zero between two calls
        self._rows: dict[Key, int] = {}  # of the groups, counting up, so that ties have an order
        self._keys: list[Key] = []  # by row
        self._lengths = array("d")  # of the vector of a group, by row; infinite where it was removed
        self._terms = _NOTHING  # by row
        self._postings = _NOTHING  # by code
        self._new_terms: defaultdict[int, list[tuple[Numbers, Weights]]] = defaultdict(list)  # by row, text by text
        self._new_postings: defaultdict[int, _Tail] = defaultdict(_Tail)  # by code
        self._changes = 0  # since the last merge
        self._others = 0  # groups that count for the frequencies alone

    def __len__(self) -> int:
        return len(self._rows)

    def vector(self, found: Mapping[str, float]) -> dict[str, float]:
        """The unit vector of a text by what is known about its terms so far; empty for a text without terms."""
        weights = {term: weight * self._idf(term) for term, weight in found.items()}
        norm = math.sqrt(sum(w * w for w in weights.values()))
        return {term: w / norm for term, w in weights.items()} if norm else {}

    def _idf(self, term: str) -> float:
        code = self._codes.get(_number(term))
        prior = COMMON_TEXTS if term in COMMON_TERMS else 0
        groups = 0 if code is None else self._frequencies[code]
        return math.log(1 + (PRIOR_TEXTS + self._others + len(self)) / (1 + prior + groups))

    def load(self, keys: Sequence[Key], texts: Sequence[bytes]) -> None:
        """Fill an empty index with many texts at once: the group of each, and its terms (``pack``).

        Each is weighed by the frequencies in all of them, whatever their order.
        """
        self._rows = {key: row for row, key in enumerate(dict.fromkeys(keys))}
        self._keys = list(self._rows)
        packed = np.frombuffer(b"".join(texts), dtype=_PACKED)
        row_of = np.fromiter((self._rows[key] for key in keys), np.int32, len(keys))
        text = np.repeat(np.arange(len(texts)), [len(t) // _PACKED.itemsize for t in texts])
        by_row, _ = _ordered(row_of[text])
        text, packed = text[by_row], packed[by_row]
        rows = row_of[text]
        numbers, codes = _numbered(packed["term"])
        by_code, _ = _ordered(codes)
        pairs = codes[by_code].astype(np.int64) << 32 | rows[by_code]
        first = np.diff(pairs, prepend=-1) != 0  # of the texts of a group that have a term
        frequencies = np.bincount(pairs[first] >> 32, minlength=len(numbers))
        prior = np.where(np.isin(numbers, _COMMON), COMMON_TEXTS, 0)
        weights = packed["weight"] * np.log(1 + (PRIOR_TEXTS + len(self)) / (1 + prior + frequencies))[codes]
        weights /= np.sqrt(np.bincount(text, weights * weights))[text]
        sums = np.bincount(np.cumsum(first) - 1, weights[by_code])
        lengths = np.sqrt(np.bincount(rows[by_code][first], sums * sums, minlength=len(self)))
        self._codes = {number: code for code, number in enumerate(numbers.tolist())}
        self._frequencies = frequencies.tolist()
        self._lengths = array("d", lengths.tobytes())
        self._put(rows, codes, weights.astype(np.float32))

    def narrow(self, keys: Collection[Key]) -> None:
        """Let go of all other groups, which makes look-ups quicker. How common their terms are stays known."""
        kept = {key: row for key, row in self._rows.items() if key in keys}
        self._others += len(self._rows) - len(kept)
        self._rows = kept
        self._merge()

    def add(self, key: Key, vector: Vector) -> None:
        """Put a text into a group, which begins with its first text."""
        row = self._rows.setdefault(key, len(self._keys))
        if row == len(self._keys):
            self._keys.append(key)
            self._lengths.append(0.0)
        codes = np.fromiter((self._code(term) for term in vector), np.int32, len(vector))
        weights = np.fromiter(vector.values(), np.float32, len(vector))
        gained = float(weights @ weights)
        held = self._terms_of(row)
        if held:
            gained += 2 * float(self._dots(codes, weights, np.array([row]))[0])
        self._lengths[row] = math.sqrt(self._lengths[row] ** 2 + gained)
        for code, weight in zip(codes.tolist(), weights.tolist(), strict=True):
            self._frequencies[code] += code not in held
            tail = self._new_postings[code]
            tail.numbers.append(row)
            tail.weights.append(weight)
        self._new_terms[row].append((codes, weights))
        self._changed()

    def remove(self, key: Key) -> None:
        """Forget a group."""
        row = self._rows.pop(key, None)
        if row is None:
            return
        for code in self._terms_of(row):
            self._frequencies[code] -= 1
        self._lengths[row] = math.inf
        self._changed()

    def similar(self, vector: Vector, at_least: float = 0.0) -> list[Match[Key]]:
        """The groups whose cosine is at least that much, best first; ties go to the one added first.

        Groups are opened by the weightiest terms. What the rest of them can still add is at most the length of the
        rest, so a group that they alone would bring is not opened once that falls under ``at_least``: nothing is
        lost by it.
        """
        known = [(code, w) for t, w in vector.items() if (code := self._codes.get(_number(t))) is not None]
        known.sort(key=lambda cw: (-cw[1], cw[0]))
        rows = self._candidates(known, at_least)
        if not len(rows):
            return []
        codes, weights = np.array([c for c, _ in known], np.int32), np.array([w for _, w in known], np.float32)
        cosines = np.round(self._dots(codes, weights, rows) / np.frombuffer(self._lengths)[rows], _DIGITS)
        best = np.argsort(-cosines, kind="stable")
        chosen = zip(rows[best].tolist(), cosines[best].tolist(), strict=True)
        return [Match(key=self._keys[row], cosine=min(1.0, c)) for row, c in chosen if c >= at_least]

    def shared(self, key: Key, found: Iterable[str]) -> list[str]:
        """Those of the terms that a group has too."""
        row = self._rows.get(key)
        held = set() if row is None else self._terms_of(row)
        return [term for term in found if self._codes.get(_number(term)) in held]

    def _code(self, term: str) -> int:
        code = self._codes.setdefault(_number(term), len(self._codes))
        if code == len(self._frequencies):
            self._frequencies.append(0)
        return code

    def _terms_of(self, row: int) -> set[int]:
        held = set() if row >= len(self._terms) else set(self._terms[row][0].tolist())
        return held.union(*(codes.tolist() for codes, _ in self._new_terms.get(row, ())))

    def _having(self, code: int) -> Iterator[tuple[Numbers, Weights]]:
        """The groups with a term."""
        if code < len(self._postings):
            yield self._postings[code]
        if code in self._new_postings:
            yield self._new_postings[code].arrays()

    def _candidates(self, vector: Iterable[tuple[int, float]], at_least: float) -> Numbers:
        """The rows of the groups that have most in common with a text, in their order; its weightiest terms first."""
        held: list[tuple[Numbers, Weights]] = []
        weights: list[float] = []
        left, rest = MOST_POSTINGS, 1.0
        for code, weight in vector:
            left -= self._frequencies[code]
            if rest < at_least * at_least or left < 0:
                break
            rest -= weight * weight
            lists = list(self._having(code))
            held += lists
            weights += [weight] * len(lists)
        if not held:
            return np.zeros(0, np.int32)
        rows, shares = (np.concatenate(part) for part in zip(*held, strict=True))
        sums = np.bincount(rows, shares * np.repeat(weights, [len(r) for r, _ in held]))
        found = np.flatnonzero(sums > 0)
        shares = sums[found] / np.frombuffer(self._lengths)[found]
        found, shares = found[shares > 0], shares[shares > 0]
        if len(found) > MOST_CANDIDATES:
            found = np.sort(found[np.argpartition(-shares, MOST_CANDIDATES)[:MOST_CANDIDATES]])
        return found.astype(np.int32)

    def _dots(self, codes: Numbers, weights: Weights, rows: Numbers) -> Floats:
        """The product of a vector with that of each of these groups."""
        if len(self._spread) < len(self._codes):
            self._spread = np.zeros(2 * len(self._codes))
        merged = np.flatnonzero(rows < len(self._terms))
        places, numbers, held = self._terms.chosen(rows[merged])
        new = [(at, text) for at, row in enumerate(rows.tolist()) for text in self._new_terms.get(row, ())]
        parts = [(merged[places], numbers, held), *((np.full(len(n), at), n, w) for at, (n, w) in new)]
        at, numbers, held = (np.concatenate(part) for part in zip(*parts, strict=True))
        self._spread[codes] = weights
        dots = np.bincount(at, self._spread[numbers] * held, minlength=len(rows)).astype(np.float64)
        self._spread[codes] = 0
        return dots

    def _changed(self) -> None:
        self._changes += 1
        if self._changes > max(_LEAST_TAIL, len(self) // 4):
            self._merge()

    def _merge(self) -> None:
        """Number groups and terms anew, without those that nobody knows any more, and put all lists side by side."""
        kept = np.fromiter(self._rows.values(), np.int32, len(self._rows))
        merged = kept < len(self._terms)
        places, numbers, weights = self._terms.chosen(kept[merged])
        places = np.flatnonzero(merged).astype(np.int32)[places]
        new = [(at, text) for at, row in enumerate(kept.tolist()) for text in self._new_terms.get(row, ())]
        parts = [(places, numbers, weights), *((np.full(len(n), at, np.int32), n, w) for at, (n, w) in new)]
        rows, codes, weights = (np.concatenate(part) for part in zip(*parts, strict=True))
        known = np.array(self._frequencies) > 0
        if not known.all():
            codes = (np.cumsum(known, dtype=np.int32) - 1)[codes]
            self._codes = {n: at for at, n in enumerate(compress(self._codes, known.tolist()))}
            self._frequencies = list(compress(self._frequencies, known.tolist()))
        self._lengths = array("d", np.frombuffer(self._lengths)[kept].tobytes())
        self._keys = list(self._rows)
        self._rows = {key: row for row, key in enumerate(self._keys)}
        self._put(rows, codes, weights)

    def _put(self, rows: Numbers, codes: Numbers, weights: Weights) -> None:
        """Let these be all that is in the index."""
        self._terms = _Lists.of(rows, codes, weights, len(self._keys))
        self._postings = _Lists.of(codes, rows, weights, len(self._codes))
        self._new_terms.clear()
        self._new_postings.clear()
        self._changes = 0
