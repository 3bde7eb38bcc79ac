"""What findings mean for a summary: one verdict, one score, and the sentences that may not be printed unseen."""

from collections.abc import Iterable, Sequence

from pipeline.types import Check, Summary, Verdict
from pipeline.verify.findings import Finding

PRIOR = 0.75  # how often a summary with nothing against it is right (RAGTruth: 74 % of all are)
WEIGHTS: dict[Verdict, float] = {"supported": 1.0, "not_enough_info": 0.4, "refuted": 0.25}


def verdict_of(findings: Iterable[Finding]) -> tuple[Verdict, float]:
    """The worst verdict, and 0..1 for how sure we are that the text is supported.

    "supported" says that nothing was found against it, even where there was nothing to look up. The score is ``PRIOR``
    times a weight for each finding against the text.
    """
    score, seen = PRIOR, set()
    for finding in findings:
        score *= WEIGHTS[finding.verdict]
        seen.add(finding.verdict)
    worst: Verdict = "supported"
    if seen & {"refuted", "not_enough_info"}:
        worst = "refuted" if "refuted" in seen else "not_enough_info"
    return worst, round(score, 6)


def to_cut(summary: Summary, checks: Sequence[Check]) -> frozenset[int]:
    """The claims that must go when nobody reviewed them: those with anything refuted or not found.

    -1 stands for the headline and -2 for why_it_matters, as in ``Check``; checks of another revision do not count.
    """
    return frozenset(
        c.claim
        for c in checks
        if (c.story_id, c.revision) == (summary.story_id, summary.revision) and c.verdict != "supported"
    )
