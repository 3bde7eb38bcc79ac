"""The lead: the few sentences at the top of an issue, by the model out of what it already wrote, or a plain list."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from pipeline.errors import BudgetExceeded, ModelError
from pipeline.model.answers import plain, read_as
from pipeline.model.chain import Chain
from pipeline.model.prompting import PromptFile, fence, fill
from pipeline.seams import Prompt
from pipeline.text.characters import one_line
from pipeline.text.sentences import OPENERS, split
from pipeline.text.tokens import count_words, words

MAX_STORIES = 8
MAX_WORDS, MAX_QUIET_WORDS = 120, 60  # of Han two characters count as a word
MAX_SENTENCES = 5
MAX_SENTENCE_CHARS = 400
_LISTED = 3
_SPELT = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven"}
_ENDS = tuple('.!?…。！？”"')
# "A quiet day" stood over 22 of 52 issues of AI News whose own title named a headline (2026).
_QUIET = re.compile(
    r"\b(?:quiet|slow|calm|uneventful|dull)(?:[- ]\w+)?[- ](?:days?|week(?:end)?|period|stretch|spell|news|cycle)\b"
    r"|\bnot much (?:happened|news|to report)|\b(?:nothing|little) (?:much |major |big )?happened|\ball quiet\b"
    r"|平静的?[一两几]?[天日周]|风平浪静|没(?:有)?什么(?:大事|新闻)|无大事|消息不多",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_][\w'’.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadStory:
    """What the lead may say about a story: its headline and its first claims, as they were checked."""

    headline: str
    text: str
    story_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadSentence:
    """One sentence and the ids of the stories that bear it out; none where code put it together out of their words."""

    text: str
    story_ids: tuple[str, ...] = ()


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


def lead_prompt(file: PromptFile, stories: Sequence[LeadStory], language: str = "en", *, quiet: bool = False) -> Prompt:
    """The prompt for the lead out of the first stories, numbered from 1. Raises ConfigError for a wrong prompt file."""
    told = "\n\n".join(f"[{i}] {s.headline}\n{s.text}" for i, s in enumerate(stories[:MAX_STORIES], 1))
    inputs = {"stories": told, "fence": fence(told), "language": language, "quiet": "yes" if quiet else ""}
    return fill(file, inputs, stage="summarise", answer="lead", schema=SCHEMA)


def read_lead(text: str, stories: Sequence[LeadStory], *, quiet: bool = False) -> tuple[LeadSentence, ...]:
    """The sentences of a model's lead. Raises ValueError that names the first thing that the stories do not bear out.

    That little happened it may say only of a ``quiet`` issue, whose lead is shorter.
    Each number, and each name (a word with a capital, but for "The" and its like at the start), must stand in one of
    the stories that the sentence names.
    """
    answer = read_as(text, _Lead, "sentences")
    sentences = tuple(
        _read_sentence(f"sentence {i}", sentence, stories[:MAX_STORIES])
        for i, sentence in enumerate(answer.sentences, 1)
    )
    said = " ".join(s.text for s in sentences)
    if not quiet and (found := _QUIET.search(said)):
        raise ValueError(f"the lead says {found[0]!r}; this issue is not quiet, so leave that out")
    most = MAX_QUIET_WORDS if quiet else MAX_WORDS
    if _long(said) > most:
        raise ValueError(f"the lead has {_long(said):.0f} words; at most {most} fit")
    return sentences


def _long(said: str) -> float:
    """How many words a text is long."""
    latin, han = count_words(said)
    return latin + han / 2


def _read_sentence(what: str, sentence: _Sentence, stories: Sequence[LeadStory]) -> LeadSentence:
    wrong = [n for n in sentence.stories if not 1 <= n <= len(stories)]
    if wrong:
        raise ValueError(f"{what}: there is no story {wrong[0]}; there are 1 to {len(stories)}")
    told = " ".join(f"{stories[n - 1].headline} {stories[n - 1].text}" for n in sentence.stories)
    line = plain(what, sentence.text, told.casefold(), MAX_SENTENCE_CHARS)
    known = frozenset(words(told))
    for word in _to_check(line):
        if word not in known:
            raise ValueError(f"{what}: {word!r} is not in {', '.join(f'story {n}' for n in sentence.stories)}")
    return LeadSentence(text=line, story_ids=tuple(stories[n - 1].story_id for n in sentence.stories))


def _to_check(line: str) -> list[str]:
    """The tokens of a sentence that must come from a story: those with a digit, and names."""
    found = []
    for i, match in enumerate(_WORD.finditer(line)):
        word = match[0]
        named = word != word.lower() and not (i == 0 and word.lower() in OPENERS)
        if named or any(char.isdigit() for char in word):
            found.extend(words(word))
    return found


def extract_lead(stories: Sequence[LeadStory], total: int) -> tuple[LeadSentence, ...]:
    """A lead without a model: the first story's own first sentence, then the next headlines as they stand.

    The first headline is the subject of the issue and stands above; ``total`` counts the stories of the issue. What a
    source says of a quiet week of its own is not said here.
    """
    if not stories:
        return ()
    first, *others = stories
    start, end = next(iter(split(first.text)), (0, 0))
    sentence = one_line(first.text[start:end])
    opening = one_line(first.headline) if not sentence or _QUIET.search(sentence) else sentence
    opening += "" if opening.endswith(_ENDS) else "."
    shown = [
        headline
        for headline in (one_line(s.headline).rstrip(" .。;") for s in others[:_LISTED])
        if headline and not _QUIET.search(headline)
    ]
    lines = _listed(opening, shown, total)
    while shown and _long(" ".join(lines)) > MAX_WORDS:
        shown.pop()
        lines = _listed(opening, shown, total)
    return tuple(LeadSentence(text=line) for line in lines)


def _listed(opening: str, shown: Sequence[str], total: int) -> tuple[str, ...]:
    more = max(total - 1 - len(shown), 0)
    rest = f"; and {more} more {'story' if more == 1 else 'stories'}" if more else ""
    return (opening, f"Also: {'; '.join(shown)}{rest}.") if shown else (opening,)


def quiet_opening(days: int, total: int) -> str:
    """ "A quiet two days: 5 stories." """
    period = "day" if days == 1 else f"{_SPELT.get(days, str(days))} days"
    return f"A quiet {period}: {total} {'story' if total == 1 else 'stories'}."


def write_lead(
    stories: Sequence[LeadStory],
    total: int,
    chain: Chain | None,
    prompt_file: PromptFile,
    language: str = "en",
    *,
    quiet_days: int = 0,
) -> tuple[LeadSentence, ...]:
    """The lead of an issue of ``total`` stories: by the model, or a plain list when there is none or it fails.

    ``quiet_days`` is how long the period was, where it was quiet: then the lead begins by saying so (of a model's lead
    in another language than English, the model may). Raises ConfigError for a wrong prompt file.
    """
    quiet = (LeadSentence(text=quiet_opening(quiet_days, total)),) if quiet_days and stories else ()
    if chain is None or not stories:
        return quiet + extract_lead(stories, total)
    prompt = lead_prompt(prompt_file, stories, language, quiet=bool(quiet))
    try:
        sentences, _by = chain.ask(prompt, lambda text: read_lead(text, stories, quiet=bool(quiet)))
    except (ModelError, BudgetExceeded):
        return quiet + extract_lead(stories, total)
    said = language.partition("-")[0] != "en" or any(_QUIET.search(s.text) for s in sentences)
    return sentences if said else quiet + sentences
