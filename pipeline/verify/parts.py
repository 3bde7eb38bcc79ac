"""What can be counted of a printed sentence against its sources: each part a number with a plain meaning."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import fmean

from pipeline.text.sentences import split
from pipeline.types import CheckMethod
from pipeline.verify.belongs import announces
from pipeline.verify.findings import Finding
from pipeline.verify.nearest import Told, nearest, telling, tokens
from pipeline.verify.nearest import root as root_of
from pipeline.verify.sources import Place

# Who joins two facts may join them wrongly: summaries with more of these words are wrong more often.
_JOINING_WORDS = """
after although amid because before caused causing citing despite due during following leading led resulting since so
therefore though thus until when while 因为 由于 因此 所以 之后 之前 尽管 虽然 导致 随后
"""
_JOINING = frozenset(_JOINING_WORDS.split())
_MOST_FINDINGS = 3  # more say no more
MEASURES = ("as_written", "by_root", "near", "pairs", "retold", "joining")
COUNTS = ("sentences", "refuted", "not_found")


def sentences(text: str) -> list[tuple[int, int]]:
    """The spans of the sentences that tell something; "Here is a summary:" does not."""
    return [(a, b) for a, b in split(text) if not announces(text[a:b]) and telling(tokens(text[a:b]))]


def parts(sentence: str, told: Told) -> tuple[dict[str, float], Place | None]:
    """The MEASURES of a sentence with at least one telling word, and the place of the nearest sentence, if any.

    Each is 0..1 but for ``joining``, a number of words. ``as_written`` and ``by_root``: the share of its words that
    stand in the sources, whichever they are (coverage: Grusky et al. 2018). ``near``: the weighted share of its telling
    words in the nearest sentence and its neighbours. ``pairs``: of its pairs of neighbouring telling words, the share
    that stand close together in a source. ``retold``: the share of the nearest sentence's words that it has too.
    """
    words = tokens(sentence)
    row = telling(words)
    best = nearest(row, told)
    nearby = told.roots[best.sentence] if best else frozenset()
    neighbours = list(pairwise(row))
    measured = {
        "as_written": fmean(word in told.written for word in words),
        "by_root": fmean(root_of(word) in told.every_root for word in words),
        "near": best.share if best else 0.0,
        "pairs": sum(pair in told.pairs for pair in neighbours) / max(1, len(neighbours)),
        "retold": len(nearby & set(row)) / max(1, len(nearby)),
        "joining": float(sum(word in _JOINING for word in words)),
    }
    return measured, told.places[best.sentence] if best else None


def summary_parts(
    rows: Sequence[Mapping[str, float]], found: Iterable[tuple[CheckMethod, Finding]]
) -> dict[str, float]:
    """MEASURES as the mean over the sentences of a summary (at least one), and COUNTS; findings of the
    other checks count up to ``_MOST_FINDINGS``.
    """
    verdicts = [finding.verdict for method, finding in found if method != "support"]
    return {name: fmean(row[name] for row in rows) for name in MEASURES} | {
        "sentences": len(rows),
        "refuted": min(_MOST_FINDINGS, verdicts.count("refuted")),
        "not_found": min(_MOST_FINDINGS, verdicts.count("not_enough_info")),
    }
