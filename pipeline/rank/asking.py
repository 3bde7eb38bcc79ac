"""PURE: asks a model how much the best stories of a period matter, some forty in a call, and reads its grades."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError

from pipeline.errors import ModelError
from pipeline.model.answers import explain, plain, read_object
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
    """The prompt, and which story has which number in it. ``probe`` is the number of the one that is no news."""

    prompt: Prompt
    numbered: Mapping[int, str]
    probe: int


def question(file: PromptFile, stories: Sequence[Story]) -> Question:
    """Ask about these stories, BATCH at most. Raises ConfigError for a wrong prompt file."""
    told = [_told(story) for story in stories[:BATCH]]
    # where the probe stands depends on all texts, so that no text can foresee it, and is the same the next time
    at = int(fence("\n".join(told)).strip("= "), 16) % (len(told) + 1)
    shown = "\n\n".join(f"[{n}] {text}" for n, text in enumerate([*told[:at], _PROBE, *told[at:]], 1))
    numbers = (n for n in range(1, len(told) + 2) if n != at + 1)
    inputs = {"stories": shown, "fence": fence(shown)}
    return Question(
        prompt=fill(file, inputs, stage="rank", answer="significance", schema=_schema(len(told) + 1)),
        numbered=dict(zip(numbers, (story.id for story in stories), strict=False)),
        probe=at + 1,
    )


def read_grades(text: str, asked: Question) -> dict[str, float]:
    """Story id -> significance, 0..1; a story that was not graded is not there.

    Raises ValueError that names the first thing that is wrong: a number that no story has, a story graded twice, a
    reason with markup or an address. Raises ModelError when the answer cannot be believed.
    """
    try:
        answer = _Grades.model_validate(read_object(text, frozenset(("grades",))))
    except ValidationError as e:
        raise ValueError(explain(e, _Grades)) from e
    found: dict[int, int] = {}
    for entry in answer.grades:
        if entry.story != asked.probe and entry.story not in asked.numbered:
            raise ValueError(f"there is no story {entry.story}; there are 1 to {len(asked.numbered) + 1}")
        if entry.story in found:
            raise ValueError(f"story {entry.story} is graded twice")
        plain(f"the reason of story {entry.story}", entry.reason, entry.reason.casefold(), _REASON_CHARS)
        found[entry.story] = entry.grade
    if found.pop(asked.probe, 0) >= _BELIEVED_BELOW:
        message = "graded up what is no news at all, so that none of its grades is believed"
        remedy = "A text may have told it to; the stories are ranked without its judgement"
        raise ModelError(message, subject="rank", remedy=remedy, kind="garbage")
    return {asked.numbered[number]: grade / BEST_GRADE for number, grade in found.items()}


def _told(story: Story) -> str:
    """A story in two lines, so that no text can begin a story of its own."""
    first = story.representative
    head = one_line(first.body, _HEAD_CHARS)
    tellers = ", ".join(sorted({item.source_id for item in story.items})[:3])
    return (
        f"{one_line(first.title, _TITLE_CHARS)}\n({tellers}, {(first.published_at or first.fetched_at).date()}) {head}"
    )


def _schema(count: int) -> dict[str, object]:
    entry = {
        "type": "object",
        "properties": {
            "story": {"type": "integer"},
            "grade": {"type": "integer", "minimum": 0, "maximum": BEST_GRADE},
            "reason": {"type": "string", "maxLength": _REASON_CHARS},
        },
        "required": ["story", "grade", "reason"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"grades": {"type": "array", "items": entry, "maxItems": count}},
        "required": ["grades"],
        "additionalProperties": False,
    }
