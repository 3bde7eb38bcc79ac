"""Whether an item belongs to a story: what was found out about the two in, a verdict with its reason out.

Pure, and blind to how the evidence was found: ``fold`` looks it up. The likeness of the words (corrected by that of
the meaning, where vectors are at hand) must suffice, and nothing may stand against it. What falls short by little, or
has something against it that is often another side of one event, is a doubt.
"""

from dataclasses import dataclass
from typing import Literal

from pipeline.text.facts import Difference

Verdict = Literal["same", "perhaps", "apart"]

DOUBT_FROM = 0.7
"""The share of the threshold from which two stories that are not alike enough are perhaps one."""

# Of the doubts of the hard set in which a fact contradicts, one in fifty is one event: the others come first.
_CONTRADICTED = 0.25
_SAME_SOURCE = 0.7  # a source seldom tells one event under two guids; when it does, it hardly changes the words
# Two texts of one event share names, not only everyday words: among real posts of two weeks, nearly all wrong merges at
# this threshold shared one such term or none ("problem", "right now").
_LEAST_SHARED_TERMS = 2
_ONE_TELLING_DOES = 0.3  # the cosine from which one term that is no common word is enough; else two
_NONE_TELLING_DOES = 0.6  # and from which none is needed: "Qwen-Image is out", "Qwen-Image is released"
# With vectors. In meaning, everyday talk of one field is alike (among posts about AI without these two, one in three
# fell into a story about something else), so that a name in common is still asked for; no second one, though.
_MEANING_WEIGHT = 0.6
_MEANING_NEEDS_ONE_NAME = 0.3
_MEANING_NEEDS_NONE = 0.7  # another language, or other words altogether


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known about an item and a story."""

    words: float  # cosine of the terms, 0..1 (text.similarity)
    meaning: float | None = None  # cosine of the vectors above that of unrelated texts, at most 1; None without vectors
    closeness: float = 1.0  # in time: 1 while the story was being told, falling to 0 (fold)
    shared: int = 0  # terms that both have
    telling: int = 0  # those of them that are no common words
    same_source: bool = False  # every member came from the source of the item
    generic: bool = False  # the title is one that a series gives to each of its issues
    difference: Difference | None = None  # the first fact in which they contradict each other


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """The verdict; ``score`` is 0..1, lower where a fact contradicts; ``reason`` is plain words for a reviewer."""

    verdict: Verdict
    score: float
    reason: str


def likeness(found: Evidence, threshold: float) -> Likeness:
    """Weigh the evidence. ``threshold`` is the least score of an item that joins a story, 0..1."""
    score = _score(found)
    against, final = _against(found)
    verdict: Verdict = "same" if score >= threshold else "perhaps"
    if final or score < threshold * DOUBT_FROM:
        verdict = "apart"
    elif against:
        verdict = "perhaps"
    reason = f"likeness {score:.2f}".replace(" 0.", " .") + (f"; {against}" if against else "")
    return Likeness(verdict=verdict, score=score * _CONTRADICTED if found.difference else score, reason=reason)


def weight_of_facts(words: float, meaning: float | None, members: int) -> float:
    """How alike an item and a story are for a fact in which they contradict each other to weigh, 0..1.25.

    The more alike two single texts are, the more does one fact in which they differ mark two events. What is told by
    many was told from many sides, and one more side of it is no other event: B-cubed F1 on long stories is .01 higher
    for it, and fewer pairs of the hard set are merged wrongly.
    """
    alike = words + max(0.0, (meaning or 0.0) - words) / members
    return alike * (0.75 + 0.5 / members)


def _score(found: Evidence) -> float:
    more = _MEANING_WEIGHT * (found.meaning or 0.0) * (1 - found.words)  # of what the words leave open
    return max(0.0, (found.words + more) * found.closeness)


def _against(found: Evidence) -> tuple[str, bool]:
    """What speaks against one story, "" for nothing, and whether that is the end of it."""
    if found.same_source and (found.generic or found.words < _SAME_SOURCE):
        return "one source told both", True
    if found.difference is not None:
        return str(found.difference), found.difference.is_version
    meaning = found.meaning or 0.0
    if meaning >= _MEANING_NEEDS_NONE:
        return "", False
    if found.shared < _LEAST_SHARED_TERMS and not (found.telling and meaning >= _MEANING_NEEDS_ONE_NAME):
        return "they share a word", True
    if not found.telling and found.words < _NONE_TELLING_DOES:
        return "they share common words alone", False
    if found.telling < 2 and found.words < _ONE_TELLING_DOES and meaning < _MEANING_NEEDS_ONE_NAME:
        return "they share a single name", False
    return "", False
