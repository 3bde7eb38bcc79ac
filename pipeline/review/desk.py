"""PURE but for reading the store: what a reviewer is shown of each story, and what their edit means."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.engine import Connection

from pipeline.errors import ReviewError
from pipeline.review.findings import Found, of_lead, of_summary, source_line, to_show
from pipeline.review.others import COLUMNS, LeftOut, Perhaps
from pipeline.store import doubts, issues, leads, repeats, stories, summaries, translations
from pipeline.store.decisions import Decided
from pipeline.store.told import of_slots
from pipeline.store.translations import Key, Translation
from pipeline.text.characters import one_line
from pipeline.text.marking import mark
from pipeline.text.wrap import width, wrap
from pipeline.types import HEADLINE, WHY_IT_MATTERS, Check, Issue, Story, Summary, Told

EDIT_HELP = "# First line: the headline. Then one sentence a line. Lines that begin with # are dropped."
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


def cards(db: Connection, decided: Sequence[Decided]) -> list[Card]:
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


def contents(found: Sequence[Card]) -> Iterable[str]:
    """The whole issue as a list for people: section by section, each story with its state and its score."""
    section = ""
    for number, card in enumerate(found, 1):
        if card.section != section:
            section = card.section
            yield f"\n{section}"
        yield from wrap(card.labelled, COLUMNS, f"{number:4}  ").splitlines()
        yield f"      {card.state} · {card.author} · {_sources(card)} · {flags(card)} · {card.story.id}"
        yield from wrap(card.why, COLUMNS, "      ").splitlines()
        if card.before:
            yield from wrap(f"told before: {_earlier(card.before)}", COLUMNS, "      ").splitlines()
        for other in card.perhaps:
            yield from wrap(f"perhaps the same as {other.told}", COLUMNS, "      ").splitlines()


def lead_found(db: Connection, issue: Issue) -> list[Found]:
    """The findings about the lead of an issue."""
    told = stories.load(db, {story_id for ids in issue.lead_about for story_id in ids})
    return of_lead(issue, leads.checks_of(db, issue.id), told.values())


def checks_told(found: Sequence[Card], lead: Sequence[Found], source_names: Mapping[str, str]) -> Iterable[str]:
    """Every finding of an issue for people, story by story: what is printed, and what its source says."""
    yield from lead_told(lead, source_names, COLUMNS)
    for number, card in enumerate(found, 1):
        if card.found:
            yield ""
            yield from wrap(card.labelled, COLUMNS, f"{number:4}  ").splitlines()
            yield f"      {card.state} · {card.author} · {card.story.id}"
        for finding in card.found:
            yield from finding.told(source_names, COLUMNS)


def lead_told(lead: Sequence[Found], source_names: Mapping[str, str], columns: int) -> Iterable[str]:
    """The findings about the lead, if there are any."""
    if lead:
        yield "\nThe lead"
    for finding in lead:
        yield from finding.told(source_names, columns)


def check_rows(found: Sequence[Card], lead: Sequence[Found]) -> list[dict[str, object]]:
    """Every finding for programs; of the lead ``story_id`` and ``number`` are None."""
    rows: list[dict[str, object]] = [{"story_id": None, "number": None, **f.row} for f in lead]
    for number, card in enumerate(found, 1):
        rows += [{"story_id": card.story.id, "number": number, **f.row} for f in card.found]
    return rows


def tally(found: Sequence[Card]) -> str:
    """What was decided so far: "15 stories: 3 approved, 1 held, 11 undecided; 2 findings in what would be printed"."""
    states = [said(card.decided.decision) for card in found]
    counts = [f"{states.count(s)} {s}" for s in ("approved", "rejected", "held", "undecided") if s in states]
    findings = sum(len(card.findings) for card in found if card.decided.printed)
    left = f"; {_number(findings, 'finding')} in what would be printed" if findings else ""
    return f"{_number(len(found), 'story', 'stories')}: {', '.join(counts)}{left}"


def flags(card: Card) -> str:
    """How much of it code did not find in its sources."""
    return _number(len(card.findings), "finding") if card.findings else "nothing flagged"


def _earlier(before: Told) -> str:
    return f"“{before.headline}” (issue {before.ran_in})"


def _sources(card: Card) -> str:
    return _number(len(card.story.items), "report")


def _number(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


def told(card: Card, number: int, total: int, source_names: Mapping[str, str], columns: int = COLUMNS) -> str:
    """The card as text for a terminal: each sentence with its source text and what was flagged under it.

    A line that begins with ``!`` after its blanks is about a finding; the words that it is about are marked.
    """
    head = f"── {number} of {total} · {card.section} · {card.state} · {card.author} · {flags(card)} "
    lines = [head + "─" * max(columns - width(head), 0), ""]
    lines += [*wrap(card.marked(HEADLINE), columns).splitlines(), *_in_others(card, HEADLINE, columns)]
    lines += _findings(card, HEADLINE, source_names, columns)
    if card.before:
        lines += _wrapped(f"Told before: {_earlier(card.before)}", "", columns)
    if card.summary:
        for i in range(len(card.summary.claims)):
            lines += ["", *_claim(card, card.summary, i, source_names, columns)]
        if card.summary.why_it_matters:
            lines += ["", *_wrapped(f"Why it matters: {card.marked(WHY_IT_MATTERS)}", "", columns)]
            lines += _in_others(card, WHY_IT_MATTERS, columns)
            lines += _findings(card, WHY_IT_MATTERS, source_names, columns)
        if card.summary.note:
            lines += ["", *_wrapped(f"Note: {card.summary.note}", "", columns)]
    for other in card.perhaps:
        lines += ["", *_wrapped(f"Perhaps the same: {other.told}", "", columns)]
    lines += ["", "Sources:"]
    for number, item in enumerate(card.story.items, 1):
        head = f"{number:3}. " if len(card.story.items) > 1 else "  "
        lines += _wrapped(f"{source_names.get(item.source_id, item.source_id)}: {item.title}", head, columns)
        lines.append(f"    {item.url or '(no link)'}")
    return "\n".join([*lines, "", *_wrapped(f"Why it is here: {card.why}", "", columns)])


def _claim(card: Card, summary: Summary, index: int, source_names: Mapping[str, str], columns: int) -> Iterable[str]:
    claim = summary.claims[index]
    yield from _wrapped(card.marked(index), f"{index + 1}. ", columns)
    yield from _in_others(card, index, columns)
    names = {i.id: source_names.get(i.source_id, i.source_id) for i in card.story.items}
    for citation in claim.citations:
        if citation.quote != claim.text:  # an extract is its own source text
            name = names.get(citation.item_id, "a source that is not there")
            yield from _wrapped(f"{name}: “{citation.quote}”", "     ", columns)
    if not claim.citations:
        yield "     (no source text stands behind this sentence)"
    yield from _findings(card, index, source_names, columns)


def _in_others(card: Card, claim: int, columns: int) -> Iterable[str]:
    """What stands under a text in the other languages."""
    for (language, number), text in card.translations.items():
        if number == claim:
            yield from _wrapped(f"{language}: {text or '(no translation held; it prints without)'}", "     ", columns)
            for found in card.in_translations:
                if (found.language, found.check.claim) == (language, number):
                    yield from wrap(
                        f"{found.check.method}: {found.check.note}", columns, "   ! ", "   !   "
                    ).splitlines()


def _findings(card: Card, claim: int, source_names: Mapping[str, str], columns: int) -> list[str]:
    """What was found there, each with the words of the source, unless these stand above as evidence."""
    cited = card.summary.claims[claim].citations if card.summary and claim >= 0 else ()
    above = [one_line(citation.quote) for citation in cited]
    lines = []
    for check in to_show(c for c in card.checks if c.claim == claim):
        lines += wrap(f"{check.method}: {check.note}", columns, "   ! ", "   !   ").splitlines()
        source = source_line(check, card.story.items, source_names)
        if source and not any(check.source in quote for quote in above):
            lines += wrap(source, columns, "   !   ", "   !   ").splitlines()
    return lines


def _wrapped(text: str, first: str, columns: int) -> list[str]:
    return wrap(text, columns, first, " " * (len(first) + (0 if first.strip() else 2))).splitlines()


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
        raise ReviewError(
            "an edit needs a headline and one sentence at least", subject="edit", remedy="Nothing changed"
        )
    return lines[0], lines[1:]
