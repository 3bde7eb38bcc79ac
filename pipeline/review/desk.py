"""PURE but for reading the store: what a reviewer is shown of each story, and what their edit means."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill

from sqlalchemy.engine import Connection

from pipeline.errors import ReviewError
from pipeline.store import stories, summaries
from pipeline.store.decisions import Decided
from pipeline.types import Check, Item, Story, Summary

WIDTH = 88
EDIT_HELP = "# First line: the headline. Then one sentence a line. Lines that begin with # are dropped."


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One story as the reviewer sees it. No summary: it prints one line, in brief."""

    decided: Decided
    story: Story
    summary: Summary | None
    checks: tuple[Check, ...]

    @property
    def headline(self) -> str:
        """What stands over it."""
        return self.summary.headline if self.summary else self.story.representative.title

    @property
    def findings(self) -> tuple[Check, ...]:
        """What code did not find in the story's own items."""
        return tuple(c for c in self.checks if c.verdict != "supported")

    @property
    def row(self) -> dict[str, object]:
        """For listings."""
        slot = self.decided.slot
        return {
            "story_id": slot.story_id,
            "section": "In brief" if slot.brief else slot.section,
            "position": slot.position,
            "decision": self.decided.decision,
            "score": round(slot.score, 3),
            "why": " ".join(f"{name} {value:.2f}" for name, value in slot.parts.items()),
            "written_by": self.summary.written_by if self.summary else None,
            "findings": len(self.findings),
            "headline": self.headline,
        }


def cards(db: Connection, decided: Sequence[Decided]) -> list[Card]:
    """A card for every slot, in the order of the issue; three queries."""
    ids = [d.slot.story_id for d in decided]
    found, written, checks = stories.load(db, ids), summaries.load(db, ids), summaries.checks_of(db, ids)
    made = []
    for d in decided:
        key = (d.slot.story_id, d.slot.revision or 0)
        summary = None if d.slot.brief else written.get(key)
        made.append(Card(decided=d, story=found[key[0]], summary=summary, checks=checks.get(key, ())))
    return made


def told(card: Card, number: int, total: int, source_names: Mapping[str, str]) -> str:
    """The card as text for a terminal: sentences with their source text under them, findings, sources."""
    slot = card.decided.slot
    state = card.decided.decision or "undecided"
    author = card.summary.written_by if card.summary else "one line, in brief"
    lines = [
        f"── {number} of {total} · {slot.section} · {state} · {author} · score {slot.score:.2f}",
        f"   {' · '.join(f'{name} {value:.2f}' for name, value in slot.parts.items())}",
        "",
        *_wrapped(card.headline, "", "  "),
        *_findings(card, -1),
    ]
    if card.summary:
        lines += [line for i in range(len(card.summary.claims)) for line in _claim(card, card.summary, i)]
        if card.summary.why_it_matters:
            lines += ["", *_wrapped(f"Why it matters: {card.summary.why_it_matters}", "", "  "), *_findings(card, -2)]
        if card.summary.note:
            lines += ["", *_wrapped(f"Note: {card.summary.note}", "", "  ")]
    lines += ["", "Sources:", *(f"  {source_names.get(i.source_id, i.source_id)}: {_where(i)}" for i in card.story.items)]
    return "\n".join(lines)


def _claim(card: Card, summary: Summary, index: int) -> Iterable[str]:
    claim = summary.claims[index]
    yield ""
    yield from _wrapped(claim.text, f"{index + 1}. ", "   ")
    for citation in claim.citations:
        if citation.quote != claim.text:
            yield from _wrapped(f"source: “{citation.quote}”", "     ", "     ")
    if not claim.citations:
        yield "     (no source: a reviewer's own words)"
    yield from _findings(card, index)


def _findings(card: Card, claim: int) -> Iterable[str]:
    for check in card.findings:
        if check.claim == claim:
            yield from _wrapped(f"! {check.method}: {check.note}", "   ", "     ")


def _where(item: Item) -> str:
    return f"{item.title[:60]} {item.url or '(no link)'}"


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    return fill(text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False).splitlines()


def edit_form(card: Card) -> str:
    """What the reviewer's editor opens. Raises ReviewError for a story in brief."""
    if card.summary is None:
        raise ReviewError("prints one line only; there is nothing to edit", subject=card.headline)
    return "\n".join([EDIT_HELP, card.summary.headline, *(c.text for c in card.summary.claims)]) + "\n"


def read_edit(text: str) -> tuple[str, list[str]]:
    """Headline and sentences out of the edited form. Raises ReviewError when one of them is missing."""
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if len(lines) < 2:
        raise ReviewError("an edit needs a headline and one sentence at least", subject="edit", remedy="Nothing changed")
    return lines[0], lines[1:]
