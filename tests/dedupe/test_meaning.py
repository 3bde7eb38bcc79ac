from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.dedupe.meaning import Meanings, baseline

AXES = np.eye(4, dtype=np.float32)


class Same:
    """An embedder that finds everything alike to the same degree."""

    name = "same"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), len(texts) + 1), dtype=np.float32)
        vectors[:, 0] = np.sqrt(0.7)
        np.fill_diagonal(vectors[:, 1:], np.sqrt(0.3))
        return vectors


def test_the_zero_of_a_model_is_what_it_says_of_unrelated_texts() -> None:
    assert baseline(Same()) == pytest.approx(0.7, abs=1e-5)


def test_meaning_counts_from_the_zero_of_the_model() -> None:
    meanings = Meanings(0.7)
    meanings.add("a", AXES[0])
    assert meanings.similar(AXES[0], 5)["a"] == pytest.approx(1)
    assert meanings.similar(0.7 * AXES[0] + np.sqrt(1 - 0.49) * AXES[1], 5)["a"] == pytest.approx(0, abs=1e-6)


def test_a_story_is_its_members_on_average_however_many() -> None:
    meanings = Meanings()
    for axis in (0, 1, 2):
        meanings.add("wide", AXES[axis])
    meanings.add("narrow", AXES[3])
    assert meanings.similar(AXES[0], 5) == {"wide": pytest.approx(1 / 3), "narrow": pytest.approx(0)}


def test_the_nearest_and_those_asked_for_are_given() -> None:
    meanings = Meanings()
    for name, axis in (("a", 0), ("b", 1), ("c", 2)):
        meanings.add(name, AXES[axis])
    assert set(meanings.similar(AXES[1], 1)) == {"b"}
    assert set(meanings.similar(AXES[1], 1, among=["c", "never there"])) == {"b", "c"}


def test_what_was_removed_is_not_found_and_the_others_stay() -> None:
    meanings = Meanings()
    assert meanings.similar(AXES[0], 5) == {}
    for number in range(600):  # more than the first rows
        meanings.add(str(number), AXES[number % 4])
    for number in range(0, 600, 2):
        meanings.remove(str(number))
    meanings.remove("0")
    found = meanings.similar(AXES[1], 600)
    assert len(found) == 300
    assert all((cosine == 1.0) == (int(key) % 4 == 1) for key, cosine in found.items())
    meanings.add("0", AXES[2])
    assert meanings.similar(AXES[2], 1)["0"] == 1.0
