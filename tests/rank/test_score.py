from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.rank.score import by_name, independent, merge_weights, score
from pipeline.rank.usual import Usual, learned, place_of, usual_at
from pipeline.text.tokens import mentions
from pipeline.types import Item, Story

WEIGHTS = learned().weights
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def item(name: str, **fields: Any) -> Item:
    url = f"https://{name}.example/x"
    defaults = {"source_id": name, "guid": name, "url": url, "title": name, "body": "", "fetched_at": NOW}
    return Item(id=name, **{**defaults, **fields})


def story(*items: Item) -> Story:
    return Story(id=items[0].id, items=items, first_seen_at=NOW, last_seen_at=NOW)


def rate(*items: Item, weights: dict[str, float] | None = None, **given: Any) -> tuple[float, dict[str, float]]:
    defaults: dict[str, Any] = {"trust": {}, "interests": {}, "usual": {}, "shares": merge_weights(weights or {})}
    return score(story(*items), now=NOW, **{**defaults, **given})


def test_the_score_is_the_weighted_mean_of_its_parts() -> None:
    total, parts = rate(item("a", points=50), item("b"), significance={"a": 0.25})
    assert parts.keys() == WEIGHTS.keys()
    assert total == pytest.approx(sum(WEIGHTS[n] * p for n, p in parts.items()) / sum(WEIGHTS.values()))
    assert 0 <= total <= 1


def test_without_a_judgement_the_other_parts_weigh_the_more() -> None:
    total, parts = rate(item("a"))
    assert "significance" not in parts
    assert total == pytest.approx(sum(WEIGHTS[n] * p for n, p in parts.items()) / sum(WEIGHTS[n] for n in parts))
    assert rate(item("a"), significance={"a": 0.0})[0] < total < rate(item("a"), significance={"a": 1.0})[0]


def test_what_was_told_before_is_less_new() -> None:
    assert rate(item("a"))[1]["novelty"] == 1
    assert rate(item("a"), novelty={"a": 0.4})[0] < rate(item("a"))[0]


def test_what_adds_most_to_the_score_stands_first() -> None:
    shares = {**WEIGHTS, "freshness": 9}
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


def test_copies_and_pointers_are_no_voices_of_their_own() -> None:
    told = "Acme releases Orca 2, an open model with 7 billion parameters, under Apache-2.0."
    copy = [item(n, body=told) for n in "ab"]
    assert independent(copy) == 1
    talk = "https://forum.example/t/7"
    assert independent([item("a"), item("b", url="https://a.example/x?utm_source=b", via=talk)]) == 1
    assert independent([item("a", url=talk), item("b", via=talk), item("c")]) == 2
    assert independent([item("a"), item("b"), item("ab", url="https://b.example/y", body=told, source_id="a")]) == 1


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


def test_votes_and_comments_weigh_against_what_is_usual_at_the_place() -> None:
    usual = {"big": Usual(points=1000, comments=100), "small": Usual(points=10, comments=5)}

    def part(name: str, **counts: int) -> dict[str, float]:
        return rate(item(name, **counts), usual=usual)[1]

    assert part("small", points=10, comments=5)["points"] == 0.5
    assert part("small", points=10, comments=5)["comments"] == 0.5
    assert part("small", points=100)["points"] > part("big", points=100)["points"]
    assert part("small", points=10**9)["points"] == pytest.approx(1)
    assert 0 < part("small", points=-5)["points"] < 0.1
    assert part("big", points=1)["reach"] > part("small", points=1)["reach"]


def test_a_story_without_votes_stands_a_little_under_the_usual() -> None:
    parts = rate(item("a"))[1]
    assert 0.3 < parts["points"] == parts["comments"] < 0.5


def test_the_place_is_the_community_whoever_brings_the_item() -> None:
    talk = "https://www.reddit.com/r/LocalLLaMA/comments/1abc/orca/"
    assert place_of(item("a", url=talk)) == "reddit/localllama"
    assert place_of(item("a", via=talk)) == "reddit/localllama"
    assert place_of(item("a", via="https://news.ycombinator.com/item?id=1")) == "hn"
    assert place_of(item("Blog")) == "blog"


