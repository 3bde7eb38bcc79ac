"""PURE: asks a model how much the best stories of a period matter, some forty in a call, and reads its grades."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from pipeline.errors import ModelError
from pipeline.model.answers import plain, read_as
from pipeline.model.numbered import Numbered, list_schema, numbered
from pipeline.model.prompting import PromptFile, fence, fill
from pipeline.seams import Prompt
from pipeline.text.characters import one_line
from pipeline.types import Story

BATCH = 40
"""Stories of one call, about 4,000 tokens: with more of them, answers leave some out."""

BEST_GRADE = 4
_BELIEVED_BELOW = 2
_TITLE_CHARS = 160
_HEAD_CHARS = 200
_REASON_CHARS = 160

# Among the stories stands one that is no news, written for this. Who grades it up, because a text told them to grade
# everything up, is believed in nothing.
_PROBE = "A museum in Leeds shows two looms\n(a gazette) Visitors can try them on Sundays."
_PROPERTIES = {
    "story": {"type": "integer"},
    "grade": {"type": "integer", "minimum": 0, "maximum": BEST_GRADE},
    "reason": {"type": "string", "maxLength": _REASON_CHARS},
}


class _Grade(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)  # a key too many does no harm

    story: StrictInt
    grade: StrictInt = Field(ge=0, le=BEST_GRADE)
    reason: str


class _Grades(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    grades: list[_Grade]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The prompt, the stories as they stand in it, and which story id has which number there."""

    prompt: Prompt
    stories: Numbered
    ids: Mapping[int, str]


def question(file: PromptFile, stories: Sequence[Story]) -> Question:
    """Ask about these stories, BATCH at most. Raises ConfigError for a wrong prompt file."""
    told = numbered([_told(story) for story in stories[:BATCH]], _PROBE)
    inputs = {"stories": told.shown, "fence": fence(told.shown)}
    schema = list_schema("grades", _PROPERTIES, len(told.numbers) + 1)
    return Question(
        prompt=fill(file, inputs, stage="rank", answer="significance", schema=schema),
        stories=told,
        ids=dict(zip(told.numbers, (story.id for story in stories), strict=False)),
    )


def read_grades(text: str, asked: Question) -> dict[str, float]:
    """Story id -> significance, 0..1; a story that was not graded is not there.

    Raises ValueError that names the first thing that is wrong: a number that no story has, a story graded twice, a
    reason with markup or an address. Raises ModelError when the answer cannot be believed.
    """
    answer = read_as(text, _Grades, "grades")
    found: dict[int, int] = {}
    for entry in answer.grades:
        asked.stories.check(entry.story, found, "story")
        plain(f"the reason of story {entry.story}", entry.reason, entry.reason.casefold(), _REASON_CHARS)
        found[entry.story] = entry.grade
    if found.pop(asked.stories.probe, 0) >= _BELIEVED_BELOW:
        message = "graded up what is no news at all, so that none of its grades is believed"
        remedy = "A text may have told it to; the stories are ranked without its judgement"
        raise ModelError(message, subject="rank", remedy=remedy, kind="garbage")
    return {asked.ids[number]: grade / BEST_GRADE for number, grade in found.items()}


def _told(story: Story) -> str:
    """A story in two lines, so that no text can begin a story of its own."""
    first = story.representative
    head = one_line(first.body, _HEAD_CHARS)
    tellers = ", ".join(sorted({item.source_id for item in story.items})[:3])
    return (
        f"{one_line(first.title, _TITLE_CHARS)}\n({tellers}, {(first.published_at or first.fetched_at).date()}) {head}"
    )
