"""Learns pipeline/rank/learned.json: ``python -m benchmarks._learning ../shared/data/ranking/pool.jsonl [--write]``.

Trust by place is how often an editor linked what stood there; the weights are those of a pairwise logistic regression
(RankNet without hidden layers: Burges et al. 2005) on the parts that ``pipeline.rank.score`` computes.
"""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks import _pool
from benchmarks._pool import Days, Post, Ranker
from pipeline.rank import usual
from pipeline.rank.apply import apply_rank
from pipeline.rank.usual import family, log

FILE = Path(usual.__file__).with_name("learned.json")
# What a day of this pool cannot show (hardly two of its rows tell one event, none has a kind of its own, nobody said
# what they care about) is set by hand, in the unit of the learned ones.
BY_HAND = {"breadth": 2.0, "kind": 0.5, "interest": 2.0, "novelty": 2.0, "significance": 3.0}
LEARNED = ("trust", "reach", "points", "comments", "first_hand", "freshness")
L2 = 1.0
_SMALL_PLACE = 10  # rows: a place with so many is believed half, its family the other half
_SMALL_FAMILY = 20
_ANYWHERE = {"usual_points": 50.0, "usual_comments": 20.0}


def learn(days: Days, hidden: Collection[str] = ()) -> dict[str, Any]:
    """The content of learned.json, out of these days; nothing is learned of the ``hidden`` sources."""
    shown = {day: [p for p in posts if p["source"] not in hidden] for day, posts in days.items()}
    posts = _pool.every(shown)
    tables = {"trust": _trust(posts), **_usual(posts)}
    weights = BY_HAND | dict.fromkeys(LEARNED, 0.0)
    differences, shares = _pairs(shown, usual.read({"weights": weights, **tables}))
    found = BY_HAND | dict(zip(LEARNED, _fit(differences, shares), strict=True))
    total = sum(found.values())
    return {"weights": {name: round(w / total, 3) for name, w in sorted(found.items(), key=lambda f: -f[1])}, **tables}


def ranker(raw: Mapping[str, Any]) -> Ranker:
    """Ranks the posts of a day with such weights, by the code of ``digest apply rank``."""

    def rank(posts: Sequence[Post]) -> list[float]:
        return [float(str(a["score"])) for a in apply_rank(posts, taught=usual.read(raw))]

    return rank


def _trust(posts: Collection[Post]) -> dict[str, float]:
    """x^2 / (x^2 + 1) for a place where x times as many of the posts were linked as everywhere.

    Squared, so that it spans about what people write into config.yaml (0.4 to 0.9), where 0.5 is the usual too.
    """
    total: Counter[str] = Counter()
    linked: Counter[str] = Counter()
    for post in posts:
        place = _place(post)
        for name in {place, family(place)}:
            total[name] += 1
            linked[name] += post["covered"]
    mean = sum(p["covered"] for p in posts) / len(posts)
    found = {}
    for place in sorted(total):
        top = family(place)
        rate = (linked[top] + _SMALL_FAMILY * mean) / (total[top] + _SMALL_FAMILY)
        if place != top:
            rate = (linked[place] + _SMALL_PLACE * rate) / (total[place] + _SMALL_PLACE)
        found[place] = round((rate / mean) ** 2 / ((rate / mean) ** 2 + 1), 3)
    return found


def _usual(posts: Collection[Post]) -> dict[str, dict[str, float]]:
    """The geometric mean of votes and comments by place; of a family, that of its places."""
    found: dict[str, dict[str, float]] = {}
    for name, key in (("usual_points", "points"), ("usual_comments", "comments")):
        logs: defaultdict[str, list[float]] = defaultdict(list)
        for post in posts:
            if (count := post[key]) is not None:  # type: ignore[literal-required]
                logs[_place(post)].append(log(count))
        means = {place: sum(values) / len(values) for place, values in logs.items()}
        families: defaultdict[str, list[float]] = defaultdict(list)
        for place, mean in means.items():
            families[family(place)].append(mean)
        means |= {top: sum(values) / len(values) for top, values in families.items()}
        found[name] = {place: round(math.expm1(mean), 1) for place, mean in sorted(means.items())}
        found[name]["*"] = _ANYWHERE[name]
    return found


