"""digest status: the last run, the issues, the mails that did not arrive, the sources, and what comes next."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from pipeline.cli.common import json_option, listing, moment, opened, zone
from pipeline.cli.health import brief, summary
from pipeline.cli.health import rows as source_rows

if TYPE_CHECKING:
    from sqlalchemy.engine import RowMapping

    from pipeline.context import Context
    from pipeline.store.agreement import Agreement
    from pipeline.types import CheckMethod, Delivery, Issue, Problem

RECENT_ISSUES = 5
JUDGED_ISSUES = 30  # two months of an issue every other day
SHOWN_PROBLEMS = 5


@click.command()
@json_option
@click.pass_context
def status(context: click.Context, as_json: bool) -> None:
    """Show where things stand, and what comes next.

    The last run and its problems, the newest issues, mails of theirs that did not arrive, how often each check found
    something and its reviewer agreed, the health of every source, and what is due when.
    """
    from pipeline.store import agreement, deliveries, issues, runs

    with opened(context) as ctx:
        with ctx.store.read() as db:
            last = runs.last(db)
            problems = runs.problems_of(db, last["id"]) if last else []
            judged = issues.recent(db, JUDGED_ISSUES)
            recent, checks = judged[:RECENT_ISSUES], agreement.of_methods(db, judged)
            kept = {i.id for i in recent}
            rows = deliveries.with_status(db, "unknown", "deferred", "failed")
        # A mail refused half a year ago is history; one that may have gone out waits for a person, however old.
        open_rows = [d for d in rows if d.status == "unknown" or d.issue_id in kept]
        health = source_rows(ctx)
        if as_json:
            rows_ = [*_rows(last, recent, open_rows, problems, health), *_check_rows(checks)]
            listing(rows_, as_json=True, empty="")
        else:
            _say(ctx, last, recent, open_rows, problems, health, checks)


def _rows(
    last: "RowMapping | None",
    recent: "list[Issue]",
    open_rows: "list[Delivery]",
    problems: "list[Problem]",
    health: Sequence[dict[str, object]],
) -> list[dict[str, object]]:
    """Everything as rows of one shape: what, which, state, at, detail."""
    run = [("run", str(last["id"]), _exit(last), last["started_at"], _counts(last))] if last else []
    found: list[tuple[str, str, str, object, str]] = [
        *run,
        *(("issue", i.id, i.status, i.publish_at, f"{len(i.slots)} stories") for i in recent),
        *(
            ("delivery", f"{d.issue_id} {d.channel} {d.recipient}", d.status, d.next_attempt_at, d.detail)
            for d in open_rows
        ),
        *(("problem", f"{p.stage} {p.subject}", p.kind, p.at, p.message) for p in problems),
        *(("source", str(h["id"]), _state(h), h["succeeded_at"], _yield(h)) for h in health),
    ]
    return [dict(zip(("what", "which", "state", "at", "detail"), row, strict=True)) for row in found]


def _check_rows(checks: "Mapping[CheckMethod, Agreement]") -> list[dict[str, object]]:
    return [
        {
            "what": "check",
            "which": method,
            "state": f"{found.fired} findings",
            "at": None,
            "detail": f"agreed {found.agreed}, disagreed {found.disagreed}",
        }
        for method, found in sorted(checks.items())
    ]


def _state(health: Mapping[str, object]) -> str:
    return str(health["off"] or f"{health['failures']} failures in a row")


def _yield(health: Mapping[str, object]) -> str:
    spent = f", {health['usd_30_days']} USD in 30 days, {health['usd_in_all']} in all" if health["usd_in_all"] else ""
    return f"{health['items_per_week']} items a week{spent}" + (f"; {health['trouble']}" if health["trouble"] else "")


def _exit(last: "RowMapping") -> str:
    return "running, or killed" if last["exit_code"] is None else f"exit {last['exit_code']}"


def _counts(last: "RowMapping") -> str:
    return ", ".join(f"{name} {count}" for name, count in last["counts"].items() if count) or "nothing was done"


def _say(
    ctx: "Context",
    last: "RowMapping | None",
    recent: "list[Issue]",
    open_rows: "list[Delivery]",
    problems: "list[Problem]",
    health: list[dict[str, object]],
    checks: "Mapping[CheckMethod, Agreement]",
) -> None:
    where = zone(ctx)
    if last is None:
        click.echo("Nothing has run yet: `digest run`.")
    else:
        click.echo(f"Last run {last['id']}, {moment(last['started_at'], where)}: {_exit(last)}; {_counts(last)}.")
    for problem in problems[:SHOWN_PROBLEMS]:
        click.echo(f"  {problem.stage}: {problem.subject}: {problem.message}")
    if len(problems) > SHOWN_PROBLEMS:
        click.echo(f"  ... and {len(problems) - SHOWN_PROBLEMS} more problems: `digest status --json` gives them all.")
    if recent:
        click.echo("\nIssues:")
        rows = [
            {"id": i.id, "status": i.status, "stories": len(i.slots), "publish_at": i.publish_at, "subject": i.subject}
            for i in recent
        ]
        listing(rows, as_json=False, empty="", where=where, indent="  ")
    if open_rows:
        click.echo("\nMails that did not arrive (settle what is unknown with `digest issue settle`):")
        mails = [
            {
                "issue": d.issue_id,
                "recipient": d.recipient,
                "status": d.status,
                "next_attempt_at": d.next_attempt_at,
                "detail": d.detail,
            }
            for d in open_rows
        ]
        listing(mails, as_json=False, empty="", where=where, indent="  ")
    if checks:
        click.echo(f"\nFindings in the last {JUDGED_ISSUES} issues (agreed: the text was changed or rejected):")
        counted = [
            {"method": method, "found": str(c.fired), "agreed": str(c.agreed), "disagreed": str(c.disagreed)}
            for method, c in sorted(checks.items())
        ]
        listing(counted, as_json=False, empty="", indent="  ")
    click.echo(f"\n{summary(health)}")
    if known := [row for row in health if row["succeeded_at"] or row["trouble"]]:
        listing(brief(known), as_json=False, empty="", where=where, indent="  ")
    click.echo("")
    for line in next_steps(ctx):
        click.echo(line)


def next_steps(ctx: "Context") -> list[str]:
    """What waits for whom, and when the next issue is due; one sentence a line."""
    from pipeline.schedule import upcoming
    from pipeline.store import issues

    where, now = zone(ctx), ctx.clock()
    with ctx.store.read() as db:
        waiting = issues.with_status(db, "in_review")
        approved = issues.with_status(db, "approved")
        known = {i.id for i in issues.recent(db)}
    lines = [
        f"The draft of {i.id} waits for you: `digest review --terminal`. It is due {moment(i.publish_at, where)}."
        for i in waiting
    ]
    lines += [f"Issue {i.id} is approved; it goes out {moment(i.publish_at, where)}." for i in approved]
    coming = upcoming(ctx.settings.schedule, now)
    if coming.id in known:
        coming = upcoming(ctx.settings.schedule, coming.publish_at)
    drafts = (
        "the next `digest run`"
        if coming.drafts_at <= now
        else f"`digest run` from {moment(coming.drafts_at, where)} on"
    )
    lines.append(f"Next issue {coming.id}: drafted by {drafts}, due {moment(coming.publish_at, where)}.")
    return lines
