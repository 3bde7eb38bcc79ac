"""Writes one story: by the model when there is one that answers, else out of its own sentences."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from pipeline.errors import BudgetExceeded, ModelError
from pipeline.model.blocks import BUDGET_TOKENS, Block, blocks
from pipeline.model.chain import Chain
from pipeline.model.prompting import PromptFile, fence, fill
from pipeline.seams import Prompt
from pipeline.summarise import long
from pipeline.summarise.draft import Draft
from pipeline.summarise.evidence import SCHEMA, read_answer
from pipeline.summarise.extract import extract
from pipeline.types import Citation, Story, Told

EXTRACT = "extract"

_NOTES = {
    "down": "The model could not be reached",
    "timeout": "The model took too long to answer",
    "auth": "The model did not accept the key",
    "rate_limited": "The model was asked too often",
    "refused": "The model refused to write about this story",
    "cut_off": "The model's answer was cut off",
    "garbage": "The model gave no usable answer",
    "too_long": "The story does not fit the model's window",
}
_NO_BUDGET = "The budget for the model was used up"
_INSTEAD = "these sentences are taken from the sources as they stand"
_SMALLER = 4  # where the budget of tokens is too much for a window: a fourth of it fits one of 4,096


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The prompt files of this task: ``summary`` writes, ``notes`` reads the parts of what is too long for it."""

    summary: PromptFile
    notes: PromptFile

    def ids(self, story: Story) -> str:
        """Of the prompts that this story is written with: it changes when one of them does."""
        return f"{self.summary.id}+{self.notes.id}" if long.is_long(story, BUDGET_TOKENS) else self.summary.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A draft, and ``by`` whom: "model:<name>" or "extract". ``note`` is for the reader: why it is an extract although
    a model was asked, or how much of a long story was not read. ``asked`` is the prompt that it answers, if any.
    """

    draft: Draft
    by: str
    note: str | None = None
    asked: Prompt | None = None


def summary_prompt(
    file: PromptFile, shown: Sequence[Block], language: str = "en", before: Told | None = None
) -> Prompt:
    """The prompt for one story: blocks of its items, and what was told before, between two fences.

    Raises ConfigError.
    """
    text = _joined(shown)
    told = "\n".join(_printed(before))
    inputs = {"blocks": text, "told_before": told, "fence": fence(text + told), "language": language}
    return fill(file, inputs, stage="summarise", answer="summary", schema=SCHEMA)


def notes_prompt(file: PromptFile, part: long.Part) -> Prompt:
    """The prompt for one part of a long story. Raises ConfigError."""
    text = _joined(part.blocks)
    return fill(file, {"blocks": text, "fence": fence(text)}, stage="summarise", answer="notes", schema=long.SCHEMA)


def prompts_for(story: Story, files: Files, language: str = "en", before: Told | None = None) -> list[Prompt]:
    """What a model is asked about a story; of a long one the last prompt is as long as its notes may be.

    Raises ConfigError.
    """
    if _is_title(story, language):
        return []
    parts = long.parts_of(story, BUDGET_TOKENS)[0] if long.is_long(story, BUDGET_TOKENS) else []
    last = summary_prompt(files.summary, blocks(story), language, before)
    return [*(notes_prompt(files.notes, part) for part in parts), last]


def write(
    story: Story,
    chain: Chain | None,
    files: Files,
    language: str = "en",
    before: Told | None = None,
    *,
    max_tokens: int = BUDGET_TOKENS,
) -> Written:
    """One call for a story, none for a title alone in the language of the issue; one that is long, as its text does not
    fit ``max_tokens``, is read in parts before, one call each.

    Only what goes beyond what was told ``before`` is written.

    Raises ConfigError for a wrong prompt file; a model that fails or a spent budget never raises.
    """
    if chain is None or _is_title(story, language):
        return Written(draft=extract(story, before=before), by=EXTRACT)
    try:
        try:
            return _ask(story, chain, files, language, before, max_tokens)
        except ModelError as e:
            if e.kind != "too_long":
                raise
            return _ask(story, chain, files, language, before, max_tokens // _SMALLER)
    except BudgetExceeded:
        why = _NO_BUDGET
    except ModelError as e:
        why = _NOTES.get(e.kind, _NOTES["garbage"])
    return Written(draft=extract(story, before=before), by=EXTRACT, note=f"{why}; {_INSTEAD}.")


def _is_title(story: Story, language: str) -> bool:
    """Whether there is nothing to write about: one title and no text, which is printed as it stands."""
    (first, *others) = story.items
    readable = first.language.partition("-")[0] in ("und", language.partition("-")[0])
    return readable and not others and not first.body


def _ask(story: Story, chain: Chain, files: Files, language: str, before: Told | None, max_tokens: int) -> Written:
    shown, note = blocks(story, max_tokens=max_tokens), None
    if long.is_long(story, max_tokens):
        shown, note = _read_in_parts(story, chain, files.notes, max_tokens)
    prompt = summary_prompt(files.summary, shown, language, before)
    draft, by = chain.ask(prompt, lambda text: read_answer(text, shown, language))
    return Written(draft=draft, by=f"model:{by}", note=note, asked=prompt)


def _read_in_parts(story: Story, chain: Chain, file: PromptFile, max_tokens: int) -> tuple[list[Block], str | None]:
    """(what was noted down of a long story, what is to be said of the rest of it).

    A part whose notes cannot be used is passed over; raises the ModelError of the last one where none can.
    """
    parts, total = long.parts_of(story, max_tokens)
    notes: list[list[Citation]] = []
    failed: ModelError | None = None
    for part in parts:
        try:
            notes.append(chain.ask(notes_prompt(file, part), partial(long.read_notes, part=part))[0])
        except ModelError as e:
            if e.kind == "too_long":
                raise
            failed = e
    shown = long.noted(story, notes, max_tokens)
    if not shown:
        raise failed or ModelError("found nothing to note down", subject=chain.name, kind="garbage")
    unread = total - len(notes)
    return shown, f"Its sources are long: {unread} of {total} parts of them were not read." if unread else None


def input_hash(story: Story, prompt_id: str, model_name: str, language: str = "en", before: Told | None = None) -> str:
    """The sha256, in hex, of what a summary depends on; a story without a summary of this hash is to be written."""
    items = [(item.id, item.title, item.body) for item in story.items]
    parts = [prompt_id, model_name, language, items, *_printed(before)]
    return sha256(json.dumps(parts).encode()).hexdigest()


def _joined(shown: Sequence[Block]) -> str:
    return "\n\n".join(map(str, shown))


def _printed(before: Told | None) -> tuple[str, ...]:
    return (before.headline, *before.sentences) if before else ()
