"""digest run, demo, init, doctor, status."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.common import json_option, listing, opened, settings

if TYPE_CHECKING:
    from pipeline.context import Context
    from pipeline.run import Report

STAGE_NAMES = ("fetch", "dedupe", "rank", "summarise", "verify", "review", "render", "deliver")


@click.command()
@click.option("--now", is_flag=True, help="Draft an issue now, whatever the calendar says.")
@click.option("--until", type=click.Choice(STAGE_NAMES), default="deliver", help="The last stage to run.")
@click.option("--dry-run", is_flag=True, help="Only say what each stage would do.")
@click.pass_context
def run(context: click.Context, now: bool, until: str, dry_run: bool) -> None:
    """Do what is due: read the sources; draft, check and hand over an issue; post the one that was approved.

    Made to be called by cron as often as you like: it decides itself what is due, and running it twice does nothing
    twice. It is silent when all went well and nobody watches.
    """
    from pipeline.cli.progress import progress
    from pipeline.run import run as run_stages

    with opened(context, at_once=now) as ctx:
        if dry_run:
            _say_pending(ctx)
            return
        with progress() as shown:
            report = run_stages(ctx, until=until, progress=shown)
        _say_report(ctx, report)
    context.exit(report.exit_code)


def _say_pending(ctx: "Context") -> None:
    from pipeline.run import STAGES

    for name, stage in STAGES.items():
        keys = list(stage.pending(ctx))
        click.echo(f"{name}: {len(keys)} to do" + (f" ({', '.join(keys[:5])}{', ...' if len(keys) > 5 else ''})" if keys else ""))


def _say_report(ctx: "Context", report: "Report") -> None:
    """Problems to stderr, always; the rest only where somebody watches."""
    for problem in report.problems:
        click.echo(f"{problem.stage}: {problem.subject}: {problem.message}", err=True)
    if report.unknown:
        remedy = "`digest status` lists them; settle each with `digest issue settle`"
        click.echo(f"deliver: {report.unknown} mails may have gone out before a run was killed. {remedy}", err=True)
    if not sys.stdout.isatty():
        return
    done = ", ".join(f"{name} {count}" for name, count in report.done.items() if count)
    click.echo(f"Done: {done}." if done else "Nothing was due.")
    for line in next_steps(ctx):
        click.echo(line)


def next_steps(ctx: "Context") -> list[str]:
    """What waits for whom, and when the next issue is due; one sentence a line."""
    from zoneinfo import ZoneInfo

    from pipeline.schedule import upcoming
    from pipeline.store import issues

    with ctx.store.read() as db:
        waiting = issues.with_status(db, "in_review")
        approved = issues.with_status(db, "approved")
    schedule = ctx.settings.schedule
    zone = ZoneInfo(schedule.time_zone)
    coming = upcoming(schedule, ctx.clock())
    lines = [f"The draft of {i.id} waits for you: `digest review --terminal`." for i in waiting]
    lines += [f"Issue {i.id} is approved and goes out at {i.publish_at.astimezone(zone):%Y-%m-%d %H:%M}." for i in approved]
    drafts, posts = coming.drafts_at.astimezone(zone), coming.publish_at.astimezone(zone)
    lines.append(f"The next issue by the calendar: drafted {drafts:%a %d %b %H:%M}, posted {posts:%a %d %b %H:%M} ({zone.key}).")
    return lines


@click.command()
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=Path("demo"), show_default=True)
def demo(folder: Path) -> None:
    """Run the whole thing on bundled sample sources: no network, no key, nothing sent."""
    from pipeline.cli.progress import progress
    from pipeline.demo import play

    with progress() as shown:
        result = play(folder, progress=shown)
    for line in result.lines:
        click.echo(line)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def init(folder: Path) -> None:
    """Write a commented config.yaml with real AI-news sources, .env.example and a README of three steps."""
    from pipeline.init import write

    for line in write(folder):
        click.echo(line)


@click.command()
@json_option
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> None:
    """Look at configuration, store, sources, model and mail; name what is missing, each with its remedy."""
    from pipeline.doctor import examine

    findings = examine(context.obj)
    if as_json:
        listing([f.row for f in findings], as_json=True, empty="")
    else:
        for finding in findings:
            click.echo(finding.line)
    context.exit(max((f.exit_code for f in findings), default=0))


@click.command()
@json_option
@click.pass_context
def status(context: click.Context, as_json: bool) -> None:
    """Show where things stand: the last run, the issues, deliveries that need a person, and what is due."""
    from pipeline.store import deliveries, issues, runs

    with opened(context) as ctx:
        with ctx.store.read() as db:
            last = runs.last(db)
            recent = issues.recent(db, 5)
            open_rows = deliveries.with_status(db, "unknown", "deferred", "failed")
            problems = runs.problems_of(db, last["id"]) if last else []
        steps = next_steps(ctx)
    rows: list[dict[str, object]] = [
        {"what": "issue", "which": i.id, "state": i.status, "detail": f"{len(i.slots)} stories"} for i in recent
    ]
    rows += [
        {"what": "delivery", "which": f"{d.issue_id} {d.channel} {d.recipient}", "state": d.status, "detail": d.detail}
        for d in open_rows
    ]
    rows += [{"what": "problem", "which": p.subject, "state": p.kind, "detail": p.message} for p in problems]
    if last:
        state = "running or killed" if last["exit_code"] is None else f"exit {last['exit_code']}"
        detail = ", ".join(f"{k} {v}" for k, v in last["counts"].items())
        rows.insert(0, {"what": "run", "which": f"{last['started_at']:%Y-%m-%d %H:%M} UTC", "state": state, "detail": detail})
    listing(rows, as_json=as_json, empty="Nothing has run yet: `digest run`.")
    if not as_json:
        for line in steps:
            click.echo(line)
