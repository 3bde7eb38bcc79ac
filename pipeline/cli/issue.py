"""digest issue: look at an issue, approve it, send a test, settle what a crash left open."""

from pathlib import Path

import click

from pipeline.cli.common import json_option, listing, moment, opened, reviewer_option, zone
from pipeline.cli.translated import TranslationChecks
from pipeline.errors import ConfigError, ReviewError

FORMATS = ("text", "html", "markdown")


@click.group()
def issue() -> None:
    """The issues: look at one, approve it, send a test."""


@issue.command("list")
@json_option
@click.pass_context
def list_issues(context: click.Context, as_json: bool) -> None:
    """Show the newest issues and their states."""
    from pipeline.store import issues

    with opened(context) as ctx, ctx.store.read() as db:
        rows = [
            {"id": i.id, "status": i.status, "publish_at": i.publish_at, "stories": len(i.slots), "subject": i.subject}
            for i in issues.recent(db)
        ]
    listing(rows, as_json=as_json, empty="No issue yet: `digest run` drafts one when it is due.", where=zone(ctx))


@issue.command()
@click.argument("issue_id")
@click.option("--checks", is_flag=True, help="Each finding instead: the sentence, and what its source says.")
@json_option
@click.pass_context
def show(context: click.Context, issue_id: str, checks: bool, as_json: bool) -> None:
    """Show the stories of an issue, and why each is there.

    With each story: what was decided, who wrote it, what code did not find in its sources, its score in parts, and what
    is perhaps the same. Behind them the repeats that were left out ("decision": "repeat").
    """
    if checks:
        _show_checks(context, issue_id, as_json)
        return
    from pipeline.review import desk, queue
    from pipeline.review.others import repeats_told
    from pipeline.store import issues

    with opened(context) as ctx, ctx.store.read() as db:
        found = issues.require(db, issue_id)
        cards, left_out = queue.load(db, issues.decided(db, found)), queue.left_out(db, found)
    if as_json:
        listing([*(card.row for card in cards), *(left.row for left in left_out)], as_json=True, empty="")
        return
    click.echo(f"Issue {found.id} is {queue.said(found.status)}; due {moment(found.publish_at, zone(ctx))}.")
    for line in desk.contents(cards):
        click.echo(line)
    if left_out:
        click.echo("\nLeft out as repeats")
    for line in repeats_told(left_out):
        click.echo(line)


def _show_checks(context: click.Context, issue_id: str, as_json: bool) -> None:
    from pipeline.review import desk, queue
    from pipeline.store import issues

    with opened(context) as ctx, ctx.store.read() as db:
        found = issues.require(db, issue_id)
        cards, lead = TranslationChecks().shown(queue.load(db, issues.decided(db, found))), queue.lead_found(db, found)
    if as_json:
        listing(desk.check_rows(cards, lead), as_json=True, empty="")
        return
    click.echo(f"Issue {found.id} is {queue.said(found.status)}. {desk.tally(cards)}.")
    for line in desk.checks_told(cards, lead, {s.id: s.title for s in ctx.settings.sources}):
        click.echo(line)


