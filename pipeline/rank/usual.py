"""Where people came upon an item, and what is usual there: how many votes and comments, and how much it is worth."""

import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.text.urls import host
from pipeline.types import Item

_FILE = Path(__file__).with_name("learned.json")
_COMMUNITY = re.compile(r"https?://(?:[a-z]+\.)?reddit\.com/r/(\w{1,32})/", re.IGNORECASE)
DEFAULT_TRUST = 0.5
_PRIOR_ITEMS = 5  # what is usual weighs as much as so many items seen: three posts do not say what a place is like


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """The geometric mean of votes and of comments of the items of a place."""

    points: float
    comments: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What learned.json holds: the weights of the parts, and trust (0..1) and usual votes by place and its family."""

    weights: Mapping[str, float]
    trust: Mapping[str, float]
    usual: Mapping[str, Usual]

    def usual_at(self, place: str) -> Usual:
        """What is usual at a place as far as it was learned, else in its family, else anywhere."""
        return self.usual.get(place) or self.usual.get(family(place)) or self.usual["*"]

    def trust_in(self, place: str) -> float:
        """The trust in a place as far as it was learned, else in its family, else the usual."""
        return self.trust.get(place, self.trust.get(family(place), DEFAULT_TRUST))


@cache
def learned() -> Learned:
    """What was learned from past issues of an editor; docs/ranking.md says how, and how well it does."""
    return read(json.loads(_FILE.read_text(encoding="utf-8")))


def read(raw: Mapping[str, Mapping[str, float]]) -> Learned:
    """The content of learned.json."""
    points, comments = raw["usual_points"], raw["usual_comments"]
    usual = {place: Usual(points=points[place], comments=comments[place]) for place in points}
    return Learned(weights=raw["weights"], trust=raw["trust"], usual=usual)


def place_of(item: Item) -> str:
    """ "reddit/localllama", "hn", or the source's id: readers vote as they do, whoever brings it here."""
    met_at = item.via or item.url
    if community := _COMMUNITY.match(met_at):
        return f"reddit/{community[1].casefold()}"
    return "hn" if host(met_at) == "news.ycombinator.com" else item.source_id.casefold()


def family(place: str) -> str:
    """ "reddit" of "reddit/localllama"."""
    return place.partition("/")[0]


def usual_at(items: Iterable[Item], taught: Learned) -> dict[str, Usual]:
    """What is usual at each place that these items come from; a few items move what is known of it only a little."""
    points: defaultdict[str, list[float]] = defaultdict(list)
    comments: defaultdict[str, list[float]] = defaultdict(list)
    for item in items:
        place = place_of(item)
        if item.points is not None:
            points[place].append(log(item.points))
        if item.comments is not None:
            comments[place].append(log(item.comments))
    found = {}
    for place in points.keys() | comments.keys():
        before = taught.usual_at(place)
        mean_points, mean_comments = _mean(points[place], before.points), _mean(comments[place], before.comments)
        found[place] = Usual(points=mean_points, comments=mean_comments)
    return found


def log(count: float) -> float:
    """A count on a scale on which ten times as many is the same step everywhere; what is below nothing is nothing."""
    return math.log1p(max(0.0, count))


def _mean(logs: list[float], prior: float) -> float:
    return math.expm1((sum(logs) + _PRIOR_ITEMS * log(prior)) / (len(logs) + _PRIOR_ITEMS))
