"""The books of all models together: no call that could pass the budget, and a row for each."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from pipeline.errors import BudgetExceeded, ModelError
from pipeline.types import Clock, ModelCall

# The server may have charged for these; what it charged is not known, so the most it can be is booked.
_MAY_BE_CHARGED = frozenset({"timeout", "refused", "cut_off", "garbage"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What calls take, in millionths of a US dollar and in tokens; ``cached_tokens`` are among those of the input."""

    usd_micros: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0

    @property
    def tokens(self) -> int:
        """Read and written together, which is what a budget of tokens counts."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            usd_micros=self.usd_micros + other.usd_micros,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
        )


NOTHING = Cost()


@dataclass(slots=True)
class Entry:
    """What one call took; whoever makes the call fills it in."""

    cost: Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What calls would take at most. ``from_cache`` counts answers that are kept, which take nothing."""

    calls: int = 0
    from_cache: int = 0
    most: Cost = NOTHING

    def __add__(self, other: "Forecast") -> "Forecast":
        return Forecast(
            calls=self.calls + other.calls, from_cache=self.from_cache + other.from_cache, most=self.most + other.most
        )


class Books:
    """What may be spent and what was, in US dollars and in tokens. Threads may share it.

    ``log`` gets a row for each call, failed ones and cache hits included, from the calling thread. ``spent`` is what
    was spent before; without a ``budget_tokens`` tokens are only counted. ``monotonic_s`` times the calls.
    """

    def __init__(
        self,
        *,
        log: Callable[[ModelCall], None],
        clock: Clock,
        budget_usd_micros: int,
        budget_tokens: int | None = None,
        spent: Cost = NOTHING,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._clock = clock
        self._budget_usd_micros = budget_usd_micros
        self._budget_tokens = budget_tokens
        self._spent = spent
        self._reserved: list[Cost] = []
        self._monotonic_s = monotonic_s
        self._lock = Lock()

    @property
    def spent(self) -> Cost:
        """Spent so far, what was spent before included."""
        return self._spent

    @property
    def left_usd_micros(self) -> int:
        """What may still be spent."""
        return max(self._budget_usd_micros - self._taken.usd_micros, 0)

    @property
    def left_tokens(self) -> int | None:
        """What may still be read and written; None without a bound."""
        return None if self._budget_tokens is None else max(self._budget_tokens - self._taken.tokens, 0)

    @property
    def _taken(self) -> Cost:
        return sum(self._reserved, self._spent)

    @contextmanager
    def call(self, *, stage: str, prompt: str, model: str, most: Cost) -> Iterator[Entry]:
        """Around one call: sets the ``most`` that it can take aside, then books what it took and logs it.

        Raises BudgetExceeded, before anything is asked, when that is more than what is left.
        """
        self._reserve(most, model)
        entry = Entry(most)  # an error that we do not know may have been charged
        begun_s, error = self._monotonic_s(), "interrupted"
        try:
            yield entry
            error = ""
        except ModelError as e:
            error = e.kind
            entry.cost = most if error in _MAY_BE_CHARGED else NOTHING
            raise
        finally:
            with self._lock:
                self._reserved.remove(most)
                self._spent += entry.cost
            took_ms = round((self._monotonic_s() - begun_s) * 1000)
            self._write(stage, prompt, model, entry.cost, took_ms, error=error)

    def from_cache(self, *, stage: str, prompt: str, model: str) -> None:
        """Log an answer that was kept."""
        self._write(stage, prompt, model, NOTHING, 0, from_cache=True)

    def check(self, most: Cost, model: str) -> None:
        """Raises BudgetExceeded when a call that can take so much could pass the budget."""
        self._reserve(most, model)
        self.set_free(most)

    def set_aside(self, most: Cost) -> None:
        """Count this as taken, until ``set_free``: what is under way elsewhere, and was checked when it was sent."""
        with self._lock:
            self._reserved.append(most)

    def set_free(self, most: Cost) -> None:
        """What was set aside is booked, or came to nothing."""
        with self._lock:
            self._reserved.remove(most)

    def _reserve(self, most: Cost, model: str) -> None:
        with self._lock:
            taken = self._taken
            if taken.usd_micros + most.usd_micros > self._budget_usd_micros:
                message = (
                    f"the next call may cost {_usd(most.usd_micros)}, and {_usd(taken.usd_micros)} of "
                    f"{_usd(self._budget_usd_micros)} are spent or set aside"
                )
                raise BudgetExceeded(message, subject=model, remedy="Raise model.budget_usd, or take a cheaper model")
            if self._budget_tokens is not None and taken.tokens + most.tokens > self._budget_tokens:
                message = (
                    f"the next call may take {most.tokens:,} tokens, and {taken.tokens:,} of "
                    f"{self._budget_tokens:,} are taken or set aside"
                )
                raise BudgetExceeded(message, subject=model, remedy="Raise model.budget_tokens, or print fewer stories")
            self._reserved.append(most)

    def _write(
        self,
        stage: str,
        prompt: str,
        model: str,
        cost: Cost,
        duration_ms: int,
        *,
        error: str = "",
        from_cache: bool = False,
    ) -> None:
        self._log(
            ModelCall(
                stage=stage,
                prompt=prompt,
                model=model,
                input_tokens=cost.input_tokens,
                output_tokens=cost.output_tokens,
                cached_tokens=cost.cached_tokens,
                cost_usd_micros=cost.usd_micros,
                duration_ms=duration_ms,
                from_cache=from_cache,
                called_at=self._clock(),
                error=error,
            )
        )


def _usd(micros: int) -> str:
    return f"${micros / 1_000_000:.4f}"
