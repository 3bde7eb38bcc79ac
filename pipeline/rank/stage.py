"""Rank: opens the issue that is due and fills its slots with the best stories of its window."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count

from sqlalchemy.engine import Connection

from pipeline import resources, schedule
from pipeline.context import Context
from pipeline.errors import BudgetExceeded, ModelError
from pipeline.model.prompting import load_prompt
from pipeline.rank.asking import BATCH, Question, question, read_grades
from pipeline.rank.recent import Judged, Recent
from pipeline.rank.score import by_name, merge_weights, score
from pipeline.rank.slots import Chosen, Scored, choose, is_quiet, minutes_to_read, places, section_for
from pipeline.rank.usual import learned, usual_at
from pipeline.seams import Prompt
from pipeline.store import issues, items, pages, repeats, sources, stories, summaries
from pipeline.store import told as told_
from pipeline.text.tokens import reading_minutes
from pipeline.types import Issue, Outcome, Repeat, Slot, Story

MOST_ASKED = 3 * BATCH  # stories that the model grades; those below them have no place in sight
USUAL_ISSUES = 7  # what is usual, a fortnight shows
JUST_AFTER = timedelta(microseconds=1)  # the window is half-open; what this very run fetched belongs to it


def pending(ctx: Context) -> Iterable[str]:
    """Ids of drafts without slots, and of the issue that is due and not there yet."""
    with ctx.store.read() as db:
        empty = [issue.id for issue in issues.with_status(db, "draft") if not issue.slots]
        edition = _due(ctx, db)
    return [*empty, edition.id] if edition else empty


def process(ctx: Context, key: str) -> Outcome:
    """Read, ask how much the best stories matter, then open the issue if need be and choose its slots.

    Nobody is asked anything while the store is being written. Nothing new: no issue.
    """
    with ctx.store.read() as db:
        issue = issues.get(db, key) or _new_issue(ctx, db, key)
        window = _window(ctx, db, issue)
    grades, trouble = _graded(ctx, window, issue.closes_at)
    with ctx.store.begin() as db:
        chosen, counts = _choose(ctx, db, _scored(ctx, window, issue.closes_at, grades), window)
        if not chosen:
            return Outcome(skipped="nothing new to print", trouble=trouble)
        if issues.get(db, key) is None:
            _supersede(db, key)
            issues.add(db, issue)
        issues.replace_slots(db, key, chosen, {**_counts(ctx, db, issue), **counts})
        repeats.replace(db, key, window.repeated)
    return Outcome(count=len(chosen), trouble=trouble)


def prompts(ctx: Context, key: str) -> list[Prompt]:
    """What the model would be asked about an issue."""
    with ctx.store.read() as db:
        issue = issues.get(db, key) or _new_issue(ctx, db, key)
        window = _window(ctx, db, issue)
    return [asked.prompt for asked in _questions(ctx, window, issue.closes_at)]


def would_print(ctx: Context, key: str) -> tuple[Slot, ...]:
    """The slots of an issue as they would be chosen now, without what a model has to say; nothing is written."""
    with ctx.store.read() as db:
        issue = issues.get(db, key) or _new_issue(ctx, db, key)
        window = _window(ctx, db, issue)
        return _choose(ctx, db, _scored(ctx, window, issue.closes_at, {}), window)[0]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """What an issue may print, and what it may not: ``judged`` has every story of it that was not ``rejected``."""

    new: Sequence[Story]
    judged: Mapping[str, Judged]
    repeated: Sequence[Repeat]
    rejected: int


def _window(ctx: Context, db: Connection, issue: Issue) -> _Window:
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
    return _Window(new=new, judged=judged, repeated=repeated, rejected=len(window & rejected))


def _choose(
    ctx: Context, db: Connection, scored: Sequence[Scored], window: _Window
) -> tuple[tuple[Slot, ...], dict[str, int]]:
    """The slots, and what is counted."""
    chosen = _filled(ctx, db, scored)
    slots = tuple(_continuing(slot, window.judged[slot.story_id]) for slot in chosen.slots)
    counts = {
        "stories": len(window.new),
        "stories_left_out": chosen.left_out.get("below_limit", 0),
        "stories_ran_before": len(window.repeated),
        "dropped_excluded_by_a_word": chosen.left_out.get("excluded", 0),
        "dropped_rejected_before": window.rejected,
        "quiet": int(is_quiet(slots, [i.slots for i in issues.printed(db, USUAL_ISSUES)])),
    }
    return slots, counts


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


def _scored(ctx: Context, window: _Window, now: datetime, significance: Mapping[str, float]) -> list[Scored]:
    rank = ctx.settings.rank
    given = {s.id: s.trust for s in ctx.settings.sources if "trust" in s.model_fields_set}
    score_of = partial(
        score,
        now=now,
        trust=by_name({**given, **ctx.settings.trust}),
        interests=rank.interest_weights,
        shares=merge_weights(rank.weights),
        usual=usual_at((item for story in window.new for item in story.items), learned()),
        novelty={story_id: 1 - judged.likeness for story_id, judged in window.judged.items()},
        significance=significance,
    )
    return [Scored(story=s, score=value, parts=parts) for s in window.new for value, parts in (score_of(s),)]


def _graded(ctx: Context, window: _Window, now: datetime) -> tuple[dict[str, float], ModelError | None]:
    """(significance by story id, what went wrong: then that part of the score is absent for the stories left)."""
    grades, trouble, questions = dict[str, float](), None, _questions(ctx, window, now)
    if ctx.triage is None or not questions:
        return grades, None
    with ThreadPoolExecutor(len(questions)) as pool:  # none waits for another
        answers = [pool.submit(ctx.triage.ask, q.prompt, partial(read_grades, asked=q)) for q in questions]
    for answer in answers:
        try:
            found, by = answer.result()
        except (ModelError, BudgetExceeded) as e:
            message = f"{e.message}; stories are ranked without its judgement"
            trouble = trouble or ModelError(message, subject=e.subject, remedy=e.remedy)
        else:
            grades |= found
            trouble = trouble or ctx.triage.replaced_by(by)
    return grades, trouble


def _questions(ctx: Context, window: _Window, now: datetime) -> list[Question]:
    """The model is asked about the best MOST_ASKED, and only where there are more stories than places in full."""
    rank = ctx.settings.rank
    if ctx.triage is None or not rank.ask_model or len(window.new) <= places(rank):
        return []
    file = load_prompt(resources.find("prompts", "significance.md", ctx.settings.folder))
    best = sorted(_scored(ctx, window, now, {}), key=lambda s: (-s.score, s.story.id))[:MOST_ASKED]
    return [question(file, [s.story for s in best[at : at + BATCH]]) for at in range(0, len(best), BATCH)]


def _filled(ctx: Context, db: Connection, scored: Sequence[Scored]) -> Chosen:
    """The slots; what was written about a story before (one that was held) says how long it takes to read."""
    rank, of_source = ctx.settings.rank, {s.id: s.section for s in ctx.settings.sources}
    written = {key[0]: summary for key, summary in sorted(summaries.load(db, [s.story.id for s in scored]).items())}

    def minutes_of(story: Story) -> float:
        summary = written.get(story.id)
        text = [summary.headline, *(c.text for c in summary.claims), summary.why_it_matters or ""] if summary else []
        return reading_minutes("\n".join(text)) if text else minutes_to_read(story)

    return choose(scored, rank, lambda story: section_for(story, rank.sections, of_source), minutes_of)


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
