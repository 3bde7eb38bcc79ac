"""A text is embedded once, on each database; what was not asked for in two months is forgotten."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from numpy.typing import NDArray

from pipeline.embeddings.cache import Cached
from pipeline.errors import ModelError
from pipeline.store import Store, embeddings
from pipeline.store.tables import embeddings as table

NOW = datetime(2026, 11, 23, tzinfo=UTC)


class Counting:
    """Embeds a text by its length, counts what it is asked for, and fails from its ``fails_at``-th text on."""

    def __init__(self, name: str = "counting", dimensions: int = 3, fails_at: int = 1_000_000) -> None:
        self.name = name
        self.texts: list[str] = []
        self._dimensions = dimensions
        self._fails_at = fails_at

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts.extend(texts)
        if len(self.texts) > self._fails_at:
            raise ModelError("is down", subject=self.name, kind="down")
        rows = np.ones((len(texts), self._dimensions), np.float32)
        rows[:, 0] = [len(text) / 3 + 1 for text in texts]
        unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


def cached(store: Store, embedder: Counting, now: datetime = NOW) -> Cached:
    def read(model: str, keys: Collection[str]) -> Mapping[str, bytes]:
        with store.begin() as db:
            return embeddings.use(db, model, keys, now)

    def write(model: str, vectors: Mapping[str, bytes]) -> None:
        with store.begin() as db:
            embeddings.keep(db, model, vectors, now)

    return Cached(embedder, read=read, write=write)


def test_a_second_run_embeds_nothing_and_sees_the_same(store: Store) -> None:
    texts = ["one", "the second", "one", "", "\ud800", "大模型"]
    first, second = Counting(), Counting()
    vectors = cached(store, first).embed(texts)
    assert first.texts == ["one", "the second", "", "\ud800", "大模型"]
    again = cached(store, second).embed([*texts, "new"])
    assert second.texts == ["new"]
    assert (again[:-1] == vectors).all()
    assert np.abs(vectors - Counting().embed(texts)).max() < 1e-3
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-6
    assert cached(store, first).embed([]).shape[0] == 0


def test_another_model_embeds_for_itself(store: Store) -> None:
    cached(store, Counting()).embed(["one"])
    other = Counting("other")
    cached(store, other).embed(["one"])
    assert other.texts == ["one"]


def test_a_server_with_another_model_under_the_old_name_embeds_all_anew(store: Store) -> None:
    cached(store, Counting()).embed(["one", "two"])
    other = Counting(dimensions=5)
    assert cached(store, other).embed(["one", "two", "new"]).shape == (3, 5)
    after = Counting(dimensions=5)
    assert cached(store, after).embed(["one", "two", "new"]).shape == (3, 5)
    assert after.texts == []


def test_what_was_embedded_before_a_failure_is_kept(store: Store) -> None:
    texts = [f"text {i}" for i in range(1_200)]
    with pytest.raises(ModelError):
        cached(store, Counting(fails_at=1_000)).embed(texts)
    left = Counting()
    assert cached(store, left).embed(texts).shape == (1_200, 3)
    assert left.texts == texts[1_000:]


def test_a_vector_that_is_used_stays_and_one_that_is_not_goes(store: Store) -> None:
    for day, text, left in ((0, "often", 1), (0, "once", 2), (40, "often", 2), (70, "new", 2), (110, "newer", 2)):
        cached(store, Counting(), NOW + timedelta(days=day)).embed([text])
        with store.read() as db:
            assert db.scalar(sa.select(sa.func.count()).select_from(table)) == left
    last = Counting()
    cached(store, last, NOW + timedelta(days=110)).embed(["often", "once", "new", "newer"])
    assert last.texts == ["often", "once"]
