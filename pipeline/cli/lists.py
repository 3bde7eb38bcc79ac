"""digest sources, recipients, model: listings and the list of readers."""

import csv
import sys
from pathlib import Path

import click

from pipeline.cli.common import json_option, listing, opened, record


@click.group()
def sources() -> None:
    """The places that are read."""


@sources.command("list")
@json_option
@click.pass_context
def list_sources(context: click.Context, as_json: bool) -> None:
    """Every configured source: when it was read last, when next, and what is wrong with it."""
    from pipeline.store import sources as states

    with opened(context) as ctx:
        with ctx.store.read() as db:
            known = states.states(db)
        rows: list[dict[str, object]] = []
        for source in ctx.settings.sources:
            state = known.get(source.id)
            rows.append(
                {
                    "id": source.id,
                    "type": source.type,
                    "trust": source.trust,
                    "succeeded_at": state.succeeded_at if state else None,
                    "next_fetch_at": state.next_fetch_at if state else None,
                    "failures": state.failures if state else 0,
                    "trouble": state.trouble if state else None,
                }
            )
    listing(rows, as_json=as_json, empty="No sources: add some to config.yaml.")


@click.group()
def recipients() -> None:
    """The people who get the digest."""


@recipients.command("list")
@json_option
@click.pass_context
def list_recipients(context: click.Context, as_json: bool) -> None:
    """Everybody who gets the digest."""
    from pipeline.store import deliveries

    with opened(context) as ctx, ctx.store.read() as db:
        people = deliveries.active_recipients(db)
    rows = [{"address": address, "name": name} for address, name in people]
    listing(rows, as_json=as_json, empty="Nobody yet: `digest recipients add you@example.org`.")


@recipients.command("add")
@click.argument("addresses", nargs=-1, required=True)
@click.option("--name", default="", help="How to call them.")
@click.pass_context
def add_recipients(context: click.Context, addresses: tuple[str, ...], name: str) -> None:
    """Send the digest to these addresses too."""
    _add(context, [(address, name) for address in addresses])


@recipients.command("remove")
@click.argument("address")
@click.pass_context
def remove_recipient(context: click.Context, address: str) -> None:
    """Stop sending to an address."""
    from pipeline.store import deliveries

    with opened(context) as ctx, ctx.store.begin() as db:
        if not deliveries.remove_recipient(db, _address(address), ctx.clock()):
            raise click.UsageError(f"{address} is not on the list; `digest recipients list` shows it")
    click.echo(f"{address} gets no more issues.")


@recipients.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_context
def import_recipients(context: click.Context, file: Path) -> None:
    """Add everybody in a CSV file: address, then name; a head line is passed over."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = [(row[0].strip(), row[1].strip() if len(row) > 1 else "") for row in csv.reader(lines) if row]
    _add(context, [row for row in rows if "@" in row[0]])


@recipients.command("export")
@click.pass_context
def export_recipients(context: click.Context) -> None:
    """Print the list as CSV: address, name."""
    from pipeline.store import deliveries

    with opened(context) as ctx, ctx.store.read() as db:
        csv.writer(sys.stdout).writerows([("address", "name"), *deliveries.active_recipients(db)])


def _add(context: click.Context, people: list[tuple[str, str]]) -> None:
    from pipeline.store import deliveries

    checked = [(_address(address), name) for address, name in people]
    with opened(context) as ctx, ctx.store.begin() as db:
        deliveries.add_recipients(db, checked, ctx.clock())
    click.echo(f"{len(checked)} added.")


def _address(text: str) -> str:
    """A mail address with its domain in lower case; what comes before the @ is the receiver's own business."""
    local, at, domain = text.strip().rpartition("@")
    if not (at and local and domain) or any(c.isspace() or c in "<>,;" or not c.isprintable() for c in text.strip()):
        raise click.UsageError(f"{text!r} is no mail address; it looks like you@example.org")
    return f"{local}@{domain.lower()}"


@click.group()
def model() -> None:
    """The model that writes."""


@model.command("cost")
@json_option
@click.pass_context
def cost(context: click.Context, as_json: bool) -> None:
    """What the model calls took so far: calls, answers out of the cache, tokens, US dollars."""
    from pipeline.store import model_calls

    with opened(context) as ctx, ctx.store.read() as db:
        rows = [record(u) for u in model_calls.usage(db)]
    for row in rows:
        row["usd"] = f"{int(str(row.pop('cost_usd_micros'))) / 1_000_000:.4f}"
    listing(rows, as_json=as_json, empty="No model was asked yet.")
