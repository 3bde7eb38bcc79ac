"""What the evaluations share: the local model, which embeds each text once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.embeddings import local
from pipeline.errors import ConfigError
from pipeline.seams import Embedder

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Remembering:
    """An embedder in front of another that keeps every vector: the same titles are folded many times."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self._kept: dict[str, NDArray[np.float32]] = {}

    @property
    def name(self) -> str:
        return self._inner.name

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        new = [text for text in dict.fromkeys(texts) if text not in self._kept]
        if new:
            self._kept.update(zip(new, self._inner.embed(new), strict=True))
        return np.stack([self._kept[text] for text in texts])


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    try:
        return Remembering(local.connect(""))
    except ConfigError as e:
        pytest.skip(f"needs the local model: {e}")
