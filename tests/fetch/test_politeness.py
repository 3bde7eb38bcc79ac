from datetime import UTC, datetime

import pytest

from pipeline.fetch.politeness import next_fetch_at
from pipeline.sources import Wish

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR, DAY = 3_600, 86_400


@pytest.mark.parametrize(
    ("headers", "failures", "wait_s", "seconds"),
    [
        ({}, 0, 0, 6 * HOUR),
        ({"cache-control": "public, max-age=60"}, 0, 0, 6 * HOUR),
        ({"cache-control": "max-age=43200"}, 0, 0, 12 * HOUR),
        ({"cache-control": "max-age=31536000, immutable"}, 0, 0, DAY),
        ({"cache-control": "no-cache"}, 0, 0, 6 * HOUR),
        ({"retry-after": "100000"}, 0, 0, 100_000),
        ({"retry-after": "Tue, 24 Nov 2026 21:00:00 GMT"}, 0, 0, 36 * HOUR),
        ({"retry-after": "99999999"}, 0, 0, 7 * DAY),
        ({"retry-after": "soon", "cache-control": "max-age=much"}, 0, 0, 6 * HOUR),
        ({}, 1, 0, 12 * HOUR),
        ({}, 2, 0, DAY),
        ({}, 1_000, 0, DAY),
        ({}, 1, 2 * DAY, 2 * DAY),
        ({}, 1, 60, 12 * HOUR),
    ],
)
def test_the_longest_wish_counts(headers: dict[str, str], failures: int, wait_s: float, seconds: float) -> None:
    due = next_fetch_at(NOW, interval_s=6 * HOUR, headers=headers, failures=failures, wait_s=wait_s, jitter=0)
    assert (due - NOW).total_seconds() == seconds


def test_jitter_only_ever_adds_and_at_most_a_tenth() -> None:
    waits = [
        (next_fetch_at(NOW, interval_s=HOUR, headers={}, failures=0, jitter=j) - NOW).total_seconds()
        for j in (0, 0.5, 1)
    ]
    assert waits == [3_600, 3_780, 3_960]


def test_a_source_that_is_read_every_third_day_is_not_asked_more_often_when_it_fails() -> None:
    due = next_fetch_at(NOW, interval_s=3 * DAY, headers={}, failures=4, jitter=0)
    assert (due - NOW).total_seconds() == 3 * DAY


@pytest.mark.parametrize(
    ("wish", "due"),
    [
        (Wish(ttl_s=3 * HOUR), "Mon 10:00"),  # the own interval is longer
        (Wish(ttl_s=30 * HOUR), "Tue 04:00"),
        (Wish(ttl_s=365 * DAY), "Tue 04:00"),  # a day at most
        (Wish(skip_hours=(10,)), "Mon 11:00"),
        (Wish(skip_hours=tuple(range(10, 24)), skip_days=(1,)), "Wed 00:00"),
        (Wish(skip_days=(0, 1, 2, 3, 4, 5)), "Sun 00:00"),
        (Wish(skip_hours=tuple(range(24))), "Mon 10:00"),  # nonsense
        (Wish(skip_hours=(9, 11)), "Mon 10:00"),
    ],
)
def test_what_the_publisher_wishes(wish: Wish, due: str) -> None:
    at = next_fetch_at(
        datetime(2026, 11, 23, 4, 0, tzinfo=UTC), interval_s=6 * HOUR, headers={}, failures=0, jitter=0, wish=wish
    )
    assert f"{at:%a %H:%M}" == due


def test_a_skipped_hour_ends_at_its_last_minute() -> None:
    at = next_fetch_at(NOW, interval_s=6.5 * HOUR, headers={}, failures=0, jitter=0, wish=Wish(skip_hours=(15,)))
    assert at == datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
