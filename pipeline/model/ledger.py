"""What stands before a model: the cache, two repairs, the price, and the books for every call."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from threading import BoundedSemaphore, Lock
from typing import TypeVar

from pipeline.config_model import PriceSettings
from pipeline.errors import ModelError
from pipeline.model import Learner
from pipeline.model.books import Books, Cost, Forecast
from pipeline.seams import Answer, Model, Prompt
from pipeline.text.characters import one_line
from pipeline.text.tokens import estimate_tokens

T = TypeVar("T")

MAX_REPAIRS = 2
_SHOWN_ANSWER_CHARS = 2_000
_SHOWN_FINDING_CHARS = 600
# A server that is down costs each story its time-out and retries: after so many failures on end it is left alone, after
# a wrong key at once.
_GIVE_UP_AFTER = 3
_SERVER_FAILURES = frozenset({"down", "timeout", "rate_limited"})


class Ledger:
    """Asks one model, at most once for the same input, and never past the budget. Threads may share it.

    ``read_cache`` and ``write_cache`` keep validated answers by key, and what the model learns about its server; both
    are called from the asking thread. Without a ``price`` every call counts as free. At most ``threads`` calls are made
    at a time.
    """

    def __init__(
        self,
        model: Model,
        *,
        read_cache: Callable[[str], str | None],
        write_cache: Callable[[str, str], None],
        books: Books,
        price: PriceSettings | None,
        threads: int = 32,
    ) -> None:
        self.threads = threads
        self._model = model
        self._read_cache = read_cache
        self._write_cache = write_cache
        self._books = books
        self._price = price
        self._turns = BoundedSemaphore(threads)
        self._failed_on_end = 0
        self._hopeless: ModelError | None = None
        self._needs_room = False
        self._lock = Lock()
        if isinstance(model, Learner):
            model.remember(read_cache, write_cache)

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model.name

    def kept(self, prompt: Prompt, validate: Callable[[str], T]) -> tuple[T] | None:
        """The answer out of the cache, where there is one that is still valid."""
        cached = self._read_cache(cache_key(prompt, self.name))
        if cached is None:
            return None
        try:
            valid = validate(cached)
        except ValueError:
            return None  # the validator has become stricter since: ask anew
        self._books.from_cache(stage=prompt.stage, prompt=prompt.id, model=self.name)
        return (valid,)

    def ask(self, prompt: Prompt, validate: Callable[[str], T]) -> tuple[T, bool]:
        """(the validated answer, whether it came out of the cache).

        ``validate`` turns the text into what the caller wants, or raises ValueError that says what is wrong: the model
        is told and answers again, at most MAX_REPAIRS times. Raises ModelError; BudgetExceeded before a call that
        could pass the budget.
        """
        if (kept := self.kept(prompt, validate)) is not None:
            return kept[0], True
        valid, text = self._ask_anew(prompt, validate)
        self._write_cache(cache_key(prompt, self.name), text)
        return valid, False

    def forecast(self, prompt: Prompt) -> Forecast:
        """What asking this would take at most, were nothing repaired; an answer that is kept takes nothing."""
        if self._read_cache(cache_key(prompt, self.name)) is not None:
            return Forecast(from_cache=1)
        return Forecast(calls=1, most=self._most(prompt))

    def _ask_anew(self, prompt: Prompt, validate: Callable[[str], T]) -> tuple[T, str]:
        asked, cause = prompt, ValueError()
        for _ in range(1 + MAX_REPAIRS):
            text = self._call(asked).text
            try:
                return validate(text), text
            except ValueError as e:
                asked, cause = _with_finding(prompt, text, str(e)), e
        message = f"gave no usable answer to {prompt.id} in {1 + MAX_REPAIRS} tries: {one_line(str(cause), 200)}"
        remedy = "Take a model that follows a JSON schema"
        raise ModelError(message, subject=self.name, remedy=remedy, kind="garbage") from cause

    def _call(self, prompt: Prompt) -> Answer:
        """One answer. One that is cut off, by thinking most times, is asked for once more with twice the tokens; where
        that helps, the rest of the run begins so: each story would be paid for twice.
        """
        roomy = replace(prompt, max_output_tokens=2 * prompt.max_output_tokens)
        if self._needs_room:
            return self._book(roomy)
        try:
            return self._book(prompt)
        except ModelError as e:
            if e.kind != "cut_off":
                raise
            cut_off = e
        try:
            answer = self._book(roomy)
        except ModelError as e:
            raise (cut_off if e.kind == "too_long" else e) from e
        self._needs_room = True
        return answer

    def _book(self, prompt: Prompt) -> Answer:
        """One call, booked and logged."""
        with self._turns:
            self._stop_if_hopeless()
            most = self._most(prompt)
            with self._books.call(stage=prompt.stage, prompt=prompt.id, model=self.name, most=most) as entry:
                try:
                    answer = self._model.complete(prompt)
                except ModelError as e:
                    self._count_failure(e)
                    raise
                self._count_failure(None)
                entry.cost = self._cost(answer)
                return answer

    def _most(self, prompt: Prompt) -> Cost:
        """The most that a call can take."""
        if isinstance(self._model, Learner):
            tokens = self._model.most_tokens(prompt)
        else:
            tokens = estimate_tokens(prompt.system + prompt.user + json.dumps(prompt.schema, ensure_ascii=False))
        return Cost(
            usd_micros=micros(self._price, tokens, prompt.max_output_tokens),
            input_tokens=tokens,
            output_tokens=prompt.max_output_tokens,
        )

    def _count_failure(self, error: ModelError | None) -> None:
        with self._lock:
            self._failed_on_end = self._failed_on_end + 1 if error and error.kind in _SERVER_FAILURES else 0
            if error and (error.kind == "auth" or self._failed_on_end >= _GIVE_UP_AFTER):
                self._hopeless = error

    def _stop_if_hopeless(self) -> None:
        if e := self._hopeless:
            message = f"is not asked again in this run: {e.message}"
            raise ModelError(message, subject=self.name, remedy=e.remedy, kind=e.kind)

    def _cost(self, answer: Answer) -> Cost:
        cached = min(answer.cached_tokens, answer.input_tokens)
        return Cost(
            usd_micros=micros(self._price, answer.input_tokens - cached, answer.output_tokens, cached),
            input_tokens=answer.input_tokens,
            output_tokens=answer.output_tokens,
            cached_tokens=answer.cached_tokens,
        )


def micros(price: PriceSettings | None, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> int:
    """Millionths of a dollar, rounded up. A price is in dollars for a million tokens: the millions cancel out."""
    if price is None:
        return 0
    per_cached = price.input if price.cached is None else price.cached
    parts = ((input_tokens, price.input), (output_tokens, price.output), (cached_tokens, per_cached))
    return math.ceil(sum(tokens * Decimal(str(usd)) for tokens, usd in parts))


def cache_key(prompt: Prompt, model_name: str) -> str:
    """The sha256, in hex, of everything that an answer depends on."""
    parts = [prompt.id, model_name, prompt.system, prompt.user, prompt.schema, prompt.max_output_tokens]
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _with_finding(prompt: Prompt, answer: str, finding: str) -> Prompt:
    """The same question, with what was wrong with the last answer behind it; the shared beginning stays cacheable."""
    shown = answer if len(answer) <= _SHOWN_ANSWER_CHARS else answer[:_SHOWN_ANSWER_CHARS] + " [...]"
    repair = (
        f"Your last answer was not usable: {one_line(finding, _SHOWN_FINDING_CHARS)}\n\nIt was:\n{shown}\n\n"
        "Answer again, with the complete JSON object and nothing else."
    )
    return replace(prompt, user=f"{prompt.user}\n\n{repair}")
