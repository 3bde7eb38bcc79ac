"""digest run, demo, init, doctor."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.common import json_option, listing, opened
from pipeline.cli.status import next_steps

if TYPE_CHECKING:
    from pipeline.context import Context
    from pipeline.run import Report

STAGE_NAMES = ("fetch", "extract", "dedupe", "rank", "summarise", "verify", "review", "render", "deliver")


@click.command()
@click.option("--now", is_flag=True, help="Draft an issue now, whatever the calendar says.")
@click.option(
    "--until", type=click.Choice(STAGE_NAMES), default="deliver", show_default=True, help="The last stage to run."
)
@click.option("--dry-run", is_flag=True, help="Only say what each stage would do, and what its model would cost.")
@click.pass_context
def run(context: click.Context, now: bool, until: str, dry_run: bool) -> None:
    """Do what is due: this is the line for cron.

    Reads the sources; drafts, checks and hands over an issue; posts the one that was approved. Call it as often as you
    like: it decides itself what is due, and running it twice does nothing twice. It is silent when all went well and
    nobody watches.
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
    from pipeline.forecast import of_run
    from pipeline.run import STAGES

    for name, stage in STAGES.items():
        keys = list(stage.pending(ctx))
        click.echo(
            f"{name}: {len(keys)} to do"
            + (f" ({', '.join(keys[:5])}{', ...' if len(keys) > 5 else ''})" if keys else "")
        )
    for line in of_run(ctx):
        click.echo(line)


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
    click.echo(f"Done: {done}." if done else "Nothing was done.")
    for (name, reason), count in report.skipped.items():
        click.echo(f"Skipped: {name}: {reason}" + (f" ({count})" if count > 1 else ""))
    for line in next_steps(ctx):
        click.echo(line)


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    help="Where to write; an older demo there is replaced.",
)
def demo(folder: Path) -> None:
    """Run the whole thing on sample sources; no network, no key.

    Nothing is sent: it ends by naming the issue that it wrote, as a web page, as text and as a mail.
    """
    from pipeline.cli.progress import progress
    from pipeline.demo import play

    with progress() as shown:
        result = play(folder, progress=shown)
    for line in result.lines:
        click.echo(line)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def init(folder: Path) -> None:
    """Write the folder that you begin with.

    A commented config.yaml with real AI-news sources, .env.example, and a README of three steps.
    """
    from pipeline.init import write

    for line in write(folder):
        click.echo(line)


@click.command()
@json_option
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> None:
    """Name what is missing, each with its remedy.

    Looks at configuration, store, templates, sources, model and mail; sends nothing and asks no source. Exit 0 when an
    issue can go out.
    """
    from pipeline.doctor import examine

    findings = examine(context.obj)
    if as_json:
        listing([f.row for f in findings], as_json=True, empty="")
    else:
        for finding in findings:
            click.echo(finding.line)
    context.exit(max((f.exit_code for f in findings), default=0))
