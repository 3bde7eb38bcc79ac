"""The calendar: every two days, across month ends, clock changes and a machine that slept."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest

from pipeline import schedule
from pipeline.config import ScheduleSettings


def calendar(**over: object) -> ScheduleSettings:
    given = {"anchor": date(2026, 11, 23), "every_days": 2, "time": time(8), "time_zone": "Europe/Berlin"}
    return ScheduleSettings.model_validate({**given, "review_hours": 12, "late_hours": 24, **over})


def ticks(begin: datetime, hours: int, settings: ScheduleSettings) -> list[str]:
    """The distinct editions that an hourly cron line would be told of."""
    seen: list[str] = []
    for hour in range(hours):
        edition = schedule.due(settings, begin + timedelta(hours=hour))
        if edition and edition.id not in seen:
            seen.append(edition.id)
    return seen


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Shanghai", "Pacific/Apia"])
@pytest.mark.parametrize("clock", [time(0, 0), time(2, 30), time(8), time(23, 59)])
def test_a_year_of_hourly_ticks_gives_every_second_day_and_no_other(zone: str, clock: time) -> None:
    settings = calendar(time_zone=zone, time=clock)
    days = [date.fromisoformat(i) for i in ticks(datetime(2026, 11, 25, tzinfo=UTC), 365 * 24, settings)]
    assert len(days) >= 181
    assert {b - a for a, b in pairwise(days)} == {timedelta(days=2)}


def test_the_local_time_stays_when_the_clocks_change() -> None:
    settings = calendar(anchor=date(2026, 10, 24), every_days=1)
    before, after = schedule.edition(settings, 0), schedule.edition(settings, 1)
    assert before.publish_at == datetime(2026, 10, 24, 6, tzinfo=UTC)
    assert after.publish_at == datetime(2026, 10, 25, 7, tzinfo=UTC)


def test_the_draft_is_due_review_hours_before_publication() -> None:
    settings = calendar(time_zone="UTC")
    assert schedule.due(settings, datetime(2026, 11, 24, 19, 59, tzinfo=UTC)) is None
    edition = schedule.due(settings, datetime(2026, 11, 24, 20, 0, tzinfo=UTC))
    assert edition is not None
    assert (edition.id, edition.publish_at) == ("2026-11-25", datetime(2026, 11, 25, 8, tzinfo=UTC))


def test_a_machine_that_slept_prints_late_once_and_a_missed_issue_goes_into_the_next() -> None:
    settings = calendar(time_zone="UTC")
    late = schedule.due(settings, datetime(2026, 11, 26, 7, tzinfo=UTC))
    assert late is not None
    assert late.id == "2026-11-25"
    assert schedule.due(settings, datetime(2026, 11, 26, 9, tzinfo=UTC)) is None


def test_nothing_is_due_before_the_anchor() -> None:
    assert schedule.due(calendar(), datetime(2026, 11, 20, tzinfo=UTC)) is None


def test_upcoming_is_the_next_publication_even_far_from_the_anchor() -> None:
    settings = calendar(time_zone="UTC")
    assert schedule.upcoming(settings, datetime(2026, 11, 23, 8, tzinfo=UTC)).id == "2026-11-25"
    assert schedule.upcoming(settings, datetime(2020, 1, 1, tzinfo=UTC)).publish_at > datetime(2020, 1, 1, tzinfo=UTC)


def test_an_issue_at_once_is_dated_by_the_local_day() -> None:
    settings = calendar(time_zone="Asia/Shanghai")
    assert schedule.at_once(settings, datetime(2026, 11, 23, 20, tzinfo=UTC)).id == "2026-11-24"


def test_a_long_review_time_reaches_back_over_several_editions() -> None:
    settings = calendar(time_zone="UTC", review_hours=100)
    edition = schedule.due(settings, datetime(2026, 11, 23, 9, tzinfo=UTC))
    assert edition is not None
    assert edition.id == "2026-11-27"
