"""What can be counted of a printed sentence against its sources: each part a number with a plain meaning."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import fmean

from pipeline.text.common_words import STOP
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
therefore though thus until when while
"""
_JOINING = frozenset(_JOINING_WORDS.split())
_RELATIVE = frozenset(("which", "who", "that"))
# A writer's own words about what matters hold no fact that could be wrong.
_FRAMING = re.compile(
    r"\b(?:argue|challeng|concern|critic|despite|emphasi|highlight|impact|importan|overall|significan|ultimately)"
)
_FACT = re.compile(r"(?<=\w\s)[A-Z][\w-]{0,60}|\w{0,20}\d[\w.,-]{0,60}")  # a name within a sentence, a number
_MOST_FINDINGS = 3  # more say no more
MEANS = ("as_written", "by_root", "near", "pairs", "joining", "relative", "framing")
MOST = ("little_new",)
COUNTS = ("refuted", "not_found")
OF_SENTENCE = (*MEANS, *MOST, "new_facts")
OF_SUMMARY = (*MEANS, *MOST, *COUNTS)


def sentences(text: str) -> list[tuple[int, int]]:
    """The spans of the sentences that tell something; "Here is a summary:" does not."""
    return [(a, b) for a, b in split(text) if not announces(text[a:b]) and telling(tokens(text[a:b]))]


def parts(sentence: str, told: Told) -> tuple[dict[str, float], Place | None]:
    """OF_SENTENCE of a sentence with at least one telling word, and the place of the nearest sentence, if any.

    Shares, 0..1: ``as_written`` and ``by_root``, of its words that stand in the sources, whichever they are (coverage:
    Grusky et al. 2018); ``near``, weighted, of its telling words in the nearest sentence and its neighbours; ``pairs``,
    of its pairs of neighbouring telling words that stand close together in a source. Counts: of words that join two
    facts (``joining``), of relative clauses (``relative``), of stop words (``little_new``) and of names and numbers
    (``new_facts``) that no source has. ``framing``: 1 where it weighs instead of telling.
    """
    words = tokens(sentence)
    row = telling(words)
    best = nearest(row, told)
    neighbours = list(pairwise(row))
    measured = {
        "as_written": fmean(word in told.written for word in words),
        "by_root": fmean(root_of(word) in told.every_root for word in words),
        "near": best.share if best else 0.0,
        "pairs": sum(pair in told.pairs for pair in neighbours) / max(1, len(neighbours)),
        "joining": float(sum(word in _JOINING for word in words)),
        "relative": float(sum(word in _RELATIVE for word in words)),
        "framing": float(bool(_FRAMING.search(sentence.lower()))),
        "little_new": float(sum(word in STOP and word not in told.written for word in words)),
        "new_facts": float(sum(not told.written.issuperset(tokens(m[0])) for m in _FACT.finditer(sentence))),
    }
    return measured, told.places[best.sentence] if best else None


def summary_parts(
    rows: Sequence[Mapping[str, float]], found: Iterable[tuple[CheckMethod, Finding]]
) -> dict[str, float]:
    """MEANS and MOST over the sentences of a summary (at least one), the mean or the largest; and COUNTS: what the
    other checks found counts up to ``_MOST_FINDINGS``.
    """
    verdicts = [finding.verdict for method, finding in found if method != "support"]
    means = {name: fmean(row[name] for row in rows) for name in MEANS}
    most = {name: max(row[name] for row in rows) for name in MOST}
    return {
        **means,
        **most,
        "refuted": min(_MOST_FINDINGS, verdicts.count("refuted")),
        "not_found": min(_MOST_FINDINGS, verdicts.count("not_enough_info")),
    }
