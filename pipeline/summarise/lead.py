"""The lead: the few sentences at the top of an issue, by the model out of what it already wrote, or a plain list."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import BudgetExceeded, ModelError
from pipeline.model.answers import explain, plain, read_object
from pipeline.model.ledger import Ledger
from pipeline.model.prompting import PromptFile, fence, fill
from pipeline.seams import Prompt
from pipeline.text.characters import one_line
from pipeline.text.sentences import OPENERS, split
from pipeline.text.tokens import count_words, words

MAX_STORIES = 8
MAX_WORDS = 120
MAX_SENTENCES = 5
MAX_SENTENCE_CHARS = 400
_LISTED = 3
_ENDS = tuple('.!?…。！？”"')
_WORD = re.compile(r"[^\W_][\w'’.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadStory:
    """What the lead may say about a story: its headline and its first claims, as they were checked."""

    headline: str
    text: str


class _Sentence(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)  # as in evidence.py: a key too many does no harm

    text: str
    stories: list[int] = Field(min_length=1, max_length=MAX_STORIES)


class _Lead(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    sentences: list[_Sentence] = Field(min_length=1, max_length=MAX_SENTENCES)


SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {
        "sentences": {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_SENTENCES,
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string", "maxLength": MAX_SENTENCE_CHARS},
                    "stories": {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": MAX_STORIES},
                },
                "required": ["text", "stories"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["sentences"],
    "additionalProperties": False,
}


def lead_prompt(file: PromptFile, stories: Sequence[LeadStory], language: str = "en") -> Prompt:
    """The prompt for the lead out of the first stories, numbered from 1. Raises ConfigError for a wrong prompt file."""
    told = "\n\n".join(f"[{i}] {s.headline}\n{s.text}" for i, s in enumerate(stories[:MAX_STORIES], 1))
    inputs = {"stories": told, "fence": fence(told), "language": language}
    return fill(file, inputs, stage="summarise", answer="lead", schema=SCHEMA)


def read_lead(text: str, stories: Sequence[LeadStory]) -> tuple[str, ...]:
    """The sentences of a model's lead. Raises ValueError that names the first thing that the stories do not bear out.

    Each number, and each name (a word with a capital, but for "The" and its like at the start), must stand in one of
    the stories that the sentence names.
    """
    try:
        answer = _Lead.model_validate(read_object(text, frozenset(("sentences",))))
    except ValidationError as e:
        raise ValueError(explain(e, _Lead)) from e
    sentences = tuple(
        _read_sentence(f"sentence {i}", sentence, stories[:MAX_STORIES])
        for i, sentence in enumerate(answer.sentences, 1)
    )
    latin, han = count_words(" ".join(sentences))
    if latin + han / 2 > MAX_WORDS:
        raise ValueError(f"the lead has {latin + han // 2} words; at most {MAX_WORDS} fit")
    return sentences


def _read_sentence(what: str, sentence: _Sentence, stories: Sequence[LeadStory]) -> str:
    wrong = [n for n in sentence.stories if not 1 <= n <= len(stories)]
    if wrong:
        raise ValueError(f"{what}: there is no story {wrong[0]}; there are 1 to {len(stories)}")
    told = " ".join(f"{stories[n - 1].headline} {stories[n - 1].text}" for n in sentence.stories)
    line = plain(what, sentence.text, told.casefold(), MAX_SENTENCE_CHARS)
    known = frozenset(words(told))
    for word in _to_check(line):
        if word not in known:
            raise ValueError(f"{what}: {word!r} is not in {', '.join(f'story {n}' for n in sentence.stories)}")
    return line


def _to_check(line: str) -> list[str]:
    """The tokens of a sentence that must come from a story: those with a digit, and names."""
    found = []
    for i, match in enumerate(_WORD.finditer(line)):
        word = match[0]
        named = word != word.lower() and not (i == 0 and word.lower() in OPENERS)
        if named or any(char.isdigit() for char in word):
            found.extend(words(word))
    return found


def extract_lead(stories: Sequence[LeadStory], total: int) -> tuple[str, ...]:
    """A lead without a model: the first story's own first sentence, then the next headlines as they stand.

    The first headline is the subject of the issue and stands above; ``total`` counts the stories of the issue.
    """
    if not stories:
        return ()
    first, *others = stories
    start, end = next(iter(split(first.text)), (0, 0))
    opening = one_line(first.text[start:end]) or one_line(first.headline)
    opening += "" if opening.endswith(_ENDS) else "."
    shown = [headline for headline in (one_line(s.headline).rstrip(" .。;") for s in others[:_LISTED]) if headline]
    more = max(total - 1 - len(shown), 0)
    rest = f"; and {more} more {'story' if more == 1 else 'stories'}" if more else ""
    return (opening, f"Also: {'; '.join(shown)}{rest}.") if shown else (opening,)


def write_lead(
    stories: Sequence[LeadStory],
    total: int,
    ledger: Ledger | None,
    prompt_file: PromptFile,
    language: str = "en",
) -> tuple[str, ...]:
    """The lead of an issue of ``total`` stories: by the model, or a plain list when there is none or it fails.

    Raises ConfigError for a wrong prompt file.
    """
    if ledger is None or not stories:
        return extract_lead(stories, total)
    try:
        return ledger.ask(lead_prompt(prompt_file, stories, language), lambda text: read_lead(text, stories))[0]
    except (ModelError, BudgetExceeded):
        return extract_lead(stories, total)
