"""What several commands share: opening the configuration, and printing a listing for people or for programs."""

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pipeline.config import Settings
    from pipeline.context import Context

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


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


def listing(rows: Sequence[Mapping[str, object]], *, as_json: bool, empty: str) -> None:
    """Print rows: as JSON Lines, or as a table with the keys as its head."""
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False, default=_plain))
        return
    if not rows:
        click.echo(empty)
        return
    cells = [[_shown(v) for v in row.values()] for row in rows]
    heads = [key.replace("_", " ") for key in rows[0]]
    widths = [max(len(line[i]) for line in [heads, *cells]) for i in range(len(heads))]
    for line in [heads, *cells]:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def record(value: object) -> dict[str, object]:
    """A dataclass as a plain dict."""
    return dataclasses.asdict(value)  # type: ignore[call-overload,no-any-return]


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be printed as JSON")


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return str(value)[:80]
