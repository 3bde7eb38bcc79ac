"""How much a story matters: a score 0..1 and the parts that it is made of, so that an issue can say why.

What a text says of itself ("groundbreaking", "must read") counts nothing: of its words only those are looked for that
the reader named (docs/ranking.md).
"""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from pipeline.errors import ConfigError
from pipeline.rank.usual import Learned, Usual, learned, log, place_of
from pipeline.text.makers import maker_of
from pipeline.text.tokens import mentioned
from pipeline.text.urls import host
from pipeline.types import Item, Kind, Story

FRESHNESS_HALF_LIFE = timedelta(hours=48)
UNRATED = 0.4
"""Points and comments of a story that nobody could vote on: a little under the 0.5 of the usual where people can."""

UNRATED_REACH = 0.5
_FULL_REACH = log(3_000)  # usual votes; no place of the training data has as many
INTEREST_BODY_CHARS = 2_000
NOTHING: Mapping[str, float] = MappingProxyType({})
_KIND_PRIOR: Mapping[Kind, float] = {
    "release": 1.0, "article": 0.8, "paper": 0.6, "leaderboard": 0.6, "newsletter": 0.5, "post": 0.4, "video": 0.4,
    "podcast": 0.3,
}  # fmt: skip


def score(
    story: Story,
    *,
    now: datetime,
    trust: Mapping[str, float],
    interests: Mapping[str, float],
    shares: Mapping[str, float],
    usual: Mapping[str, Usual],
    novelty: Mapping[str, float] = NOTHING,
    significance: Mapping[str, float] = NOTHING,
    taught: Learned | None = None,
) -> tuple[float, dict[str, float]]:
    """The score of a story and its parts, each 0..1; what adds most to the score stands first.

    ``now`` is when the issue closes. ``trust`` is by source id and by author (see by_name), ``usual`` by place (see
    usual.usual_at), ``shares`` as merge_weights gives them, ``interests`` a word and its weight -1..1. ``novelty`` and
    ``significance`` are by story id; a story without the first is new, without the second that part is absent and the
    others weigh the more. ``taught`` stands in for learned.json.
    """
    items, taught = story.items, taught or learned()
    here = [usual.get(place) or taught.usual_at(place) for place in map(place_of, items)]
    parts = {
        "breadth": 1 - 1 / independent(items) if len(items) > 1 else 0.0,
        "trust": max(_trust(item, trust, taught) for item in items),
        "reach": max(map(_reach, items, here)),
        "points": max(_against(item.points, usually.points) for item, usually in zip(items, here, strict=True)),
        "comments": max(_against(item.comments, usually.comments) for item, usually in zip(items, here, strict=True)),
        "first_hand": float(any(maker_of(item.url) for item in items)),
        "freshness": _freshness(items, now),
        "interest": _interest(items, interests),
        "novelty": novelty.get(story.id, 1.0),
        "kind": _KIND_PRIOR[story.representative.kind],
    }
    if story.id in significance:
        parts["significance"] = significance[story.id]
    adds = {name: shares[name] * part for name, part in parts.items()}
    total = sum(shares[name] for name in parts) or 1.0
    return sum(adds.values()) / total, {name: parts[name] for name in sorted(adds, key=lambda n: -adds[n])}


def merge_weights(overrides: Mapping[str, float], taught: Learned | None = None) -> dict[str, float]:
    """The learned weights with those of config.yaml. Raises ConfigError for an unknown part or a wrong number."""
    weights = (taught or learned()).weights
    unknown = sorted(overrides.keys() - weights.keys())
    if unknown:
        remedy = f"There are {', '.join(weights)}"
        raise ConfigError(f"no such part: {', '.join(unknown)}", subject="rank.weights", remedy=remedy)
    merged = {**weights, **overrides}
    if any(not (0 <= w < math.inf) for w in merged.values()) or not sum(merged.values()):
        remedy = "Give numbers from 0 up, at least one above 0"
        raise ConfigError("a weight is negative, or all are 0", subject="rank.weights", remedy=remedy)
    return merged


def by_name(weights: Mapping[str, float]) -> dict[str, float]:
    """Trust by name, so that "@karpathy", "karpathy" and "Karpathy" are one person."""
    return {_name(name): weight for name, weight in weights.items()}


def _name(name: str) -> str:
    return name.strip().lstrip("@").casefold()


def independent(items: Iterable[Item]) -> int:
    """How many voices tell a story: items that share a source, host, address or text are one, and so on from them.

    One that has its page from elsewhere (``via``: a newsletter, a discussion) tells what that page tells.
    """
    joined: dict[str, str] = {}  # a mark -> another one of the same voice, itself for the first

    def voice(mark: str) -> str:
        while joined.setdefault(mark, mark) != mark:
            joined[mark] = joined[joined[mark]]
            mark = joined[mark]
        return mark

    firsts = []
    for item in items:
        first, *others = _marks(item)
        firsts.append(first)
        for mark in others:
            joined[voice(mark)] = voice(first)
    return len({voice(first) for first in firsts}) or 1


def _marks(item: Item) -> list[str]:
    """What makes an item the same voice as another that shares it; its source comes first. Addresses are canonical."""
    marks = (("source", item.source_id), ("host", host(item.url)), ("url", item.url), ("url", item.via))
    return [f"{name} {value}" for name, value in (*marks, ("text", item.body.casefold())) if value]


def _trust(item: Item, trust: Mapping[str, float], taught: Learned) -> float:
    """That of its authors where somebody gave one of them a weight, else of its source, else what the place taught."""
    named = [trust[name] for name in map(_name, item.authors) if name in trust]
    if named:
        return max(named)
    return trust.get(_name(item.source_id), taught.trust_in(place_of(item)))


def _against(count: int | None, usual: float) -> float:
    """1/2 for what is usual at the place, towards 1 for many times that."""
    if count is None:
        return UNRATED
    mine = max(0, count) + 1
    return mine / (mine + max(0.0, usual) + 1)


def _reach(item: Item, usual: Usual) -> float:
    """How many people see what comes by that place: its usual votes on a log scale."""
    return UNRATED_REACH if item.points is None else min(1.0, log(usual.points) / _FULL_REACH)


def _freshness(items: Iterable[Item], now: datetime) -> float:
    """1 for what is told first at ``now``; an undated item counts from when it was fetched."""
    told_at = min(item.published_at or item.fetched_at for item in items)
    return float(0.5 ** (max(now - told_at, timedelta()) / FRESHNESS_HALF_LIFE))


def _interest(items: Iterable[Item], interests: Mapping[str, float]) -> float:
    """1/2 for what nobody asked about; the most and the least wanted word count, by half where only a body names it."""
    if not interests:
        return 0.5
    found = [0.0]
    for item in items:
        found += [interests[word] for word in mentioned(item.title, interests)]
        found += [interests[word] / 2 for word in mentioned(item.body[:INTEREST_BODY_CHARS], interests)]
    return (1 + max(found) + min(found)) / 2
