from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.dates import from_epoch, parse_date, parse_max_age, parse_retry_after

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Fri, 20 Nov 2026 10:00:00 GMT", "2026-11-20T10:00:00"),
        ("Fri, 20 Nov 2026 10:00:00 EST", "2026-11-20T15:00:00"),
        ("Fri, 20 Nov 2026 10:00:00 CEST", "2026-11-20T08:00:00"),
        ("20 Nov 2026 10:00 JST", "2026-11-20T01:00:00"),
        ("Fri, 20 Nov 2026 10:00:00 XYZ", "2026-11-20T10:00:00"),
        ("Fri, 20 November 2026 10:00:00 +0530", "2026-11-20T04:30:00"),
        ("Friday, 20-Nov-26 10:00:00 GMT", "2026-11-20T10:00:00"),
        ("Fri Nov 20 10:00:00 2026", "2026-11-20T10:00:00"),
        ("  Fri,  20 Nov 2026\n10:00:00 +0000 ", "2026-11-20T10:00:00"),
        ("2026-11-20", "2026-11-20T00:00:00"),
        ("2026-11-20T10:00:00Z", "2026-11-20T10:00:00"),
        ("2026-11-20t10:00:00z", "2026-11-20T10:00:00"),
        ("2026-11-20 10:00:00 +02:00", "2026-11-20T08:00:00"),
        ("2026-11-20T10:00:00.123456789-0800", "2026-11-20T18:00:00.123456"),
        ("2026-11-20T10:00", "2026-11-20T10:00:00"),
        ("2026-11-20T24:00:00Z", "2026-11-21T00:00:00"),
        ("2026-12-31T23:59:60Z", "2027-01-01T00:00:00"),
    ],
)
def test_dates_as_they_are_written(text: str, wanted: str) -> None:
    assert parse_date(text) == datetime.fromisoformat(wanted).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-12:00",
        "2026-02-30",
        "2026-11-20T25:00:00Z",
        "2026-11-20T10:00:00+99:99",
        "Fri, 20 Nov 2026 10:00:00 +9999",
        "Fri, 40 Nov 2026 10:00:00 GMT",
        "1700000000",
        "٢٠٢٦-11-20",
    ],
)
def test_an_unreadable_date_is_none(text: str) -> None:
    assert parse_date(text) is None


@given(st.text(max_size=60) | st.from_regex(r"[A-Z][a-z]{2}, \d{1,3} [A-Z][a-z]{2} \d{1,6} \d+:\d+:\d+ [+A-Z-]\w{0,6}"))
def test_no_text_makes_it_fail(text: str) -> None:
    moment = parse_date(text)
    assert moment is None or moment.utcoffset() == UTC.utcoffset(None)
    assert parse_retry_after(text, NOW) >= 0
    assert parse_max_age(text) >= 0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Mon, 23 Nov 2026 09:02:00 GMT", 120),
        ("Mon, 23 Nov 2026 08:00:00 GMT", 0),
        ("-5", 0),
        ("1.5", 0),
        ("soon", 0),
        ("", 0),
    ],
)
def test_retry_after(value: str, seconds: float) -> None:
    assert parse_retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("max-age=300", 300),
        ("public, MAX-AGE=300, immutable", 300),
        ('max-age="300"', 300),
        ("s-maxage=900", 0),
        ("x-max-age=900", 0),
        ("max-age=-1", 0),
        ("no-store", 0),
        ("", 0),
    ],
)
def test_max_age(value: str, seconds: float) -> None:
    assert parse_max_age(value) == seconds


@pytest.mark.parametrize(
    ("seconds", "moment"),
    [
        (1795338000.0, datetime(2026, 11, 22, 9, tzinfo=UTC)),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (-1e12, None),
        (1e300, None),
        (float("nan"), None),
        (10**40, None),
    ],
)
def test_seconds_since_1970(seconds: float, moment: datetime | None) -> None:
    assert from_epoch(seconds) == moment
