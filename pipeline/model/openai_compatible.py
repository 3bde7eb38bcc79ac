"""Any server that speaks OpenAI's Chat Completions: OpenAI, OpenRouter, Groq, Ollama, llama.cpp, vLLM and others.

https://platform.openai.com/docs/api-reference/chat/create , with what other servers do differently. Three things are
learnt from refusals and remembered: how far the server takes a schema, which name it has for the limit of tokens, and
whether it takes a temperature. The answer is read by us: the client's own parsing fails on HTML and ``choices: null``.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError, field_validator

from pipeline.config import ModelSettings
from pipeline.model import Failure, without_thinking
from pipeline.model.connection import MAX_RETRIES, OPENAI_URL, Connection, address
from pipeline.seams import Answer, Model, Prompt
from pipeline.text.tokens import estimate_tokens

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam

MAX_ANSWER_BYTES = 4_000_000  # ten times the longest answer that anyone asks for

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
        self.connection = Connection(
            name,
            base_url=base_url,
            api_key=api_key,
            timeout_s=timeout_s,
            max_retries=max_retries,
            remedies=_REMEDIES,
            monotonic_s=monotonic_s,
        )
        self._manner = _Manner(temperature=temperature)

    def complete(self, prompt: Prompt) -> Answer:
        """Answer one prompt. Raises ModelError, its kind out of pipeline.model.KINDS; never with the key in it."""
        with self.connection.failures():
            return self._read(self._ask(prompt), prompt)

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
        """One request."""
        create = self.connection.client.chat.completions.with_streaming_response.create
        system, extra = _request(prompt, manner)
        messages: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": system},
            {"role": "user", "content": prompt.user},
        ]
        with create(model=self.name, messages=messages, extra_body=extra) as response:
            return self.connection.read(response, MAX_ANSWER_BYTES)

    def _read(self, body: bytes, prompt: Prompt) -> Answer:
        """The text of an answer. The order of the checks is the order in which servers lie: FACTS 3.1."""
        try:
            completion = _Completion.model_validate_json(body)
        except ValidationError as e:
            raise self.connection.unreadable(body, "chat completion") from e
        choice = next(iter(completion.choices or ()), _Choice())
        if completion.error or choice.error:
            raise self.connection.error_inside(completion.error or choice.error)
        message = choice.message or _Message()
        if message.refusal or choice.finish_reason == "content_filter":
            raise self.connection.error("refused", f"refused: {message.refusal or 'its content filter stepped in'}")
        if choice.finish_reason == "length":
            raise self.connection.error("cut_off", f"was cut off after {prompt.max_output_tokens} tokens")
        text = without_thinking(message.content or "")
        if not text.strip():
            raise self.connection.error("garbage", "answered with nothing")
        usage = completion.usage or _Usage()
        details = usage.prompt_tokens_details or _Details()
        return Answer(
            text=text,
            model=self.name,
            input_tokens=_count(usage.prompt_tokens, prompt.system + prompt.user),
            output_tokens=_count(usage.completion_tokens, message.content or ""),
            cached_tokens=max(details.cached_tokens or 0, 0),
        )


def connect(settings: ModelSettings) -> Model:
    """The configured model. Without a key "unused" is sent: local servers want one and ignore it.

    Raises ConfigError for an address that is none.
    """
    return OpenAICompatible(
        settings.name,
        base_url=address(settings),
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


def _count(reported: int | None, text: str) -> int:
    return reported if reported is not None and reported >= 0 else estimate_tokens(text)
