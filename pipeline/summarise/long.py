"""A story that is too long for one call: cut into parts, each noted down in quotes, which then stand for the whole.

Map and reduce. A part ends with a paragraph or a sentence; its quotes are looked up in it, so that their offsets are
those of the source. Pure: write.py asks.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from pydantic import BaseModel, ConfigDict, Field

from pipeline.model.answers import read_as
from pipeline.model.blocks import Block, shown_items, tokens_of, whole
from pipeline.model.numbered import list_schema
from pipeline.text.quoted import locate
from pipeline.text.sentences import split
from pipeline.text.similarity import terms
from pipeline.text.tokens import estimate_tokens, fitting_chars
from pipeline.types import Citation, Story

MAX_PARTS = 8
"""The most calls that reading one story may take. Of a longer one the parts that are most about it are read."""
MAX_NOTES, MAX_NOTE_CHARS = 6, 400
_ANYWHERE = frozenset(("podcast", "video", "paper"))
_TOP_HEAVY = 2
_OPENING_CHARS = 1_500
_HEAD_TOKENS = 100  # number, note and title of a block
_BETWEEN = "\n[...]\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one call reads: pieces of one item or of several, as blocks, each with its offset in the cited text."""

    blocks: tuple[Block, ...]
    starts: tuple[int, ...]


class _Quote(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)  # as in evidence.py: a key too many does no harm

    block: int
    text: str


class _Notes(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    quotes: list[_Quote] = Field(max_length=4 * MAX_NOTES)


SCHEMA = list_schema(
    "quotes", {"block": {"type": "integer"}, "text": {"type": "string", "maxLength": MAX_NOTE_CHARS}}, MAX_NOTES
)


def is_long(story: Story, max_tokens: int) -> bool:
    """Whether a story is to be read in parts. News stands at the top: of articles that are up to twice too long the
    beginnings do, and cost one call; a talk or a paper says what it says anywhere.
    """
    tokens = tokens_of(whole(story))
    anywhere = any(item.kind in _ANYWHERE and estimate_tokens(item.body) > max_tokens for item in story.items)
    return tokens > max_tokens if anywhere else tokens > _TOP_HEAVY * max_tokens


# --- cutting ------------------------------------------------------------


def parts_of(story: Story, max_tokens: int) -> tuple[list[Part], int]:
    """(at most MAX_PARTS parts of at most ``max_tokens`` each, how many there are in all), in their order."""
    parts = list(_packed(_pieces(story, max_tokens), max_tokens))
    return (_best(parts, story), len(parts)) if len(parts) > MAX_PARTS else (parts, len(parts))


def _pieces(story: Story, max_tokens: int) -> Iterator[tuple[Block, int]]:
    for number, item in enumerate(shown_items(story), 1):
        spans = list(_cut(item.cited_text, max(max_tokens - _HEAD_TOKENS, _HEAD_TOKENS)))
        for k, (start, end) in enumerate(spans, 1):
            note = f"part {k} of {len(spans)}" if len(spans) > 1 else "" if item.body else "title only"
            yield Block(number=number, item=item, text=item.cited_text[start:end], note=note), start


def _cut(text: str, max_tokens: int) -> Iterator[tuple[int, int]]:
    """Half-open spans that fit: up to the last paragraph that does, if that is half of it, else sentence, else word."""
    start = 0
    while start < len(text):
        end = start + fitting_chars(text, max_tokens, start)
        if end < len(text):
            end = _bound(text, start, max(end, start + 1))
        if text[start:end].strip():
            yield start, end
        start = end


def _bound(text: str, start: int, end: int) -> int:
    middle = start + (end - start) // 2
    paragraph = text.rfind("\n", middle, end)
    if paragraph >= 0:
        return paragraph + 1
    # beyond the end too, so that a sentence which is cut there is not taken for a whole one
    sentences = [start + stop for _, stop in split(text[start : end + 400])]
    best = max((stop for stop in sentences if middle < stop <= end), default=0)
    blank = text.rfind(" ", middle, end)
    return best or (blank + 1 if blank >= 0 else end)


def _packed(pieces: Iterable[tuple[Block, int]], max_tokens: int) -> Iterator[Part]:
    """As many pieces together as fit one call."""
    held: list[tuple[Block, int]] = []
    for piece in pieces:
        if held and tokens_of([*(block for block, _ in held), piece[0]]) > max_tokens:
            yield _part(held)
            held = []
        held.append(piece)
    if held:
        yield _part(held)


def _part(held: Sequence[tuple[Block, int]]) -> Part:
    return Part(blocks=tuple(block for block, _ in held), starts=tuple(start for _, start in held))


def _best(parts: Sequence[Part], story: Story) -> list[Part]:
    """The first part and those that share most words with titles and openings, earlier ones a little before later."""
    about = terms([(f"{item.title}\n{item.cited_text[:_OPENING_CHARS]}", 1.0) for item in shown_items(story)]).keys()

    def score(place: int) -> float:
        said = terms([(block.text, 1.0) for block in parts[place].blocks]).keys()
        return len(about & said) / max(len(about), 1) - 0.1 * place / len(parts)

    later = sorted(range(1, len(parts)), key=lambda place: -score(place))[: MAX_PARTS - 1]
    return [parts[place] for place in (0, *sorted(later))]


# --- notes ------------------------------------------------------------


def read_notes(text: str, part: Part) -> list[Citation]:
    """The quotes of an answer that stand in the part; none where the part has nothing worth it.

    Raises ValueError for an answer of another shape, and where not one of its quotes is found.
    """
    answer = read_as(text, _Notes, "quotes")
    found = [citation for quote in answer.quotes if (citation := _found(quote, part))]
    if answer.quotes and not found:
        first = answer.quotes[0]
        raise ValueError(f"the quote {first.text[:80]!r} is not in block {first.block}; copy quotes letter by letter")
    return list(dict.fromkeys(found))[:MAX_NOTES]


def _found(quote: _Quote, part: Part) -> Citation | None:
    for block, start in zip(part.blocks, part.starts, strict=True):
        span = locate(quote.text, block.text) if block.number == quote.block else None
        if span and span[1] - span[0] <= MAX_NOTE_CHARS:
            words = block.text[slice(*span)]
            return Citation(item_id=block.item.id, start=start + span[0], end=start + span[1], quote=words)
    return None


def noted(story: Story, notes: Sequence[Sequence[Citation]], max_tokens: int) -> list[Block]:
    """The quotes of all parts as blocks, under the numbers of their items; the first ones of each part go before."""
    ranked = [notes_[rank] for rank in range(MAX_NOTES) for notes_ in notes if rank < len(notes_)]
    kept: list[Citation] = []
    for citation in ranked:
        if tokens_of(_excerpts(story, [*kept, citation])) <= max_tokens:
            kept.append(citation)
    return _excerpts(story, kept)


def _excerpts(story: Story, citations: Iterable[Citation]) -> list[Block]:
    numbers = {item.id: number for number, item in enumerate(shown_items(story), 1)}
    items = {item.id: item for item in shown_items(story)}
    ordered = sorted(citations, key=lambda c: (numbers[c.item_id], c.start))
    shown = []
    for item_id, group in groupby(ordered, key=lambda c: c.item_id):
        text = _BETWEEN.join(citation.quote for citation in group)
        item = items[item_id]
        note = "excerpts" if text != item.cited_text else "title only" if not item.body else ""
        shown.append(Block(number=numbers[item_id], item=item, text=text, note=note))
    return shown
