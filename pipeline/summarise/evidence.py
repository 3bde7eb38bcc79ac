"""What a model is shown of a story, and how its answer is held against it: every quote is looked up in its block.

Pure. A quote that is not found makes the answer unusable (ValueError), so that the ledger asks again.
"""

import unicodedata
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.model.answers import explain, plain, read_object
from pipeline.model.blocks import Block, blocks
from pipeline.summarise.draft import Draft
from pipeline.text.sentences import split
from pipeline.text.tokens import words
from pipeline.types import Citation, Claim, Story, Tags

MAX_HEADLINE_CHARS = 110
MAX_CLAIM_CHARS = 320
MAX_WHY_CHARS = 200
MAX_QUOTE_CHARS = 500
MAX_CLAIMS = 4
MIN_QUOTE_WORDS = 3  # fewer prove nothing; a whole source may be shorter
_MAX_TAGS, _MAX_TAG_CHARS = 8, 60


# --- finding a quote ------------------------------------------------------------

_SAME = str.maketrans("‘’‚‛“”„‟«»「」『』‐‑‒–—―−", '\'\'\'\'""""""""""-------')
_AROUND = " .,;:…\"'"


def _fold(text: str) -> tuple[str, list[int]]:
    """(NFKC, case-folded, quotation marks and dashes alike, blanks as one; where each character came from)."""
    out: list[str] = []
    origin: list[int] = []
    for index, char in enumerate(text):
        if char.isspace():
            if out and out[-1] != " ":
                out.append(" ")
                origin.append(index)
            continue
        for folded in unicodedata.normalize("NFKC", char).casefold().translate(_SAME):
            out.append(folded)
            origin.append(index)
    return "".join(out), origin


def locate(quote: str, body: str) -> tuple[int, int] | None:
    """The half-open span of a quote in the original ``body``, or None.

    Blanks, case, Unicode compatibility forms, quotation marks, dashes and what closes the quote may differ; the words
    may not, and no quote begins or ends inside a word.
    """
    needle = _fold(unicodedata.normalize("NFC", quote))[0].strip(_AROUND)
    hay, origin = _fold(body)
    at = hay.find(needle) if needle else -1
    while at >= 0:
        end = at + len(needle)
        if not _inside_word(hay, at) and not _inside_word(hay, end):
            return origin[at], origin[end - 1] + 1
        at = hay.find(needle, end)
    return None


def _inside_word(text: str, at: int) -> bool:
    """Whether a position parts a word; Han has no blanks between words, so only ASCII counts."""
    return 0 < at < len(text) and all(char.isascii() and char.isalnum() for char in text[at - 1 : at + 1])


# --- the answer ------------------------------------------------------------


class _Lenient(BaseModel):
    # A key too many does no harm, and a repair costs a call. Numbers as text do no harm either.
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Evidence(_Lenient):
    block: int
    quote: str = Field(max_length=4 * MAX_QUOTE_CHARS)


class _Claim(_Lenient):
    text: str
    evidence: list[_Evidence] = Field(min_length=1, max_length=8)


class _Tags(_Lenient):
    companies: list[str] = []
    models: list[str] = []
    people: list[str] = []
    topics: list[str] = []


class _Summary(_Lenient):
    headline: str
    claims: list[_Claim] = Field(min_length=1, max_length=MAX_CLAIMS)
    why_it_matters: str | None = None
    tags: _Tags = _Tags()


def _string(max_chars: int) -> dict[str, object]:
    return {"type": "string", "maxLength": max_chars}


