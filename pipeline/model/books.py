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


@dataclass(slots=True, kw_only=True)
class Entry:
    """What one call took; whoever makes the call fills it in."""

    cost_usd_micros: int
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0


class Books:
    """What may be spent and what was. Threads may share it.

    ``log`` gets a row for each call, failed ones and cache hits included, from the calling thread.
    ``spent_usd_micros`` is what was spent before; ``monotonic_s`` times the calls.
    """

    def __init__(
        self,
        *,
        log: Callable[[ModelCall], None],
        clock: Clock,
        budget_usd_micros: int,
        spent_usd_micros: int = 0,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._clock = clock
        self._budget = budget_usd_micros
        self._spent = spent_usd_micros
        self._reserved = 0
        self._monotonic_s = monotonic_s
        self._lock = Lock()

    @property
    def spent_usd_micros(self) -> int:
        """Spent so far, in millionths of a US dollar, what was spent before included."""
        return self._spent

    @contextmanager
    def call(self, *, stage: str, prompt: str, model: str, most_usd_micros: int) -> Iterator[Entry]:
        """Around one call: sets the most that it can cost aside, then books what it cost and logs it.

        Raises BudgetExceeded, before anything is asked, when that is more than what is left.
        """
        self._reserve(most_usd_micros, model)
        entry = Entry(cost_usd_micros=most_usd_micros)  # an error that we do not know may have been charged
        begun_s, error = self._monotonic_s(), "interrupted"
        try:
            yield entry
            error = ""
        except ModelError as e:
            error = e.kind
            entry.cost_usd_micros = most_usd_micros if error in _MAY_BE_CHARGED else 0
            raise
        finally:
            with self._lock:
                self._reserved -= most_usd_micros
                self._spent += entry.cost_usd_micros
            took_ms = round((self._monotonic_s() - begun_s) * 1000)
            self._write(stage, prompt, model, entry, took_ms, error=error)

    def from_cache(self, *, stage: str, prompt: str, model: str) -> None:
        """Log an answer that was kept."""
        self._write(stage, prompt, model, Entry(cost_usd_micros=0), 0, from_cache=True)

    def _reserve(self, most: int, model: str) -> None:
        with self._lock:
            if self._spent + self._reserved + most > self._budget:
                message = (
                    f"the next call may cost {_usd(most)}, and {_usd(self._spent + self._reserved)} of "
                    f"{_usd(self._budget)} are spent or set aside"
                )
                raise BudgetExceeded(message, subject=model, remedy="Raise model.budget_usd, or take a cheaper model")
            self._reserved += most

    def _write(
        self,
        stage: str,
        prompt: str,
        model: str,
        entry: Entry,
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
                input_tokens=entry.input_tokens,
                output_tokens=entry.output_tokens,
                cached_tokens=entry.cached_tokens,
                cost_usd_micros=entry.cost_usd_micros,
                duration_ms=duration_ms,
                from_cache=from_cache,
                called_at=self._clock(),
                error=error,
            )
        )


def _usd(micros: int) -> str:
    return f"${micros / 1_000_000:.4f}"
