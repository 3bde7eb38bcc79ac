"""Which stories of the window new items may belong to, by what is kept of the texts of their members. Pure.

A run need not read the texts of two weeks again: the signatures of their items tell how common each term is, and which
stories are near a new item. The texts of those alone are read.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.dedupe.fold import Candidate, terms_of
from pipeline.dedupe.likeness import DOUBT_FROM
from pipeline.text.index import Index, pack
from pipeline.types import KnownSignature, Signature

MOST_KNOWN = 50_000
"""Items of the window that a run knows of, those told last."""

NEAREST = 20
"""Stories that are read for each new item, by its words; as many for each address and each text that it shares."""

_SLACK = 0.9  # frequencies, and so cosines, move a little while a run folds
_LEAST_MEANING = 0.3  # below it no other words of two texts make them one story


def signature(item: Candidate, meaning_sha256: str) -> Signature:
    """What is kept of an item once it has its story."""
    return Signature(
        item_id=item.item_id,
        seen_at=item.seen_at,
        url_key=item.url_key,
        text_hash=item.text_hash,
        meaning_sha256=meaning_sha256,
        terms=pack(terms_of(item)),
    )


def indexed(known: Sequence[KnownSignature]) -> Index[str]:
    """The stories of the window, by their words."""
    index: Index[str] = Index()
    index.load([k.story_id for k in known], [k.terms for k in known])
    return index


def near(new: Iterable[Candidate], known: Iterable[KnownSignature], index: Index[str], threshold: float) -> set[str]:
    """The stories that a new item may join, or may be in doubt with, by address, text and words."""
    found: set[str] = set()
    wanted = Counter[str]()
    for item in new:
        wanted.update({key: NEAREST for key in (item.url_key, item.text_hash) if key})
        matches = index.similar(index.vector(terms_of(item)), threshold * DOUBT_FROM * _SLACK)
        found.update(match.key for match in matches[:NEAREST])
    for k in known:
        for key in (k.url_key, k.text_hash):
            if wanted[key] > 0:
                wanted[key] -= 1
                found.add(k.story_id)
    return found


def near_by_meaning(
    new: NDArray[np.float32], stories: Sequence[str], vectors: NDArray[np.float32], zero: float
) -> set[str]:
    """The stories with an item that means about the same as a new one, whatever their words.

    ``new`` and ``vectors`` have shape (items, dimensions), ``stories`` has the story of each of the latter; ``zero`` is
    what unrelated texts have in common (meaning.baseline).
    """
    least = zero + _LEAST_MEANING * (1 - zero)
    found: set[str] = set()
    for vector in new:
        cosines = vectors @ vector
        for at in np.argpartition(-cosines, min(NEAREST, len(cosines) - 1))[:NEAREST]:
            if cosines[at] >= least:
                found.add(stories[at])
    return found
