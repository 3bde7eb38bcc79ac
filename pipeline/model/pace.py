"""So many requests in any minute: whoever comes too early waits."""

import time
from collections import deque
from collections.abc import Callable
from threading import Lock

MINUTE_S = 60.0


class Pace:
    """At most ``per_minute`` requests begin in any 60 s; None for no bound. Threads may share it, in their order."""

    def __init__(
        self,
        per_minute: int | None,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._begun_s: deque[float] = deque(maxlen=per_minute or 0)
        self._monotonic_s = monotonic_s
        self._sleep = sleep
        self._lock = Lock()

    def wait(self) -> None:
        """Come back when the next request may begin."""
        if not self._begun_s.maxlen:
            return
        with self._lock:
            now_s = self._monotonic_s()
            is_full = len(self._begun_s) == self._begun_s.maxlen
            begins_s = max(now_s, self._begun_s[0] + MINUTE_S) if is_full else now_s
            self._begun_s.append(begins_s)
        if begins_s > now_s:
            self._sleep(begins_s - now_s)
