"""Dedupe: gives every new item its story, against those of the last days; what gets none is skipped and counted."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

import numpy as np
from sqlalchemy.engine import Connection

from pipeline import resources
from pipeline.config import Settings
from pipeline.context import Context
from pipeline.dedupe.asking import merged, question, read_answer, settled
from pipeline.dedupe.fold import BODY_HEAD_CHARS, Candidate, Folder, Known, meaning_text, terms_of, text_hash
from pipeline.dedupe.meaning import baseline
from pipeline.dedupe.window import MOST_KNOWN, indexed, near, near_by_meaning, signature
from pipeline.embeddings.cache import kept_bytes, key_of, unpack
from pipeline.errors import BudgetExceeded, DigestError, ModelError
from pipeline.model.prompting import load_prompt
from pipeline.store import doubts, items, signatures, stories
from pipeline.text.index import Index
from pipeline.text.relevance import why_not
from pipeline.text.urls import url_key
from pipeline.types import Doubt, Item, Membership, Outcome, Signature

C = TypeVar("C", bound=Candidate)

_MARGIN = timedelta(days=7)  # signatures are kept for longer than the window: a run may come late

ALL = "new items"  # one key: items are folded against each other, so they are one piece of work


def pending(ctx: Context) -> Iterable[str]:
    """One key, while there are items without a story."""
    with ctx.store.read() as db:
        return [ALL] if items.any_pending(db) else []


def process(ctx: Context, key: str) -> Outcome:
    """Read, fold, ask about what is in doubt, write: nobody is asked anything while the store is being written."""
    _refill(ctx)
    with ctx.store.read() as db:
        new = _read_new(db, ctx.settings)
    candidates, zero, trouble = _with_meaning(ctx, new.candidates)
    with ctx.store.read() as db:
        window = _read_window(db, ctx, candidates, zero)
        apart = doubts.told_apart(db)
    if trouble is None:
        members, _, trouble = _with_meaning(ctx, window.members)
        window = replace(window, members=members)
    memberships, perhaps = _fold(candidates, window, ctx.settings, zero, apart)
    memberships += [Membership(item_id=i.id, story_id=i.id, method="first") for i in new.items if _is_board(i)]
    perhaps, asking = _ask(ctx, perhaps, new.items)
    memberships, perhaps = merged(memberships, perhaps)
    with ctx.store.begin() as db:
        items.skip(db, "dedupe", new.reasons.items(), ctx.clock())
        began = {i.id: i.fetched_at for i in new.items}
        present = stories.story_of(db, {m.story_id for m in memberships} - began.keys())
        memberships = [replace(m, story_id=present.get(m.story_id, m.story_id)) for m in memberships]
        named = {m.story_id for m in memberships} | {d.story_id for d in perhaps}
        stories.join(db, memberships, {story_id: at for story_id, at in began.items() if story_id in named})
        doubts.keep(db, perhaps, ctx.clock())
        signatures.keep(db, map(_signature, candidates), _forgotten(ctx))
    return Outcome(count=len({m.story_id for m in memberships if m.method == "first"}), trouble=trouble or asking)


@dataclass(frozen=True, slots=True, kw_only=True)
class _New:
    """The new items in time order, those of them that are folded, and why others get no story (by item id)."""

    items: Sequence[Item]
    candidates: Sequence[Candidate]
    reasons: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """All items of the stories that new ones may belong to, and the words of all stories."""

    members: Sequence[Known]
    index: Index[str]


def _refill(ctx: Context) -> None:
    """Make the signatures of the window, where there are none: of a store from before they were kept."""
    with ctx.store.read() as db:
        told = items.in_stories(db, _forgotten(ctx), MOST_KNOWN) if signatures.is_empty(db) else []
    if made := [_signature(_candidate(item)) for item in told if not _is_board(item)]:
        with ctx.store.begin() as db:
            signatures.keep(db, made, _forgotten(ctx))


def _forgotten(ctx: Context) -> datetime:
    """What was told before is in no window, also when a run comes late."""
    return ctx.clock() - timedelta(days=ctx.settings.dedupe.window_days) - _MARGIN


def _read_new(db: Connection, settings: Settings) -> _New:
    found = items.pending(db)
    reasons = {item.id: reason for item in found if (reason := _why_not(item, settings))}
    fresh = sorted((i for i in found if i.id not in reasons), key=lambda i: (seen_at(i), i.id))
    candidates = [_candidate(i) for i in fresh if not _is_board(i)]
    candidates = [replace(c, terms=terms_of(c)) for c in candidates]  # they are needed three times
    return _New(items=fresh, candidates=candidates, reasons=reasons)


def _read_window(db: Connection, ctx: Context, new: Sequence[Candidate], zero: float) -> _Window:
    span = timedelta(days=ctx.settings.dedupe.window_days)
    since, until = (new[0].seen_at - span, new[-1].seen_at + span) if new else (ctx.clock(), ctx.clock())
    known = signatures.known(db, since, until, MOST_KNOWN)
    index = indexed(known)
    wanted = near(new, known, index, ctx.settings.dedupe.threshold)
    if ctx.embedder is not None and (vectors := [c.vector for c in new if c.vector is not None]):
        kept = signatures.vectors(db, ctx.embedder.name, since, until, MOST_KNOWN)
        kept = [k for k in kept if len(k[1]) == kept_bytes(vectors[0])]  # others are of another model of that name
        if kept:
            wanted |= near_by_meaning(np.stack(vectors), [s for s, _ in kept], unpack([v for _, v in kept]), zero)
    index.narrow(wanted)
    keys = {k.item_id: (k.url_key, k.text_hash) for k in known if k.story_id in wanted}
    found = items.by_story(db, sorted(wanted))
    members = [
        _known(i, story_id, keys.get(i.id)) for story_id, some in found.items() for i in some if not _is_board(i)
    ]
    return _Window(members=members, index=index)


def _with_meaning(ctx: Context, candidates: Sequence[C]) -> tuple[Sequence[C], float, DigestError | None]:
    """(each with its vector, the zero of these vectors, what went wrong: then words decide alone)."""
    if ctx.embedder is None or not candidates:
        return candidates, 0.0, None
    try:
        zero = baseline(ctx.embedder)
        vectors = ctx.embedder.embed([meaning_text(c.title, c.body) for c in candidates])
    except (ModelError, BudgetExceeded) as e:
        return candidates, 0.0, _instead(e, "what is one story was told by the words alone")
    return [replace(c, vector=vector) for c, vector in zip(candidates, vectors, strict=True)], zero, None


def _fold(
    new: Sequence[Candidate], window: _Window, settings: Settings, zero: float, apart: Collection[frozenset[str]]
) -> tuple[list[Membership], list[Doubt]]:
    folder = Folder(
        window.members,
        threshold=settings.dedupe.threshold,
        window_days=settings.dedupe.window_days,
        meaning_zero=zero,
        apart=apart,
        index=window.index,
    )
    folder.learn(new)
    return [folder.fold(candidate) for candidate in new], list(folder.doubts())


def _ask(ctx: Context, perhaps: list[Doubt], fresh: Sequence[Item]) -> tuple[list[Doubt], DigestError | None]:
    """(the doubts with the model's verdicts, what went wrong: then they stay open for the reviewer)."""
    if ctx.triage is None or not ctx.settings.dedupe.ask_model or not perhaps:
        return perhaps, None
    most_tokens = ctx.settings.task("triage").max_output_tokens
    file = load_prompt(resources.find("prompts", "same.md", ctx.settings.folder), most_tokens)
    new = {item.id: item for item in fresh}
    with ctx.store.read() as db:
        old = stories.load(db, {d.other_id for d in perhaps} - new.keys())
    asked = question(file, perhaps, new | {story.id: story.representative for story in old.values()})
    try:
        answers, by = ctx.triage.ask(asked.prompt, lambda text: read_answer(text, asked))
    except (ModelError, BudgetExceeded) as e:
        return perhaps, _instead(e, "stories that are perhaps the same stay apart")
    return settled(perhaps, asked, answers, by), ctx.triage.replaced_by(by)


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


def _known(item: Item, story_id: str, keys: tuple[str, str] | None) -> Known:
    """``keys`` are those of its signature, which take longer to make than all the rest."""
    address, text = keys or (url_key(item.url), text_hash(item.title, item.body))
    return Known(
        item_id=item.id,
        source_id=item.source_id,
        url_key=address,
        text_hash=text,
        title=item.title,
        body=item.body[:BODY_HEAD_CHARS],
        seen_at=seen_at(item),
        story_id=story_id,
    )


def _signature(item: Candidate) -> Signature:
    return signature(item, key_of(meaning_text(item.title, item.body)))
