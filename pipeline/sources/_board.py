"""A leaderboard as published on one day, how it differs from the one before, and both told in sentences."""

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from pipeline.text.characters import one_line

MAX_ROWS = 5_000
FEW_VOTES = 2_000  # under this many the place is preliminary, and said to be
LISTED = 4  # names in one sentence; the rest is counted

# The names that each column had over the years: the dataset since 2025, its `agent` board, CSV snapshots before.
_COLUMNS = {
    "model": ("model_name", "model", "key"),
    "rank": ("rank", "rank_ub"),
    "rating": ("rating", "arena_score", "arena_elo", "score"),
    "lower": ("rating_lower", "score_ci_lower"),
    "upper": ("rating_upper", "score_ci_upper"),
    "interval": ("95_pct_ci", "95_ci"),
    "votes": ("vote_count", "votes", "observation_count"),
    "organization": ("organization",),
    "licence": ("license",),
    "date": ("leaderboard_publish_date", "snapshot", "date"),
    "board": ("board",),
    "category": ("category",),
}
_NAME = {name: ours for ours, names in _COLUMNS.items() for name in names}
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
_INTERVAL = re.compile(r"\+?(\d{1,4}(?:\.\d+)?)\s*/\s*-?(\d{1,4}(?:\.\d+)?)")
_LICENCE = re.compile(r"\s*licen[cs]e$", re.IGNORECASE)
_CLOSED = re.compile(r"propr\w*etary|^(?:other|unknown|n/?a|none|-)?$", re.IGNORECASE)  # "Propretary" is in the data


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One model on a board. ``lower`` and ``upper`` bound the 95 % interval of ``rating``; the same where unknown."""

    model: str
    rank: int
    rating: float
    lower: float
    upper: float
    votes: int
    organization: str
    licence: str

    @property
    def key(self) -> str:
        """What stays the same when the spelling changes ("Claude 3.5 Sonnet", "claude-3-5-sonnet")."""
        return _NOT_A_WORD.sub("-", self.model.lower()).strip("-")

    @property
    def is_open(self) -> bool:
        """Whether its weights are public: by its licence, whatever that allows."""
        return not _CLOSED.search(self.licence)

    def is_above(self, other: "Standing") -> bool:
        """Whether it is better for certain: the intervals do not overlap."""
        return self.lower > other.upper


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The standings of one board on one day, the best rating first."""

    name: str
    date: str
    standings: tuple[Standing, ...]

    def top(self, rank: int) -> dict[str, Standing]:
        """Those with that rank or a better one, by key."""
        return {s.key: s for s in self.standings if s.rank <= rank}

    @property
    def first(self) -> Standing:
        """The one with the best rating."""
        return self.standings[0]


# --- bytes as boards -------------------------------------------------------------------------------------------------


def read_boards(text: str, *, name: str, date: str, category: str) -> list[Board]:
    """Every board of every day in a text, the oldest first. ``name`` and ``date`` are for rows that name none.

    The text is JSON of the dataset viewer ({"rows": [{"row": {...}}]}), a JSON list, JSON Lines, or CSV. Rows of
    another category, and rows without a model and a rating, are none. Raises ValueError when it is none of these.
    """
    found: dict[tuple[str, str], dict[str, Standing]] = {}
    for row in _rows(text)[:MAX_ROWS]:
        values = {ours: one_line(str(row[n])) for n in row if (ours := _NAME.get(_column(n))) and row[n] is not None}
        standing = _standing(values)
        if standing is None or values.get("category", category) != category:
            continue
        board = found.setdefault((values.get("board") or name, (values.get("date") or date)[:10]), {})
        known = board.get(standing.key)
        if known is None or known.rating < standing.rating:
            board[standing.key] = standing
    boards = [Board(name=n, date=d, standings=_ordered(s.values())) for (n, d), s in found.items()]
    return sorted(boards, key=lambda b: (b.name, b.date))


def _column(name: object) -> str:
    """ "Rank* (UB)" as "rank_ub"."""
    return _NOT_A_WORD.sub("_", str(name).lower()).strip("_")


def _rows(text: str) -> list[Mapping[str, object]]:
    start = text.lstrip("\ufeff \t\r\n")
    if not start.startswith(("{", "[")):
        return list(csv.DictReader(io.StringIO(start, newline=""), strict=False))
    try:
        data = json.loads(start)
    except (ValueError, RecursionError):
        lines = start.splitlines()[:MAX_ROWS]
        data = [json.loads(line) for line in lines if line.strip()]
    rows = data.get("rows", [data]) if isinstance(data, dict) else data
    inner = (r.get("row", r) if isinstance(r, dict) else None for r in (rows if isinstance(rows, list) else []))
    return [cast("Mapping[str, object]", r) for r in inner if isinstance(r, dict)]


def _standing(values: Mapping[str, str]) -> Standing | None:
    rating = _number(values.get("rating", ""))
    if rating is None or not values.get("model"):
        return None
    lower, upper = _number(values.get("lower", "")), _number(values.get("upper", ""))
    if (interval := _INTERVAL.search(values.get("interval", ""))) and lower is None:
        lower, upper = rating - float(interval[2]), rating + float(interval[1])
    return Standing(
        model=values["model"][:120],
        rank=int(_number(values.get("rank", "")) or 0),
        rating=rating,
        lower=rating if lower is None else lower,
        upper=rating if upper is None else upper,
        votes=int(_number(values.get("votes", "")) or 0),
        organization=values.get("organization", "")[:80],
        licence=values.get("licence", "")[:80],
    )


