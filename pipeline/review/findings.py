"""PURE: findings as a person reads them: what is printed with the words marked, and beside it what the source says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.text.marking import around
from pipeline.text.wrap import wrap
from pipeline.types import HEADLINE, WHY_IT_MATTERS, Check, Issue, Item, Story, Summary

_PARTS = {HEADLINE: "headline", WHY_IT_MATTERS: "why it matters"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One finding: the check, the text that it is about, and the item whose words stand beside it, if there is one."""

    check: Check
    text: str
    item: Item | None = None
    language: str = ""  # of a translation

    @property
    def part(self) -> str:
        """Where it is printed: "headline", "sentence 2", "why it matters"; "sentence 2 (zh)" of a translation."""
        part = _PARTS.get(self.check.claim, f"sentence {self.check.claim + 1}")
        return f"{part} ({self.language})" if self.language else part

    @property
    def row(self) -> dict[str, object]:
        """For programs; ``start`` and ``end`` are in ``text``."""
        check = self.check
        return {
            "part": self.part,
            "method": check.method,
            "verdict": check.verdict,
            "probability": check.probability,
            "note": check.note,
            "text": self.text,
            "start": check.start,
            "end": check.end,
            "source_item_id": check.source_item_id,
            "source_id": self.item.source_id if self.item else None,
            "source": check.source,
        }

    def told(self, source_names: Mapping[str, str], columns: int) -> Iterable[str]:
        """The finding, what is printed, and what the source says: three lines, wrapped."""
        said = f"{self.part}, {self.check.method}: {self.check.note}"
        yield from wrap(said, columns, "   ! ", "       ").splitlines()
        yield from wrap(str(around(self.text, self.check.start, self.check.end)), columns, " " * 7).splitlines()
        if line := source_line(self.check, [self.item] if self.item else [], source_names):
            yield from wrap(line, columns, " " * 7).splitlines()


def to_show(checks: Iterable[Check]) -> list[Check]:
    """What a reviewer is to see: the findings, and what a model that was asked said of a sentence."""
    return [c for c in checks if c.verdict != "supported" or c.method == "model"]


def of_summary(story: Story, summary: Summary | None, checks: Iterable[Check]) -> list[Found]:
    """The findings about a story's summary, in the order of print."""
    if summary is None:
        return []
    texts, items = summary.texts, {item.id: item for item in story.items}
    found = sorted(to_show(checks), key=lambda c: (list(texts).index(c.claim), c.start))
    return [Found(check=c, text=texts[c.claim], item=items.get(c.source_item_id or "")) for c in found]


def of_translations(
    story: Story, texts: Mapping[tuple[str, int], str], checks: Iterable[tuple[str, Check]]
) -> tuple[Found, ...]:
    """The findings about the translations of a summary, by (language, number)."""
    items = {item.id: item for item in story.items}
    return tuple(
        Found(check=c, text=texts[language, c.claim], item=items.get(c.source_item_id or ""), language=language)
        for language, c in checks
        if c.verdict != "supported"
    )


def of_lead(issue: Issue, checks: Iterable[Check], stories: Iterable[Story]) -> list[Found]:
    """The findings about a lead; ``stories`` are those that it may tell of."""
    items = {item.id: item for story in stories for item in story.items}
    return [
        Found(check=c, text=issue.lead[c.claim], item=items.get(c.source_item_id or ""))
        for c in to_show(checks)
        if c.claim < len(issue.lead)
    ]


def source_line(check: Check, items: Sequence[Item], source_names: Mapping[str, str]) -> str:
    """What the source says: "OpenAI: “Heron 2 has 64B parameters.”", or "" where a finding has no place in a source."""
    if not check.source:
        return ""
    source_id = next((item.source_id for item in items if item.id == check.source_item_id), "")
    name = source_names.get(source_id, source_id) or "a source"
    return f"{name}: “{check.source}”"
