"""PURE: how the cards of an issue are told to a reviewer, and what their edit means."""

from collections.abc import Iterable, Mapping, Sequence

from pipeline.errors import ReviewError
from pipeline.review.findings import Found, source_line, to_show
from pipeline.review.others import COLUMNS
from pipeline.review.queue import Card, said
from pipeline.text.characters import one_line
from pipeline.text.wrap import width, wrap
from pipeline.types import HEADLINE, WHY_IT_MATTERS, Summary, Told

EDIT_HELP = "# First line: the headline. Then one sentence a line. Lines that begin with # are dropped."


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