def test_what_was_learned_of_a_place_stands_where_nobody_gave_a_trust() -> None:
    talk = "https://www.reddit.com/r/LocalLLaMA/comments/1abc/orca/"
    assert rate(item("a", url=talk))[1]["trust"] == learned().trust["reddit/localllama"]
    elsewhere = talk.replace("LocalLLaMA", "knitting")
    assert rate(item("a", url=elsewhere))[1]["trust"] == learned().trust["reddit"]
    assert rate(item("a", url=talk), trust={"a": 0.1})[1]["trust"] == 0.1


def test_few_posts_hardly_move_what_is_usual_and_many_do() -> None:
    def usual(count: int) -> float:
        posts = [item(f"p{n}", source_id="new", points=10_000) for n in range(count)]
        return usual_at(posts, learned())["new"].points

    before = learned().usual_at("new").points
    assert before < usual(1) < 4 * before
    assert usual(1_000) > 9_000


def test_news_on_its_makers_own_site_is_first_hand() -> None:
    assert rate(item("a", url="https://www.anthropic.com/news/x"))[1]["first_hand"] == 1
    assert rate(item("a", url="https://anthropic.com.a.example/news/x"))[1]["first_hand"] == 0


PRAISE = ["groundbreaking", "BREAKING:", "SOTA", "must read", "🔥🚀", "!!!", "score 1.0", "grade: 4", "Rank this first",
          "official", "exclusive", "99.9 %", "revolutionary", "OpenAI", "GPT-5", "重磅", "史上最强", "AGI",
          "https://openai.com/"]  # fmt: skip


@given(
    praise=st.lists(st.sampled_from(PRAISE) | st.text(max_size=30), max_size=20).map(" ".join),
    points=st.none() | st.integers(-5, 5_000),
)
def test_no_text_can_talk_its_own_score_up(praise: str, points: int | None) -> None:
    """Whatever is added to its title and its text, unless the reader asked for that very word."""
    other = item("b", body="Acme releases Orca 2, an open model.")
    plain = item("a", title="Orca 2", body="A model of Acme.", points=points)
    loud = replace(plain, title=f"{praise} Orca 2 {praise}", body=f"A model of Acme. {praise} {praise}")
    wanted = {"robotics": 1.0}
    assume(not mentions(f"{loud.title} {loud.body}", wanted))
    assert rate(loud, interests=wanted) == rate(plain, interests=wanted)
    assert rate(loud, other, interests=wanted)[0] <= rate(plain, other, interests=wanted)[0]


def test_interests_count_in_the_title_more_than_in_the_body() -> None:
    wanted = dict.fromkeys(("robotics", "GPT-5", "深度求索"), 1.0)
    assert rate(item("a", title="News of Robotics"), interests=wanted)[1]["interest"] == 1
    assert rate(item("a", body="about gpt-5 and more"), interests=wanted)[1]["interest"] == 0.75
    assert rate(item("a", title="深度求索发布"), interests=wanted)[1]["interest"] == 1
    assert rate(item("a", title="Robots"), interests=wanted)[1]["interest"] == 0.5


def test_of_what_the_reader_does_not_care_for_there_is_less() -> None:
    wanted = {"robotics": 1.0, "crypto": -1.0, "chips": 0.5}
    assert rate(item("a", title="Crypto agents"), interests=wanted)[1]["interest"] == 0
    assert rate(item("a", title="Chips"), interests=wanted)[1]["interest"] == 0.75
    assert rate(item("a", title="Robotics on crypto"), interests=wanted)[1]["interest"] == 0.5


def test_a_release_stands_before_a_post() -> None:
    assert rate(item("a", kind="release"))[0] > rate(item("a", kind="post"))[0]


def test_weights_of_the_operator_override_one_by_one() -> None:
    others = dict.fromkeys(WEIGHTS, 0.0)
    total, parts = rate(item("a"), weights={**others, "freshness": 3})
    assert total == pytest.approx(parts["freshness"])


@pytest.mark.parametrize(
    "weights", [{"hype": 1.0}, {"trust": -1.0}, dict.fromkeys(WEIGHTS, 0.0), {"trust": float("nan")}]
)
def test_a_weight_that_is_none_is_a_mistake_of_the_configuration(weights: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=r"rank\.weights"):
        rate(item("a"), weights=weights)


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
