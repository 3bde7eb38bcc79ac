"""Verify: holds every claim of a new revision against the story's own items, and keeps what was found."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy.engine import Connection

from pipeline import resources
from pipeline.context import Context
from pipeline.errors import BudgetExceeded, ModelError
from pipeline.model.prompting import load_prompt
from pipeline.store import issues, leads, stories, summaries
from pipeline.types import Check, Outcome, Story, Summary
from pipeline.verify import opinion, repair
from pipeline.verify.engine import sources_of, verify_lead, verify_summary
from pipeline.verify.policy import is_better, to_cut, to_repair

_LEAD = "/"


def threads(ctx: Context) -> int:
    """How many revisions are looked at a time: without a model it is plain computing."""
    return ctx.model.threads if ctx.model else 1


def pending(ctx: Context) -> Iterable[str]:
    """ "story@revision" for every revision in an open issue that code has not looked at; "issue/" for its lead."""
    with ctx.store.read() as db:
        revisions = [f"{story_id}@{revision}" for story_id, revision in summaries.unverified(db)]
        return [*revisions, *(f"{issue_id}{_LEAD}" for issue_id in leads.unverified(db))]


def process(ctx: Context, key: str) -> Outcome:
    """Check one revision, and have its writer mend what is wrong; or check one lead. What is found is kept for the
    reviewer, never an error.
    """
    if key.endswith(_LEAD):
        return _verify_lead(ctx, key.removesuffix(_LEAD))
    story_id, _, revision = key.rpartition("@")
    with ctx.store.read() as db:
        story = stories.load(db, [story_id])[story_id]
        summary = summaries.load(db, [story_id])[story_id, int(revision)]
    found = verify_summary(summary, story.items)
    opinions, doubt = _opinions(ctx, summary, story, found)
    mended, trouble = _mended(ctx, summary, story, [*found, *opinions])
    found += opinions
    with ctx.store.begin() as db:
        _keep(ctx, db, summary, found)
        if mended is not None:
            mended = replace(mended, revision=summaries.next_revision(db, story_id), written_at=ctx.clock())
            found = verify_summary(mended, story.items)
            summaries.add(db, mended)
            _keep(ctx, db, mended, found)
            issues.reprint(db, story_id, summary.revision, mended.revision)
    return Outcome(count=sum(c.verdict != "supported" for c in found), trouble=trouble or doubt)


def _verify_lead(ctx: Context, issue_id: str) -> Outcome:
    """A lead is short and nothing hangs on it: whatever has a finding goes when nobody saw it."""
    with ctx.store.begin() as db:
        issue = issues.require(db, issue_id)
        told = stories.load(db, {story_id for ids in issue.lead_about for story_id in ids})
        found = verify_lead(issue, told)
        wrong = [c for c in found if c.verdict != "supported"]
        leads.record_checks(db, issue_id, found, {c.claim for c in wrong})
    return Outcome(count=len(wrong))


def _keep(ctx: Context, db: Connection, summary: Summary, found: Sequence[Check]) -> None:
    cut = to_cut(summary, found, ctx.settings.verify)
    summaries.record_checks(db, (summary.story_id, summary.revision), found, cut, ctx.clock())


def _opinions(
    ctx: Context, summary: Summary, story: Story, found: Sequence[Check]
) -> tuple[list[Check], ModelError | None]:
    """(what another model says of the sentences that code left open, what went wrong)."""
    claims = opinion.left_open(found)
    if ctx.checker is None or not claims:
        return [], None
    model, sources = ctx.checker, sources_of(story.items)
    file = load_prompt(resources.find("prompts", "check.md", ctx.settings.folder))
    asked = opinion.question(file, summary, story, claims)
    try:
        said, by = model.ask(asked.prompt, lambda text: opinion.read_answer(text, asked, summary, sources))
    except (ModelError, BudgetExceeded) as e:
        message = f"{e.message}; what code left open was checked by nobody else"
        return [], ModelError(message, subject=e.subject, remedy=e.remedy, kind=e.kind)
    checks = [replace(check, note=f"{by} {check.note}") for check in said]
    return checks, model.replaced_by(by)


def _mended(
    ctx: Context, summary: Summary, story: Story, found: Sequence[Check]
) -> tuple[Summary | None, ModelError | None]:
    """(the summary as its writer mended it, where less is found against that; what went wrong).

    Only the model that wrote a summary mends it: a reviewer's words are theirs, and an extract is the source's own.
    """
    wrong = to_repair(summary, found, ctx.settings.verify)
    writer = ctx.model.beginning_with(summary.written_by.removeprefix("model:")) if ctx.model else None
    if not wrong or writer is None:
        return None, None
    file = load_prompt(
        resources.find("prompts", "repair.md", ctx.settings.folder), ctx.settings.task("write").max_output_tokens
    )
    prompt = repair.question(file, summary, story, wrong)
    try:
        mended, _by = writer.ask(prompt, lambda text: repair.read_answer(text, summary, story, wrong))
    except (ModelError, BudgetExceeded) as e:
        message = f"{e.message}; a sentence that code found wrong was not mended"
        return None, ModelError(message, subject=e.subject, remedy=e.remedy, kind=e.kind)
    by_code = [c for c in found if c.method != "model"]
    better = mended is not None and is_better(verify_summary(mended, story.items), by_code)
    return mended if better else None, None
