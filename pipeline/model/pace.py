"""Keeps the requests to one model server apart, where the account allows only so many a minute."""

import time
from collections.abc import Callable
from threading import Lock


class Pace:
    """One request each ``60 / requests_per_minute`` seconds, over all threads; None for as fast as they come."""

    def __init__(
        self,
        requests_per_minute: float | None,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
        sleep_s: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap_s = 60 / requests_per_minute if requests_per_minute else 0.0
        self._monotonic_s = monotonic_s
        self._sleep_s = sleep_s
        self._next_s = float("-inf")
        self._lock = Lock()

    def wait(self) -> None:
        """Return when the next request may go out."""
        if not self._gap_s:
            return
        with self._lock:
            now_s = self._monotonic_s()
            turn_s = max(now_s, self._next_s)
            self._next_s = turn_s + self._gap_s
        if turn_s > now_s:
            self._sleep_s(turn_s - now_s)
