"""How alike stories and items are in meaning: the vectors of an embedding model, summed up by story.

A story stands here as the sum of the unit vectors of its members and their number: an item is as like it as it is to
its members on average. The cosine with the centroid would not do: it grows with the story, since what is peculiar to
each member cancels out, and the largest story took in whatever was of the same field (in a trial, 500 of 2,360 posts).
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.seams import Embedder

_FIRST_ROWS = 256
_TOO_ALIKE = 0.95

# Unrelated news of our field, written for this: how alike a model finds them is its zero. Models differ much in that
# (all-MiniLM-L6-v2 says .1, others .7 and more), so a cosine says something only above it.
_UNRELATED = (
    "Anthropic releases a new version of Claude for programmers",
    "Court rules on copyright of books used to train language models",
    "Start-up raises money for chips that run neural networks at the edge",
    "Researchers teach a robot hand to fold laundry",
    "Power demand of data centres worries the grid operator of Ireland",
    "Speech recognition learns forty languages of India",
    "Benchmark shows that agents forget what they were told",
    "Hospital tests software that reads X-rays of the lung",
)


def baseline(embedder: "Embedder") -> float:
    """The mean cosine of unrelated texts in an embedding space, -1.._TOO_ALIKE.

    Raises ModelError, also for a model that finds them alike: above that there is no room for what is.
    """
    vectors = embedder.embed(_UNRELATED)
    count = len(vectors)
    total = vectors.sum(axis=0)
    zero = float((total @ total - count) / (count * (count - 1)))
    if zero > _TOO_ALIKE:
        remedy = "Check that dedupe.embeddings names an embedding model"
        raise ModelError(f"finds unrelated texts alike ({zero:.2f})", subject=embedder.name, remedy=remedy)
    return zero


class Meanings:
    """The vectors of the stories in the window. A look-up is one product with all of them."""

    def __init__(self, zero: float = 0.0) -> None:
        """``zero`` is the cosine of unrelated texts (``baseline``)."""
        self._zero = zero
        self._row_of: dict[str, int] = {}
        self._keys: list[str] = []
        self._sums: NDArray[np.float32] = np.zeros((0, 0), dtype=np.float32)
        self._sizes: NDArray[np.float32] = np.zeros(0, dtype=np.float32)

    def add(self, key: str, vector: "NDArray[np.float32]") -> None:
        """Put a vector (dimensions,) of length 1 into a story, which begins with its first one."""
        row = self._row_of.get(key)
        if row is None:
            row = self._row_of[key] = len(self._keys)
            self._keys.append(key)
            self._make_room(len(vector))
            self._sums[row] = self._sizes[row] = 0
        self._sums[row] += vector
        self._sizes[row] += 1

    def remove(self, key: str) -> None:
        """Forget a story; the last row moves into its place."""
        row = self._row_of.pop(key, None)
        if row is None:
            return
        last = len(self._keys) - 1
        moved = self._keys.pop()
        if row != last:
            self._keys[row] = moved
            self._row_of[moved] = row
            self._sums[row], self._sizes[row] = self._sums[last], self._sizes[last]

    def similar(self, vector: "NDArray[np.float32]", nearest: int, among: Iterable[str] = ()) -> dict[str, float]:
        """The meaning that an item shares with the ``nearest`` stories and those named: 1 is the same, 0 unrelated."""
        count = len(self._keys)
        if not count:
            return {}
        cosines = self._sums[:count] @ vector / self._sizes[:count]
        rows = set(np.argpartition(cosines, -nearest)[-nearest:].tolist() if count > nearest else range(count))
        rows.update(self._row_of[key] for key in among if key in self._row_of)
        return {self._keys[row]: (float(cosines[row]) - self._zero) / (1 - self._zero) for row in sorted(rows)}

    def _make_room(self, dimensions: int) -> None:
        rows = len(self._keys)
        if rows <= len(self._sums):
            return
        grown = np.zeros((max(_FIRST_ROWS, 2 * len(self._sums)), dimensions), dtype=np.float32)
        sizes = np.zeros(len(grown), dtype=np.float32)
        if len(self._sums):
            grown[: len(self._sums)] = self._sums
            sizes[: len(self._sums)] = self._sizes
        self._sums, self._sizes = grown, sizes
