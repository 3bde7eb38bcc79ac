"""PURE: asks for the texts of several stories in another language, in one call, and reads what holds of the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from pydantic import BaseModel, ConfigDict, StrictInt

from pipeline.model.answers import plain, read_as
from pipeline.model.numbered import list_schema
from pipeline.model.prompting import PromptFile, fence, fill
from pipeline.seams import Prompt
from pipeline.text.characters import one_line
from pipeline.text.language import own_name
from pipeline.translate import agree, glossary
from pipeline.translate.glossary import Term

BATCH_CHARS = 6_000
"""Of one call: some ten stories, about 2,000 tokens of prompt and 3,000 of answer."""

_MAX_CHARS = 2_000  # of one text
_TOLD = 5  # of what is wrong, at a time
_PROPERTIES = {"number": {"type": "integer"}, "text": {"type": "string", "maxLength": _MAX_CHARS}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text that is printed. ``number`` is that of ``Check.claim``, or of a sentence of the lead of the issue
    ``story_id``; ``names`` are those that it must keep where they stand in it.
    """

    story_id: str
    revision: int
    number: int
    language: str
    text: str
    names: tuple[str, ...] = ()


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)  # a key too many does no harm

    number: StrictInt
    text: str


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    texts: list[_Entry]


def batches(texts: Sequence[Text]) -> list[list[Text]]:
    """The texts in lists of about BATCH_CHARS; those of one story stay together."""
    made: list[list[Text]] = []
    size = 0
    for _, group in groupby(texts, key=lambda text: text.story_id):
        of_story = list(group)
        chars = sum(len(text.text) for text in of_story)
        if not made or size + chars > BATCH_CHARS:
            made.append([])
            size = 0
        made[-1] += of_story
        size += chars
    return made


@dataclass(frozen=True, slots=True)
class Question:
    """Asks for ``texts``, numbered from 1; keeps what held of any answer, so that only the rest is asked for again."""

    texts: Sequence[Text]
    language: str
    terms: Sequence[Term]
    held: dict[int, str] = field(default_factory=dict)

    def prompt(self, file: PromptFile) -> Prompt:
        """The prompt, with the terms that stand in the texts. Raises ConfigError for a wrong prompt file."""
        shown = "\n\n".join(f"[{n}] {one_line(text.text)}" for n, text in enumerate(self.texts, 1))
        inputs = {
            "texts": shown,
            "fence": fence(shown),
            "terms": "\n".join(term.line for term in glossary.found_in(shown, self.terms)),
            "language": self.language,
            "name": own_name(self.language),
        }
        schema = list_schema("texts", _PROPERTIES, len(self.texts))
        return fill(file, inputs, stage="translate", answer="translation", schema=schema)

    def read(self, text: str) -> Mapping[int, str]:
        """Place in ``texts`` -> its translation. Raises ValueError that names those that are missing or do not hold."""
        answer = read_as(text, _Answer, "texts")
        wrong: dict[int, str] = {}
        for entry in answer.texts:
            place = entry.number - 1
            if not 0 <= place < len(self.texts) or place in self.held:
                continue
            try:
                self.held[place] = self._checked(self.texts[place], entry.text)
                wrong.pop(place, None)
            except ValueError as e:
                wrong[place] = str(e)
        missing = [place for place in range(len(self.texts)) if place not in self.held]
        if missing:
            told = "; ".join(f"[{place + 1}] {wrong.get(place, 'is missing')}" for place in missing[:_TOLD])
            raise ValueError(f"{told}. The others are right: answer {', '.join(f'[{p + 1}]' for p in missing)} only")
        return self.held

    def _checked(self, text: Text, translation: str) -> str:
        line = plain("it", translation, text.text.casefold(), _MAX_CHARS)
        there = glossary.found_in(text.text, self.terms)
        allowed = " ".join(word for term in there for word in (*term.zh, *term.en))
        agree.check(text.text, line, self.language, names=text.names, allowed=allowed)
        glossary.check(text.text, line, self.language, there)
        return line
