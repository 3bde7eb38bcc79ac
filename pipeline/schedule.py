"""PURE: is an issue due? Anchor, interval, time zone, deadline; computed here, so that one hourly cron line is right.

``*/2`` in cron's day-of-month runs on two days in a row seven times a year (31st, then 1st), and local clocks jump
twice: so cron only knocks, and this file decides (crontab(5); FACTS 6).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from pipeline.config import ScheduleSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One place in the calendar. ``drafts_at`` is when the draft is made, so that a person has time for it."""

    id: str  # the local date of publication
    publish_at: datetime
    drafts_at: datetime


def edition(schedule: ScheduleSettings, number: int) -> Edition:
    """The edition with that number; 0 is on the anchor. A local time that a clock change skips moves on by the gap."""
    day = schedule.anchor + timedelta(days=number * schedule.every_days)
    publish_at = datetime.combine(day, schedule.time, ZoneInfo(schedule.time_zone)).astimezone(UTC)
    return Edition(
        id=day.isoformat(),
        publish_at=publish_at,
        drafts_at=publish_at - timedelta(hours=schedule.review_hours),
    )


def upcoming(schedule: ScheduleSettings, now: datetime) -> Edition:
    """The first edition that is still to be published (publish_at > now)."""
    return edition(schedule, _last_number(schedule, now, lambda e: e.publish_at) + 1)


def due(schedule: ScheduleSettings, now: datetime) -> Edition | None:
    """The edition whose draft should exist by now; None before the first, and when it was missed for too long.

    A machine that slept prints late, once, while less than ``late_hours`` have passed since publish_at; after that the
    material goes into the next edition, so there are never two at once.
    """
    latest = edition(schedule, _last_number(schedule, now, lambda e: e.drafts_at))
    if latest.drafts_at > now or now > latest.publish_at + timedelta(hours=schedule.late_hours):
        return None
    return latest if date.fromisoformat(latest.id) >= schedule.anchor else None


def at_once(schedule: ScheduleSettings, now: datetime) -> Edition:
    """An edition outside the calendar, for ``digest run --now``: dated today, due at once."""
    return Edition(id=now.astimezone(ZoneInfo(schedule.time_zone)).date().isoformat(), publish_at=now, drafts_at=now)


def _last_number(schedule: ScheduleSettings, now: datetime, moment: Callable[[Edition], datetime]) -> int:
    """The highest number whose moment is not after now (may be negative, before the anchor)."""
    days = (now.astimezone(ZoneInfo(schedule.time_zone)).date() - schedule.anchor).days
    number = days // schedule.every_days + 1 + int(schedule.review_hours // (24 * schedule.every_days)) + 1
    while moment(edition(schedule, number)) > now:
        number -= 1
    return number
