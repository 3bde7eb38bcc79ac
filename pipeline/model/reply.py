"""Reads what a completions endpoint answers: lenient about its shape, strict about what it says of itself.

Checked in the order in which servers lie: an error inside HTTP 200, a refusal, a cut, thinking, nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, field_validator

from pipeline.model import without_thinking
from pipeline.model.connection import Connection
from pipeline.model.manner import holds_answer
from pipeline.seams import Prompt
from pipeline.text.tokens import estimate_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A usable answer. ``input_tokens`` is None where the server does not say; ``output_tokens`` is estimated then."""

    text: str
    input_tokens: int | None
    output_tokens: int
    cached_tokens: int


def _joined(value: object) -> object:
    """The text of a content that comes in parts; parts of another type (thinking) are left out."""
    if not isinstance(value, list):
        return value
    texts = [part.get("text") for part in value if isinstance(part, dict) and part.get("type") == "text"]
    return "".join(text for text in texts if isinstance(text, str))


class _Lenient(BaseModel):
    """What we read of an answer; servers add fields of their own, and leave out or null any of ours."""

    model_config = ConfigDict(extra="ignore")


class _Message(_Lenient):
    content: Annotated[str | None, BeforeValidator(_joined)] = None
    refusal: str | None = None
    reasoning_content: object = None
    reasoning: object = None

    @property
    def thoughts(self) -> str:
        """What it thought, where that comes by itself."""
        return next((t for t in (self.reasoning_content, self.reasoning) if isinstance(t, str)), "")


class _Choice(_Lenient):
    message: _Message | None = None
    text: str | None = None  # of /completions
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


def read(body: bytes, prompt: Prompt, connection: Connection) -> Reply:
    """The text of an answer, without thinking. Raises ModelError; kind "down" only for an error inside HTTP 200."""
    try:
        completion = _Completion.model_validate_json(body)
    except ValidationError as e:
        raise connection.unreadable(body, "chat completion") from e
    choice = next(iter(completion.choices or ()), _Choice())
    error = completion.error or choice.error or (choice.finish_reason == "error" and "finish_reason: error")
    if error:
        raise connection.error_inside(error)
    message = choice.message or _Message(content=choice.text)
    if message.refusal or choice.finish_reason == "content_filter":
        raise connection.error("refused", f"refused: {message.refusal or 'its content filter stepped in'}")
    text = _answer_of(message, choice.finish_reason == "length", prompt, connection)
    usage = completion.usage or _Usage()
    written = _positive(usage.completion_tokens)
    return Reply(
        text=text,
        input_tokens=_positive(usage.prompt_tokens),
        output_tokens=estimate_tokens((message.content or "") + message.thoughts) if written is None else written,
        cached_tokens=_positive((usage.prompt_tokens_details or _Details()).cached_tokens) or 0,
    )


def _answer_of(message: _Message, is_cut: bool, prompt: Prompt, connection: Connection) -> str:
    """What it said after it thought; what it thought only where the whole answer has slipped in there."""
    text = without_thinking(message.content or "")
    thought_only = not text.strip() and bool(message.thoughts or message.content)
    # A base model goes on after its answer: what was cut off then is not missed.
    if is_cut and (message.content is None or not holds_answer(text, prompt)):
        spent = ", all of them spent on thinking" if thought_only else ""
        raise connection.error("cut_off", f"was cut off after {prompt.max_output_tokens} tokens{spent}")
    if thought_only and holds_answer(message.thoughts, prompt):  # a reasoning parser that found no </think>
        return message.thoughts
    if not text.strip():
        raise connection.error("garbage", f"{'thought, then ' if thought_only else ''}answered with nothing")
    return text


def _positive(count: int | None) -> int | None:
    return count if count is not None and count >= 0 else None
