"""How well stories are ranked: nDCG@10 against what an editor linked on the last months, beside simple rankers."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from benchmarks import _learning, _pool
from pipeline.rank.apply import apply_rank

FLOORS = json.loads((Path(__file__).parent / "ranking_floors.json").read_text())
LEARNED = json.loads(_learning.FILE.read_text(encoding="utf-8"))
Split = tuple[dict[str, list[_pool.Post]], dict[str, list[_pool.Post]]]


@pytest.fixture(scope="module")
def split(shared_data: Path) -> Split:
    path = shared_data / "ranking" / "pool.jsonl"
    assert sha256(path.read_bytes()).hexdigest() == FLOORS["sha256"], "the data changed: measure again, set new floors"
    train, test = _pool.read_days(path)
    assert [len(train), len(test), len(_pool.every(test))] == FLOORS["days_and_rows"]
    return train, test


def ours(posts: Any) -> list[float]:
    return [float(str(answer["score"])) for answer in apply_rank(posts)]


def test_what_ships_was_learned_from_the_months_before(split: Split) -> None:
    shipped = {name: value for name, value in LEARNED.items() if name != "about"}
    assert _learning.learn(split[0]) == shipped


def test_it_ranks_better_than_every_simple_ranker(split: Split) -> None:
    train, test = split
    figure = _pool.mean_ndcg(test, ours)
    simple = {
        "chance": _pool.chance(test),
        "raw_score": _pool.mean_ndcg(test, _pool.votes),
        "source_prior": _pool.mean_ndcg(test, _pool.source_prior(train)),
        "regression": _pool.mean_ndcg(test, _pool.title_regression(train)),
    }
    assert {name: round(value, 3) for name, value in simple.items()} == FLOORS["simple"]
    assert figure >= FLOORS["ndcg"] > max(simple.values())


def test_all_days_at_once_rank_as_well_as_one_by_one(split: Split) -> None:
    test = split[1]
    score_of = {a["id"]: float(str(a["score"])) for a in apply_rank(_pool.every(test))}
    assert _pool.mean_ndcg(test, lambda posts: [score_of[p["id"]] for p in posts]) >= FLOORS["ndcg_all_days_at_once"]


def test_it_holds_over_the_months_and_for_a_place_that_it_never_saw(split: Split) -> None:
    train, test = split
    assert _learning.by_month({**train, **test}) >= FLOORS["ndcg_by_month"]
    for source, floor in FLOORS["ndcg_without"].items():
        assert _pool.mean_ndcg(test, _learning.ranker(_learning.learn(train, (source,)))) >= floor
