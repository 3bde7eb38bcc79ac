"""digest recipients: the list of readers."""

import csv
import sys
from pathlib import Path

import click

from pipeline.cli.common import json_option, listing, opened
from pipeline.errors import ConfigError

Person = tuple[str, str]
"""(address, name)"""


@click.group()
def recipients() -> None:
    """The people who get the digest."""


@recipients.command("list")
@json_option
@click.pass_context
def list_recipients(context: click.Context, as_json: bool) -> None:
    """Show everybody who gets the digest."""
    rows = [{"address": address, "name": name} for address, name in _people(context)]
    listing(rows, as_json=as_json, empty="Nobody yet: `digest recipients add you@example.org`.")


@recipients.command("add")
@click.argument("addresses", nargs=-1, required=True)
@click.option("--name", default="", help="What to call them.")
@click.pass_context
def add_recipients(context: click.Context, addresses: tuple[str, ...], name: str) -> None:
    """Send the digest to these addresses too."""
    _add(context, [(_address(address), name) for address in addresses])


@recipients.command("remove")
@click.argument("addresses", nargs=-1, required=True)
@click.pass_context
def remove_recipients(context: click.Context, addresses: tuple[str, ...]) -> None:
    """Stop sending to these addresses."""
    from pipeline.store import deliveries

    with opened(context) as ctx, ctx.store.begin() as db:
        known = {a.lower(): a for a, _ in deliveries.active_recipients(db)}
        for address in addresses:
            there = known.get(_address(address).lower())
            if there is None or not deliveries.remove_recipient(db, there, ctx.clock()):
                raise ConfigError(
                    "is not on the list, and nothing changed",
                    subject=address,
                    remedy="`digest recipients list` shows it",
                )
    for address in addresses:
        click.echo(f"{address} gets no more issues.")


@recipients.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_context
def import_recipients(context: click.Context, file: Path) -> None:
    """Add everybody in a CSV file: address, then name.

    A head line is passed over; with any other line that holds no address nobody is added.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = [(number, [cell.strip() for cell in row]) for number, row in enumerate(csv.reader(lines), 1) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise ConfigError(f"cannot be read: {e}", subject=str(file), remedy="Save it as CSV in UTF-8") from e
    people = []
    for number, (address, *rest) in rows:
        if number > 1 or "@" in address:
            people.append((_address(address, f"{file}, line {number}"), rest[0] if rest else ""))
    _add(context, people)


@recipients.command("export")
@click.pass_context
def export_recipients(context: click.Context) -> None:
    """Print the list as CSV: address, name."""
    csv.writer(sys.stdout, lineterminator="\n").writerows([("address", "name"), *_people(context)])


def _people(context: click.Context) -> list[Person]:
    from pipeline.store import deliveries

    with opened(context) as ctx, ctx.store.read() as db:
        return deliveries.active_recipients(db)


def _add(context: click.Context, people: list[Person]) -> None:
    """Add people. An address that differs in capitals only is the same person, who wants one copy; a name stays
    where none is given.
    """
    from pipeline.store import deliveries

    with opened(context) as ctx, ctx.store.begin() as db:
        known = {address.lower(): (address, name) for address, name in deliveries.active_recipients(db)}
        before = len(known)
        for address, name in people:
            there, called = known.get(address.lower(), (address, ""))
            known[address.lower()] = (there, name or called)
        deliveries.add_recipients(db, [known[address.lower()] for address, _ in people], ctx.clock())
    click.echo(f"{len(known) - before} added; {len(known)} get the digest.")


def _address(text: str, subject: str = "") -> str:
    """A mail address with its domain in lower case; what comes before the @ is the receiver's own business.

    Raises ConfigError for what is none; ``subject`` says where it stood.
    """
    local, at, domain = text.strip().rpartition("@")
    if not (at and local and domain) or any(c.isspace() or c in '<>,;"' or not c.isprintable() for c in text.strip()):
        remedy = "It looks like you@example.org"
        raise ConfigError(f"{text!r} is no mail address, and nothing changed", subject=subject, remedy=remedy)
    return f"{local}@{domain.lower()}"
