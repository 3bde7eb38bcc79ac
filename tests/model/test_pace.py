"""A bound on requests in a minute holds for whatever is begun: threads, and the client's own repetitions."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock

import pytest

from pipeline.model.pace import Pace
from tests.model.conftest import PROMPT, Loopback, completion, refusal


@dataclass
class Watch:
    """A clock that a sleeper turns, and what was slept."""

    now_s: float = 1_000.0
    slept_s: list[float] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.slept_s.append(seconds)


@pytest.mark.parametrize(
    ("per_minute", "waits"), [(None, []), (9, []), (3, [60, 60, 60, 120]), (1, [60 * i for i in range(1, 7)])]
)
def test_no_minute_has_more_than_its_share(per_minute: int | None, waits: list[float]) -> None:
    watch = Watch()
    pace = Pace(per_minute, monotonic_s=watch.monotonic, sleep=watch.sleep)
    for _ in range(7):
        pace.wait()  # all at one moment: nobody turns the clock
    assert watch.slept_s == waits


def test_a_request_after_a_pause_does_not_wait() -> None:
    watch = Watch()
    pace = Pace(2, monotonic_s=watch.monotonic, sleep=watch.sleep)
    pace.wait()
    watch.now_s += 40
    pace.wait()
    watch.now_s += 5
    pace.wait()
    assert watch.slept_s == [15]
    watch.now_s += 15 + 60
    pace.wait()
    assert watch.slept_s == [15]


def test_threads_share_it() -> None:
    watch = Watch()
    pace = Pace(2, monotonic_s=watch.monotonic, sleep=watch.sleep)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: pace.wait(), range(8)))
    assert sorted(watch.slept_s) == [60, 60, 120, 120, 180, 180]


def test_repetitions_of_the_client_count(script: Loopback) -> None:
    watch = Watch()
    busy = refusal("slow down", 429)
    busy.headers["retry-after-ms"] = "1"
    clock = {"monotonic_s": watch.monotonic, "sleep": watch.sleep}
    model, asked = script(busy, busy, completion("7"), max_retries=2, clock=clock, requests_per_minute=2)
    assert model.complete(PROMPT).text == "7"
    assert len(asked) == 3
    assert watch.slept_s == [60]
