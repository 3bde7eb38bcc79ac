"""Review: hands finished drafts to a person, keeps what they decide, and acts at the deadline."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy.engine import Connection

from pipeline.context import Context
from pipeline.errors import ReviewError
from pipeline.review.regroup import going, slot_behind, slot_of_repeat, staying
from pipeline.store import deliveries, issues, repeats, stories, summaries
from pipeline.store.decisions import Decided, standing
from pipeline.types import Action, Claim, Delivery, Issue, Outcome, Repeat, Review

POLICY = "policy:"  # begins approved_by where nobody approved


def pending(ctx: Context) -> Iterable[str]:
    """Drafts that are written and checked, and issues in review whose deadline has come."""
    with ctx.store.read() as db:
        drafts = [i.id for i in issues.with_status(db, "draft") if _complete(db, i)]
        late = [i.id for i in issues.with_status(db, "in_review") if _late(ctx, i)]
    return [*drafts, *late]


def process(ctx: Context, key: str) -> Outcome:
    """Submit a draft and have its reviewers told; at the deadline do what the policy says."""
    with ctx.store.begin() as db:
        issue = issues.require(db, key)
        if issue.status == "draft":
            issues.move(db, key, "in_review")
            _queue_notices(ctx, db, key)
        if not _late(ctx, issue):
            return Outcome()
        return _at_deadline(ctx, db, issue)


def _late(ctx: Context, issue: Issue) -> bool:
    return ctx.settings.review.policy != "hold" and issue.publish_at <= ctx.clock()


def _complete(db: Connection, issue: Issue) -> bool:
    """Every full slot has a summary that was checked, and the lead is written and checked."""
    full = {(s.story_id, s.revision) for s in issue.slots if not s.brief}
    written = summaries.load(db, [story_id for story_id, _ in full])
    open_ = set(summaries.unverified(db))
    return issue.lead_cut is not None and bool(issue.slots) and all(key in written and key not in open_ for key in full)


def _queue_notices(ctx: Context, db: Connection, issue_id: str) -> None:
    rows = [
        Delivery(
            issue_id=issue_id,
            channel=deliveries.NOTICE,
            recipient=address,
            status="queued",
            attempts=0,
            message_id="",
            changed_at=ctx.clock(),
        )
        for address in ctx.settings.review.reviewers
    ]
    deliveries.queue(db, rows)


def _at_deadline(ctx: Context, db: Connection, issue: Issue) -> Outcome:
    """``publish_approved`` holds back what nobody approved; ``publish_marked`` prints it and says so."""
    policy = ctx.settings.review.policy
    if policy == "publish_approved":
        decided = [d for d in issues.decided(db, issue) if d.printed]
        if not any(d.reviewed for d in decided):
            return Outcome(skipped="nothing was approved by the deadline")
        for d in decided:
            if not d.reviewed:
                issues.add_review(db, _review(ctx, issue.id, d.slot.story_id, "hold", "policy", "policy"))
        issues.set_lead(db, issue.id, None)
    issues.move(db, issue.id, "approved", approved_by=POLICY + policy, approved_sha256=None)
    return Outcome()


# --- what a person does -----------------------------------------------------------------------------------------------


def decide(
    ctx: Context,
    issue_id: str,
    story_id: str | None,
    action: Action,
    *,
    reviewer: str,
    channel: str,
    comment: str = "",
    position: int | None = None,
) -> None:
    """Keep one decision about a story (or ``undo`` the last one). Raises ReviewError when it does not fit.

    A decision about an approved issue voids the approval: the issue is in review again.
    """
    with ctx.store.begin() as db:
        issue = _reopened(db, issues.require(db, issue_id))
        if action == "undo":
            made = standing(issues.reviews_of(db, issue_id))
            if not made:
                raise ReviewError("there is nothing to undo", subject=f"issue {issue_id}")
            _take_back(ctx, db, made[-1])
            review = _review(ctx, issue_id, None, action, reviewer, channel)
        else:
            decided = slot_of(issues.decided(db, issue), story_id)
            review = replace(
                _review(ctx, issue_id, story_id, action, reviewer, channel, comment),
                revision=decided.slot.revision,
                position=position,
            )
        _keep(db, review)


def _keep(db: Connection, review: Review) -> None:
    issues.add_review(db, review)
    if review.action not in ("approve", "different"):  # these change nothing that the lead tells
        issues.set_lead(db, review.issue_id, None)


def _take_back(ctx: Context, db: Connection, review: Review) -> None:
    """Undo what a decision did beside being kept: items return to their story, a slot goes or comes again."""
    if review.moved:
        stories.move(db, review.moved, ctx.clock())
        issues.set_revision(db, review.issue_id, str(review.story_id), None)
    if review.action == "merge" and review.position is not None:
        _place(db, review.issue_id, str(review.other_id), behind=str(review.story_id))
    elif review.action == "not_repeat":
        issues.remove_slot(db, review.issue_id, str(review.story_id))


def edit(
    ctx: Context, issue_id: str, story_id: str, *, headline: str, sentences: list[str], reviewer: str, channel: str
) -> None:
    """Print a reviewer's own words: a new revision. Sentences that were not changed keep their citations."""
    with ctx.store.begin() as db:
        issue = _reopened(db, issues.require(db, issue_id))
        slot = slot_of(issues.decided(db, issue), story_id).slot
        if slot.revision is None:
            raise ReviewError("prints one line only and has no summary", subject=f"story {story_id}")
        old = summaries.load(db, [story_id])[story_id, slot.revision]
        cited = {c.text: c for c in old.claims}
        revision = summaries.next_revision(db, story_id)
        new = replace(
            old,
            revision=revision,
            input_hash="",
            headline=headline,
            claims=tuple(cited.get(s, Claim(text=s)) for s in sentences),
            written_by=f"reviewer:{reviewer}",
            written_at=ctx.clock(),
            note=None,
        )
        summaries.add(db, new)
        _keep(db, replace(_review(ctx, issue_id, story_id, "edit", reviewer, channel), revision=revision))


