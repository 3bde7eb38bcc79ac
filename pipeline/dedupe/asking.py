"""PURE: asks a model, once for all of them, which stories that are perhaps the same are one, and reads its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict, StrictBool, StrictInt

from pipeline.errors import ModelError
from pipeline.model.answers import read_as
from pipeline.model.numbered import Numbered, list_schema, numbered
from pipeline.model.prompting import PromptFile, fence, fill
from pipeline.seams import Prompt
from pipeline.text.characters import one_line
from pipeline.types import Doubt, Item, Membership

MAX_PAIRS = 60
MAX_CHARS = 40_000  # of all pairs together, about 12,000 tokens of English
_TITLE_CHARS = 160
_HEAD_CHARS = 200

# Among the pairs stands one that is plainly two stories, written for this. Whoever calls it one, because a text told
# them to say so of every pair, is believed in nothing.
_PROBE = """A: Museum in Leeds shows looms of the eighteenth century
(a gazette, 2019-03-02) Visitors can try two of them.
B: Ferry to Texel runs aground in fog
(a harbour paper, 2021-11-14) Nobody was hurt."""
_PROPERTIES = {"pair": {"type": "integer"}, "same": {"type": "boolean"}}


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)  # a key too many does no harm

    pair: StrictInt
    same: StrictBool


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    pairs: list[_Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The prompt, the pairs as they stand in it, and which doubt has which number there."""

    prompt: Prompt
    pairs: Numbered
    doubts: Mapping[int, Doubt]


def question(file: PromptFile, doubts: Sequence[Doubt], texts: Mapping[str, Item]) -> Question:
    """Ask about the first doubts, as many as fit; ``texts`` has an item of each of their stories, by story id.

    Raises ConfigError for a wrong prompt file.
    """
    told: list[str] = []
    for doubt in doubts[:MAX_PAIRS]:
        pair = f"A: {_told(texts[doubt.story_id])}\nB: {_told(texts[doubt.other_id])}"
        if sum(map(len, told)) + len(pair) > MAX_CHARS:
            break
        told.append(pair)
    pairs = numbered(told, _PROBE)
    inputs = {"pairs": pairs.shown, "fence": fence(pairs.shown)}
    schema = list_schema("pairs", _PROPERTIES, len(told) + 1)
    return Question(
        prompt=fill(file, inputs, stage="dedupe", answer="same", schema=schema),
        pairs=pairs,
        doubts=dict(zip(pairs.numbers, doubts, strict=False)),
    )


def read_answer(text: str, asked: Question) -> dict[int, bool]:
    """Number of a pair -> whether its stories are one; a pair that was not answered is not there.

    Raises ValueError that names the first thing that is wrong: a number that no pair has, a pair answered twice. Raises
    ModelError when the answer cannot be believed.
    """
    answer = read_as(text, _Answer, "pairs")
    found: dict[int, bool] = {}
    for entry in answer.pairs:
        asked.pairs.check(entry.pair, found, "pair")
        found[entry.pair] = entry.same
    if found.pop(asked.pairs.probe, False):
        message = "called two unrelated texts one story, so that none of its answers is believed"
        remedy = "A text may have told it to; the pairs stay apart, and the reviewer is shown them"
        raise ModelError(message, subject="dedupe", remedy=remedy, kind="garbage")
    return found


def settled(doubts: Sequence[Doubt], asked: Question, answers: Mapping[int, bool], model: str) -> list[Doubt]:
    """The doubts, those that were answered with their verdict."""
    number = {(doubt.story_id, doubt.other_id): n for n, doubt in asked.doubts.items()}
    found = []
    for doubt in doubts:
        same = answers.get(number.get((doubt.story_id, doubt.other_id), 0))
        if same is not None:
            doubt = replace(doubt, verdict="same" if same else "different", decided_by=f"model:{model}")
        found.append(doubt)
    return found


def merged(memberships: Sequence[Membership], doubts: Sequence[Doubt]) -> tuple[list[Membership], list[Doubt]]:
    """Move the items of each new story that is the same as another one into that, and give the doubts that remain.

    Stories never grow by chains: one that was taken in takes in nothing, and one that took another in is not taken in.
    What a model called the same all the same stays open, for a reviewer.
    """
    into: dict[str, Doubt] = {}
    left = []
    for doubt in doubts:
        if doubt.verdict == "same":
            taking = {taken.other_id for taken in into.values()}
            if doubt.story_id in into or doubt.story_id in taking or doubt.other_id in into:
                doubt = replace(doubt, verdict=None, decided_by=None)
            else:
                into[doubt.story_id] = doubt
        left.append(doubt)
    moved = []
    for membership in memberships:
        if (by := into.get(membership.story_id)) is not None:
            membership = replace(membership, story_id=by.other_id, method="model", score=by.score)
        moved.append(membership)
    return moved, left


def _told(item: Item) -> str:
    """An item in two lines, so that no text can begin a pair of its own."""
    date = (item.published_at or item.fetched_at).date()
    head = one_line(item.body, _HEAD_CHARS)
    return f"{one_line(item.title, _TITLE_CHARS)}\n({item.source_id}, {date}) {head}"
