"""Prompts that are answered within hours at half the price, ahead of the calls that find them kept: the Batch API.

https://platform.openai.com/docs/guides/batch . A run sends what is to be written as one batch and ends; a later one
takes the answers, which come in any order and perhaps not all, into the cache of the ledger. What did not come in time,
or is not usable, is asked for one by one.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.config_model import PriceSettings
from pipeline.errors import BudgetExceeded, ModelError
from pipeline.model.books import NOTHING, Books, Cost
from pipeline.model.connection import Streamed
from pipeline.model.ledger import cache_key, micros
from pipeline.model.openai_compatible import OpenAICompatible
from pipeline.model.reply import read as read_reply
from pipeline.seams import Prompt
from pipeline.types import Clock

MIN_PROMPTS = 3  # a story or two that changed are not worth the waiting
MAX_BYTES = 50_000_000
_URL: Literal["/v1/chat/completions"] = "/v1/chat/completions"
_OVER = frozenset({"completed", "failed", "expired", "cancelled"})
T = TypeVar("T", bound=BaseModel)


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _File(_Lenient):
    id: str


class _State(_Lenient):
    id: str
    status: str
    output_file_id: str | None = None


class _Usage(_Lenient):
    prompt_tokens: int = Field(default=0, ge=0)
    completion_tokens: int = Field(default=0, ge=0)


class _Body(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)  # it is read as any chat completion is

    usage: _Usage = _Usage()


class _Response(_Lenient):
    status_code: int
    body: _Body


class _Line(_Lenient):
    custom_id: str
    response: _Response


class _Sent(_Lenient):
    """A batch under way; ``most`` is set aside until its answers are booked."""

    id: str
    sent_at: datetime
    most: Cost


class Batch:
    """One batch at a time with one model. ``read`` and ``write`` are the ledger's cache, where it is remembered, too.

    After ``wait`` it is called off, and everything is asked for one by one.
    """

    def __init__(
        self,
        model: OpenAICompatible,
        *,
        read: Callable[[str], str | None],
        write: Callable[[str, str], None],
        books: Books,
        price: PriceSettings | None,
        clock: Clock,
        wait: timedelta,
    ) -> None:
        self._model = model
        self._read = read
        self._write = write
        self._books = books
        self._price = price
        self._clock = clock
        self._wait = wait
        self._key = f"batch {model.name}"
        model.remember(read, write)
        if sent := self._sent():
            books.set_aside(sent.most)

    def is_awaited(self, prompts: Iterable[Prompt]) -> bool:
        """Whether to wait for the answers to these. Sends them, takes what has come, or gives it up after ``wait``."""
        keyed = {cache_key(prompt, self._model.name): prompt for prompt in prompts}
        left = {key: prompt for key, prompt in keyed.items() if self._read(key) is None}
        sent = self._sent()
        try:
            if sent is None:
                return len(left) >= MIN_PROMPTS and self._send(left)
            return bool(left) and self._is_under_way(sent, left)
        except (ModelError, BudgetExceeded):
            return False  # who asks one by one meets the same, and says so

    def _sent(self) -> _Sent | None:
        kept = self._read(self._key)
        return _Sent.model_validate_json(kept) if kept else None

    def _send(self, left: Mapping[str, Prompt]) -> bool:
        most = sum((self._most(prompt) for prompt in left.values()), NOTHING)
        self._books.check(most, self._model.name)
        lines = (
            {"custom_id": key, "method": "POST", "url": _URL, "body": self._model.body(prompt)}
            for key, prompt in left.items()
        )
        file = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
        client = self._model.connection.client
        upload, create = client.files.with_streaming_response.create, client.batches.with_streaming_response.create
        there = self._ask(_File, upload(file=("stories.jsonl", file), purpose="batch"))
        state = self._ask(_State, create(input_file_id=there.id, endpoint=_URL, completion_window="24h"))
        self._write(self._key, _Sent(id=state.id, sent_at=self._clock(), most=most).model_dump_json())
        self._books.set_aside(most)
        return True

    def _is_under_way(self, sent: _Sent, left: Mapping[str, Prompt]) -> bool:
        batches = self._model.connection.client.batches.with_streaming_response
        is_late = self._clock() - sent.sent_at >= self._wait
        is_over, answers = False, b""
        try:
            state = self._ask(_State, batches.retrieve(sent.id))
            if is_late and state.status not in _OVER:
                state = self._ask(_State, batches.cancel(sent.id))
            if state.output_file_id:
                answers = self._download(state.output_file_id)
            is_over = state.status in _OVER
        except ModelError:
            pass  # the next run tries again, until it is late
        if not is_over and not is_late:
            return True
        self._write(self._key, "")
        self._books.set_free(sent.most)
        self._take(answers, left)
        return False

    def _download(self, file_id: str) -> bytes:
        connection = self._model.connection
        with connection.failures(), connection.client.files.with_streaming_response.content(file_id) as response:
            return connection.read(response, MAX_BYTES)

    def _take(self, answers: bytes, left: Mapping[str, Prompt]) -> None:
        """Keep them, as if they had been asked for one by one; each is booked, usable or not."""
        for text in answers.splitlines():
            try:
                line = _Line.model_validate_json(text)
            except ValidationError:
                continue  # no answer to anything
            self._keep(line, left.get(line.custom_id))

    def _keep(self, line: _Line, prompt: Prompt | None) -> None:
        used = line.response.body.usage
        cost = self._cost(used.prompt_tokens, used.completion_tokens)
        stage, file = (prompt.stage, prompt.id) if prompt else ("summarise", "batch")
        with self._books.call(stage=stage, prompt=file, model=self._model.name, most=NOTHING) as entry:
            entry.cost = cost
        if prompt is not None and line.response.status_code == HTTPStatus.OK:
            with suppress(ModelError):  # a refusal, an answer that was cut off: it is asked for by itself
                reply = read_reply(line.response.body.model_dump_json().encode(), prompt, self._model.connection)
                self._write(line.custom_id, reply.text)

    def _ask(self, shape: type[T], request: AbstractContextManager[Streamed]) -> T:
        connection = self._model.connection
        with connection.failures(), request as response:
            body = connection.read(response, MAX_BYTES)
        try:
            return shape.model_validate_json(body)
        except ValidationError as e:
            raise connection.unreadable(body, "batch") from e

    def _most(self, prompt: Prompt) -> Cost:
        return self._cost(self._model.most_tokens(prompt), prompt.max_output_tokens)

    def _cost(self, input_tokens: int, output_tokens: int) -> Cost:
        """At half the price."""
        whole = micros(self._price, input_tokens, output_tokens)
        return Cost(usd_micros=(whole + 1) // 2, input_tokens=input_tokens, output_tokens=output_tokens)
