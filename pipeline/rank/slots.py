"""Which stories get a place in the issue, and where: sections with limits, minutes of reading, the rest in brief.

Pure. Nothing is dropped but for an excluded word or want of room, and both are counted.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from pipeline.config import RankSettings, SectionSettings
from pipeline.text.makers import maker_of, makers_in
from pipeline.text.tokens import mentions, reading_minutes
from pipeline.types import Slot, Story

BRIEF_SECTION = "In brief"
LEAD_MINUTES = 1.0
"""Reading time of the summary at the top of the issue, which comes out of the same budget."""

STORY_MINUTES = 0.5
"""What a story takes to read, where nothing better is known: headline and three sentences, about 120 words."""

PER_SOURCE = 3
"""So many stories of one source a section takes, while other sources have something to put there."""

_LEAST_ISSUES = 3  # before them nobody knows what is usual
HEADLINE_BREADTH = 2 / 3
"""The breadth of a story that three independent voices tell: the day's story."""


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
    minutes_of: Callable[[Story], float] | None = None,
) -> Chosen:
    """Fill the sections with the best stories, then "In brief"; every other story is counted under its reason.

    A section that ``settings`` do not name falls to the first. At least one story is printed in full, however small the
    budget and the scores. Equal scores are ordered by story id, so that the same input prints the same issue.
    """
    ranked = sorted(scored, key=lambda s: (-s.score, s.story.id))
    kept = [s for s in ranked if not _excluded(s.story, settings.exclude)]
    worth = [s for s in kept if s.score >= settings.least_score] or kept[:1]
    full = _full(worth, settings, section_of, minutes_of or minutes_to_read)
    printed = {s.story.id for stories in full.values() for s in stories}
    rest = [s for s in kept if s.story.id not in printed]
    brief = rest[: settings.brief_limit]
    slots = [slot for name, stories in full.items() for slot in _slots(name, stories, brief=False)]
    left_out = {"excluded": len(ranked) - len(kept), "below_limit": len(rest) - len(brief)}
    return Chosen(slots=(*slots, *_slots(BRIEF_SECTION, brief, brief=True)), left_out=left_out)


def section_for(story: Story, sections: Sequence[SectionSettings], of_source: Mapping[str, str | None]) -> str:
    """The first section one of whose topics a title names, else the one that the source names (``of_source``, by
    source id), else the first for the kind of the item, else the first for every kind.
    """
    item = story.representative
    titles = " \n".join(i.title for i in story.items)
    about = (s.name for s in sections if s.topics and mentions(titles, s.topics))
    wanted = next(about, of_source.get(item.source_id))
    if wanted in {s.name for s in sections}:
        return str(wanted)
    of_kind = (s.name for s in sections if item.kind in s.kinds)
    return next(of_kind, next((s.name for s in sections if not s.kinds), sections[-1].name))


def minutes_to_read(story: Story) -> float:
    """What a story that is not written yet will take: STORY_MINUTES, or that of its title where there is no more."""
    return STORY_MINUTES if any(item.body for item in story.items) else reading_minutes(story.representative.title)


def places(settings: RankSettings) -> int:
    """How many stories print in full at most: what the sections and the minutes have room for."""
    by_time = int((settings.minutes - LEAD_MINUTES) / STORY_MINUTES)
    return max(1, min(by_time, sum(section.limit for section in settings.sections)))


def is_quiet(chosen: Sequence[Slot], recent: Sequence[Sequence[Slot]]) -> bool:
    """Whether so little happened that the issue should say so, held against the last issues.

    At most half as many stories in full as is usual (the median, of three issues at least), none of them told by three
    independent voices, and none that would usually lead.
    """
    full = [slot for slot in chosen if not slot.brief]
    before = [[slot for slot in slots if not slot.brief] for slots in recent]
    before = [slots for slots in before if slots]
    if (
        not full
        or len(before) < _LEAST_ISSUES
        or any(slot.parts.get("breadth", 0.0) >= HEADLINE_BREADTH for slot in full)
    ):
        return False
    few = len(full) <= median(map(len, before)) / 2
    return few and max(s.score for s in full) < median(max(s.score for s in slots) for slots in before)


class _Variety:
    """What a section took so far, by source and by maker, and whether it takes another story."""

    def __init__(self, per_company: int, days_own: frozenset[str]) -> None:
        self._per_company = per_company
        self._days_own = days_own
        self._sources: Counter[str] = Counter()
        self._makers: Counter[str] = Counter()

    def takes(self, story: Story, per_source: int) -> bool:
        full = (m for m in makers_of(story) - self._days_own if self._makers[m] >= self._per_company)
        return self._sources[story.representative.source_id] < per_source and next(full, None) is None

    def add(self, story: Story) -> None:
        self._sources[story.representative.source_id] += 1
        self._makers.update(makers_of(story))


def makers_of(story: Story) -> frozenset[str]:
    """The makers that a story is about: those that its first title names, else the one on whose site it stands."""
    first = story.representative
    return makers_in([first.title]) or frozenset(filter(None, [maker_of(first.url)]))


def _full(
    worth: Sequence[Scored],
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
    variety = {name: _Variety(settings.per_company, _days_own(worth)) for name in limits}
    minutes = settings.minutes - LEAD_MINUTES
    waiting = list(worth)
    for per_source in (PER_SOURCE, len(worth)):  # what one source held back still comes before an empty place
        passed_over = []
        for candidate in waiting:
            story = candidate.story
            name = section_of(story)
            name = name if name in limits else first
            takes = minutes_of(story)
            fits = takes <= minutes or not any(chosen.values())
            if len(chosen[name]) < limits[name] and fits and variety[name].takes(story, per_source):
                chosen[name].append(candidate)
                variety[name].add(story)
                minutes -= takes
            else:
                passed_over.append(candidate)
        waiting = passed_over
    return {name: sorted(stories, key=lambda s: (-s.score, s.story.id)) for name, stories in chosen.items()}


def _days_own(ranked: Sequence[Scored]) -> frozenset[str]:
    """The makers that the best story is about, when three voices tell it: of them a section may print any number."""
    if not ranked or ranked[0].parts.get("breadth", 0.0) < HEADLINE_BREADTH:
        return frozenset()
    return makers_of(ranked[0].story)


def _slots(section: str, stories: Sequence[Scored], *, brief: bool) -> list[Slot]:
    return [
        Slot(section=section, position=i, story_id=s.story.id, score=s.score, parts=s.parts, brief=brief)
        for i, s in enumerate(stories)
    ]


def _excluded(story: Story, words: Sequence[str]) -> bool:
    """Whether a title names what the reader does not want; a body names too much beside its subject."""
    return any(mentions(item.title, words) for item in story.items)