def merge(ctx: Context, issue_id: str, story_id: str, other_id: str, *, reviewer: str, channel: str) -> str:
    """Make two stories one, of which the issue holds one at least; gives the id of the one that stays.

    That one is written anew if it prints in full. Raises ReviewError when there is no such story (see also staying).
    """
    with ctx.store.begin() as db:
        issue = _reopened(db, issues.require(db, issue_id))
        _require_pair(db, issue, story_id, other_id)
        ran = issues.ran(db)
        stays, goes = staying(story_id, other_id, issue, ran)
        moved = stories.members(db, goes)
        stories.move(db, [replace(m, story_id=stays, method="reviewer", score=1.0) for m in moved], ctx.clock())
        if not issues.set_revision(db, issue_id, stays, None):  # it ran, and this issue has no place for it
            repeats.add(db, issue_id, [Repeat(story_id=stays, repeat_of=stays, ran_in=ran[stays], score=1.0)])
        review = replace(
            _review(ctx, issue_id, stays, "merge", reviewer, channel),
            other_id=goes,
            moved=tuple(moved),
            position=next((s.position for s in issue.slots if s.story_id == goes), None),
        )
        _keep(db, review)
    return stays


def split(ctx: Context, issue_id: str, story_id: str, item_ids: list[str], *, reviewer: str, channel: str) -> str:
    """Part these items of a story from the others; gives the id of the new story, whichever of them it got (see going).

    Both are written anew if they print in full. Raises ReviewError when the issue or the story does not hold them.
    """
    with ctx.store.begin() as db:
        issue = _reopened(db, issues.require(db, issue_id))
        slot_of(issues.decided(db, issue), story_id)
        before = {m.item_id: m for m in stories.members(db, story_id)}
        new_id, leave = going(stories.load(db, [story_id])[story_id], item_ids)
        stories.move(db, leave, ctx.clock())
        issues.set_revision(db, issue_id, story_id, None)
        _place(db, issue_id, new_id, behind=story_id)
        review = replace(
            _review(ctx, issue_id, story_id, "split", reviewer, channel),
            other_id=new_id,
            moved=tuple(before[m.item_id] for m in leave),
        )
        _keep(db, review)
    return new_id


def tell_apart(ctx: Context, issue_id: str, story_id: str, other_id: str, *, reviewer: str, channel: str) -> None:
    """Keep that two stories are different: they are never asked about again. Raises ReviewError as merge does."""
    with ctx.store.begin() as db:
        issue = _reopened(db, issues.require(db, issue_id))
        _require_pair(db, issue, story_id, other_id)
        _keep(db, replace(_review(ctx, issue_id, story_id, "different", reviewer, channel), other_id=other_id))


