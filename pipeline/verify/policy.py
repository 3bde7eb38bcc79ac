"""PURE: what findings mean for a summary: one verdict, one score, and what is done with its sentences."""

import math
from collections.abc import Collection, Sequence

from pipeline.config import VerifySettings
from pipeline.types import Check, Summary, Verdict
from pipeline.verify.findings import Finding

PRIOR = 0.78  # how often a summary with no finding against it is right (RAGTruth: 220 of 280)
WEIGHTS: dict[Verdict, float] = {"supported": 1.0, "not_enough_info": 0.4, "refuted": 0.25}


def verdict_of(
    findings: Sequence[Finding], probability: float | None = None, flag_below: float = 0.0
) -> tuple[Verdict, float]:
    """The worst verdict, and 0..1 for how sure we are that the text is supported.

    "supported" says that nothing was found against it, even where there was nothing to look up; "not_enough_info" is
    also what is less ``probability`` than ``flag_below``. Without one, the score is ``PRIOR`` times a weight for each
    finding against the text.
    """
    seen = {finding.verdict for finding in findings}
    doubtful = probability is not None and probability < flag_below
    score = math.prod((WEIGHTS[f.verdict] for f in findings), start=PRIOR) if probability is None else probability
    worst: Verdict = "not_enough_info" if doubtful or "not_enough_info" in seen else "supported"
    return "refuted" if "refuted" in seen else worst, round(score, 6)


def findings(summary: Summary, checks: Sequence[Check]) -> list[Check]:
    """What stands against this revision; checks of another one do not count."""
    key = (summary.story_id, summary.revision)
    return [c for c in checks if (c.story_id, c.revision) == key and c.verdict != "supported"]


def to_cut(summary: Summary, checks: Sequence[Check], rules: VerifySettings) -> frozenset[int]:
    """The claims that go when nobody reviewed them: those with a finding that ``rules`` do not merely show.

    -1 stands for the headline and -2 for why_it_matters, as in ``Check``.
    """
    sound = _borne_out(checks)
    return frozenset(c.claim for c in findings(summary, checks) if _remedy(c, rules, sound) != "show")


def to_repair(summary: Summary, checks: Sequence[Check], rules: VerifySettings) -> list[Check]:
    """The findings that the writer is asked to mend."""
    sound = _borne_out(checks)
    return [c for c in findings(summary, checks) if _remedy(c, rules, sound) == "repair"]


def _borne_out(checks: Sequence[Check]) -> set[int]:
    """The claims that a second opinion found in the sources: what code doubts of them is shown, and no more."""
    return {c.claim for c in checks if c.method == "model" and c.verdict == "supported"}


def _remedy(check: Check, rules: VerifySettings, sound: Collection[int]) -> str:
    if check.verdict == "refuted":
        return rules.refuted
    return "show" if check.claim in sound else rules.not_enough_info


def is_better(new: Sequence[Check], old: Sequence[Check]) -> bool:
    """Whether the checks of a mended summary find less against it, and no more that is refuted."""
    refuted_new, refuted_old = (sum(c.verdict == "refuted" for c in checks) for checks in (new, old))
    against_new, against_old = (sum(c.verdict != "supported" for c in checks) for checks in (new, old))
    return against_new < against_old and refuted_new <= refuted_old