@issue.command()
@click.argument("issue_id")
@click.option(
    "--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True, help="What to print."
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file instead.")
@click.pass_context
def preview(context: click.Context, issue_id: str, format_: str, out: Path | None) -> None:
    """Print an issue as it would be sent.

    Standard error gets the fingerprint that an approval binds to.
    """
    from pipeline.run import preview as make

    with opened(context) as ctx:
        found, made, fingerprint = make(ctx, issue_id)
    if out is None:
        click.echo(made[format_].body, nl=False)
    else:
        _write(out, made[format_].body)
    click.echo(f"Issue {found.id} is {found.status}; fingerprint {fingerprint}", err=True)


def _write(file: Path, body: bytes) -> None:
    try:
        file.write_bytes(body)
    except OSError as e:
        remedy = "Name a file in a folder that you may write to"
        raise ConfigError(f"cannot be written: {e.strerror}", subject=str(file), remedy=remedy) from e


@issue.command()
@click.argument("issue_id")
@click.option("--fingerprint", help="Only approve if this (its beginning) is still the fingerprint that you saw.")
@reviewer_option
@click.pass_context
def approve(context: click.Context, issue_id: str, fingerprint: str | None, reviewer: str) -> None:
    """Approve the whole issue, as it stands.

    Exactly these bytes go out when they are due; any later change voids the approval.
    """
    from pipeline.review import stage
    from pipeline.run import preview as make

    with opened(context) as ctx:
        _, _, present = make(ctx, issue_id)
        if fingerprint is not None and (len(fingerprint) < 8 or not present.startswith(fingerprint)):
            remedy = "Look at it again: `digest issue preview`"
            raise ReviewError(f"has another fingerprint now: {present}", subject=f"issue {issue_id}", remedy=remedy)
        stage.approve(ctx, issue_id, present, reviewer=reviewer, channel="cli")
    click.echo(f"Issue {issue_id} is approved ({present[:12]}). The next `digest run` sends it when it is due.")


@issue.command("send-test")
@click.argument("issue_id")
@click.argument("address")
@click.pass_context
def send_test(context: click.Context, issue_id: str, address: str) -> None:
    """Mail an issue to one address, as a test.

    It goes as it stands, whatever its state; no list is asked and nothing is booked.
    """
    from pipeline.deliver.stage import send_test as send
    from pipeline.run import preview as make

    with opened(context) as ctx:
        found, made, _ = make(ctx, issue_id)
        receipt = send(ctx, found, made, address)
    click.echo(f"{address}: {receipt.status} {receipt.detail}".rstrip())
    context.exit(0 if receipt.status == "sent" else 5)


@issue.command()
@click.argument("issue_id")
@click.argument("recipient")
@click.option("--as", "status", type=click.Choice(["sent", "resend"]), required=True, help="Whether it arrived.")
@click.pass_context
def settle(context: click.Context, issue_id: str, recipient: str, status: str) -> None:
    """Say what became of a mail that is "unknown".

    A run that was killed while it sent a mail cannot know whether that arrived. Ask; then say --as sent (it arrived) or
    --as resend (send it again).
    """
    from pipeline.store import deliveries

    with opened(context) as ctx, ctx.store.begin() as db:
        to = "queued" if status == "resend" else "sent"
        deliveries.settle_unknown(db, issue_id, recipient, to, ctx.clock())
    click.echo("The next `digest run` sends it." if status == "resend" else "Settled.")


@issue.command()
@click.argument("issue_id")
@click.pass_context
def cancel(context: click.Context, issue_id: str) -> None:
    """Do not send this issue; its stories go into the next."""
    from pipeline.review import stage

    with opened(context) as ctx:
        stage.cancel(ctx, issue_id)
    click.echo(f"Issue {issue_id} is cancelled.")


@issue.command()
@click.argument("issue_id")
@click.pass_context
def reopen(context: click.Context, issue_id: str) -> None:
    """Make it a draft again.

    The next run ranks and writes it anew; your decisions are kept, an approval is void.
    """
    from pipeline.review import stage

    with opened(context) as ctx:
        stage.reopen(ctx, issue_id)
    click.echo(f"Issue {issue_id} is a draft again: `digest run`.")


@issue.command()
@click.argument("issue_id")
@click.argument("story")
@click.argument("other")
@reviewer_option
@click.pass_context
def merge(context: click.Context, issue_id: str, story: str, other: str, reviewer: str) -> None:
    """Make two stories one; later reports of either join it.

    Of the two ids the one stays that ran before, else the one with the better place in the issue, else the first. It is
    written and checked anew.
    """
    from pipeline.review import stage
    from pipeline.run import catch_up

    with opened(context) as ctx:
        kept = stage.merge(ctx, issue_id, story, other, reviewer=reviewer, channel="cli")
        catch_up(ctx)
    click.echo(f"They are one story now: {kept}.")


@issue.command()
@click.argument("issue_id")
@click.argument("story")
@click.argument("items", nargs=-1, required=True)
@reviewer_option
@click.pass_context
def split(context: click.Context, issue_id: str, story: str, items: tuple[str, ...], reviewer: str) -> None:
    """Part some items of a story from the others; nothing joins the two again.

    The item that a story is named after keeps the name, so the new id may be that of the others. `digest issue show
    --json` lists the items. Both stories are written and checked anew.
    """
    from pipeline.review import stage
    from pipeline.run import catch_up

    with opened(context) as ctx:
        new = stage.split(ctx, issue_id, story, list(items), reviewer=reviewer, channel="cli")
        catch_up(ctx)
    click.echo(f"They are two stories now: {story} and {new}.")


@issue.command()
@click.argument("issue_id")
@click.argument("story")
@click.argument("other")
@reviewer_option
@click.pass_context
def different(context: click.Context, issue_id: str, story: str, other: str, reviewer: str) -> None:
    """Say that two stories that are perhaps the same are two.

    Neither you nor the model is asked about them again.
    """
    from pipeline.review import stage

    with opened(context) as ctx:
        stage.tell_apart(ctx, issue_id, story, other, reviewer=reviewer, channel="cli")
    click.echo(f"{story} and {other} are two stories.")


@issue.command("bring-back")
@click.argument("issue_id")
@click.argument("story")
@reviewer_option
@click.pass_context
def bring_back(context: click.Context, issue_id: str, story: str, reviewer: str) -> None:
    """Print a story that was left out as a repeat; it never is again."""
    from pipeline.review import stage
    from pipeline.run import catch_up

    with opened(context) as ctx:
        stage.bring_back(ctx, issue_id, story, reviewer=reviewer, channel="cli")
        catch_up(ctx)
    click.echo(f"{story} prints in {issue_id}.")


@issue.command()
@click.argument("issue_id")
@reviewer_option
@click.pass_context
def undo(context: click.Context, issue_id: str, reviewer: str) -> None:
    """Take back the last decision about an issue's stories."""
    from pipeline.review import stage
    from pipeline.run import catch_up

    with opened(context) as ctx:
        stage.decide(ctx, issue_id, None, "undo", reviewer=reviewer, channel="cli")
        catch_up(ctx)
    click.echo("Taken back.")
