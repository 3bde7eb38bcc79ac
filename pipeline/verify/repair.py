"""PURE: gives the writer the sentences that code found wrong, once for a story, and reads how they were mended."""

from collections.abc import Sequence
from dataclasses import replace

from pydantic import BaseModel, ConfigDict, StrictInt

from pipeline.model.answers import plain, read_as
from pipeline.model.blocks import blocks
from pipeline.model.numbered import list_schema
from pipeline.model.prompting import PromptFile, fence, fill
from pipeline.seams import Prompt
from pipeline.types import HEADLINE, WHY_IT_MATTERS, Check, Story, Summary

MAX_LONGER_CHARS = 100  # a correction is about as long as what it corrects
_PROPERTIES = {"sentence": {"type": "integer"}, "text": {"type": "string", "maxLength": 500}}


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)  # a key too many does no harm

    sentence: StrictInt
    text: str


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    sentences: list[_Entry]


def question(file: PromptFile, summary: Summary, story: Story, findings: Sequence[Check]) -> Prompt:
    """Ask to mend the sentences of these findings. Raises ConfigError for a wrong prompt file."""
    wanted, texts = _numbered(findings), summary.texts
    told = []
    for number, claim in wanted.items():
        told.append(f"[{number}] {texts[claim]}")
        told += [f"  wrong: {_said(texts[claim], check)}" for check in findings if check.claim == claim]
    material, sentences = "\n\n".join(map(str, blocks(story, summary.cited))), "\n".join(told)
    inputs = {
        "blocks": material,
        "sentences": sentences,
        "fence": fence(material + sentences),
        "language": summary.language,
    }
    return fill(
        file, inputs, stage="verify", answer="repair", schema=list_schema("sentences", _PROPERTIES, len(wanted))
    )


def read_answer(text: str, summary: Summary, story: Story, findings: Sequence[Check]) -> Summary | None:
    """The summary with its mended sentences, or None where the answer mends nothing that can be used.

    A sentence with an address, markup or too many words stays as it was; no claim loses its citations, and one claim
    stays at least. Never raises: the writer is asked once, not until it gives in.
    """
    try:
        answer = read_as(text, _Answer, "sentences")
    except ValueError:
        return None
    wanted, texts = _numbered(findings), summary.texts
    sources = "\n".join(f"{item.title}\n{item.body}" for item in story.items).casefold()
    mended = {}
    for entry in answer.sentences:
        claim = wanted.get(entry.sentence)
        if claim is not None and (line := _line(entry.text, texts[claim], sources)) is not None:
            mended[claim] = line
    headline = mended.get(HEADLINE) or summary.headline
    claims = [replace(c, text=mended.get(i, c.text)) for i, c in enumerate(summary.claims)]
    new = replace(
        summary,
        headline=headline,
        claims=tuple(c for c in claims if c.text),
        why_it_matters=mended.get(WHY_IT_MATTERS, summary.why_it_matters) or None,
    )
    return new if new.claims and new != summary else None


def _numbered(findings: Sequence[Check]) -> dict[int, int]:
    """The number that a sentence has in the prompt -> the claim, as ``Check`` counts them."""
    return dict(enumerate(dict.fromkeys(check.claim for check in findings), 1))


def _said(sentence: str, check: Check) -> str:
    place = f"“{sentence[check.start : check.end]}”: " if check.end - check.start < len(sentence) else ""
    return f"{place}{check.note}" + (f" (the source: “{check.source}”)" if check.source else "")


def _line(text: str, before: str, sources: str) -> str | None:
    """One line of plain text, "" for a sentence that is left out, None for what cannot be used."""
    if not text.strip():
        return ""
    try:
        return plain("the sentence", text, sources, len(before) + MAX_LONGER_CHARS)
    except ValueError:
        return None