def _number(text: str) -> float | None:
    try:
        number = float(text.replace(",", "")[:40])
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) < 1e12 else None


def _ordered(standings: Iterable[Standing]) -> tuple[Standing, ...]:
    """The best first; a rank that was not given is the place. (Given ranks are shared where intervals overlap.)"""
    best_first = sorted(standings, key=lambda s: (-s.rating, s.rank, s.key))
    return tuple(replace(s, rank=s.rank or place) for place, s in enumerate(best_first, start=1))


# --- two boards as sentences -----------------------------------------------------------------------------------------


Describe = Callable[[Standing], str]


def headline(before: Board | None, now: Board, top: int) -> str:
    """The most that can be said of a board in one line. A new number one is only one where the intervals are apart."""
    title = f"Arena {now.name}"
    if before is None:
        return f"{title}: {now.first.model} leads"
    second = now.standings[1] if len(now.standings) > 1 else None
    if now.first.key != before.first.key:
        certain = second is None or now.first.is_above(second)
        return f"{title}: {now.first.model} " + ("is the new number one" if certain else "draws level at the top")
    came = entries(before, now, top)
    if came:
        return f"{title}: {came[0].model} enters the top {top} at rank {came[0].rank}"
    return f"{title}: {now.first.model} stays first"


def entries(before: Board, now: Board, top: int) -> list[Standing]:
    """Models with a rank up to ``top`` that had none such before."""
    return [s for key, s in now.top(top).items() if key not in before.top(top)]


def moves(before: Board, now: Board, top: int) -> list[tuple[Standing, Standing]]:
    """(before, now) of those up to rank ``top`` on both days whose rank changed, the largest change first."""
    known = before.top(top)
    pairs = [(known[key], s) for key, s in now.top(top).items() if key in known and known[key].rank != s.rank]
    return sorted(pairs, key=lambda p: -abs(p[0].rank - p[1].rank))


def sentences(before: Board | None, now: Board, top: int) -> list[str]:
    """A board told so that each sentence stands alone; what did not change is not told.

    A model is described where it is named first.
    """
    said: set[str] = set()

    def describe(s: Standing) -> str:
        words = s.model if s.key in said else _described(s)
        said.add(s.key)
        return words

    told = [_leader(now, describe)]
    if before is None:
        told.append(_best_open(now, describe))
    else:
        came = [f"{describe(s)} is new in the top {top}, at rank {s.rank}." for s in entries(before, now, top)]
        told += [_change_at_the_top(before, now), *came, _best_open(now, describe)]
        told += [_gone(before, now, top), _moved(before, now, top), _added(before, now)]
    return [sentence for sentence in told if sentence]


def _leader(now: Board, describe: Describe) -> str:
    text = f"On the Arena {now.name} leaderboard of {now.date}, {describe(now.first)} has the highest rating"
    if len(now.standings) < 2:
        return f"{text}."
    second = now.standings[1]
    overlap = "" if now.first.is_above(second) else "; the intervals overlap, so no number one is certain"
    return f"{text}, before {describe(second)}{overlap}."


def _change_at_the_top(before: Board, now: Board) -> str:
    if before.first.key == now.first.key:
        return ""
    return f"{before.first.model} had the highest rating on {before.date}."


def _gone(before: Board, now: Board, top: int) -> str:
    place = {s.key: s for s in now.standings}
    gone = [_where(s, place.get(s.key)) for key, s in before.top(top).items() if key not in now.top(top)]
    return f"No longer in the top {top}: {_listed(gone)}." if gone else ""


def _added(before: Board, now: Board) -> str:
    added = len({s.key for s in now.standings} - {s.key for s in before.standings})
    models = "model is" if added == 1 else "models are"
    return (
        f"{added} {models} new on the board since {before.date}, which now lists {len(now.standings)}." if added else ""
    )


def _where(before: Standing, now: Standing | None) -> str:
    return f"{before.model} ({f'now rank {now.rank}' if now else 'not listed any more'})"


def _moved(before: Board, now: Board, top: int) -> str:
    pairs = moves(before, now, top)
    words = [f"{n.model} {'rose' if n.rank < b.rank else 'fell'} from rank {b.rank} to {n.rank}" for b, n in pairs]
    return f"{_listed(words)}." if words else ""


def _best_open(now: Board, describe: Describe) -> str:
    best = next((s for s in now.standings if s.is_open), None)
    if best is None:
        return ""
    behind = "" if best is now.first else f", {_shown(now.first.rating - best.rating)} points behind the highest"
    return f"The best model with open weights is {describe(best)} at rank {best.rank}{behind}."


def _described(s: Standing) -> str:
    licence = f"licence {_LICENCE.sub('', s.licence)}" if s.is_open else "proprietary" if s.licence else ""
    interval = f", 95% interval {_shown(s.lower)} to {_shown(s.upper)}" if s.lower < s.upper else ""
    votes = f"{'only ' if s.votes < FEW_VOTES else ''}{s.votes:,} votes" if s.votes else ""
    facts = (s.organization, licence, f"{_shown(s.rating)} points{interval}", votes)
    return f"{s.model} ({'; '.join(fact for fact in facts if fact)})"


def _shown(rating: float) -> str:
    return f"{rating:.0f}" if abs(rating) >= 1 or rating == 0 else f"{rating:.3g}"


def _listed(parts: Iterable[str]) -> str:
    words: Sequence[str] = list(parts)
    rest = f"; and {len(words) - LISTED} more" if len(words) > LISTED else ""
    return "; ".join(words[:LISTED]) + rest