def bring_back(ctx: Context, issue_id: str, story_id: str, *, reviewer: str, channel: str) -> None:
    """Print a story that the issue left out as a repeat, in the section that printed what it was taken to repeat.

    It is never left out again. Raises ReviewError when the issue left out no such story.
    """
    with ctx.store.begin() as db:
        issue = _reopened(db, issues.require(db, issue_id))
        repeat = next((r for r in repeats.left_out(db, issue) if r.story_id == story_id), None)
        if repeat is None:
            remedy = "`digest issue show` lists what it left out"
            raise ReviewError("is no repeat that this issue left out", subject=f"story {story_id}", remedy=remedy)
        issues.insert_slot(db, issue_id, slot_of_repeat(repeat, issue, issues.get(db, repeat.ran_in)))
        _keep(db, _review(ctx, issue_id, story_id, "not_repeat", reviewer, channel))


def _require_pair(db: Connection, issue: Issue, story_id: str, other_id: str) -> None:
    """Raises ReviewError when one of the stories is not there, they are one, or the issue holds neither."""
    there = stories.load(db, [story_id, other_id])
    if missing := [s for s in (story_id, other_id) if s not in there]:
        remedy = "`digest issue show` lists the stories"
        raise ReviewError("there is no such story", subject=f"story {missing[0]}", remedy=remedy)
    if story_id == other_id:
        raise ReviewError("is one story", subject=f"story {story_id}", remedy="Name two")
    if not {story_id, other_id} & {slot.story_id for slot in issue.slots}:
        slot_of((), story_id)


def _place(db: Connection, issue_id: str, story_id: str, *, behind: str) -> None:
    """Give a story a place behind another one, unless it has its own (that of a story that a merge had emptied)."""
    there = {slot.story_id: slot for slot in issues.require(db, issue_id).slots}
    if story_id not in there and behind in there:
        issues.insert_slot(db, issue_id, slot_behind(there[behind], story_id))


def approve(ctx: Context, issue_id: str, sha256: str, *, reviewer: str, channel: str) -> None:
    """Approve the issue, bound to the bytes with that fingerprint. Raises ReviewError when it is not in review."""
    with ctx.store.begin() as db:
        issues.require(db, issue_id)
        issues.move(db, issue_id, "approved", approved_by=reviewer, approved_sha256=sha256)
        review = _review(ctx, issue_id, None, "approve", reviewer, channel)
        issues.add_review(db, replace(review, sha256=sha256))


def cancel(ctx: Context, issue_id: str) -> None:
    """The issue will not go out; its stories are in the next window."""
    with ctx.store.begin() as db:
        issues.require(db, issue_id)
        issues.move(db, issue_id, "cancelled")


def reopen(ctx: Context, issue_id: str) -> None:
    """Back to a draft: it is ranked and written anew by the next run; decisions are kept."""
    with ctx.store.begin() as db:
        issue = _reopened(db, issues.require(db, issue_id))
        issues.move(db, issue_id, "draft")
        issues.replace_slots(db, issue_id, (), issue.counts)


def _reopened(db: Connection, issue: Issue) -> Issue:
    """The issue in review; an approval is void from here on."""
    if issue.status == "approved":
        issues.move(db, issue.id, "in_review", approved_sha256=None, approved_by=None)
        issues.thaw(db, issue.id)
    elif issue.status != "in_review":
        remedy = "Only issues in review (or approved, which voids the approval) can be changed"
        raise ReviewError(f"is {issue.status}", subject=f"issue {issue.id}", remedy=remedy)
    return issue


def slot_of(decided: Iterable[Decided], story_id: str | None) -> Decided:
    """The slot of a story. Raises ReviewError when the issue does not hold it."""
    for d in decided:
        if d.slot.story_id == story_id:
            return d
    raise ReviewError(
        "is not in this issue", subject=f"story {story_id}", remedy="`digest issue show` lists its stories"
    )


def _review(
    ctx: Context, issue_id: str, story_id: str | None, action: Action, reviewer: str, channel: str, comment: str = ""
) -> Review:
    return Review(
        issue_id=issue_id,
        story_id=story_id,
        revision=None,
        action=action,
        reviewer=reviewer,
        channel=channel,
        decided_at=ctx.clock(),
        comment=comment,
    )
