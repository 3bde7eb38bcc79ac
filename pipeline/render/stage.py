"""Render: gathers what an issue prints, and freezes its bytes once it is approved."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from pipeline.context import Context
from pipeline.errors import ReviewError
from pipeline.render.render import FindingView, Notice, environment, render, render_notice
from pipeline.render.view import Entry, Printed
from pipeline.store import issues, leads, repeats, stories, summaries, told, translations
from pipeline.store.approval import fingerprint
from pipeline.store.decisions import Decided
from pipeline.store.translations import Translation
from pipeline.text.marking import around
from pipeline.types import Check, Format, Issue, Outcome, Rendering


def pending(ctx: Context) -> Iterable[str]:
    """Ids of approved issues that are not frozen, and of issues whose reviewers wait for their notice."""
    with ctx.store.read() as db:
        return [*issues.without_renderings(db), *issues.without_notice(db)]


def process(ctx: Context, key: str) -> Outcome:
    """Freeze the bytes of an approved issue, or write the notice of one in review. Raises ReviewError (see _freeze)."""
    with ctx.store.read() as db:
        issue = issues.get(db, key)
    return _freeze(ctx, key) if issue is not None and issue.status == "approved" else _write_notice(ctx, key)


def _freeze(ctx: Context, key: str) -> Outcome:
    """Freeze the bytes. Raises ReviewError, and voids the approval, when they are not the ones that were approved."""
    with ctx.store.begin() as db:
        issue = issues.require(db, key)
        made = bytes_of(ctx, db, issue)
        present = fingerprint(issue.subject, made)
        if issue.approved_sha256 in (None, present):
            issues.freeze(db, made.values())
            issues.set_approved_sha256(db, key, present)
            return Outcome(count=len(made))
        issues.move(db, key, "in_review", approved_sha256=None, approved_by=None)
    remedy = "The approval is void: look at it again with `digest review`"
    raise ReviewError("changed after it was approved", subject=f"issue {key}", remedy=remedy, kind="approval_void")


def preview(ctx: Context, issue_id: str) -> tuple[Issue, dict[str, Rendering], str]:
    """The issue, its bytes as they would be sent if a person approved them now (the frozen ones once there are), and
    their fingerprint. Raises ReviewError when there is no such issue, or it holds no stories yet.
    """
    with ctx.store.read() as db:
        issue = issues.get(db, issue_id)
        if issue is None or not issue.slots:
            remedy = "`digest issue list` shows the issues; `digest run` drafts one when it is due"
            raise ReviewError("there is nothing to show", subject=f"issue {issue_id}", remedy=remedy)
        made = issues.renderings_of(db, issue_id) or bytes_of(ctx, db, issue)
    return issue, made, fingerprint(issue.subject, made)


def bytes_of(ctx: Context, db: Connection, issue: Issue) -> dict[str, Rendering]:
    """Every format of an issue; the same database gives the same bytes."""
    return _renderings(ctx, issue.id, render(gather(ctx, db, issue), environment(ctx.settings.folder)))


def _renderings(ctx: Context, issue_id: str, bodies: Mapping[Format, bytes]) -> dict[str, Rendering]:
    return {
        name: Rendering(
            issue_id=issue_id,
            format=name,
            language=ctx.settings.language,
            body=body,
            sha256=sha256(body).hexdigest(),
        )
        for name, body in bodies.items()
    }


def gather(ctx: Context, db: Connection, issue: Issue) -> Printed:
    """What the issue prints, with the decisions applied; a fixed number of queries."""
    decided = issues.decided(db, issue)
    printed = [d for d in decided if d.printed]
    ids = [d.slot.story_id for d in printed]
    found, written = told.of_slots(db, [d.slot for d in printed]), summaries.load(db, ids)
    checks, cuts = summaries.checks_of(db, ids), summaries.cuts_of(db, ids)
    by_policy = (issue.approved_by or "").startswith("policy:")
    previous = issues.previous(db, before=issue.publish_at)
    entries = []
    for d in printed:
        key = (d.slot.story_id, d.slot.revision or 0)
        cut = cuts.get(key, frozenset()) if by_policy and not d.reviewed else frozenset()
        summary = None if d.slot.brief else written.get(key)
        entries.append(
            Entry(
                slot=d.slot,
                story=found[d.slot.story_id].story,
                before=found[d.slot.story_id].before,
                summary=summary,
                checks=checks.get(key, ()) if summary else (),
                reviewed=d.reviewed,
                cut=cut,
            )
        )
    made = [t for t in translations.load(db, [issue.id, *ids]).values() if t.text]
    return Printed(
        issue=issue,
        title=ctx.settings.title,
        entries=entries,
        source_names={s.id: s.title for s in ctx.settings.sources},
        counts={**issue.counts, **_reviewed_counts(db, issue, decided)},
        lead_checks=leads.checks_of(db, issue.id),
        lead_cut=frozenset(issue.lead_cut or ()) if by_policy else frozenset(),
        approval="policy" if by_policy else "person",
        language=ctx.settings.language,
        languages=ctx.settings.languages,
        layout=ctx.settings.layout,
        translations=_by_language(made, entries, issue.id),
        translators=_translators(made),
        can_translate=ctx.translator is not None,
        previous_issue_id=previous.id if previous else None,
        unsubscribe=ctx.settings.mail.unsubscribe,
    )


def _by_language(
    made: Sequence[Translation], entries: Sequence[Entry], issue_id: str
) -> dict[tuple[str, str], dict[int, tuple[str, str]]]:
    """The translations of the revisions that are printed, and of the lead, as Printed has them."""
    printed = {(issue_id, 0), *((e.story.id, e.summary.revision if e.summary else 0) for e in entries)}
    found: dict[tuple[str, str], dict[int, tuple[str, str]]] = {}
    for t in made:
        if (t.story_id, t.revision) in printed:
            found.setdefault((t.story_id, t.language), {})[t.number] = (t.source, t.text)
    return found


def _translators(made: Sequence[Translation]) -> dict[str, list[str]]:
    by = sorted({(t.language, t.written_by.removeprefix("model:")) for t in made})
    return {language: [name for lang, name in by if lang == language] for language, _ in by}


def _reviewed_counts(db: Connection, issue: Issue, decided: Sequence[Decided]) -> dict[str, int]:
    """What the reviewer changed of the counts: stories merged, split, brought back, rejected or held."""
    words = Counter(d.decision for d in decided)
    unplaced = ("stories_left_out", "dropped_excluded_by_a_word")
    return {
        "stories": len(decided) + sum(issue.counts.get(name, 0) for name in unplaced),
        "stories_updated": sum(d.printed and d.slot.update_of is not None for d in decided),
        "stories_ran_before": len(repeats.left_out(db, issue)),
        "items_merged": stories.merged_in(db, issue.opens_at, issue.closes_at),
        "dropped_rejected_by_the_reviewer": words["reject"],
        "dropped_held_for_later": words["hold"],
    }


def _write_notice(ctx: Context, issue_id: str) -> Outcome:
    with ctx.store.begin() as db:
        issue = issues.require(db, issue_id)
        printed = gather(ctx, db, issue)
        bodies = render_notice(_notice(ctx, issue, printed), environment(ctx.settings.folder))
        formats: dict[Format, bytes] = {"notice_html": bodies["html"], "notice_text": bodies["text"]}
        issues.freeze(db, _renderings(ctx, issue_id, formats).values())
    return Outcome()


def _notice(ctx: Context, issue: Issue, printed: Printed) -> Notice:
    items = [item for e in printed.entries for item in e.story.items]
    found = partial(_findings, names={i.id: printed.source_names.get(i.source_id, i.source_id) for i in items})
    findings = [("The lead", found(printed.lead_checks, dict(enumerate(issue.lead))))]
    findings += [(e.summary.headline, found(e.checks, e.summary.texts)) for e in printed.entries if e.summary]
    local = issue.publish_at.astimezone(ZoneInfo(ctx.settings.schedule.time_zone))
    return Notice(
        title=ctx.settings.title,
        issue_id=issue.id,
        subject=issue.subject,
        deadline=f"{local:%Y-%m-%d %H:%M} ({ctx.settings.schedule.time_zone})",
        at_deadline=_AT_DEADLINE[ctx.settings.review.policy],
        stories=sum(not e.slot.brief for e in printed.entries),
        findings=tuple((headline, views) for headline, views in findings if views),
    )


_AT_DEADLINE = {
    "hold": "The issue waits until somebody approves it.",
    "publish_approved": "The stories that were approved by then go out; the others are held back.",
    "publish_marked": "The issue goes out; stories that nobody reviewed say so, and what was found wrong is cut.",
}


def _findings(checks: Iterable[Check], texts: Mapping[int, str], names: Mapping[str, str]) -> tuple[FindingView, ...]:
    """The findings about these texts, each once; ``names`` has the name of the source of each item."""
    views = (
        FindingView(
            note=check.note,
            printed=around(texts[check.claim], check.start, check.end),
            source_name=names.get(check.source_item_id or "", "") if check.source else "",
            source=check.source,
        )
        for check in checks
        if check.verdict != "supported"
    )
    return tuple(dict.fromkeys(views))
