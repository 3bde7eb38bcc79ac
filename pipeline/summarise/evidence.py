"""How a model's answer about a story is held against it: every quote is looked up in its block.

Pure. A quote that is not found makes the answer unusable (ValueError), so that the ledger asks again.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pipeline.model.answers import plain, read_as
from pipeline.model.blocks import Block
from pipeline.summarise.draft import Draft
from pipeline.text.quoted import locate, stands_in
from pipeline.text.sentences import split
from pipeline.text.tokens import words
from pipeline.types import Citation, Claim, Item, Tags

MAX_HEADLINE_CHARS = 110
MAX_CLAIM_CHARS = 320
MAX_WHY_CHARS = 200
MAX_QUOTE_CHARS = 500
MAX_CLAIMS = 4
MAX_QUOTES = 8
MIN_QUOTE_WORDS = 3  # fewer prove nothing; a whole source may be shorter
_MAX_TAGS, _MAX_TAG_CHARS, _MAX_WHO_CHARS = 16, 60, 60
_KINDS: Mapping[str, str] = {"company": "companies", "model": "models", "person": "people", "topic": "topics"}

# A text that goes on from the name: "expects that prices fall".
_SAYS = re.compile(
    r"(?:says?|said|claims?|argues?|expects?|predicts?|thinks?|believes?|warns?|calls?|hopes?|doubts?|wants?)\b"
    r"|(?P<han>认为|表示|称|说|预计|预测|指出|警告|希望)"
)
_NUMBERED = re.compile(r"\s*\[?[Bb](\d{1,3})\]?\s*[:：]?\s*(.*)", re.DOTALL)


class _Lenient(BaseModel):
    # A key too many does no harm, and a repair costs a call. Numbers as text do no harm either.
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Claim(_Lenient):
    text: str
    who: str | None = None
    quotes: list[int] = Field(min_length=1, max_length=MAX_QUOTES)


class _Summary(_Lenient):
    quotes: list[str] = Field(max_length=4 * MAX_QUOTES)
    claims: list[_Claim] = Field(min_length=1, max_length=MAX_CLAIMS)
    headline: str
    why_it_matters: str | None = None
    tags: list[str] = []

    @field_validator("tags", mode="before")
    @classmethod
    def _forgive(cls, value: object) -> list[str]:
        """Tags that are none are left out: no reason to ask again."""
        return [tag for tag in value if isinstance(tag, str)] if isinstance(value, list) else []


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


def _array(items: object, max_items: int) -> dict[str, object]:
    return {"type": "array", "items": items, "maxItems": max_items}


SCHEMA: dict[str, object] = _object(
    quotes=_array(_string(MAX_QUOTE_CHARS), MAX_QUOTES),
    claims=_array(
        _object(
            text=_string(MAX_CLAIM_CHARS),
            who=_string(_MAX_WHO_CHARS),
            quotes={"type": "array", "items": {"type": "integer"}},
        ),
        MAX_CLAIMS,
    ),
    headline=_string(MAX_HEADLINE_CHARS),
    why_it_matters=_string(MAX_WHY_CHARS),
    tags=_array(_string(_MAX_TAG_CHARS), _MAX_TAGS),
)
"""The answer as JSON Schema, in the part of it that strict modes share: no $ref, no oneOf, no pattern. Each of its
tokens is paid for with every story: what is read below in any case is not said here."""


def read_answer(text: str, shown: Sequence[Block], language: str = "en") -> Draft:
    """A model's answer about the blocks that it was shown, as a Draft; its quotes become citations. Pure.

    Facts come first; an opinion follows as "X says: ..." in the ``language`` of the summary, X a name of its source.
    Raises ValueError that names the first part that cannot be used: no JSON, a limit passed, markup or an address in
    a text, a quote that is not in its block, an opinion of somebody whom no source names. Tags that no source has are
    dropped.
    """
    answer = read_as(text, _Summary, "headline", "claims")
    sources = _all_of(b.item for b in shown)
    from_0 = any(0 in claim.quotes for claim in answer.claims)  # some count as programs do
    quotes = dict(enumerate(answer.quotes, 0 if from_0 else 1))
    claims = [c for i, claim in enumerate(answer.claims, 1) for c in _read_claim(i, claim, quotes, shown, sources)]
    why = (answer.why_it_matters or "").strip()
    return Draft(
        headline=plain("headline", answer.headline, sources, MAX_HEADLINE_CHARS).rstrip(".。"),
        claims=tuple(_spoken(c, language) for c in sorted(claims, key=lambda c: bool(c.speaker))),
        why_it_matters=plain("why_it_matters", why, sources, MAX_WHY_CHARS) if why else None,
        tags=_read_tags(answer.tags, sources),
    )


def _read_claim(
    number: int, claim: _Claim, quotes: Mapping[int, str], shown: Sequence[Block], sources: str
) -> list[Claim]:
    """A claim of several sentences is as many claims on the same evidence: asking again would cost a call."""
    what = f"claim {number}"
    text = plain(what, claim.text, sources, MAX_CLAIM_CHARS)
    for wrong in (q for q in claim.quotes if q not in quotes):
        raise ValueError(f"{what}: there is no quote {wrong}")
    citations = tuple(dict.fromkeys(_read_quote(what, quotes[q], shown) for q in claim.quotes))
    who, cited = " ".join((claim.who or "").split()), {citation.item_id for citation in citations}
    if who and not (
        len(who) <= _MAX_WHO_CHARS and stands_in(who, _all_of(b.item for b in shown if b.item.id in cited))
    ):
        raise ValueError(f'{what}: who {who[:80]!r} is named in no block that it cites; name them as it does, or ""')
    return [Claim(text=text[start:end], citations=citations, speaker=who) for start, end in split(text)]


def _all_of(items: Iterable[Item]) -> str:
    """What these items say, and who says it, case-folded."""
    return "\n".join(f"{i.title}\n{i.cited_text}\n{' '.join(i.authors)}" for i in items).casefold()


def _spoken(claim: Claim, language: str) -> Claim:
    """The claim as it is printed: an opinion begins with who holds it, unless it names them already."""
    if not claim.speaker or stands_in(claim.speaker, claim.text.casefold()):
        return claim
    says = {"en": " says: ", "zh": "表示："}.get(language.partition("-")[0].lower(), ": ")
    if verb := _SAYS.match(claim.text):
        says = "" if verb["han"] else " "
    return Claim(text=f"{claim.speaker}{says}{claim.text}", citations=claim.citations, speaker=claim.speaker)


def _read_quote(what: str, quote: str, shown: Sequence[Block]) -> Citation:
    numbered = _NUMBERED.match(quote[: 4 * MAX_QUOTE_CHARS])
    if numbered is None:
        raise ValueError(f'{what}: the quote {quote[:80]!r} does not begin with its block, as in "B1: ..."')
    number, text = int(numbered[1]), numbered[2]
    block = next((b for b in shown if b.number == number), None)
    if block is None:
        raise ValueError(f"{what}: there is no block {number}; there are {', '.join(str(b.number) for b in shown)}")
    quoted, body = f"{text[:80]!r}", block.item.cited_text
    span = locate(text, body)
    if span is None:
        raise ValueError(f"{what}: the quote {quoted} is not in block {number}; copy it letter by letter")
    start, end = span
    if len(words(body[start:end])) < min(MIN_QUOTE_WORDS, len(words(body))):
        raise ValueError(f"{what}: the quote {quoted} is too short to prove it; quote {MIN_QUOTE_WORDS} words or more")
    if end - start > MAX_QUOTE_CHARS:
        raise ValueError(f"{what}: the quote {quoted} has more than {MAX_QUOTE_CHARS} characters; quote less")
    return Citation(item_id=block.item.id, start=start, end=end, quote=body[start:end])


def _read_tags(tags: Sequence[str], sources: str) -> Tags:
    """Tags are "kind: name"; of a kind that we do not have, or a name that no source has, nothing is kept."""
    found: dict[str, dict[str, None]] = {kind: {} for kind in _KINDS.values()}
    for tag in tags[:_MAX_TAGS]:
        kind, _, rest = tag.replace("：", ":").partition(":")
        name = " ".join(rest.split())
        if len(name) <= _MAX_TAG_CHARS and stands_in(name, sources) and (key := _KINDS.get(kind.strip().lower())):
            found[key][name] = None
    return Tags(**{key: tuple(names) for key, names in found.items()})
