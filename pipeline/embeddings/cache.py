"""Stands before an embedder: a text that was embedded once is looked up."""

from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from pipeline.seams import Embedder

_CHUNK = 500  # texts embedded before they are kept: what a failure or a kill can lose


def key_of(text: str) -> str:
    """What the vector of a text is kept under."""
    return sha256(text.encode(errors="surrogatepass")).hexdigest()


def kept_bytes(vector: NDArray[np.float32]) -> int:
    """What a vector takes where it is kept."""
    return vector.astype(np.float16).nbytes


def unpack(kept: Sequence[bytes]) -> NDArray[np.float32]:
    """Vectors of one model as they are kept, at least one; shape (vectors, dimensions), each of length 1."""
    vectors = np.stack([np.frombuffer(vector, np.float16) for vector in kept]).astype(np.float32)
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


class Cached:
    """Embeds each text once, whatever the run. Vectors are kept with half precision (a cosine moves by less than
    1e-3) and come out like that the first time too, so that a second run sees what the first one saw.

    ``read`` gives those of the keys of a model that are kept, ``write`` keeps more.
    """

    def __init__(
        self,
        embedder: Embedder,
        *,
        read: Callable[[str, Collection[str]], Mapping[str, bytes]],
        write: Callable[[str, Mapping[str, bytes]], None],
    ) -> None:
        self._embedder = embedder
        self._read = read
        self._write = write

    @property
    def name(self) -> str:
        """That of the embedder."""
        return self._embedder.name

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As the embedder does. Raises ModelError, BudgetExceeded; what was embedded until then is kept."""
        keys = [key_of(text) for text in texts]
        wanted = dict(zip(keys, texts, strict=True))
        if not wanted:
            return np.empty((0, 0), np.float32)
        kept = dict(self._read(self.name, wanted.keys()))
        kept |= self._embed_anew({key: text for key, text in wanted.items() if key not in kept})
        if len({len(vector) for vector in kept.values()}) > 1:  # the server has another model under that name now
            kept = self._embed_anew(wanted)
        return unpack([kept[key] for key in keys])

    def _embed_anew(self, texts: Mapping[str, str]) -> dict[str, bytes]:
        made: dict[str, bytes] = {}
        keys = list(texts)
        for start in range(0, len(keys), _CHUNK):
            chunk = keys[start : start + _CHUNK]
            vectors = self._embedder.embed([texts[key] for key in chunk]).astype(np.float16)
            new = {key: vector.tobytes() for key, vector in zip(chunk, vectors, strict=True)}
            self._write(self.name, new)
            made |= new
        return made
