"""How much a story matters: a score 0..1 and the parts that it is made of, so that an issue can say why.

What a text says of itself ("groundbreaking", "must read") counts nothing: only the reader's interests are looked for.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from statistics import median
from types import MappingProxyType

from pipeline.errors import ConfigError
from pipeline.text.tokens import mentions
from pipeline.text.urls import host
from pipeline.types import Item, Kind, Story

DEFAULT_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "breadth": 0.25,  # how many independent sources tell it
        "trust": 0.20,  # of the most trusted of them, as config.yaml gives it
        "points": 0.20,  # votes, against what is usual at that source
        "freshness": 0.15,  # halves every FRESHNESS_HALF_LIFE
        "interest": 0.10,  # whether it names what the reader asked for
        "kind": 0.10,  # a release says more than a post
    }
)
"""The shares of the parts; ``rank.weights`` in config.yaml overrides them one by one. Only their ratios matter."""

FRESHNESS_HALF_LIFE = timedelta(hours=48)
DEFAULT_TRUST = 0.5
NO_POINTS = 0.4
"""The part of a story that nobody could vote on: a little under the usual 0.5 of those where people could."""

DEFAULT_USUAL_POINTS = 50.0
INTEREST_BODY_CHARS = 2_000
_KIND_PRIOR: Mapping[Kind, float] = {
    "release": 1.0, "article": 0.8, "paper": 0.6, "leaderboard": 0.6, "newsletter": 0.5, "post": 0.4, "video": 0.4,
    "podcast": 0.3,
}  # fmt: skip


def score(
    story: Story,
    *,
    now: datetime,
    trust: Mapping[str, float],
    interests: Iterable[str],
    weights: Mapping[str, float],
    points_usual: Mapping[str, float],
) -> tuple[float, dict[str, float]]:
    """The score of a story and its parts, each 0..1; what adds most to the score stands first.

    ``now`` is when the issue closes; ``trust`` is by source id and by author (see by_name), ``points_usual`` (see
    usual_points) by source id; ``weights`` override DEFAULT_WEIGHTS. Raises ConfigError for a weight that is none.
    """
    parts = {
        "breadth": _breadth(story.items),
        "trust": max(_trust(item, trust) for item in story.items),
        "points": _points(story.items, points_usual),
        "freshness": _freshness(story.items, now),
        "interest": _interest(story.items, interests),
        "kind": _KIND_PRIOR[story.representative.kind],
    }
    shares = merge_weights(weights)
    adds = {name: shares[name] * part for name, part in parts.items()}
    return sum(adds.values()) / sum(shares.values()), {
        name: parts[name] for name in sorted(adds, key=lambda n: -adds[n])
    }


def usual_points(stories: Iterable[Story]) -> dict[str, float]:
    """The median points of the items of each source that gives points: a like on a big site is worth less."""
    points: defaultdict[str, list[int]] = defaultdict(list)
    for story in stories:
        for item in story.items:
            if item.points is not None:
                points[item.source_id].append(item.points)
    return {source_id: float(median(given)) for source_id, given in points.items()}


def merge_weights(overrides: Mapping[str, float]) -> dict[str, float]:
    """DEFAULT_WEIGHTS with those of config.yaml. Raises ConfigError for an unknown part or a negative or empty sum."""
    unknown = sorted(overrides.keys() - DEFAULT_WEIGHTS.keys())
    if unknown:
        known = ", ".join(DEFAULT_WEIGHTS)
        raise ConfigError(f"no such part: {', '.join(unknown)}", subject="rank.weights", remedy=f"There are {known}")
    merged = {**DEFAULT_WEIGHTS, **overrides}
    if any(not (0 <= w < math.inf) for w in merged.values()) or not sum(merged.values()):
        remedy = "Give numbers from 0 up, at least one above 0"
        raise ConfigError("a weight is negative, or all are 0", subject="rank.weights", remedy=remedy)
    return merged


def by_name(weights: Mapping[str, float]) -> dict[str, float]:
    """Trust by name, so that "@karpathy", "karpathy" and "Karpathy" are one person."""
    return {_name(name): weight for name, weight in weights.items()}


def _name(name: str) -> str:
    return name.strip().lstrip("@").casefold()


def _trust(item: Item, trust: Mapping[str, float]) -> float:
    """That of its authors where somebody gave one of them a weight, else that of its source."""
    named = [trust[name] for name in map(_name, item.authors) if name in trust]
    return max(named) if named else trust.get(_name(item.source_id), DEFAULT_TRUST)


def _breadth(items: Iterable[Item]) -> float:
    """0 for one voice, 1/2 for two, 2/3 for three; two feeds of one host, or two that link one page, are one voice."""
    members = list(items)
    sources = {item.source_id for item in members}
    hosts = {host(item.url) or item.source_id for item in members}
    return 1 - 1 / min(len(sources), len(hosts))


def _points(items: Iterable[Item], usual: Mapping[str, float]) -> float:
    """On a log scale, 1/2 for what is usual at the source; the best of the story's items."""
    rated = [
        math.log1p(max(0, item.points)) / math.log1p(max(1.0, usual.get(item.source_id, DEFAULT_USUAL_POINTS))) / 2
        for item in items
        if item.points is not None
    ]
    return min(1.0, max(rated)) if rated else NO_POINTS


def _freshness(items: Iterable[Item], now: datetime) -> float:
    """1 for what is told first at ``now``; an undated item counts from when it was fetched."""
    told_at = min(item.published_at or item.fetched_at for item in items)
    return float(0.5 ** (max(now - told_at, timedelta()) / FRESHNESS_HALF_LIFE))


def _interest(items: Iterable[Item], interests: Iterable[str]) -> float:
    """1 when a title names an interest, 1/2 when only the head of a body does."""
    wanted, members = list(interests), list(items)
    if any(mentions(item.title, wanted) for item in members):
        return 1.0
    return 0.5 if any(mentions(item.body[:INTEREST_BODY_CHARS], wanted) for item in members) else 0.0
