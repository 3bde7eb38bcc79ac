"""Dedupe: gives every new item its story, against those of the last days; what gets none is skipped and counted."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta

from pipeline.config import Settings
from pipeline.context import Context
from pipeline.dedupe.fold import BODY_HEAD_CHARS, Candidate, Folder, Known, text_hash
from pipeline.store import doubts, items, stories
from pipeline.text.relevance import why_not
from pipeline.text.urls import url_key
from pipeline.types import Item, Membership, Outcome

ALL = "new items"  # one key: items are folded against each other, so they are one piece of work


def pending(ctx: Context) -> Iterable[str]:
    """One key, while there are items without a story."""
    with ctx.store.read() as db:
        return [ALL] if items.any_pending(db) else []


def process(ctx: Context, key: str) -> Outcome:
    """Fold every new item: two queries to read, one transaction to write."""
    settings = ctx.settings
    with ctx.store.begin() as db:
        new = items.pending(db)
        reasons = {item.id: reason for item in new if (reason := _why_not(item, settings))}
        items.skip(db, "dedupe", reasons.items(), ctx.clock())
        fresh = sorted((i for i in new if i.id not in reasons), key=lambda i: (seen_at(i), i.id))
        if not fresh:
            return Outcome(count=0)
        since = min(i.fetched_at for i in fresh) - timedelta(days=settings.dedupe.window_days)
        members = stories.known_members(db, since)
        known = [_known(item, story_id) for story_id, item in members if not _is_board(item)]
        folder = Folder(
            known,
            threshold=settings.dedupe.threshold,
            window_days=settings.dedupe.window_days,
            apart=doubts.told_apart(db),
        )
        candidates = [_candidate(item) for item in fresh if not _is_board(item)]
        folder.learn(candidates)
        memberships = [folder.fold(candidate) for candidate in candidates]
        memberships += [Membership(item_id=i.id, story_id=i.id, method="first") for i in fresh if _is_board(i)]
        began = {i.id: i.fetched_at for i in fresh}
        stories.join(db, memberships, {m.story_id: began[m.story_id] for m in memberships if m.story_id in began})
    return Outcome(count=len({m.story_id for m in memberships if m.method == "first"}))


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
