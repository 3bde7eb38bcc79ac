"""Other processes: what they give and raise comes back, what hangs or dies there ends alone."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.errors import SourceError
from pipeline.workers import Workers


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers(count=2, limit_s=1)
    yield made
    made.close()


def test_what_a_function_gives_or_raises_comes_back(workers: Workers) -> None:
    assert workers.call(divmod, 7, 2) == (3, 1)
    assert workers.call(os.getpid) != os.getpid()
    with pytest.raises(ZeroDivisionError):
        workers.call(divmod, 7, 0)


def test_what_hangs_is_ended_and_the_others_go_on(workers: Workers) -> None:
    with ThreadPoolExecutor(2) as pool:
        hanging = pool.submit(workers.call, time.sleep, 60)
        assert [workers.call(divmod, n, 2)[0] for n in range(4)] == [0, 0, 1, 1]
        with pytest.raises(SourceError, match="takes more than 1 s") as caught:
            hanging.result()
    assert (caught.value.kind, bool(caught.value.remedy)) == ("too_slow", True)
    assert workers.call(divmod, 7, 2) == (3, 1)


def test_what_dies_is_told_and_the_next_call_is_served(workers: Workers) -> None:
    with pytest.raises(SourceError, match="crashes its reader") as caught:
        workers.call(os.abort)
    assert caught.value.kind == "crash"
    assert workers.call(divmod, 7, 2) == (3, 1)


def test_what_wants_all_memory_gets_none(workers: Workers) -> None:
    with pytest.raises(SourceError, match="crashes its reader"):
        workers.call(bytes, 8_000_000_000)
    assert workers.call(divmod, 7, 2) == (3, 1)


def test_no_process_is_started_for_nothing_and_a_closed_pool_can_start_again(workers: Workers) -> None:
    workers.close()
    assert workers.call(divmod, 7, 2) == (3, 1)
    workers.close()
    assert workers.call(divmod, 9, 2) == (4, 1)
