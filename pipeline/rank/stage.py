"""Rank: opens the issue that is due and fills its slots with the best stories of its window."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from sqlalchemy.engine import Connection

from pipeline import schedule
from pipeline.context import Context
from pipeline.rank.recent import Judged, Recent
from pipeline.rank.score import by_name, score, usual_points
from pipeline.rank.slots import Scored, choose
from pipeline.store import issues, items, pages, repeats, sources, stories
from pipeline.store import told as told_
from pipeline.types import Issue, Outcome, Repeat, Slot, Story

JUST_AFTER = timedelta(microseconds=1)  # the window is half-open; what this very run fetched belongs to it


def pending(ctx: Context) -> Iterable[str]:
    """Ids of drafts without slots, and of the issue that is due and not there yet."""
    with ctx.store.read() as db:
        empty = [issue.id for issue in issues.with_status(db, "draft") if not issue.slots]
        edition = _due(ctx, db)
    return [*empty, edition.id] if edition else empty


def process(ctx: Context, key: str) -> Outcome:
    """Open the issue if need be, and choose its slots. Nothing new: no issue."""
    with ctx.store.begin() as db:
        issue = issues.get(db, key) or _new_issue(ctx, db, key)
        chosen, repeated, counts = _choose(ctx, db, issue)
        if not chosen:
            return Outcome(skipped="nothing new to print")
        if issues.get(db, key) is None:
            _supersede(db, key)
            issues.add(db, issue)
        issues.replace_slots(db, key, chosen, {**_counts(ctx, db, issue), **counts})
        repeats.replace(db, key, repeated)
    return Outcome(count=len(chosen))


def _due(ctx: Context, db: Connection) -> schedule.Edition | None:
    """The edition to open now, if any. ``--now`` opens one unless another is open; a day's second one gets a number."""
    settings, now = ctx.settings.schedule, ctx.clock()
    if not ctx.at_once:
        edition = schedule.due(settings, now)
        return edition if edition and issues.get(db, edition.id) is None else None
    if issues.with_status(db, *issues.OPEN):
        return None
    edition = schedule.at_once(settings, now)
    taken = {issue.id for issue in issues.recent(db)}
    ids = (edition.id if n == 1 else f"{edition.id}-{n}" for n in count(1))
    return replace(edition, id=next(i for i in ids if i not in taken))


def _new_issue(ctx: Context, db: Connection, issue_id: str) -> Issue:
    """Its window begins where the last printed issue's ended, so that an issue that never went out loses nothing."""
    now = ctx.clock()
    edition = None if ctx.at_once else schedule.due(ctx.settings.schedule, now)
    previous = issues.previous(db)
    opens_at = previous.closes_at if previous else now - timedelta(days=ctx.settings.schedule.every_days)
    return Issue(
        id=issue_id,
        opens_at=opens_at,
        closes_at=now + JUST_AFTER,
        publish_at=edition.publish_at if edition else now,
        status="draft",
        subject=ctx.settings.title,
    )


def _supersede(db: Connection, new_id: str) -> None:
    """An older issue that nobody approved makes room: its stories are in the new window, and decisions are kept."""
    for old in issues.with_status(db, *issues.OPEN):
        if old.id != new_id:
            issues.move(db, old.id, "cancelled")


def _choose(ctx: Context, db: Connection, issue: Issue) -> tuple[tuple[Slot, ...], list[Repeat], dict[str, int]]:
    """The slots, the repeats that are left out, and what is counted."""
    last_words = issues.last_words(db)
    window = stories.in_window(db, issue.opens_at, issue.closes_at)
    held = {story_id for story_id, word in last_words.items() if word == "hold"}
    rejected = {story_id for story_id, word in last_words.items() if word == "reject"}
    found, judged = _compare(ctx, db, issue, (window | held) - rejected)
    repeated = [
        Repeat(story_id=story_id, repeat_of=j.of.story_id, ran_in=j.of.ran_in, score=j.likeness)
        for story_id, j in judged.items()
        if j.kind == "repeat" and j.of is not None
    ]
    new = [story for story in found if judged[story.id].kind != "repeat"]
    chosen = choose(_scored(ctx, new, issue.closes_at), ctx.settings.rank, lambda story: _section_of(ctx, story))
    slots = tuple(_continuing(slot, judged[slot.story_id]) for slot in chosen.slots)
    counts = {
        "stories": len(new),
        "stories_left_out": chosen.left_out.get("below_limit", 0),
        "stories_ran_before": len(repeated),
        "dropped_excluded_by_a_word": chosen.left_out.get("excluded", 0),
        "dropped_rejected_before": len(window & rejected),
    }
    return slots, repeated, counts


def _compare(ctx: Context, db: Connection, issue: Issue, ids: set[str]) -> tuple[list[Story], dict[str, Judged]]:
    """Those of the stories that have items which no issue printed, with these items alone; and what each of them is."""
    ran = {story_id: issue_id for story_id, issue_id in issues.ran(db).items() if story_id in ids}
    recent = issues.printed(db, ctx.settings.dedupe.compare_issues)
    compared = {i.id: i for i in (*issues.by_id(db, ran.values()), *recent)}
    since = {story_id: compared[issue_id].closes_at for story_id, issue_id in ran.items()}
    told = told_.load(db, compared.values())
    among = {i.id for i in recent}
    against = Recent(t for t in told if t.ran_in in among or ran.get(t.story_id) == t.ran_in)
    cleared = {story_id for story_id, said_in in repeats.cleared(db).items() if ran.get(story_id, "") < said_in}
    found = list(stories.load(db, sorted(ids), since=since, until=issue.closes_at).values())
    return found, {story.id: against.judge(story, cleared=story.id in cleared) for story in found}


def _continuing(slot: Slot, judged: Judged) -> Slot:
    if judged.of is None:
        return slot
    return replace(slot, update_of=judged.of.story_id, ran_in=judged.of.ran_in)


def _scored(ctx: Context, found: Iterable[Story], now: datetime) -> list[Scored]:
    every = list(found)
    rank = ctx.settings.rank
    trust = by_name({**{s.id: s.trust for s in ctx.settings.sources}, **ctx.settings.trust})
    usual = usual_points(every)
    scored = []
    for story in every:
        value, parts = score(
            story, now=now, trust=trust, interests=rank.interests, weights=rank.weights, points_usual=usual
        )
        scored.append(Scored(story=story, score=value, parts=parts))
    return scored


def _section_of(ctx: Context, story: Story) -> str:
    """The section that the source names, else the first one for the item's kind, else the first one for every kind."""
    sections = ctx.settings.rank.sections
    named = {s.id: s.section for s in ctx.settings.sources}
    item = story.representative
    wanted = named.get(item.source_id)
    if wanted in {s.name for s in sections}:
        return str(wanted)
    for section in sections:
        if item.kind in section.kinds:
            return section.name
    return next((s.name for s in sections if not s.kinds), sections[-1].name)


def _counts(ctx: Context, db: Connection, issue: Issue) -> dict[str, int]:
    configured = {s.id for s in ctx.settings.sources}
    states = [s for s in sources.states(db).values() if s.id in configured and s.checked_at is not None]
    return {
        "sources_checked": len(states),
        "sources_failed": sum(1 for s in states if s.failures > 0),
        **items.window_counts(db, issue.opens_at, issue.closes_at),
        **pages.window_counts(db, issue.opens_at, issue.closes_at),
        "items_merged": stories.merged_in(db, issue.opens_at, issue.closes_at),
    }
