"""Any server that speaks OpenAI's Chat Completions: OpenAI, OpenRouter, Groq, Ollama, llama.cpp, vLLM and others.

https://platform.openai.com/docs/api-reference/chat/create , with what other servers do differently. Three things are
learnt from refusals and remembered: how far the server takes a schema, which name it has for the limit of tokens, and
whether it takes a temperature. The answer is read by us: the client's own parsing fails on HTML and ``choices: null``.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError, field_validator

from pipeline.config import ModelSettings
from pipeline.errors import ConfigError, ModelError
from pipeline.model import Failure, without_thinking
from pipeline.seams import Answer, Model, Prompt
from pipeline.text.characters import one_line
from pipeline.text.tokens import estimate_tokens

if TYPE_CHECKING:
    from openai import OpenAI
    from openai.types.chat import ChatCompletionMessageParam

OPENAI_URL = "https://api.openai.com/v1"
MAX_RETRIES = 2  # by the openai client: 408, 409, 429, 5xx and no connection; it honours Retry-After up to two minutes
MAX_ANSWER_BYTES = 4_000_000  # ten times the longest answer that anyone asks for
_UNUSED_KEY = "unused"  # local servers want a key and ignore it

# From the strictest to none. Azure's strict mode refuses limits of length; DeepSeek takes json_object only, LM Studio
# json_schema only, Anthropic ignores them all.
_RUNGS = ("json_schema", "json_schema_without_limits", "json_object", "none")
_LIMITS = ("maxLength", "minLength", "maxItems", "minItems")
_FORMAT_WORDS = ("response_format", "json_schema", "json_object", "json_validate_failed", "structured", "grammar")
_NOT_IN_NAMES = re.compile(r"[^\w-]", re.ASCII)

_REMEDIES: Mapping[Failure, str] = {
    "down": "Check model.base_url and model.name, and whether the server runs",
    "timeout": "Raise model.timeout_s, or take a faster model",
    "auth": "Check the key (model.api_key_env) and the credit of the account",
    "rate_limited": "Lower model.threads, or raise the limit of the account",
    "refused": "It is asked again when the story changes",
    "cut_off": "Raise model.max_output_tokens; thinking counts too",
    "garbage": "Take a model that follows a JSON schema",
}


class _Lenient(BaseModel):
    """What we read of an answer; servers add fields of their own, and leave out or null any of ours."""

    model_config = ConfigDict(extra="ignore")


class _Message(_Lenient):
    content: str | None = None
    refusal: str | None = None


class _Choice(_Lenient):
    message: _Message | None = None
    finish_reason: str | None = None
    error: object = None


class _Details(_Lenient):
    cached_tokens: int | None = None


class _Usage(_Lenient):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Details | None = None


class _Completion(_Lenient):
    error: object = None
    choices: list[_Choice] | None = None
    usage: _Usage | None = None

    @field_validator("usage", mode="wrap")
    @classmethod
    def _forgive(cls, value: object, read: Callable[[object], _Usage | None]) -> _Usage | None:
        """A count that cannot be read is estimated: no reason to throw a good answer away."""
        try:
            return read(value)
        except ValidationError:
            return None


@dataclass(frozen=True, slots=True)
class _Manner:
    """How this server wants to be asked."""

    rung: int = 0
    limit_name: str = "max_completion_tokens"
    temperature: float | None = None


class OpenAICompatible:
    """One model on one server. Threads may share it: what one learns late is only learnt twice.

    ``timeout_s`` holds for one attempt, its body included (twice that at worst, when the last read stalls). One call
    makes at most ``1 + max_retries`` attempts for each of the five things that it can learn.
    """

    def __init__(
        self,
        name: str,
        *,
        base_url: str = OPENAI_URL,
        api_key: SecretStr | None = None,
        timeout_s: float = 60,
        temperature: float | None = None,
        max_retries: int = MAX_RETRIES,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._base_url = base_url
        self._key = api_key.get_secret_value() if api_key else _UNUSED_KEY
        self._timeout_s = timeout_s
        self._max_retries = max_retries
        self._monotonic_s = monotonic_s
        self._manner = _Manner(temperature=temperature)

    def complete(self, prompt: Prompt) -> Answer:
        """Answer one prompt. Raises ModelError, its kind out of pipeline.model.KINDS; never with the key in it."""
        with self._failures():
            return self._read(self._ask(prompt), prompt)

    @cached_property
    def _client(self) -> "OpenAI":
        from openai import OpenAI  # 0.6 s: only a run that asks a model pays for it

        return OpenAI(
            api_key=self._key, base_url=self._base_url, timeout=self._timeout_s, max_retries=self._max_retries
        )

    def _ask(self, prompt: Prompt) -> bytes:
        """The bytes of the answer, after stepping down from what the server does not take."""
        from openai import BadRequestError, UnprocessableEntityError

        manner = self._manner
        while True:
            try:
                body = self._post(prompt, manner)
            except (BadRequestError, UnprocessableEntityError) as e:
                humbler = _humbler(manner, str(e))
                if humbler is None:
                    raise
                manner = humbler
            else:
                self._manner = manner  # only what worked: a refusal may have been about this prompt alone
                return body

    def _post(self, prompt: Prompt, manner: _Manner) -> bytes:
        """One request. Counts bytes and watches the clock: the client's own time-out is for a single read."""
        begun_s = self._monotonic_s()
        body = bytearray()
        create = self._client.chat.completions.with_streaming_response.create
        system, extra = _request(prompt, manner)
        messages: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": system},
            {"role": "user", "content": prompt.user},
        ]
        with create(model=self.name, messages=messages, extra_body=extra) as response:
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MAX_ANSWER_BYTES:
                    raise self._error("garbage", f"answered with more than {MAX_ANSWER_BYTES} bytes")
                if self._monotonic_s() - begun_s > self._timeout_s:
                    raise self._error("timeout", f"did not finish its answer in {self._timeout_s:g} s")
        return bytes(body)

    def _read(self, body: bytes, prompt: Prompt) -> Answer:
        """The text of an answer. The order of the checks is the order in which servers lie: FACTS 3.1."""
        try:
            completion = _Completion.model_validate_json(body)
        except ValidationError as e:
            page = "an HTML page" if body.lstrip().startswith(b"<") else "something that is no chat completion"
            raise self._error("garbage", f"answered with {page}", "Check model.base_url: most end in /v1") from e
        choice = next(iter(completion.choices or ()), _Choice())
        if completion.error or choice.error:
            raise self._error_inside(completion.error or choice.error)
        message = choice.message or _Message()
        if message.refusal or choice.finish_reason == "content_filter":
            raise self._error("refused", f"refused: {message.refusal or 'its content filter stepped in'}")
        if choice.finish_reason == "length":
            raise self._error("cut_off", f"was cut off after {prompt.max_output_tokens} tokens")
        text = without_thinking(message.content or "")
        if not text.strip():
            raise self._error("garbage", "answered with nothing")
        usage = completion.usage or _Usage()
        details = usage.prompt_tokens_details or _Details()
        return Answer(
            text=text,
            model=self.name,
            input_tokens=_count(usage.prompt_tokens, prompt.system + prompt.user),
            output_tokens=_count(usage.completion_tokens, message.content or ""),
            cached_tokens=max(details.cached_tokens or 0, 0),
        )

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Turn whatever the client raises into a ModelError."""
        import httpx2
        import openai

        try:
            yield
        except (openai.APITimeoutError, httpx2.TimeoutException) as e:
            raise self._error("timeout", f"did not answer in {self._timeout_s:g} s") from e
        except openai.APIStatusError as e:
            raise self._error(_kind_of(e.status_code), f"answered {e.status_code}: {e.message}") from e
        except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL) as e:
            raise self._error("down", f"cannot be reached at {self._base_url}: {e}") from e

    def _error_inside(self, error: object) -> ModelError:
        """An error that came inside HTTP 200, as OpenRouter sends them."""
        fields = error if isinstance(error, dict) else {"message": error}
        code = fields.get("code")
        kind = _kind_of(code) if isinstance(code, int) else "down"
        return self._error(kind, f"answered with an error: {fields.get('message') or error}")

    def _error(self, kind: Failure, message: str, remedy: str = "") -> ModelError:
        """Servers echo what they were sent: the key is taken out before anything else."""
        if self._key != _UNUSED_KEY:
            message = message.replace(self._key, "***")
        return ModelError(one_line(message, 300), subject=self.name, remedy=remedy or _REMEDIES[kind], kind=kind)


def connect(settings: ModelSettings) -> Model:
    """The configured model. Without a key "unused" is sent: local servers want one and ignore it.

    Raises ConfigError for an address that is none.
    """
    url = settings.base_url or OPENAI_URL
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        remedy = "It looks like http://localhost:11434/v1"
        raise ConfigError(f"{url!r} is no http address", subject="model.base_url", remedy=remedy)
    return OpenAICompatible(
        settings.name,
        base_url=url,
        api_key=settings.api_key,
        timeout_s=settings.timeout_s,
        temperature=settings.temperature,
    )


def _request(prompt: Prompt, manner: _Manner) -> tuple[str, dict[str, object]]:
    """(system text, the fields of the request that differ between servers)."""
    extra: dict[str, object] = {manner.limit_name: prompt.max_output_tokens}
    if manner.temperature is not None:
        extra["temperature"] = manner.temperature
    system, rung = prompt.system, _RUNGS[manner.rung]
    if rung.startswith("json_schema"):
        schema = prompt.schema if rung == "json_schema" else _without_limits(prompt.schema)
        name = _NOT_IN_NAMES.sub("_", prompt.stage)[:64] or "answer"
        extra["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": name, "strict": True, "schema": schema},
        }
        return system, extra
    if rung == "json_object":
        extra["response_format"] = {"type": "json_object"}
    schema_text = json.dumps(prompt.schema, ensure_ascii=False)
    return f"{system}\n\nAnswer with one JSON object of this JSON Schema, and nothing else:\n{schema_text}", extra


def _without_limits(schema: object) -> object:
    if isinstance(schema, Mapping):
        return {key: _without_limits(value) for key, value in schema.items() if key not in _LIMITS}
    return [_without_limits(each) for each in schema] if isinstance(schema, list | tuple) else schema


def _humbler(manner: _Manner, refusal: str) -> _Manner | None:
    """The next manner to try after a 400 or 422, or None when the refusal is about something else."""
    if manner.limit_name == "max_completion_tokens" and manner.limit_name in refusal:
        return replace(manner, limit_name="max_tokens")
    if manner.temperature is not None and "temperature" in refusal:
        return replace(manner, temperature=None)
    about_limits = any(word in refusal for word in _LIMITS)
    if manner.rung == len(_RUNGS) - 1 or not (about_limits or any(word in refusal for word in _FORMAT_WORDS)):
        return None
    return replace(manner, rung=1 if about_limits and manner.rung == 0 else max(manner.rung + 1, 2))


def _kind_of(status: int) -> Failure:
    if status in (401, 402, 403):
        return "auth"
    if status in (408, 504):
        return "timeout"
    if status in (400, 413, 422):
        return "refused"
    return "rate_limited" if status == 429 else "down"


def _count(reported: int | None, text: str) -> int:
    return reported if reported is not None and reported >= 0 else estimate_tokens(text)
