"""Writes one story: by the model when there is one that answers, else out of its own sentences."""

import json
from hashlib import sha256

from pipeline.errors import BudgetExceeded, ModelError
from pipeline.model.blocks import blocks
from pipeline.model.chain import Chain
from pipeline.model.prompting import PromptFile, fence, fill
from pipeline.seams import Prompt
from pipeline.summarise.draft import Draft
from pipeline.summarise.evidence import SCHEMA, read_answer
from pipeline.summarise.extract import extract
from pipeline.types import Story, Told

EXTRACT = "extract"

_NOTES = {
    "down": "The model could not be reached",
    "timeout": "The model took too long to answer",
    "auth": "The model did not accept the key",
    "rate_limited": "The model was asked too often",
    "refused": "The model refused to write about this story",
    "cut_off": "The model's answer was cut off",
    "garbage": "The model gave no usable answer",
}
_NO_BUDGET = "The budget for the model was used up"
_INSTEAD = "these sentences are taken from the sources as they stand"


def summary_prompt(file: PromptFile, story: Story, language: str = "en", before: Told | None = None) -> Prompt:
    """The prompt for one story: its items as numbered blocks, and what was told before, between two fences.

    Raises ConfigError.
    """
    text = "\n\n".join(str(block) for block in blocks(story))
    told = "\n".join(_printed(before))
    inputs = {"blocks": text, "told_before": told, "fence": fence(text + told), "language": language}
    return fill(file, inputs, stage="summarise", answer="summary", schema=SCHEMA)


def write(
    story: Story, chain: Chain | None, prompt_file: PromptFile, language: str = "en", before: Told | None = None
) -> tuple[Draft, str, str | None]:
    """(draft, who wrote it: "model:<name>" or "extract", a note for the reader when a model was asked in vain).

    Only what goes beyond what was told ``before`` is written.

    Raises ConfigError for a wrong prompt file; a model that fails or a spent budget never raises.
    """
    if chain is None:
        return extract(story, before=before), EXTRACT, None
    prompt = summary_prompt(prompt_file, story, language, before)
    try:
        draft, by = chain.ask(prompt, lambda text: read_answer(text, story))
    except BudgetExceeded:
        return extract(story, before=before), EXTRACT, f"{_NO_BUDGET}; {_INSTEAD}."
    except ModelError as e:
        return extract(story, before=before), EXTRACT, f"{_NOTES.get(e.kind, _NOTES['garbage'])}; {_INSTEAD}."
    return draft, f"model:{by}", None


def input_hash(story: Story, prompt_id: str, model_name: str, language: str = "en", before: Told | None = None) -> str:
    """The sha256, in hex, of what a summary depends on; a story without a summary of this hash is to be written."""
    items = [(item.id, item.title, item.body) for item in story.items]
    parts = [prompt_id, model_name, language, items, *_printed(before)]
    return sha256(json.dumps(parts).encode()).hexdigest()


def _printed(before: Told | None) -> tuple[str, ...]:
    return (before.headline, *before.sentences) if before else ()
