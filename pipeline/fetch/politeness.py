"""When a source may be asked again: pure arithmetic on what its server wishes."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from pipeline.sources import Wish
from pipeline.text.dates import parse_max_age, parse_retry_after

DAY_S = 86_400.0
MAX_WAIT_S = 7 * DAY_S  # of Retry-After: an explicit wish, but not for ever
NO_WISH = Wish()
JITTER = 0.1  # a part of the wait, so that many installations do not all come at one moment


def next_fetch_at(
    now: datetime,
    *,
    interval_s: float,
    headers: Mapping[str, str],
    failures: int,
    wait_s: float = 0.0,
    jitter: float,
    wish: Wish = NO_WISH,
) -> datetime:
    """The earliest moment for the next request: the latest of our interval, max-age, ttl and Retry-After, and a little;
    then on to the first hour that the publisher does not want to be left alone in.

    ``headers`` (names in lower case) are of the last answer, ``wait_s`` is of the last refusal, ``failures`` counts
    those in a row: each doubles the interval, up to a day. max-age counts up to a day, since servers send a year's
    (https://github.com/nt1m/livemarks/pull/436), and so does ttl; Retry-After up to a week. ``jitter`` is a random
    number of 0..1.
    Order of wishes: https://m.earth.org.uk/RSS-efficiency.html; headers: RFC 9111 section 5.2.2.1, RFC 9110 section
    10.2.3.
    """
    own_s = min(interval_s * 2.0 ** min(failures, 20), max(DAY_S, interval_s))
    fresh_s = min(parse_max_age(headers.get("cache-control", "")), DAY_S)
    asked_s = min(max(wait_s, parse_retry_after(headers.get("retry-after", ""), now)), MAX_WAIT_S)
    wait = max(own_s, fresh_s, asked_s, min(wish.ttl_s, DAY_S))
    return _outside(now + timedelta(seconds=wait * (1 + JITTER * jitter)), wish)


def _outside(at: datetime, wish: Wish) -> datetime:
    """The moment itself, or the beginning of the first hour after it that is not skipped (a week ahead at most)."""
    if not (wish.skip_hours or wish.skip_days):
        return at
    utc = at.astimezone(UTC)
    hours = (utc, *(utc.replace(minute=0, second=0, microsecond=0) + timedelta(hours=n) for n in range(1, 7 * 24 + 1)))
    free = (h for h in hours if h.hour not in wish.skip_hours and h.weekday() not in wish.skip_days)
    return next(free, at)
