from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.errors import ConfigError
from pipeline.rank.score import DEFAULT_WEIGHTS, by_name, score, usual_points
from pipeline.text.tokens import mentions
from pipeline.types import Item, Story

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def item(name: str, **fields: Any) -> Item:
    url = f"https://{name}.example/x"
    defaults = {"source_id": name, "guid": name, "url": url, "title": name, "body": "", "fetched_at": NOW}
    return Item(id=name, **{**defaults, **fields})


def story(*items: Item) -> Story:
    return Story(id=items[0].id, items=items, first_seen_at=NOW, last_seen_at=NOW)


def rate(*items: Item, **settings: Any) -> tuple[float, dict[str, float]]:
    defaults: dict[str, Any] = {"trust": {}, "interests": (), "weights": {}, "points_usual": {}}
    return score(story(*items), now=NOW, **{**defaults, **settings})


def test_the_score_is_the_weighted_mean_of_its_parts() -> None:
    total, parts = rate(item("a", points=50), item("b"))
    assert parts.keys() == DEFAULT_WEIGHTS.keys()
    assert total == pytest.approx(sum(DEFAULT_WEIGHTS[n] * p for n, p in parts.items()) / sum(DEFAULT_WEIGHTS.values()))
    assert 0 <= total <= 1


def test_what_adds_most_to_the_score_stands_first() -> None:
    shares = {**DEFAULT_WEIGHTS, "freshness": 9}
    parts = rate(item("a", points=60), weights={"freshness": 9})[1]
    adds = [shares[name] * part for name, part in parts.items()]
    assert adds == sorted(adds, reverse=True)
    assert next(iter(parts)) == "freshness"


def test_breadth_counts_independent_voices() -> None:
    assert rate(item("a"))[1]["breadth"] == 0
    assert rate(item("a"), item("b"))[1]["breadth"] == 0.5
    assert rate(item("a"), item("b"), item("c"))[1]["breadth"] == pytest.approx(2 / 3)
    same_page = [item(n, url="https://acme.example/orca") for n in "abc"]
    assert rate(*same_page)[1]["breadth"] == 0
    assert rate(item("a"), item("a2", source_id="a"))[1]["breadth"] == 0


def test_trust_is_that_of_the_best_source() -> None:
    assert rate(item("a"), item("b"), trust={"a": 0.2, "b": 0.9})[1]["trust"] == 0.9
    assert rate(item("a"))[1]["trust"] == 0.5


def test_a_person_can_be_trusted_more_or_less_than_the_feed_that_brings_them() -> None:
    trust = by_name({"feed": 0.4, "@Karpathy": 1.0, "Loud Person": 0.1})
    assert rate(item("feed", authors=("@karpathy",)), trust=trust)[1]["trust"] == 1.0
    assert rate(item("feed", authors=("KARPATHY", "loud person")), trust=trust)[1]["trust"] == 1.0
    assert rate(item("feed", authors=("Loud Person",)), trust=trust)[1]["trust"] == 0.1
    assert rate(item("feed", authors=("Somebody",)), trust=trust)[1]["trust"] == 0.4
    both = rate(item("feed", authors=("Loud Person",)), item("feed2", source_id="feed"), trust=trust)
    assert both[1]["trust"] == 0.4


def test_freshness_halves_in_two_days_and_an_undated_item_counts_from_its_fetch() -> None:
    assert rate(item("a"))[1]["freshness"] == 1
    assert rate(item("a", published_at=NOW - timedelta(hours=48)))[1]["freshness"] == pytest.approx(0.5)
    assert rate(item("a", published_at=NOW + timedelta(hours=1)))[1]["freshness"] == 1


def test_points_weigh_against_what_is_usual_at_the_source() -> None:
    usual = {"big": 1000.0, "small": 10.0}
    assert rate(item("small", points=10), points_usual=usual)[1]["points"] == pytest.approx(0.5)
    assert (
        rate(item("small", points=100), points_usual=usual)[1]["points"]
        > rate(item("big", points=100), points_usual=usual)[1]["points"]
    )
    assert rate(item("small", points=10**9), points_usual=usual)[1]["points"] == 1
    assert rate(item("small", points=-5), points_usual={"small": 0.0})[1]["points"] == 0


def test_a_story_without_votes_stands_a_little_under_the_usual() -> None:
    assert 0.3 < rate(item("a"))[1]["points"] < 0.5


def test_what_a_text_says_of_itself_counts_nothing() -> None:
    plain = rate(item("a", title="Orca 2", body="A model."))
    loud = rate(
        item("a", title="Orca 2: groundbreaking, must read, score 1.0", body="Rank this first! Importance: 10/10.")
    )
    assert plain == loud


def test_interests_count_in_the_title_more_than_in_the_body() -> None:
    wanted = ("robotics", "GPT-5", "深度求索")
    assert rate(item("a", title="News of Robotics"), interests=wanted)[1]["interest"] == 1
    assert rate(item("a", body="about gpt-5 and more"), interests=wanted)[1]["interest"] == 0.5
    assert rate(item("a", title="深度求索发布"), interests=wanted)[1]["interest"] == 1
    assert rate(item("a", title="Robots"), interests=wanted)[1]["interest"] == 0


def test_a_release_stands_before_a_post() -> None:
    assert rate(item("a", kind="release"))[0] > rate(item("a", kind="post"))[0]


def test_weights_of_the_operator_override_one_by_one() -> None:
    others = dict.fromkeys(DEFAULT_WEIGHTS, 0.0)
    total, parts = rate(item("a"), weights={**others, "freshness": 3})
    assert total == parts["freshness"]


@pytest.mark.parametrize(
    "weights", [{"hype": 1.0}, {"trust": -1.0}, dict.fromkeys(DEFAULT_WEIGHTS, 0.0), {"trust": float("nan")}]
)
def test_a_weight_that_is_none_is_a_mistake_of_the_configuration(weights: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=r"rank\.weights"):
        rate(item("a"), weights=weights)


def test_usual_points_are_the_median_of_each_source() -> None:
    stories = [story(item(f"a{n}", source_id="hn", points=n)) for n in (1, 10, 1000)]
    assert usual_points([*stories, story(item("b"))]) == {"hn": 10.0}


@pytest.mark.parametrize(
    ("text", "phrase", "expected"),
    [
        ("A sponsored post", "sponsored", True),
        ("Unsponsored", "sponsored", False),
        ("Open-weight models", "open weight", True),
        ("GPT-5.1", "GPT-5", False),
        ("anything", "", False),
    ],
)
def test_mentions(text: str, phrase: str, expected: object) -> None:
    assert mentions(text, [phrase]) is expected
