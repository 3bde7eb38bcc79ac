"""`digest apply rank`: rows in, the score of each out, by the same code that the pipeline runs."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice

from pipeline.config import RankSettings
from pipeline.rank.score import merge_weights, score
from pipeline.rank.usual import Learned, learned, usual_at
from pipeline.text.characters import clean, one_line
from pipeline.text.urls import url_key
from pipeline.types import Item, Kind, Story

BATCH_ROWS = 100_000
"""Rows held at a time, about 1 kB each. What is usual at a place, and what is one story, is told from these."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST = 10**12  # votes
_POSTS = ("reddit", "x", "bluesky", "mastodon")

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A row that was read: its own id, its day, and the item that it is."""

    id: object
    day: str
    key: str
    item: Item


def apply_rank(
    rows: Iterable[Row], settings: RankSettings | None = None, taught: Learned | None = None
) -> Iterator[dict[str, object]]:
    """Score ``{"id","source","title","url","published_at","day","points","comments"}``: ``{"id","score","parts"}``.

    One output per row, in order; scores compare within a day, whose rows may stand anywhere. Rows of a day with one
    address are one story. A row without an id or source, or with a date that is not ISO 8601 or a count that is none,
    gives ``{"id","error"}``. ``source`` is "hn", "reddit/<community>", "rss/<name>" or any other name; ``taught``
    stands in for learned.json.
    """
    settings, taught = settings or RankSettings(), taught or learned()
    source = iter(rows)
    seen = 0
    while batch := list(islice(source, BATCH_ROWS)):
        read = [_read(row, seen + i) for i, row in enumerate(batch)]
        seen += len(batch)
        scored = _scored([line for line in read if isinstance(line, _Line)], settings, taught)
        for line in read:
            yield scored[line.item.id] if isinstance(line, _Line) else line


def _scored(lines: Iterable[_Line], settings: RankSettings, taught: Learned) -> dict[str, dict[str, object]]:
    """The answers by item id."""
    by_day: defaultdict[str, list[_Line]] = defaultdict(list)
    for line in lines:
        by_day[line.day].append(line)
    usual = usual_at((line.item for day in by_day.values() for line in day), taught)
    shares, interests = merge_weights(settings.weights, taught), settings.interest_weights
    answers: dict[str, dict[str, object]] = {}
    for day in by_day.values():
        now = max(line.item.published_at or _EPOCH for line in day)
        for members in _stories(day):
            story = _story([replace(line.item, fetched_at=now) for line in members])
            value, parts = score(
                story, now=now, trust={}, interests=interests, shares=shares, usual=usual, taught=taught
            )
            rounded = {name: round(part, 4) for name, part in parts.items()}
            for line in members:
                answers[line.item.id] = {"id": line.id, "score": round(value, 6), "parts": rounded}
    return answers


def _stories(day: Iterable[_Line]) -> Iterable[list[_Line]]:
    """The rows of a day that have one address together; one without an address stands alone."""
    by_key: defaultdict[str, list[_Line]] = defaultdict(list)
    for line in day:
        by_key[line.key or f"\0{line.item.id}"].append(line)
    return by_key.values()


def _story(items: list[Item]) -> Story:
    now = items[0].fetched_at
    return Story(id=items[0].id, items=tuple(items), first_seen_at=now, last_seen_at=now)


def _read(row: Row, number: int) -> _Line | dict[str, object]:
    try:
        key = url_key(_text(row, "url"))
        item = _item(row, number, key)
    except ValueError as e:
        return {"id": row.get("id"), "error": str(e)}
    return _Line(id=row["id"], day=str(row.get("day") or (item.published_at or _EPOCH).date()), key=key, item=item)


def _item(row: Row, number: int, key: str) -> Item:
    if row.get("id") in (None, "") or not _text(row, "source"):
        raise ValueError("the line is no JSON object with an id and a source")
    source = _text(row, "source")
    return Item(
        id=str(number),
        source_id=source,
        guid=str(number),
        url=_text(row, "url"),
        title=one_line(_text(row, "title")),
        body=clean(_text(row, "body")),
        fetched_at=_EPOCH,
        published_at=_moment(_text(row, "published_at")),
        kind=_kind(source, key),
        points=_count(row, "points"),
        comments=_count(row, "comments"),
    )


def _kind(source: str, key: str) -> Kind:
    """As the sources of the pipeline tell it of the same item, whose address has that key."""
    if key.startswith("arxiv:"):
        return "paper"
    post = source.partition("/")[0].casefold() in _POSTS or key.startswith("news.ycombinator.com/item")
    return "post" if post else "article"


def _text(row: Row, key: str) -> str:
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{key} must be a string")
    return value or ""


def _count(row: Row, key: str) -> int | None:
    value = row.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) == math.inf or value != value:
        raise ValueError(f"{key} must be a number")
    return int(max(-_MOST, min(value, _MOST)))


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return max(_EPOCH, moment if moment.tzinfo else moment.replace(tzinfo=UTC))
