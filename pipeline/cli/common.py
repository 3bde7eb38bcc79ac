"""What several commands share: opening the configuration, and printing a listing for people or for programs."""

import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pipeline.config import Settings
    from pipeline.context import Context

MIN_LAST_COLUMNS = 24  # with less room than this the terminal may break the line itself

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
reviewer_option = click.option(
    "--as",
    "reviewer",
    envvar="USER",
    default="reviewer",
    show_default="your login name",
    help="Whose decision this is; it stands in the record.",
)


def settings(context: click.Context) -> "Settings":
    """The configuration that --config names. Raises ConfigError."""
    from pipeline.context import load_settings

    return load_settings(context.obj)


@contextmanager
def opened(context: click.Context, *, at_once: bool = False) -> Iterator["Context"]:
    """A Context on the configuration that --config names. Raises ConfigError, StoreError."""
    from pipeline.context import opened as open_context

    with open_context(settings(context), at_once=at_once) as ctx:
        yield ctx


def zone(ctx: "Context") -> tzinfo:
    """The time zone in which people are told times: that of the schedule."""
    from zoneinfo import ZoneInfo

    return ZoneInfo(ctx.settings.schedule.time_zone)


def moment(at: datetime, where: tzinfo) -> str:
    """A moment for people, with its zone: "2026-11-24 09:30 CET"."""
    return f"{at.astimezone(where):%Y-%m-%d %H:%M %Z}"


def columns() -> int | None:
    """How wide the terminal is; None when nobody watches, and nothing has to fit."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def listing(
    rows: Sequence[Mapping[str, object]], *, as_json: bool, empty: str, where: tzinfo = UTC, indent: str = ""
) -> None:
    """Print rows: as JSON Lines, or as a table with the keys as its head; a column that says nothing is left out."""
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False, default=_plain))
        return
    if not rows:
        click.echo(empty)
        return
    from pipeline.text.wrap import width, wrap

    keys = [key for key in rows[0] if any(row[key] not in (None, "") for row in rows)]
    lines = [[key.replace("_", " ") for key in keys], *([_shown(row[key], where) for key in keys] for row in rows)]
    widths = [max(width(line[i]) for line in lines) for i in range(len(keys) - 1)]
    limit = columns()
    for *cells, last in lines:
        head = indent + "".join(cell + " " * (w + 2 - width(cell)) for cell, w in zip(cells, widths, strict=True))
        if limit is None or limit - width(head) < MIN_LAST_COLUMNS:
            click.echo(head + last)
        else:
            click.echo(wrap(last, limit, head))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be printed as JSON")


def _shown(value: object, where: tzinfo) -> str:
    if value is None or value == "":
        return "-"
    return moment(value, where) if isinstance(value, datetime) else " ".join(str(value).split())
