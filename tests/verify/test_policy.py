"""What is done with a sentence that has a finding, as the configuration says."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipeline.config import VerifySettings
from pipeline.types import Check, Claim, Summary, Verdict
from pipeline.verify.policy import is_better, to_cut, to_repair

SUMMARY = Summary(
    story_id="s1",
    revision=2,
    language="en",
    input_hash="h",
    headline="H",
    claims=(Claim(text="One."), Claim(text="Two."), Claim(text="Three.")),
    written_by="model:test",
    written_at=datetime(2026, 11, 23, tzinfo=UTC),
)


def _check(claim: int, verdict: Verdict) -> Check:
    return Check(story_id="s1", revision=2, claim=claim, method="number", verdict=verdict, start=0, end=1, note="N")


CHECKS = [_check(-1, "refuted"), _check(0, "supported"), _check(1, "not_enough_info"), _check(1, "supported")]


@pytest.mark.parametrize(
    ("rules", "cut", "repair"),
    [
        ({}, {-1}, [-1]),
        ({"refuted": "cut"}, {-1}, []),
        ({"refuted": "show"}, set(), []),
        ({"not_enough_info": "cut"}, {-1, 1}, [-1]),
        ({"not_enough_info": "repair"}, {-1, 1}, [-1, 1]),
        ({"refuted": "show", "not_enough_info": "repair"}, {1}, [1]),
    ],
)
def test_each_verdict_has_its_own_rule(rules: dict[str, str], cut: set[int], repair: list[int]) -> None:
    settings = VerifySettings.model_validate(rules)
    assert to_cut(SUMMARY, CHECKS, settings) == cut
    assert [c.claim for c in to_repair(SUMMARY, CHECKS, settings)] == repair


def test_a_doubt_that_a_second_opinion_found_borne_out_is_only_shown() -> None:
    settings = VerifySettings(not_enough_info="repair")
    sound = [replace(_check(c, "supported"), method="model") for c in (-1, 1)]
    assert to_cut(SUMMARY, [*CHECKS, *sound], settings) == {-1}, "what is refuted stays refuted"
    assert [c.claim for c in to_repair(SUMMARY, [*CHECKS, *sound], settings)] == [-1]


def test_checks_of_another_revision_say_nothing() -> None:
    assert to_cut(replace(SUMMARY, revision=3), CHECKS, VerifySettings()) == frozenset()


@pytest.mark.parametrize(
    ("new", "old", "better"),
    [
        ([], ["refuted"], True),
        (["supported"], ["refuted"], True),
        (["refuted"], ["refuted"], False),
        (["not_enough_info"], ["refuted"], False),
        (["not_enough_info"], ["refuted", "not_enough_info"], True),
        (["refuted"], ["not_enough_info", "not_enough_info"], False),
    ],
)
def test_a_mended_summary_must_have_less_against_it(new: list[Verdict], old: list[Verdict], better: bool) -> None:
    assert is_better([_check(0, v) for v in new], [_check(0, v) for v in old]) == better
