"""Which stories get a place in the issue, and where: sections with limits, minutes of reading, the rest in brief."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.config import RankSettings
from pipeline.text.tokens import mentions
from pipeline.types import Slot, Story

BRIEF_SECTION = "In brief"
LEAD_MINUTES = 1.0
"""Reading time of the summary at the top of the issue, which comes out of the same budget."""

STORY_MINUTES = 0.5
"""What a story takes to read, where nothing better is known: headline and three sentences, about 120 words."""

PER_SOURCE = 3
"""So many stories of one source a section takes, while other sources have something to put there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A story with its score and the parts of it."""

    story: Story
    score: float
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The slots in the order of the issue, and how many stories got none: "excluded" by a word, "below_limit"."""

    slots: tuple[Slot, ...]
    left_out: Mapping[str, int]


def choose(
    scored: Sequence[Scored],
    settings: RankSettings,
    section_of: Callable[[Story], str],
    minutes_of: Callable[[Story], float] = lambda _: STORY_MINUTES,
) -> Chosen:
    """Fill the sections with the best stories, then "In brief"; every other story is counted under its reason.

    A section that ``settings`` do not name falls to the first. At least one story is printed in full, however small the
    budget. Equal scores are ordered by story id, so that the same input prints the same issue.
    """
    ranked = sorted(scored, key=lambda s: (-s.score, s.story.id))
    kept = [s for s in ranked if not _excluded(s.story, settings.exclude)]
    full = _full(kept, settings, section_of, minutes_of)
    printed = {s.story.id for stories in full.values() for s in stories}
    rest = [s for s in kept if s.story.id not in printed]
    brief = rest[: settings.brief_limit]
    slots = [slot for name, stories in full.items() for slot in _slots(name, stories, brief=False)]
    left_out = {"excluded": len(ranked) - len(kept), "below_limit": len(rest) - len(brief)}
    return Chosen(slots=(*slots, *_slots(BRIEF_SECTION, brief, brief=True)), left_out=left_out)


def _full(
    kept: Sequence[Scored],
    settings: RankSettings,
    section_of: Callable[[Story], str],
    minutes_of: Callable[[Story], float],
) -> dict[str, list[Scored]]:
    """The stories printed in full, by section in the order of the settings; best first within each."""
    limits = {section.name: section.limit for section in settings.sections}
    if not limits:
        return {}
    first = next(iter(limits))
    chosen: dict[str, list[Scored]] = {name: [] for name in limits}
    of_source: defaultdict[str, Counter[str]] = defaultdict(Counter)
    minutes = settings.minutes - LEAD_MINUTES
    waiting = list(kept)
    for per_source in (PER_SOURCE, len(kept)):  # what variety held back still comes before an empty place
        passed_over = []
        for candidate in waiting:
            story, source = candidate.story, candidate.story.representative.source_id
            name = section_of(story)
            name = name if name in limits else first
            takes = minutes_of(story)
            fits = takes <= minutes or not any(chosen.values())
            if len(chosen[name]) < limits[name] and fits and of_source[name][source] < per_source:
                chosen[name].append(candidate)
                of_source[name][source] += 1
                minutes -= takes
            else:
                passed_over.append(candidate)
        waiting = passed_over
    return {name: sorted(stories, key=lambda s: (-s.score, s.story.id)) for name, stories in chosen.items()}


def _slots(section: str, stories: Sequence[Scored], *, brief: bool) -> list[Slot]:
    return [
        Slot(section=section, position=i, story_id=s.story.id, score=s.score, parts=s.parts, brief=brief)
        for i, s in enumerate(stories)
    ]


def _excluded(story: Story, words: Sequence[str]) -> bool:
    """Whether a title names what the reader does not want; a body names too much beside its subject."""
    return any(mentions(item.title, words) for item in story.items)
