"""Requests are kept apart by a clock that the test turns."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.model.openai_compatible import OpenAICompatible
from pipeline.model.pace import Pace
from tests.model.conftest import PROMPT, Loopback, completion, refusal, settings


def test_a_minute_holds_as_many_requests_as_the_account_allows() -> None:
    slept: list[float] = []
    pace = Pace(20, monotonic_s=lambda: 100.0 + sum(slept), sleep_s=slept.append)
    for _ in range(4):
        pace.wait()
    assert slept == [3.0, 3.0, 3.0]


def test_who_comes_late_does_not_wait() -> None:
    slept: list[float] = []
    now = iter((0.0, 60.0, 61.0))
    pace = Pace(20, monotonic_s=lambda: next(now), sleep_s=slept.append)
    for _ in range(3):
        pace.wait()
    assert slept == [2.0]


def test_threads_wait_each_for_a_turn_of_its_own() -> None:
    slept: list[float] = []
    pace = Pace(60, monotonic_s=lambda: 0.0, sleep_s=slept.append)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: pace.wait(), range(8)))
    assert sorted(slept) == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]


@pytest.mark.parametrize(("per_minute", "waits"), [(None, 0), (60, 3)])
def test_refused_requests_count_too(script: Loopback, per_minute: float | None, waits: int) -> None:
    slept: list[float] = []
    asked = script.answer(refusal("json_schema is not supported"), completion())
    pace = Pace(per_minute, monotonic_s=lambda: 0.0, sleep_s=slept.append)
    model = OpenAICompatible(settings(script.server.url_for("/v1")), max_retries=0, pace=pace)
    script.made.append(model)
    for _ in range(3):
        model.complete(PROMPT)
    assert (len(asked), len(slept)) == (4, waits)
