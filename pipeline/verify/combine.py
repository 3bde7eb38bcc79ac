"""How likely a sentence, and a summary, is supported: two logistic regressions on counted parts (docs/checking.md)."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.text.language import detect
from pipeline.types import CheckMethod
from pipeline.verify.findings import Finding
from pipeline.verify.nearest import comparable, tokens, told
from pipeline.verify.parts import parts, sentences, summary_parts
from pipeline.verify.sources import Place, Sources

_FILE = Path(__file__).with_name("learned.json")
LEAST_SENTENCES, LEAST_WORDS = 3, 40
"""From here on a text is judged as a whole. Of shorter ones the weights say nothing (SummEdits: AUC .42)."""

_LEARNED_IN = ("en", "und")  # "und": too few words to tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A logistic regression: the log-odds of support are ``bias`` plus each part times its weight."""

    bias: float
    weights: Mapping[str, float]

    def probability(self, found: Mapping[str, float]) -> float:
        """0..1 for parts of these names; one that is absent counts nothing."""
        odds = self.bias + sum(weight * found.get(name, 0.0) for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-odds))


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What learned.json holds. Below ``flag_below`` a summary is flagged, where nothing else stands against it."""

    sentence: Model
    summary: Model
    flag_below: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A sentence, its parts, the nearest sentence of a source, and how likely it is supported (English only)."""

    start: int
    end: int
    parts: Mapping[str, float]
    probability: float | None
    nearest: Place | None


@cache
def learned() -> Learned:
    """The weights that ship; ``benchmarks/_verify_learning.py`` learns them."""
    return read(json.loads(_FILE.read_text(encoding="utf-8")))


def read(raw: Mapping[str, Mapping[str, float]]) -> Learned:
    """The content of learned.json."""
    sentence, summary = (
        Model(bias=raw[name]["bias"], weights={part: w for part, w in raw[name].items() if part != "bias"})
        for name in ("sentence", "summary")
    )
    return Learned(sentence=sentence, summary=summary, flag_below=raw["flags"]["summary_below"])


def carried(text: str, sources: Sources) -> list[Carried]:
    """Each sentence that tells something, with its parts; none where text and sources share no language."""
    known = sources.once(told)
    if not comparable(text, known):
        return []
    english = detect(text) in _LEARNED_IN
    rows = []
    for start, end in sentences(text):
        found, place = parts(text[start:end], known)
        likely = learned().sentence.probability(found) if english else None
        rows.append(Carried(start=start, end=end, parts=found, probability=likely, nearest=place))
    return rows


def probability(text: str, rows: Sequence[Carried], found: Iterable[tuple[CheckMethod, Finding]]) -> float | None:
    """How likely a summary is supported, 0..1, from its sentences (``carried``) and what the other checks found.

    None where the weights were not learned from the like: in another language, or in few sentences or words.
    """
    words = sum(len(tokens(text[row.start : row.end])) for row in rows)
    if len(rows) < LEAST_SENTENCES or words < LEAST_WORDS or any(row.probability is None for row in rows):
        return None
    return learned().summary.probability(summary_parts([row.parts for row in rows], found))
