"""Dedupe: gives every new item its story, against those of the last days; what gets none is skipped and counted."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from pipeline import resources
from pipeline.config import Settings
from pipeline.context import Context
from pipeline.dedupe.asking import merged, question, read_answer, settled
from pipeline.dedupe.fold import BODY_HEAD_CHARS, Candidate, Folder, Known, meaning_text, text_hash
from pipeline.dedupe.meaning import baseline
from pipeline.errors import BudgetExceeded, DigestError, ModelError
from pipeline.model.prompting import load_prompt
from pipeline.store import doubts, items, stories
from pipeline.text.relevance import why_not
from pipeline.text.urls import url_key
from pipeline.types import Doubt, Item, Membership, Outcome

ALL = "new items"  # one key: items are folded against each other, so they are one piece of work


def pending(ctx: Context) -> Iterable[str]:
    """One key, while there are items without a story."""
    with ctx.store.read() as db:
        return [ALL] if items.any_pending(db) else []


def process(ctx: Context, key: str) -> Outcome:
    """Read, fold, ask about what is in doubt, write: nobody is asked anything while the store is being written."""
    with ctx.store.read() as db:
        work = _read(db, ctx.settings)
    work, zero, embedding = _with_meaning(ctx, work)
    memberships, perhaps = _fold(work, ctx.settings, zero)
    perhaps, asking = _ask(ctx, perhaps, work.items)
    memberships, perhaps = merged(memberships, perhaps)
    with ctx.store.begin() as db:
        items.skip(db, "dedupe", work.reasons.items(), ctx.clock())
        began = {i.id: i.fetched_at for i in work.items}
        present = stories.story_of(db, {m.story_id for m in memberships} - began.keys())
        memberships = [replace(m, story_id=present.get(m.story_id, m.story_id)) for m in memberships]
        named = {m.story_id for m in memberships} | {d.story_id for d in perhaps}
        stories.join(db, memberships, {story_id: at for story_id, at in began.items() if story_id in named})
        doubts.keep(db, perhaps, ctx.clock())
    return Outcome(count=len({m.story_id for m in memberships if m.method == "first"}), trouble=embedding or asking)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What a run folds: the new items in time order, those of the window, and why others get no story (by item id)."""

    items: Sequence[Item]
    candidates: Sequence[Candidate]
    known: Sequence[Known]
    reasons: Mapping[str, str]
    apart: Collection[frozenset[str]]


def _read(db: Connection, settings: Settings) -> _Work:
    new = items.pending(db)
    reasons = {item.id: reason for item in new if (reason := _why_not(item, settings))}
    fresh = sorted((i for i in new if i.id not in reasons), key=lambda i: (seen_at(i), i.id))
    members = []
    if fresh:
        since = min(i.fetched_at for i in fresh) - timedelta(days=settings.dedupe.window_days)
        members = stories.known_members(db, since)
    return _Work(
        items=fresh,
        candidates=[_candidate(item) for item in fresh if not _is_board(item)],
        known=[_known(item, story_id) for story_id, item in members if not _is_board(item)],
        reasons=reasons,
        apart=doubts.told_apart(db),
    )


def _with_meaning(ctx: Context, work: _Work) -> tuple[_Work, float, DigestError | None]:
    """(the work with a vector for each item, the zero of these vectors, what went wrong: then words decide alone)."""
    if ctx.embedder is None or not work.candidates:
        return work, 0.0, None
    try:
        zero = baseline(ctx.embedder)
        vectors = ctx.embedder.embed([meaning_text(c.title, c.body) for c in (*work.known, *work.candidates)])
    except (ModelError, BudgetExceeded) as e:
        return work, 0.0, _instead(e, "what is one story was told by the words alone")
    known = [replace(k, vector=vector) for k, vector in zip(work.known, vectors[: len(work.known)], strict=True)]
    candidates = [replace(c, vector=vector) for c, vector in zip(work.candidates, vectors[len(known) :], strict=True)]
    return replace(work, known=known, candidates=candidates), zero, None


def _fold(work: _Work, settings: Settings, zero: float) -> tuple[list[Membership], list[Doubt]]:
    folder = Folder(
        work.known,
        threshold=settings.dedupe.threshold,
        window_days=settings.dedupe.window_days,
        meaning_zero=zero,
        apart=work.apart,
    )
    folder.learn(work.candidates)
    memberships = [folder.fold(candidate) for candidate in work.candidates]
    memberships += [Membership(item_id=i.id, story_id=i.id, method="first") for i in work.items if _is_board(i)]
    return memberships, list(folder.doubts())


def _ask(ctx: Context, perhaps: list[Doubt], fresh: Sequence[Item]) -> tuple[list[Doubt], DigestError | None]:
    """(the doubts with the model's verdicts, what went wrong: then they stay open for the reviewer)."""
    if ctx.model is None or not ctx.settings.dedupe.ask_model or not perhaps:
        return perhaps, None
    file = load_prompt(resources.find("prompts", "same.md", ctx.settings.folder), ctx.settings.model.max_output_tokens)
    new = {item.id: item for item in fresh}
    with ctx.store.read() as db:
        old = stories.load(db, {d.other_id for d in perhaps} - new.keys())
    asked = question(file, perhaps, new | {story.id: story.representative for story in old.values()})
    try:
        answers, _from_cache = ctx.model.ask(asked.prompt, lambda text: read_answer(text, asked))
    except (ModelError, BudgetExceeded) as e:
        return perhaps, _instead(e, "stories that are perhaps the same stay apart")
    return settled(perhaps, asked, answers, ctx.model.name), None


def _instead(error: DigestError, what: str) -> ModelError:
    """What went wrong and what was done all the same: the run goes on."""
    return ModelError(f"{error.message}; {what}", subject=error.subject, remedy=error.remedy, kind=error.kind)


def _is_board(item: Item) -> bool:
    """A leaderboard is a story of its own each time: told in the same words, it says something new."""
    return item.kind == "leaderboard"


def _why_not(item: Item, settings: Settings) -> str | None:
    """Why an item gets no story, None when it gets one."""
    source = next((s for s in settings.sources if s.id == item.source_id), None)
    return why_not(
        item,
        stale_after=timedelta(hours=settings.fetch.stale_after_hours),
        keep=source.keep if source else (),
        drop=source.drop if source else (),
    )


def seen_at(item: Item) -> datetime:
    """When the event was told: the date of publication, else the moment of the first fetch."""
    return item.published_at or item.fetched_at


def _candidate(item: Item) -> Candidate:
    return Candidate(
        item_id=item.id,
        source_id=item.source_id,
        url_key=url_key(item.url),
        text_hash=text_hash(item.title, item.body),
        title=item.title,
        body=item.body[:BODY_HEAD_CHARS],
        seen_at=seen_at(item),
    )


def _known(item: Item, story_id: str) -> Known:
    return Known(**asdict(_candidate(item)), story_id=story_id)
