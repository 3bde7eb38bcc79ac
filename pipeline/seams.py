"""What a layer below is asked for: the protocols at which a test can put its own, and what passes through them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An HTTP answer, any status. Header names are lower case. ``url`` is where it came from after redirects."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    moved_to: str | None = None  # set when every redirect on the way was permanent (301, 308)


class Http(Protocol):
    """The one HTTP client (net/http.py)."""

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
        allow_private: bool = False,
        form: Mapping[str, str] | None = None,
    ) -> Response:
        """Give the answer, whatever its status. Raises NetworkError (also for an answer that is too large or slow).

        With ``form`` it is a POST of these fields, which follows no redirect: for the exchange of a key for a token.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What one model call needs. ``id`` is "<file>@<8 hex of its hash>"; ``schema`` is a JSON Schema of the answer."""

    id: str
    stage: str
    system: str
    user: str
    schema: Mapping[str, object]
    max_output_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The raw text of a model's answer and what it took."""

    text: str
    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0


class Embedder(Protocol):
    """Turns texts into vectors whose dot product says how alike they are in meaning (dedupe.embeddings)."""

    @property
    def name(self) -> str:
        """What its vectors are kept under: another name, other vectors."""
        ...

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Shape (texts, dimensions), each row of length 1. Raises ModelError."""
        ...


class Model(Protocol):
    """A kind of model server (model/<type>.py). ``name`` is what the issue prints."""

    @property
    def name(self) -> str:
        """The model's name as the configuration gives it."""
        ...

    def complete(self, prompt: Prompt) -> Answer:
        """Answer one prompt. Raises ModelError, and Retryable never: time-outs and retries end inside."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a channel sends to one recipient: the frozen renderings and the headers derived from them."""

    issue_id: str
    recipient: str
    message_id: str
    subject: str
    html: bytes
    text: bytes
    date: datetime
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of one message: sent; deferred (try later), failed (this recipient, for good), or unknown."""

    status: Literal["sent", "deferred", "failed", "unknown"]
    detail: str = ""


class Channel(Protocol):
    """A delivery channel (channels/<type>.py); used as a context manager around one batch."""

    def __enter__(self) -> "Channel":
        """Connect. Raises NetworkError when the other side is down: nothing has been sent then."""
        ...

    def __exit__(self, *exc: object) -> None:
        """Disconnect; never raises."""
        ...

    def send(self, message: Message) -> Receipt:
        """Send one message. Never raises for what the other side does: the receipt says it."""
        ...