def _place(post: Post) -> str:
    """Feeds are learned as one: each has too few rows, and its name says nothing of another's."""
    place = post["source"].casefold()
    return "rss" if family(place) == "rss" else place


def _pairs(days: Days, taught: usual.Learned) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Parts of a linked post less those of one that was not, for each such pair of a day; a day weighs as every other.

    Shapes (pairs, all parts by name) and (pairs,).
    """
    names = [*LEARNED, *(n for n in BY_HAND if n != "significance")]
    differences, weights = [], []
    for posts in days.values():
        answers: list[Any] = list(apply_rank(posts, taught=taught))
        x = np.array([[a["parts"][name] for name in names] for a in answers]).reshape(-1, len(names))
        linked = np.array([p["covered"] for p in posts], dtype=bool)
        pairs = (x[linked][:, None] - x[~linked][None]).reshape(-1, len(names))
        differences.append(pairs)
        weights.append(np.full(len(pairs), 10 / max(1, len(pairs))))
    return np.vstack(differences), np.concatenate(weights)


def _fit(differences: NDArray[np.float64], shares: NDArray[np.float64]) -> list[float]:
    """Weights of LEARNED beside those set by hand, by Newton's method; none is below 0."""
    by_hand = differences[:, len(LEARNED) :] @ np.array([w for n, w in BY_HAND.items() if n != "significance"])
    x = differences[:, : len(LEARNED)]
    w = np.zeros(len(LEARNED))
    for _ in range(30):
        wrong = 1 / (1 + np.exp(x @ w + by_hand))
        curve = (x.T * (shares * wrong * (1 - wrong))) @ x + L2 * np.eye(len(w))
        w += np.linalg.solve(curve, x.T @ (shares * wrong) - L2 * w)
    return [max(0.0, float(v)) for v in w]


def by_month(days: Days, first: str = "2025-06") -> float:
    """Mean nDCG@10 of the months from ``first`` on, each ranked with what the months before it taught."""
    total = 0.0
    tested = {day: posts for day, posts in days.items() if day[:7] >= first}
    for month in sorted({day[:7] for day in tested}):
        before = {day: posts for day, posts in days.items() if day[:7] < month}
        these = {day: posts for day, posts in tested.items() if day[:7] == month}
        total += _pool.mean_ndcg(these, ranker(learn(before))) * len(these)
    return total / len(tested)


@click.command()
@click.argument("pool", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--write", is_flag=True, help="Put what was learned into pipeline/rank/learned.json.")
def main(pool: Path, *, write: bool) -> None:
    """Learn, and print how well it ranks beside simple rankers."""
    train, test = _pool.read_days(pool)
    raw = learn(train)
    figures = {
        "ours": _pool.mean_ndcg(test, ranker(raw)),
        "chance": _pool.chance(test),
        "raw score": _pool.mean_ndcg(test, _pool.votes),
        "source prior": _pool.mean_ndcg(test, _pool.source_prior(train)),
        "regression on title, score, source": _pool.mean_ndcg(test, _pool.title_regression(train)),
        "ours, each month from June with those before it": by_month({**train, **test}),
    }
    for source in sorted({p["source"] for p in _pool.every(test) if not p["source"].startswith("rss/")}):
        figures[f"ours, nothing learned of {source}"] = _pool.mean_ndcg(test, ranker(learn(train, (source,))))
    for name, figure in figures.items():
        click.echo(f"{name:<50} {figure:.3f}")
    if write:
        note = {
            "about": f"docs/ranking.md; learned from days {min(train)} to {max(train)}; nDCG@10 {figures['ours']:.3f}"
        }
        FILE.write_text(json.dumps(note | raw, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
