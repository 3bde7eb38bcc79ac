"""PURE: a second opinion, by a model, on the sentences that code left open; its quotations are looked up.

It is no check of the contract in ``__init__.py``: it needs a model, and is asked once for a story, not for each text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, StrictInt

from pipeline.errors import ModelError
from pipeline.model.answers import read_as
from pipeline.model.blocks import blocks
from pipeline.model.numbered import Numbered, list_schema, numbered
from pipeline.model.prompting import PromptFile, fence, fill
from pipeline.seams import Prompt
from pipeline.types import Check, Story, Summary
from pipeline.verify import words
from pipeline.verify.sources import Place, Sources

MIN_QUOTED_WORDS = 4  # fewer stand in many a text by chance; of Han each character is a word here
# It stands in no story, written for this. Who calls it supported, because a text told them to, is believed in nothing.
_PROBE = "A museum in Leeds shows two looms of the eighteenth century on Sundays."
_PROPERTIES = {
    "sentence": {"type": "integer"},
    "verdict": {"type": "string", "enum": ["supported", "refuted", "unclear"]},
    "quote": {"type": "string", "maxLength": 500},
}
_SAID = {"supported": "finds this borne out by the source", "refuted": "finds this contradicted by the source"}


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)  # a key too many does no harm

    sentence: StrictInt
    verdict: Literal["supported", "refuted", "unclear"]
    quote: str = ""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    sentences: list[_Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The prompt, and which claim (as ``Check`` counts them) has which number in it."""

    prompt: Prompt
    claims: Mapping[int, int]
    shown: Numbered


def left_open(checks: Sequence[Check]) -> list[int]:
    """The claims that code doubts and does not refute, each once."""
    refuted = {c.claim for c in checks if c.verdict == "refuted"}
    doubted = dict.fromkeys(c.claim for c in checks if c.verdict == "not_enough_info")
    return [claim for claim in doubted if claim not in refuted]


def question(file: PromptFile, summary: Summary, story: Story, claims: Sequence[int]) -> Question:
    """Ask about these claims. Raises ConfigError for a wrong prompt file."""
    shown = numbered([summary.texts[claim] for claim in claims], _PROBE)
    material = "\n\n".join(map(str, blocks(story, summary.cited)))
    inputs = {"blocks": material, "sentences": shown.shown, "fence": fence(material + shown.shown)}
    schema = list_schema("sentences", _PROPERTIES, len(claims) + 1)
    prompt = fill(file, inputs, stage="verify", answer="check", schema=schema)
    return Question(prompt=prompt, claims=dict(zip(shown.numbers, claims, strict=True)), shown=shown)


def read_answer(text: str, asked: Question, summary: Summary, sources: Sources) -> list[Check]:
    """What a model says, as far as its quotation stands in the sources; without one a verdict counts nothing. Notes
    begin with the verb: whose opinion it is, the caller knows.

    An answer of another shape says nothing: it is asked once. Raises ModelError when the answer cannot be believed.
    """
    try:
        answer = read_as(text, _Answer, "sentences")
    except ValueError:
        return []
    if any(e.sentence == asked.shown.probe and e.verdict == "supported" for e in answer.sentences):
        message = "called a sentence supported that no source has, so that none of its verdicts is believed"
        remedy = "A text may have told it to; what code left open stays open"
        raise ModelError(message, subject="verify", remedy=remedy, kind="garbage")
    found: dict[int, Check] = {}
    for entry in answer.sentences:
        claim = asked.claims.get(entry.sentence)
        if claim is None or claim in found or entry.verdict == "unclear":
            continue
        if place := _find(entry.quote, sources):
            found[claim] = Check(
                story_id=summary.story_id,
                revision=summary.revision,
                claim=claim,
                method="model",
                verdict=entry.verdict,
                start=0,
                end=len(summary.texts[claim]),
                note=_SAID[entry.verdict],
                source_item_id=place.item_id,
                source=sources.quoted(place),
            )
    return list(found.values())


def _find(quote: str, sources: Sources) -> Place | None:
    said = words.fold(quote)
    if len(said) < MIN_QUOTED_WORDS:
        return None
    for i, source in enumerate(sources.read(words.read)):
        if found := source.find("".join(said)):
            return sources.place(i, *source.place(*found))
    return None
