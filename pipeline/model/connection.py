"""The real openai client with what it lacks: a bound on bytes and time of an answer, and failures that say what to do.

No kind of model server: ``openai_compatible`` asks it for completions, ``pipeline.embeddings.endpoint`` for vectors.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit
from weakref import finalize

from pydantic import SecretStr

from pipeline.config_model import ModelSettings
from pipeline.errors import ConfigError, ModelError
from pipeline.model import Failure
from pipeline.text.characters import one_line

if TYPE_CHECKING:
    import httpx2
    from openai import APIStatusError, OpenAI

MAX_RETRIES = 2  # by the openai client: 408, 409, 429, 5xx and no connection; it honours Retry-After up to two minutes
_UNUSED_KEY = "unused"  # local servers want a key and ignore it
_MAX_REFUSAL_CHARS = 4_000
_NO_CREDIT = "insufficient_quota"  # OpenAI's 429 that no waiting cures
_TOO_LONG = re.compile(
    r"context_length_exceeded|context (?:size|length|window)|maximum context|prompt is too long|too many tokens",
    re.IGNORECASE,
)
# Of a prompt, not of a key: OpenRouter sends 403 for it, Azure 400.
_MODERATED = re.compile(r"moderation|content.?(?:filter|policy|management)|flagged|safety", re.IGNORECASE)


class Streamed(Protocol):
    """An answer of the openai client that is read by us."""

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Its body as it comes in."""
        ...


class Connection:
    """One model on one server. ``remedies`` says by kind of failure what the operator can do.

    ``timeout_s`` holds for one attempt, its body included (twice that at worst, when the last read stalls).
    """

    def __init__(
        self,
        name: str,
        *,
        base_url: str,
        api_key: SecretStr | None = None,
        timeout_s: float = 60,
        max_retries: int = MAX_RETRIES,
        remedies: Mapping[Failure, str],
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._base_url = base_url
        self._key = api_key.get_secret_value() if api_key else _UNUSED_KEY
        self._timeout_s = timeout_s
        self._max_retries = max_retries
        self._remedies = remedies
        self._monotonic_s = monotonic_s

    @cached_property
    def client(self) -> "OpenAI":
        """The client, connected to nothing yet."""
        from openai import DefaultHttpx2Client, OpenAI  # 0.6 s: only a run that asks a model pays for it

        http = DefaultHttpx2Client(event_hooks={"response": [_spare_the_hopeless]})
        finalize(self, http.close)  # a client that is given one does not close it when it goes
        return OpenAI(
            api_key=self._key,
            base_url=self._base_url,
            timeout=self._timeout_s,
            max_retries=self._max_retries,
            http_client=http,
        )

    def read(self, response: Streamed, max_bytes: int) -> bytes:
        """The whole body. Counts bytes and watches the clock: the client's own time-out is for a single read."""
        begun_s = self._monotonic_s()
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > max_bytes:
                raise self.error("garbage", f"answered with more than {max_bytes} bytes")
            if self._monotonic_s() - begun_s > self._timeout_s:
                raise self.error("timeout", f"did not finish its answer in {self._timeout_s:g} s")
        return bytes(body)

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Turn whatever the client raises into a ModelError."""
        import httpx2
        import openai

        try:
            yield
        except (openai.APITimeoutError, httpx2.TimeoutException) as e:
            raise self.error("timeout", f"did not answer in {self._timeout_s:g} s") from e
        except openai.APIStatusError as e:
            raise self.error(_kind_of(e.status_code, refusal_of(e)), f"answered {e.status_code}: {e.message}") from e
        except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL) as e:
            raise self.error("down", f"cannot be reached at {self._base_url}: {e}") from e

    def unreadable(self, body: bytes, wanted: str) -> ModelError:
        """For an answer that is something else than was ``wanted`` ("chat completion")."""
        page = "an HTML page" if body.lstrip().startswith(b"<") else f"something that is no {wanted}"
        return self.error("garbage", f"answered with {page}", "Check model.base_url: most end in /v1")

    def error_inside(self, error: object) -> ModelError:
        """For an error that came inside HTTP 200, as OpenRouter sends them."""
        fields = error if isinstance(error, dict) else {"message": error}
        code = str(fields.get("code") or "")
        kind = _kind_of(int(code) if code.isdecimal() else 500, str(error))
        return self.error(kind, f"answered with an error: {fields.get('message') or error}")

    def error(self, kind: Failure, message: str, remedy: str = "") -> ModelError:
        """Servers echo what they were sent: the key is taken out before anything else."""
        if self._key != _UNUSED_KEY:
            message = message.replace(self._key, "***")
        return ModelError(one_line(message, 300), subject=self.name, remedy=remedy or self._remedies[kind], kind=kind)


def address(settings: ModelSettings) -> str:
    """Where the server is. Raises ConfigError for an address that is none."""
    url = settings.url
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return url
    except ValueError:
        pass
    remedy = "It looks like http://localhost:11434/v1"
    raise ConfigError(f"{url!r} is no http address", subject="model.base_url", remedy=remedy)


def refusal_of(error: "APIStatusError") -> str:
    """All that a server says about a refusal: its code and the names of fields are not in the client's message."""
    return f"{error.message} {error.response.text[:_MAX_REFUSAL_CHARS]}"


def is_about_prompt(refusal: str) -> bool:
    """Whether a refusal is about what was asked, not about how: another manner of asking will not help."""
    return bool(_TOO_LONG.search(refusal) or _MODERATED.search(refusal))


def _kind_of(status: int, message: str) -> Failure:
    if _NO_CREDIT in message:
        return "auth"
    if status in (400, 413, 422, 500) and _TOO_LONG.search(message):
        return "too_long"
    if status in (400, 413, 422) or (status == 403 and _MODERATED.search(message)):
        return "refused"
    if status in (401, 402, 403):
        return "auth"
    if status in (408, 504):
        return "timeout"
    return "rate_limited" if status == 429 else "down"


def _spare_the_hopeless(response: "httpx2.Response") -> None:
    """Tells the client, by the header that OpenAI's servers use, not to wait for credit that nobody buys meanwhile."""
    if response.status_code == 429 and _NO_CREDIT in response.read().decode(errors="replace"):
        response.headers["x-should-retry"] = "false"
