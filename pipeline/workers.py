"""Other processes for pure work on hostile bytes: all cores are used, and what hangs or crashes there ends alone."""

import multiprocessing
import os
import sys
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from concurrent.futures import TimeoutError as OutOfTime
from threading import Lock
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from pipeline.errors import SourceError

if TYPE_CHECKING:
    from pebble import ProcessPool

P = ParamSpec("P")
T = TypeVar("T")

LIMIT_S = 30.0
"""For one call. The slowest of 1,253 feeds takes 0.1 s, of 154 web pages 0.6 s."""

MAX_MEMORY_BYTES = 4_000_000_000  # of address space; a feed of 30 MB takes a tenth of it
_PRELOADED = ["pipeline.sources.rss", "feedparser", "lxml.html", "pipeline.text.extract"]


class Workers:
    """A pool of processes that starts with the first call; for many threads. Close it at the end."""

    def __init__(self, *, count: int = 0, limit_s: float = LIMIT_S) -> None:
        self._count = count or os.cpu_count() or 1
        self._limit_s = limit_s
        self._pool: ProcessPool | None = None
        self._lock = Lock()

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function of a module (it is looked up by name over there) and give what it gives, or raise what it
        raises. Raises SourceError of kind "too_slow" after the limit, and of kind "crash" when the process dies or
        is out of memory.
        """
        from pebble import ProcessExpired

        future = self._started().schedule(function, args=args, kwargs=kwargs, timeout=self._limit_s)
        try:
            result: T = future.result()
            return result
        except OutOfTime as e:
            message = f"takes more than {self._limit_s:.0f} s to read"
            raise SourceError(message, kind="too_slow", remedy="Tell the publisher, or remove it") from e
        except (ProcessExpired, BrokenExecutor, MemoryError) as e:
            remedy = "It may be built to exhaust its readers: tell the publisher, or remove it"
            raise SourceError("crashes its reader", kind="crash", remedy=remedy) from e

    def close(self) -> None:
        """End the processes; they would start again with the next call."""
        with self._lock:
            if self._pool is not None:
                self._pool.stop()  # type: ignore[no-untyped-call]
                self._pool.join()
                self._pool = None

    def _started(self) -> "ProcessPool":
        from pebble import ProcessPool

        with self._lock:
            if self._pool is None:
                self._pool = ProcessPool(max_workers=self._count, initializer=_limit, context=_context())
            return self._pool


def _context() -> multiprocessing.context.BaseContext:
    """Never a plain fork, which copies the locks of our threads; the fork server starts a process in milliseconds."""
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


def _limit() -> None:
    """Bound what one process may take; an interrupt is for the process that asked."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
