"""Writes one story: by the model when there is one that answers, else out of its own sentences."""

import json
from hashlib import sha256

from pipeline.errors import BudgetExceeded, ModelError
from pipeline.model.ledger import Ledger
from pipeline.model.prompting import PromptFile, fence, fill
from pipeline.seams import Prompt
from pipeline.summarise.draft import Draft
from pipeline.summarise.evidence import SCHEMA, blocks, read_answer
from pipeline.summarise.extract import extract
from pipeline.types import Story

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


def summary_prompt(file: PromptFile, story: Story, language: str = "en") -> Prompt:
    """The prompt for one story: its items as numbered blocks between two fences. Raises ConfigError."""
    text = "\n\n".join(str(block) for block in blocks(story))
    inputs = {"blocks": text, "fence": fence(text), "language": language}
    return fill(file, inputs, stage="summarise", answer="summary", schema=SCHEMA)


def write(
    story: Story, ledger: Ledger | None, prompt_file: PromptFile, language: str = "en"
) -> tuple[Draft, str, str | None]:
    """(draft, who wrote it: "model:<name>" or "extract", a note for the reader when a model was asked in vain).

    Raises ConfigError for a wrong prompt file; a model that fails or a spent budget never raises.
    """
    if ledger is None:
        return extract(story), EXTRACT, None
    prompt = summary_prompt(prompt_file, story, language)
    try:
        draft, _from_cache = ledger.ask(prompt, lambda text: read_answer(text, story))
    except BudgetExceeded:
        return extract(story), EXTRACT, f"{_NO_BUDGET}; {_INSTEAD}."
    except ModelError as e:
        return extract(story), EXTRACT, f"{_NOTES.get(e.kind, _NOTES['garbage'])}; {_INSTEAD}."
    return draft, f"model:{ledger.name}", None


def input_hash(story: Story, prompt_id: str, model_name: str, language: str = "en") -> str:
    """The sha256, in hex, of what a summary depends on; a story without a summary of this hash is to be written."""
    items = [(item.id, item.title, item.body) for item in story.items]
    parts = [prompt_id, model_name, language, items]
    return sha256(json.dumps(parts).encode()).hexdigest()
