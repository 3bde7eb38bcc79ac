"""Verify: holds every claim of a new revision against the story's own items, and keeps what was found."""

from collections.abc import Iterable

from pipeline.context import Context
from pipeline.store import stories, summaries
from pipeline.types import Outcome
from pipeline.verify.engine import verify_summary
from pipeline.verify.policy import to_cut


def pending(ctx: Context) -> Iterable[str]:
    """ "story@revision" for every revision in an open issue that code has not looked at."""
    with ctx.store.read() as db:
        return [f"{story_id}@{revision}" for story_id, revision in summaries.unverified(db)]


def process(ctx: Context, key: str) -> Outcome:
    """Check one revision. What is not found is kept for the reviewer, never an error."""
    story_id, _, revision = key.rpartition("@")
    with ctx.store.read() as db:
        story = stories.load(db, [story_id])[story_id]
        summary = summaries.load(db, [story_id])[story_id, int(revision)]
    found = verify_summary(summary, story.items)
    with ctx.store.begin() as db:
        summaries.record_checks(db, (story_id, int(revision)), found, to_cut(summary, found), ctx.clock())
    return Outcome(count=sum(1 for c in found if c.verdict != "supported"))
