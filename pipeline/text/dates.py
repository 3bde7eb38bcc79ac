"""Dates as publishers and servers write them, read without ever failing."""

import math
import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

_MAX_CHARS = 100
_ISO = re.compile(
    r"([0-9]{4})-([0-9]{1,2})(?:-([0-9]{1,2}))?"
    r"(?:[T ]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?)?"
    r"\s*(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})?",
    re.IGNORECASE,
)
_SECONDS = re.compile(r"[0-9]{1,10}")
_MAX_AGE = re.compile(r'(?:^|[\s,])max-age\s*=\s*"?([0-9]{1,12})', re.IGNORECASE)

# RFC 822 section 5 knows four American zones; feeds write the others all the same, with the offsets of the tz database.
_ZONES = {
    "CET": "+0100", "CEST": "+0200", "BST": "+0100", "IST": "+0530", "JST": "+0900", "KST": "+0900", "SGT": "+0800",
    "HKT": "+0800", "EET": "+0200", "EEST": "+0300", "WET": "+0000", "WEST": "+0100", "MSK": "+0300", "AEST": "+1000",
    "AEDT": "+1100", "NZST": "+1200", "NZDT": "+1300", "AKST": "-0900", "AKDT": "-0800", "HST": "-1000",
}  # fmt: skip
_ZONE_AT_END = re.compile(r"\s([A-Z]{3,4})$")
_MANY_BLANKS = re.compile(r"\s+")


def parse_date(text: str) -> datetime | None:
    """Read RFC 3339, ISO 8601 or RFC 822 as an aware moment in UTC; None when unreadable. Never raises.

    Without a zone, or with one that nobody knows, it is taken as UTC: a few hours off beats no date at all.
    """
    text = _MANY_BLANKS.sub(" ", text[:_MAX_CHARS]).strip()
    try:
        if found := _ISO.fullmatch(text):
            return _from_iso(found)
        text = _ZONE_AT_END.sub(lambda m: " " + _ZONES.get(m[1], m[1]), text)
        moment = parsedate_to_datetime(text)
        return _in_utc(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def from_epoch(seconds: float) -> datetime | None:
    """The moment that many seconds after 1970 (Unix time); None where there is no such moment."""
    try:
        return _in_utc(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def parse_retry_after(value: str, now: datetime) -> float:
    """Seconds (>= 0) to wait, from a Retry-After of seconds or an HTTP-date (RFC 9110 section 10.2.3); 0.0 for junk."""
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    moment = parse_date(value)
    return max(0.0, (moment - now).total_seconds()) if moment else 0.0


def parse_max_age(cache_control: str) -> float:
    """Seconds of max-age in a Cache-Control header (RFC 9111 section 5.2.2.1); 0.0 where it has none."""
    found = _MAX_AGE.search(cache_control)
    return float(found[1]) if found else 0.0


def _from_iso(found: re.Match[str]) -> datetime | None:
    year, month, day, hour, minute, second = (int(found[i] or (1 if i == 3 else 0)) for i in range(1, 7))
    midnight = datetime(year, month, day, tzinfo=_zone(found[8]))
    fraction = math.floor(float(f"0.{found[7] or 0}") * 1_000_000)
    if hour > 24 or minute > 59 or second > 60:  # 24:00 and a leap second are real
        return None
    return _in_utc(midnight + timedelta(hours=hour, minutes=minute, seconds=second, microseconds=fraction))


def _zone(text: str | None) -> timezone:
    if not text or text[0] not in "+-":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _in_utc(moment: datetime) -> datetime | None:
    """None for a year that no publication has: 0001 stands for a missing date in feeds made with .NET or Go."""
    moment = moment.astimezone(UTC)
    return moment if moment.year >= 1970 else None
