"""Any server that speaks OpenAI's /embeddings: OpenAI, Mistral, Ollama, llama.cpp, vLLM, text-embeddings-inference.

https://platform.openai.com/docs/api-reference/embeddings/create . The answer is read by us, as that of a completion is:
servers leave out ``index`` or ``usage``, and some send base64 whatever they were asked for.
"""

import base64
import binascii
import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pipeline.config import DedupeSettings
from pipeline.config_model import ModelSettings
from pipeline.errors import ConfigError
from pipeline.model import Failure
from pipeline.model.books import Books, Cost
from pipeline.model.connection import Connection, address
from pipeline.seams import Embedder
from pipeline.text.characters import clean
from pipeline.text.tokens import estimate_tokens

MAX_TEXTS = 64  # of one request; servers of one's own take 32 to 2,048
MAX_TOKENS = 16_000  # of one request, as estimated; OpenAI takes 300,000
MAX_ANSWER_BYTES = 16_000_000  # 64 vectors of 8,192 numbers with 25 characters each are 13 MB
_MAX_CHARS = 1_000  # of one text: small models read 512 tokens, and some servers refuse what is longer
_BLANK = "-"  # OpenAI refuses an empty text

_REMEDIES: Mapping[Failure, str] = {
    "down": "Check dedupe.embeddings and model.base_url, and whether the server runs",
    "timeout": "Raise model.timeout_s, or take a faster model",
    "auth": "Check the key (model.api_key_env) and the credit of the account",
    "rate_limited": "It is asked again with the next run; or raise the limit of the account",
    "refused": "Check that dedupe.embeddings names an embedding model",
    "too_long": "Take an embedding model with a larger window",
    "garbage": "Check that dedupe.embeddings names an embedding model",
}


def _from_base64(value: object) -> object:
    """Little-endian float32 in base64, as OpenAI packs a vector; a list of numbers as it stands."""
    if not isinstance(value, str):
        return value
    try:
        numbers: list[float] = np.frombuffer(base64.b64decode(value, validate=True), "<f4").tolist()
    except (binascii.Error, ValueError) as e:
        raise ValueError("is no base64 of float32") from e
    return numbers


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Vector(_Lenient):
    embedding: Annotated[list[float], BeforeValidator(_from_base64), Field(min_length=1)]
    index: int | None = None


class _Usage(_Lenient):
    prompt_tokens: int | None = None


class _Answer(_Lenient):
    error: object = None
    data: list[_Vector] | None = None
    usage: _Usage | None = None


class Endpoint:
    """One embedding model on one server. Every request is booked, at ``price_usd`` for a million tokens."""

    def __init__(self, connection: Connection, *, books: Books, price_usd: float = 0.0) -> None:
        self.name = connection.name
        self.connection = connection
        self._books = books
        self._price_usd = Decimal(str(price_usd))

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (texts, dimensions), each row of length 1. Raises ModelError, BudgetExceeded."""
        found = [self._ask(batch) for batch in _batches([clean(text[:_MAX_CHARS]) or _BLANK for text in texts])]
        if len({vectors.shape[1] for vectors in found}) > 1:
            raise self.connection.error("garbage", "answered with vectors of different lengths")
        return np.concatenate(found) if found else np.empty((0, 0), np.float32)

    def _ask(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One request."""
        tokens = sum(map(estimate_tokens, texts))
        most = Cost(usd_micros=self._micros(tokens), input_tokens=tokens)
        with self._books.call(stage="dedupe", prompt="embeddings", model=self.name, most=most) as entry:
            with self.connection.failures():
                create = self.connection.client.embeddings.with_streaming_response.create
                with create(model=self.name, input=list(texts), encoding_format="float") as response:
                    body = self.connection.read(response, MAX_ANSWER_BYTES)
            answer = self._read(body)
            usage = answer.usage.prompt_tokens if answer.usage else None
            read = usage if usage is not None and usage >= 0 else tokens
            entry.cost = Cost(usd_micros=self._micros(read), input_tokens=read)
            return self._vectors(answer.data or [], len(texts))

    def _read(self, body: bytes) -> _Answer:
        try:
            answer = _Answer.model_validate_json(body)
        except ValidationError as e:
            raise self.connection.unreadable(body, "list of embeddings") from e
        if answer.error:
            raise self.connection.error_inside(answer.error)
        return answer

    def _vectors(self, data: Sequence[_Vector], count: int) -> NDArray[np.float32]:
        """The vectors in the order of the texts, each made 1 long."""
        places = [vector.index if vector.index is not None else i for i, vector in enumerate(data)]
        if sorted(places) != list(range(count)):
            message = f"answered with {len(data)} vectors to {count} texts, or numbered them otherwise"
            raise self.connection.error("garbage", message)
        if len({len(vector.embedding) for vector in data}) != 1:
            raise self.connection.error("garbage", "answered with vectors of different lengths")
        vectors = np.empty((count, len(data[0].embedding)), np.float64)
        vectors[places] = [vector.embedding for vector in data]
        with np.errstate(over="ignore"):  # of numbers beyond 1e154, which no model gives: the length is infinite then
            lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not (np.isfinite(lengths).all() and lengths.all()):
            raise self.connection.error("garbage", "answered with a vector that is zero or not finite")
        unit: NDArray[np.float32] = (vectors / lengths).astype(np.float32)
        return unit

    def _micros(self, tokens: int) -> int:
        """Millionths of a dollar, rounded up: the price is in dollars for a million tokens."""
        return math.ceil(tokens * self._price_usd)


def connect(dedupe: DedupeSettings, model: ModelSettings, books: Books) -> Embedder:
    """The embedding model that ``dedupe.embeddings`` names, at the address of the model, with its key and time-out.

    Raises ConfigError for an address that is none, and for a server elsewhere without ``dedupe.embeddings_price``.
    """
    price = dedupe.embeddings_price
    if price is None and not model.is_local:
        remedy = "Write the USD for a million tokens, so that the budget can hold"
        message = f"the price of {dedupe.embeddings} is not known"
        raise ConfigError(message, subject="dedupe.embeddings_price", remedy=remedy)
    connection = Connection(
        dedupe.embeddings,
        base_url=address(model),
        api_key=model.api_key,
        timeout_s=model.timeout_s,
        remedies=_REMEDIES,
    )
    return Endpoint(connection, books=books, price_usd=price or 0.0)


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """Lists of at most MAX_TEXTS texts and MAX_TOKENS tokens; a text by itself may have more."""
    batch: list[str] = []
    tokens = 0
    for text in texts:
        more = estimate_tokens(text)
        if batch and (len(batch) == MAX_TEXTS or tokens + more > MAX_TOKENS):
            yield batch
            batch, tokens = [], 0
        batch.append(text)
        tokens += more
    if batch:
        yield batch
