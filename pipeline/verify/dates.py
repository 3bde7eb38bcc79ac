"""Dates: each day, month, year and hour must stand in a source, and a weekday must be the calendar's.

"Yesterday" and "next year" are counted from the day on which a source was published (``Passage.told_at``).
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import islice

from pipeline.text.numbers import Quantity, find
from pipeline.types import CheckMethod
from pipeline.verify.derived import figures, is_moment_derived
from pipeline.verify.findings import Finding
from pipeline.verify.sources import Place, Sources
from pipeline.verify.tense import shifted

METHOD: CheckMethod = "date"

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ENGLISH_DAYS = "|".join(_WEEKDAYS)
_HAN_DAYS = "一二三四五六日天"
_WEEKDAY = re.compile(
    rf"\b(?P<name>{_ENGLISH_DAYS})s?\b|(?:周|星期|礼拜)(?P<han>[{_HAN_DAYS}])(?![周个])", re.IGNORECASE
)
_BESIDE = re.compile(r"[\s,，(（]{0,3}")  # "Tuesday, November 12", "12月1日（周二）"
_NEAR_DAY = re.compile(r"yesterday|tomorrow|昨|明[日天]", re.IGNORECASE)

# (unit, how many of them away, the words).
_RELATIVE = tuple(
    (unit, away, re.compile(words, re.IGNORECASE))
    for unit, away, words in (
        ("day", -1, r"\byesterday\b|昨[日天晚]"),
        ("day", 1, r"\btomorrow\b|明[日天]"),
        ("day", 1, r"\bthe (?:next|following) day\b|(?:次日|第二天|翌日)"),
        ("week", -1, rf"\blast week\b|上(?:个)?(?:周|星期)(?![{_HAN_DAYS}])"),
        ("week", 1, rf"\bnext week\b|下(?:个)?(?:周|星期)(?![{_HAN_DAYS}])"),
        ("month", -1, r"\blast month\b|上个?月"),
        ("month", 1, r"\bnext month\b|下个?月"),
        ("year", -1, r"\blast year\b|去年"),
        ("year", 1, r"\bnext year\b|明年"),
    )
)
_MOST_DATES = 200  # of all sources, and days that are counted from
_OUR_TIME = range(1000, 3000)  # years with room for a span before and after
_MOST_FIGURES, _MANY_DAYS, _MANY_MONTHS = 60, 400, 36  # of a source that are tried as "so much later"
_DAY_S = 86_400
_ANY_YEAR = 2000  # a leap year, for days that come without one
_SPANS_DAYS = {"day": 1, "week": 7, "month": 31, "year": 366}


def check(text: str, sources: Sources) -> list[Finding]:
    """Hold the dates, weekdays, relative dates and tenses of a text against the sources.

    Refuted for a weekday that its date does not fall on, where no source pairs the two; not_enough_info for a date that
    no source has (a writer may know it) and for another tense.
    """
    own = [q for q in find(text) if q.kind == "date"]
    found = [*_dates(own, sources), *_weekdays(text, own, sources), *_relative(text, sources), *shifted(text, sources)]
    return sorted(found, key=lambda finding: finding.start)


# --- days, months, years, hours -----------------------------------------------------------------------------------


def _dates(own: Sequence[Quantity], sources: Sources) -> Iterator[Finding]:
    for q in own:
        if place := _told(q, sources):
            yield Finding(start=q.start, end=q.end, verdict="supported", source=place)
        elif not any(is_moment_derived(q, found) for found in sources.read(figures)) and not _meant(q, sources):
            note = f"{q.text} is in none of the sources"
            yield Finding(start=q.start, end=q.end, verdict="not_enough_info", note=note)


def _told(q: Quantity, sources: Sources) -> Place | None:
    for i, found in enumerate(sources.read(figures)):
        for s in found:
            if s.kind == "date" and (s.unit == "time") == (q.unit == "time") and _same(int(q.value), s):
                return sources.place(i, s.start, s.end)
            if s.kind == "number" and q.unit == "year" and s.bare * 10_000 == q.value:  # "2000 GPUs"
                return sources.place(i, s.start, s.end)
    return None


def _meant(q: Quantity, sources: Sources) -> bool:
    """Whether a source means that year or day by "next year", "yesterday" or its day of publication."""
    value = int(q.value)
    if q.unit == "time":
        return False
    if value % 10_000:
        return any(_says(q, day) for day in sources.once(_days_around))
    return any(
        value // 10_000 - away in sources.once(_years) and any(words.search(p.text) for p in sources.passages)
        for unit, away, words in _RELATIVE
        if unit == "year"
    ) or any(value // 10_000 == day.year for day in sources.once(_days_around))


def _days_around(sources: Sources) -> frozenset[date]:
    """The days that the sources name, those so far from them as a source says ("three days later"), the days before and
    after where one says "yesterday", and the first of the month where one says "last month".
    """
    days: set[date] = set(sources.once(_days))
    spans = [q for found in sources.read(figures) for q in found[:_MOST_FIGURES]]
    if not days:  # no source says a year
        days = {day for value in sources.once(_said) for day in _date(value, _ANY_YEAR)}
    away = {int(q.value) // _DAY_S for q in spans if q.unit == "second" and q.value >= _DAY_S}
    months = {int(q.value) for q in spans if q.unit == "month" and q.value < _MANY_MONTHS}
    for unit, ahead, words in _RELATIVE:
        if any(words.search(p.text) for p in sources.passages):
            away |= {abs(ahead)} if unit == "day" else set()
            months |= {abs(ahead)} if unit == "month" else {12 * abs(ahead)} if unit == "year" else set()
    newest = sorted(days)[-_MOST_DATES:]
    near = {day + timedelta(days=way * n) for day in newest for n in away if n < _MANY_DAYS for way in (1, -1)}
    later = {_moved(day, way * n) for day in newest for n in months for way in (1, -1)}
    return frozenset(days | near | later)


def _moved(day: date, months: int) -> date:
    """The first day of the month so many months away."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _same(said: int, s: Quantity) -> bool:
    """Each part that is said is said there too; a source may leave the year of a day to its reader."""
    there = int(s.value)
    if s.unit == "time":
        return said % 720 == there % 720
    year, month, day = said // 10_000, said // 100 % 100, said % 100
    same_year = year in (0, there // 10_000) or (there < 10_000 and month > 0)
    return same_year and month in (0, there // 100 % 100) and day in (0, there % 100)


# --- weekdays -----------------------------------------------------------------------------------------------------


def _weekdays(text: str, own: Sequence[Quantity], sources: Sources) -> Iterator[Finding]:
    """A weekday beside its date is reckoned; one alone must be named in a source, or be the day of one of its dates."""
    told = sources.once(_told_weekdays)
    days = sources.once(_days)
    for m in _WEEKDAY.finditer(text):
        weekday = _weekday(m)
        beside = _beside(m, text, own)
        dated = {day for day in days if beside and _says(beside, day)} | (_day(beside) if beside else set())
        if beside and dated and weekday not in {day.weekday() for day in dated} | _paired(beside, sources):
            right = _WEEKDAYS[min(dated).weekday()]
            note = f"{beside.text} is a {right}, not a {_WEEKDAYS[weekday]}"
            yield Finding(start=m.start(), end=m.end(), verdict="refuted", note=note)
        elif not dated and weekday not in told | {day.weekday() for day in days} | _meant_weekdays(beside, sources):
            note = f"{m[0]} is in none of the sources"
            yield Finding(start=m.start(), end=m.end(), verdict="not_enough_info", note=note)


def _meant_weekdays(beside: Quantity | None, sources: Sources) -> set[int]:
    """The weekdays of the days that the sources mean by "yesterday" or "two days later"."""
    around = sources.once(_days_around) if sources.once(_days) else frozenset()
    return {day.weekday() for day in around if beside is None or _says(beside, day)}


def _weekday(m: re.Match[str]) -> int:
    """0 is Monday."""
    return min(_HAN_DAYS.index(m["han"]), 6) if m["han"] else _WEEKDAYS.index(m["name"].capitalize())


def _beside(m: re.Match[str], text: str, own: Sequence[Quantity]) -> Quantity | None:
    """The day of a month that stands right before or after a weekday."""
    for q in own:
        gap = text[m.end() : q.start] if q.start >= m.end() else text[q.end : m.start()]
        if q.unit != "time" and q.value % 100 and _BESIDE.fullmatch(gap):
            return q
    return None


def _paired(said: Quantity, sources: Sources) -> set[int]:
    """The weekdays that a source itself puts beside that date."""
    weekdays = set()
    for passage in sources.passages:
        for m in _WEEKDAY.finditer(passage.text):
            near = passage.text[max(0, m.start() - 40) : m.end() + 40]
            if any(q.kind == "date" and _same(int(said.value), q) for q in find(near)):
                weekdays.add(_weekday(m))
    return weekdays


def _told_weekdays(sources: Sources) -> set[int]:
    """The weekdays that the sources name, and the days around their publication where they say "yesterday"."""
    named = {_weekday(m) for p in sources.passages for m in _WEEKDAY.finditer(p.text)}
    for p in sources.passages:
        if p.told_at and _NEAR_DAY.search(p.text):
            named |= {(p.told_at.weekday() + away) % 7 for away in (-1, 1)}
    return named


def _said(sources: Sources) -> tuple[int, ...]:
    """The first days, months and years that the sources name, as YYYYMMDD with zeros for what is unsaid."""
    dates = (q for found in sources.read(figures) for q in found if q.kind == "date" and q.unit != "time")
    return tuple(int(q.value) for q in islice(dates, _MOST_DATES))


def _years(sources: Sources) -> frozenset[int]:
    """The years that the sources name or were published in."""
    named = (value // 10_000 for value in sources.once(_said) if value >= 10_000)
    return frozenset([*named, *(p.told_at.year for p in sources.passages if p.told_at)])


def _days(sources: Sources) -> frozenset[date]:
    """The days that the sources name or were published on; one without a year is taken for each year that they name."""
    published = {p.told_at.date() for p in sources.passages if p.told_at}
    years = sources.once(_years)
    days = {
        day
        for value in sources.once(_said)
        for year in ({value // 10_000} if value >= 10_000 else years)
        for day in _date(value, year)
    }
    near = {p.told_at.date() for p in sources.passages if p.told_at and _NEAR_DAY.search(p.text)}
    return frozenset(days | published | {day + timedelta(days=away) for day in near for away in (-1, 1)})


def _day(q: Quantity) -> set[date]:
    return _date(int(q.value), int(q.value) // 10_000)


def _date(value: int, year: int) -> set[date]:
    """The day of YYYYMMDD, with that year; none where it is no day, or none of our time."""
    try:
        return {date(year, value // 100 % 100, value % 100)} if year in _OUR_TIME else set()
    except ValueError:
        return set()


def _says(q: Quantity, day: date) -> bool:
    """Whether a date that is said is that day, as far as it is said."""
    value = int(q.value)
    year, month, said = value // 10_000, value // 100 % 100, value % 100
    return year in (0, day.year) and month == day.month and said in (0, day.day)


# --- yesterday, next year -----------------------------------------------------------------------------------------


def _relative(text: str, sources: Sources) -> Iterator[Finding]:
    """A relative date must stand in a source, or one of its dates fall there as counted from a day of publication."""
    for unit, away, words in _RELATIVE:
        for m in words.finditer(text):
            if not any(words.search(p.text) for p in sources.passages) and not _falls(unit, away, sources):
                note = f"“{m[0]}” is in none of the sources, nor a date that could be meant"
                yield Finding(start=m.start(), end=m.end(), verdict="not_enough_info", note=note)


def _falls(unit: str, away: int, sources: Sources) -> bool:
    """Whether a date of the sources is there, seen from a day that one was published on (or that it names)."""
    if unit == "year":
        years = sources.once(_years)
        return any(year + away in years for year in years)
    days = sources.once(_days)
    if unit == "month":
        months = {value // 100 % 100 for value in sources.once(_said)} - {0} | {day.month for day in days}
        return any((month + away - 1) % 12 + 1 in months for month in months)
    published = {p.told_at.date() for p in sources.passages if p.told_at}
    span = _SPANS_DAYS[unit]
    return any(0 < away * (day - seen).days <= 2 * span - 1 for seen in published or days for day in days)
