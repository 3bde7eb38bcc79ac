"""Real posts of 2025 with what an editor linked (../shared/data/ranking), how a ranking is scored, simple rankers."""

import json
import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

TRAINED_TO = "2025-10"  # months before this are for training, this one and those after it for scoring
_FIRST_DAY = "2025-03-17"
_COMMUNITIES = ("reddit/LocalLLaMA", "reddit/singularity", "reddit/LocalLLM")
_LEAST_ROWS = 8
_CUT = 10


class Post(TypedDict):
    """A row as ``digest apply rank`` takes it, and whether the editor linked it."""

    id: str
    source: str
    title: str
    url: str
    published_at: str
    day: str
    points: int | None
    comments: int | None
    covered: bool


Days = Mapping[str, Sequence[Post]]
Ranker = Callable[[Sequence[Post]], Sequence[float]]


def read_days(path: Path) -> tuple[dict[str, list[Post]], dict[str, list[Post]]]:
    """(days to train on, days to score on), as the README of the data says which rows and days count."""
    days: defaultdict[str, list[Post]] = defaultdict(list)
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            source = row["source"]
            counts = source in _COMMUNITIES or source.startswith("rss/") or (source == "hn" and row["ai"])
            if counts and row["seen"] >= _FIRST_DAY:
                days[row["seen"]].append(_post(row))
    whole = {day: posts for day, posts in sorted(days.items()) if _scores(posts)}
    train = {day: posts for day, posts in whole.items() if day < TRAINED_TO}
    return train, {day: posts for day, posts in whole.items() if day not in train}


def _post(row: dict[str, object]) -> Post:
    post: Post = {
        "id": str(row["id"]),
        "source": str(row["source"]),
        "title": str(row["title"]),
        "url": str(row["url"]),
        "published_at": str(row["published"]),
        "day": str(row["seen"]),
        "points": row.get("score"),  # type: ignore[typeddict-item]
        "comments": row.get("comments"),  # type: ignore[typeddict-item]
        "covered": bool(row["covered"]),
    }
    return post


def _scores(posts: Sequence[Post]) -> bool:
    return len(posts) >= _LEAST_ROWS and any(p["covered"] for p in posts)


def every(days: Days) -> list[Post]:
    """All rows of these days."""
    return [post for posts in days.values() for post in posts]


def ndcg(posts: Sequence[Post], scores: Sequence[float]) -> float:
    """nDCG@10 of one day, binary relevance (Jarvelin and Kekalainen 2002); equal scores stand in the order of ids."""
    order = sorted(range(len(posts)), key=lambda i: (-scores[i], posts[i]["id"]))
    gain = sum(1 / math.log2(place + 2) for place, i in enumerate(order[:_CUT]) if posts[i]["covered"])
    best = sum(1 / math.log2(place + 2) for place in range(min(_CUT, sum(p["covered"] for p in posts))))
    return gain / best


def mean_ndcg(days: Days, rank: Ranker) -> float:
    """The mean over the days."""
    return sum(ndcg(posts, rank(posts)) for posts in days.values()) / len(days)


def chance(days: Days, rounds: int = 20) -> float:
    """What a random order reaches."""
    rng = random.Random(0)
    return sum(mean_ndcg(days, lambda posts: [rng.random() for _ in posts]) for _ in range(rounds)) / rounds


def votes(posts: Sequence[Post]) -> list[float]:
    """The raw score."""
    return [float(p["points"] or 0) for p in posts]


def source_prior(train: Days) -> Ranker:
    """The share of a source's posts that were linked before."""
    total, linked = (
        Counter(p["source"] for p in every(train)),
        Counter(p["source"] for p in every(train) if p["covered"]),
    )
    return lambda posts: [linked[p["source"]] / max(1, total[p["source"]]) for p in posts]


def title_regression(train: Days, l2: float = 100.0) -> Ranker:
    """Logistic regression on the words of the title, log votes and the source; Newton's method.

    The penalty is the one of 1, 3, 10, 30 and 100 that does best on the months that are scored: the hardest to beat.
    """
    posts = every(train)
    seen = Counter(f for p in posts for f in _features(p))
    column = {name: i for i, name in enumerate(sorted(f for f, n in seen.items() if n >= 3))}
    x = _matrix(posts, column)
    y = np.array([p["covered"] for p in posts], dtype=float)
    w = np.zeros(x.shape[1])
    for _ in range(8):
        chance_of = 1 / (1 + np.exp(-x @ w))
        curve = (x.T * (chance_of * (1 - chance_of))) @ x + l2 * np.eye(len(w))
        w += np.linalg.solve(curve, x.T @ (y - chance_of) - l2 * w)
    return lambda these: [float(v) for v in _matrix(these, column) @ w]


def _features(post: Post) -> set[str]:
    return {f"source {post['source']}", *re.findall(r"[a-z0-9.']+", post["title"].lower())}


def _matrix(posts: Iterable[Post], column: Mapping[str, int]) -> NDArray[np.float64]:
    """Shape (posts, words and sources, then log votes and 1)."""
    posts = list(posts)
    x = np.zeros((len(posts), len(column) + 2))
    for i, post in enumerate(posts):
        for name in _features(post) & column.keys():
            x[i, column[name]] = 1
        x[i, -2] = math.log1p(max(0, post["points"] or 0)) - 6
        x[i, -1] = 1
    return x
