"""The review queue: a card for each story of an issue, out of the store; the desk tells them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.engine import Connection

from pipeline.review.findings import Found, of_lead, of_summary
from pipeline.review.others import LeftOut, Perhaps
from pipeline.store import doubts, issues, leads, repeats, stories, summaries, translations
from pipeline.store.decisions import Decided
from pipeline.store.told import of_slots
from pipeline.store.translations import Key, Translation
from pipeline.text.marking import mark
from pipeline.types import HEADLINE, Check, Issue, Story, Summary, Told

_SAID = {"approve": "approved", "reject": "rejected", "hold": "held", "in_review": "in review"}
_PARTS = {
    "breadth": "number of sources",
    "trust": "trust in its source",
    "points": "votes",
    "reach": "reach of its sources",
    "first_hand": "told first hand",
    "interest": "your interests",
    "kind": "kind of publication",
    "novelty": "novelty beside the last issues",
    "significance": "significance to the model",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One story as the reviewer sees it. No summary: it prints one line, in brief."""

    decided: Decided
    story: Story
    summary: Summary | None
    checks: tuple[Check, ...]
    perhaps: tuple[Perhaps, ...] = ()
    before: Told | None = None  # what it is an update of
    translations: Mapping[tuple[str, int], str] = field(default_factory=dict)  # by language and ``Check.claim``
    in_translations: tuple[Found, ...] = ()  # what was found in them

    @property
    def headline(self) -> str:
        """What stands over it."""
        return self.summary.headline if self.summary else self.story.representative.title

    @property
    def labelled(self) -> str:
        """The headline as it is printed: an update says that it is one."""
        return self._label + self.headline

    @property
    def _label(self) -> str:
        return "Update: " if self.decided.slot.update_of else ""

    @property
    def findings(self) -> tuple[Check, ...]:
        """What code did not find in the story's own items."""
        return tuple(c for c in self.checks if c.verdict != "supported")

    @property
    def found(self) -> list[Found]:
        """The findings with the texts that they are about, in the order of print."""
        return [*of_summary(self.story, self.summary, self.checks), *self.in_translations]

    def marked(self, claim: int) -> str:
        """What is printed there (``Check.claim``), with what was found in it marked."""
        text = self.summary.texts[claim] if self.summary else self.headline
        marked = mark(text, ((c.start, c.end) for c in self.findings if c.claim == claim))
        return self._label + marked if claim == HEADLINE else marked

    @property
    def section(self) -> str:
        """Where it prints."""
        return "In brief" if self.decided.slot.brief else self.decided.slot.section

    @property
    def state(self) -> str:
        """What was decided, in words, with the reviewer's reason."""
        comment = self.decided.comment
        return said(self.decided.decision) + (f" ({comment})" if comment else "")

    @property
    def author(self) -> str:
        """Who wrote it, in words."""
        if self.summary is None:
            return "its title only"
        kind, _, name = self.summary.written_by.partition(":")
        return {"model": f"written by {name}", "reviewer": f"edited by {name}"}.get(kind, "extract")

    @property
    def why(self) -> str:
        """The score and its parts (0 to 1) in words, as the slot has them: what adds most to the score stands first."""
        slot = self.decided.slot
        if not slot.parts:
            return "a reviewer put it here"
        said = {_PARTS.get(name, name.replace("_", " ")): value for name, value in slot.parts.items()}
        adding = ", ".join(f"{name} {value:.2f}" for name, value in said.items() if value)
        nothing = ", ".join(name for name, value in said.items() if not value)
        parts = "; ".join(filter(None, (adding, nothing and f"nothing for {nothing}")))
        return f"score {slot.score:.2f} ({parts})"

    @property
    def row(self) -> dict[str, object]:
        """For programs."""
        slot = self.decided.slot
        return {
            "story_id": slot.story_id,
            "section": self.section,
            "position": slot.position,
            "decision": self.decided.decision,
            "score": round(slot.score, 3),
            "parts": {name: round(value, 3) for name, value in slot.parts.items()},
            "written_by": self.summary.written_by if self.summary else None,
            "findings": len(self.findings),
            "headline": self.headline,
            "update_of": slot.update_of,
            "ran_in": slot.ran_in,
            "items": [{"id": i.id, "source_id": i.source_id, "title": i.title} for i in self.story.items],
            "perhaps_the_same": [other.row for other in self.perhaps],
        }


def said(state: str | None) -> str:
    """A decision or the state of an issue, as people say it."""
    return "undecided" if state is None else _SAID.get(state, state)


def load(db: Connection, decided: Sequence[Decided]) -> list[Card]:
    """A card for every slot, in the order of the issue; a fixed number of queries."""
    ids = [d.slot.story_id for d in decided]
    found = of_slots(db, [d.slot for d in decided])
    written, checks = summaries.load(db, ids), summaries.checks_of(db, ids)
    kept = translations.load(db, ids)
    made = []
    for d in decided:
        key = (d.slot.story_id, d.slot.revision or 0)
        summary = None if d.slot.brief else written.get(key)
        telling, checked = found[key[0]], checks.get(key, ())
        card = Card(decided=d, story=telling.story, before=telling.before, summary=summary, checks=checked)
        made.append(replace(card, translations=_translations(card, kept)))
    return _with_doubts(db, made)


def _translations(card: Card, kept: Mapping[Key, Translation]) -> dict[tuple[str, int], str]:
    """Of the texts as they stand now; "" where no translation held."""
    revision = card.summary.revision if card.summary else 0
    texts = card.summary.texts if card.summary else {HEADLINE: card.headline}
    return {
        (t.language, t.number): t.text
        for t in kept.values()
        if t.story_id == card.story.id and t.revision == revision and texts.get(t.number) == t.source
    }


def _with_doubts(db: Connection, made: Sequence[Card]) -> list[Card]:
    """The cards with the stories that are perhaps the same, the likeliest first."""
    numbers = {card.story.id: number for number, card in enumerate(made, 1)}
    found = doubts.open_of(db, numbers)
    told = stories.load(db, {story_id for d in found for story_id in (d.story_id, d.other_id)})
    ran = issues.ran(db) if found else {}
    perhaps: dict[str, list[Perhaps]] = {}
    for doubt in found:
        for mine, other in ((doubt.story_id, doubt.other_id), (doubt.other_id, doubt.story_id)):
            shown = Perhaps(story=told[other], doubt=doubt, number=numbers.get(other), ran_in=ran.get(other))
            perhaps.setdefault(mine, []).append(shown)
    return [replace(card, perhaps=tuple(perhaps.get(card.story.id, ()))) for card in made]


def left_out(db: Connection, issue: Issue) -> list[LeftOut]:
    """The repeats that an issue left out and nobody brought back."""
    found = repeats.left_out(db, issue)
    told = stories.load(db, {story_id for r in found for story_id in (r.story_id, r.repeat_of)})
    return [
        LeftOut(repeat=r, story=told[r.story_id], old=told[r.repeat_of])
        for r in found
        if r.story_id in told and r.repeat_of in told  # not merged into another one since
    ]


def lead_found(db: Connection, issue: Issue) -> list[Found]:
    """The findings about the lead of an issue."""
    told = stories.load(db, {story_id for ids in issue.lead_about for story_id in ids})
    return of_lead(issue, leads.checks_of(db, issue.id), told.values())
