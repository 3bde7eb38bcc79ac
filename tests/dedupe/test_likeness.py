"""What speaks for and against one story, weighed."""

from typing import Any

import pytest

from pipeline.dedupe.likeness import Evidence, Likeness, likeness, weight_of_facts
from pipeline.text.facts import contradiction, facts_of

VERSIONS = contradiction(facts_of("Opus 5"), facts_of("Opus 5.1"))
AMOUNTS = contradiction(facts_of("Acme raises $40M"), facts_of("Acme raises $400M"))


def judged(**found: Any) -> Likeness:
    return likeness(Evidence(**{"words": 0.5, "shared": 4, "telling": 2, **found}), 0.2)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ({}, "same"),
        ({"words": 0.19}, "perhaps"),
        ({"words": 0.1}, "apart"),
        ({"words": 0.25, "closeness": 0.7}, "perhaps"),
        ({"words": 0.9, "difference": VERSIONS}, "apart"),
        ({"words": 0.9, "difference": AMOUNTS}, "perhaps"),
        ({"words": 0.25, "telling": 1}, "perhaps"),
        ({"words": 0.35, "telling": 1}, "same"),
        ({"telling": 0}, "perhaps"),
        ({"telling": 0, "words": 0.8}, "same"),
        ({"shared": 1, "telling": 1}, "apart"),
        ({"same_source": True}, "apart"),
        ({"same_source": True, "words": 0.8}, "same"),
        ({"same_source": True, "words": 0.8, "generic": True}, "apart"),
        ({"words": 0.0, "shared": 1, "telling": 1, "meaning": 0.5}, "same"),
        ({"words": 0.0, "shared": 0, "telling": 0, "meaning": 0.5}, "apart"),
        ({"words": 0.0, "shared": 0, "telling": 0, "meaning": 0.8}, "same"),
        ({"words": 0.0, "meaning": -0.3}, "apart"),
    ],
)
def test_the_verdict(found: dict[str, Any], verdict: str) -> None:
    assert judged(**found).verdict == verdict


def test_the_reason_is_told_in_plain_words() -> None:
    assert judged(words=0.17, difference=VERSIONS).reason == "likeness .17; opus 5 is not opus 5.1"
    assert judged(words=1.0).reason == "likeness 1.00"
    assert judged(words=0.9, difference=AMOUNTS).reason == "likeness .90; the amounts differ: 40M and 400M"


def test_where_a_fact_contradicts_others_come_first() -> None:
    assert judged(words=0.8, difference=AMOUNTS).score < judged(words=0.25, telling=1).score


def test_a_fact_weighs_most_between_two_single_texts() -> None:
    assert weight_of_facts(0.5, None, 1) > weight_of_facts(0.5, None, 2) > weight_of_facts(0.5, None, 20)
    assert weight_of_facts(0.2, 0.8, 1) > weight_of_facts(0.2, None, 1)
    assert weight_of_facts(0.8, 0.2, 1) == weight_of_facts(0.8, None, 1)