def _object(**properties: object) -> dict[str, object]:
    """All of it required and nothing else: what strict modes ask for."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _array(items: object, max_items: int, min_items: int = 0) -> dict[str, object]:
    return {"type": "array", "items": items, "minItems": min_items, "maxItems": max_items}


_TAG_LIST = _array(_string(_MAX_TAG_CHARS), _MAX_TAGS)
SCHEMA: dict[str, object] = _object(
    headline=_string(MAX_HEADLINE_CHARS),
    claims=_array(
        _object(
            text=_string(MAX_CLAIM_CHARS),
            evidence=_array(_object(block={"type": "integer"}, quote=_string(MAX_QUOTE_CHARS)), 4, 1),
        ),
        MAX_CLAIMS,
        1,
    ),
    why_it_matters={"type": ["string", "null"], "maxLength": MAX_WHY_CHARS},
    tags=_object(companies=_TAG_LIST, models=_TAG_LIST, people=_TAG_LIST, topics=_TAG_LIST),
)
"""The answer as JSON Schema, in the part of it that strict modes share: no $ref, no oneOf, no pattern."""


def read_answer(text: str, story: Story) -> Draft:
    """A model's answer as a Draft, its quotes as citations. Pure.

    Raises ValueError that names the first part that cannot be used: no JSON, a limit passed, markup or an address in
    a text, a quote that is not in its block. Tags that no source has are dropped.
    """
    shown = blocks(story)
    try:
        answer = _Summary.model_validate(read_object(text, frozenset(("headline", "claims"))))
    except ValidationError as e:
        raise ValueError(explain(e, _Summary)) from e
    sources = "\n".join(f"{b.item.title}\n{b.item.cited_text}" for b in shown).casefold()
    why = (answer.why_it_matters or "").strip()
    return Draft(
        headline=plain("headline", answer.headline, sources, MAX_HEADLINE_CHARS).rstrip(".。"),
        claims=tuple(c for i, claim in enumerate(answer.claims, 1) for c in _read_claim(i, claim, shown, sources)),
        why_it_matters=plain("why_it_matters", why, sources, MAX_WHY_CHARS) if why else None,
        tags=_read_tags(answer.tags, sources),
    )


def _read_claim(number: int, claim: _Claim, shown: Sequence[Block], sources: str) -> list[Claim]:
    """A claim of several sentences is as many claims on the same evidence: asking again would cost a call."""
    what = f"claim {number}"
    text = plain(what, claim.text, sources, MAX_CLAIM_CHARS)
    citations = tuple(dict.fromkeys(_read_quote(what, evidence, shown) for evidence in claim.evidence))
    return [Claim(text=text[start:end], citations=citations) for start, end in split(text)]


def _read_quote(what: str, evidence: _Evidence, shown: Sequence[Block]) -> Citation:
    block = next((b for b in shown if b.number == evidence.block), None)
    if block is None:
        raise ValueError(f"{what}: there is no block {evidence.block}; there are 1 to {len(shown)}")
    quoted = f"{evidence.quote[:80]!r}"
    span = locate(evidence.quote, block.text)
    if span is None:
        raise ValueError(f"{what}: the quote {quoted} is not in block {evidence.block}; copy it letter by letter")
    start, end = span
    if len(words(block.text[start:end])) < min(MIN_QUOTE_WORDS, len(words(block.text))):
        raise ValueError(f"{what}: the quote {quoted} is too short to prove it; quote {MIN_QUOTE_WORDS} words or more")
    if end - start > MAX_QUOTE_CHARS:
        raise ValueError(f"{what}: the quote {quoted} has more than {MAX_QUOTE_CHARS} characters; quote less")
    return Citation(item_id=block.item.id, start=start, end=end, quote=block.text[start:end])


def _read_tags(tags: _Tags, sources: str) -> Tags:
    def keep(names: Sequence[str]) -> tuple[str, ...]:
        clean = dict.fromkeys(" ".join(name.split()) for name in names[: 4 * _MAX_TAGS])
        return tuple(n for n in clean if 0 < len(n) <= _MAX_TAG_CHARS and _stands_in(n, sources))[:_MAX_TAGS]

    return Tags(
        companies=keep(tags.companies), models=keep(tags.models), people=keep(tags.people), topics=keep(tags.topics)
    )


def _stands_in(name: str, sources: str) -> bool:
    """Whether a name occurs as whole words."""
    needle = name.casefold()
    at = sources.find(needle)
    return at >= 0 and not _inside_word(sources, at) and not _inside_word(sources, at + len(needle))
