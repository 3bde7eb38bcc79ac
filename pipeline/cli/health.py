"""How the sources are: the rows that `digest status` and `digest sources` show, and `digest sources check`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from pipeline.cli.common import json_option, listing, moment, opened, zone
from pipeline.errors import ConfigError, DigestError

if TYPE_CHECKING:
    from pipeline.context import Context
    from pipeline.store.sources import SourceState
    from pipeline.types import Outcome

GONE = "gone for good (410)"
WEEK = timedelta(days=7)
MONTH = timedelta(days=30)
SILENT_AFTER = timedelta(days=45)
"""A source without anything new for so long is worth a look: frozen feeds go on answering 200."""


def rows(ctx: "Context") -> list[dict[str, object]]:
    """A row for each configured source, in the order of config.yaml: three queries however many there are."""
    from pipeline.sources import why_off
    from pipeline.store import sources

    now = ctx.clock()
    with ctx.store.read() as db:
        known = sources.states(db)
        yields = sources.yields(db, now - WEEK)
        spent = sources.spent(db, now - MONTH)
    found: list[dict[str, object]] = []
    for source in ctx.settings.sources:
        state, given = known.get(source.id), yields.get(source.id)
        month, total = spent.get(source.id, (0, 0))
        found.append(
            {
                "id": source.id,
                "type": source.type,
                "trust": source.trust,
                "off": why_off(source.type, source.options) or None,
                "succeeded_at": state.succeeded_at if state else None,
                "next_fetch_at": state.next_fetch_at if state else None,
                "failures": state.failures if state else 0,
                "items_per_week": given.items if given else 0,
                "newest_at": given.newest_at if given else None,
                "usd_30_days": f"{month / 1_000_000:.2f}" if total else None,
                "usd_in_all": f"{total / 1_000_000:.2f}" if total else None,
                "trouble": ("gone for good (410): " if state.gone_at else "") + (state.trouble or "")
                if state
                else None,
            }
        )
    return found


def _trouble(state: "SourceState") -> str | None:
    return f"{GONE}: {state.trouble}" if state.gone_at else state.trouble


def summary(found: list[dict[str, object]]) -> str:
    """All sources in one sentence."""
    asked = [r for r in found if (r["succeeded_at"] or r["trouble"]) and not r["off"]]
    failing = sum(1 for r in asked if r["trouble"])
    weekly = sum(int(str(r["items_per_week"])) for r in found)
    month = sum(float(str(r["usd_30_days"])) for r in found if r["usd_30_days"])
    cost = f", {month:.2f} USD in 30 days" if any(r["usd_in_all"] for r in found) else ""
    off = sum(1 for r in found if r["off"])
    answered = f"{len(asked) - failing} of {len(found) - off} answered last time" + (f", {off} off" if off else "")
    return f"Sources: {answered}, {weekly} items in a week{cost}."


def brief(found: list[dict[str, object]]) -> list[dict[str, object]]:
    """The columns that fit a terminal; those in trouble first."""
    names = ("id", "succeeded_at", "failures", "items_per_week", "usd_30_days", "trouble")
    worst_first = sorted(found, key=lambda r: (not r["trouble"], -int(str(r["failures"]))))
    return [{name: row[name] for name in names} | {"trouble": row["off"] or row["trouble"]} for row in worst_first]


@click.command()
@click.argument("ids", nargs=-1)
@click.option("--now", is_flag=True, help="Ask also those whose time has not come yet.")
@json_option
@click.pass_context
def check(context: click.Context, ids: tuple[str, ...], now: bool, as_json: bool) -> None:
    """Try the sources, all or some, and say of each what came.

    One line a source: what came, how fresh it is, and what is wrong. What comes is kept, as in a run, so that nobody is
    asked twice for the same; a source that was read a short while ago is not asked again without --now. Exit 5 when
    one failed.
    """
    from pipeline.cli.progress import progress
    from pipeline.run import check as ask

    with opened(context) as ctx:
        wanted = _wanted(ctx, ids)
        with progress() as shown:
            results = ask(ctx, wanted, at_once=now, progress=shown)
        found = [_told(row, results.get(str(row["id"])), ctx.clock(), ctx) for row in rows(ctx) if row["id"] in wanted]
    if as_json:
        listing(found, as_json=True, empty="")
    else:
        width = max((len(str(row["id"])) for row in found), default=0)
        for row in found:
            click.echo(f"{row['state']:<7} {row['id']!s:<{width}}  {row['message']}")
    context.exit(5 if any(row["state"] == "FAILED" for row in found) else 0)


def _wanted(ctx: "Context", ids: tuple[str, ...]) -> list[str]:
    known = [s.id for s in ctx.settings.sources]
    unknown = [i for i in ids if i not in known]
    if unknown:
        raise ConfigError("there is no such source", subject=unknown[0], remedy="`digest sources list` shows them")
    return list(ids) or known


def _told(
    row: Mapping[str, object], result: "Outcome | DigestError | None", now: datetime, ctx: "Context"
) -> dict[str, object]:
    """One line of the check: a state, and what it means."""
    if row["off"]:
        return _line(row, "off", str(row["off"]).removeprefix("off "))
    newest = row["newest_at"]
    fresh = f"newest {_ago(now - newest)}" if isinstance(newest, datetime) else "nothing yet"
    if isinstance(result, DigestError):
        return _line(row, "FAILED", f"{result.message}. {result.remedy}".rstrip(". ") + ".")
    if result is None:
        return _line(row, "waits", f"{_why_left(row, ctx)}; {fresh}")
    came = f"{result.count} new" if result.count else "nothing new"
    if result.trouble is not None:
        return _line(row, "partly", f"{came}; {fresh}; {result.trouble.message}")
    if not isinstance(newest, datetime):
        return _line(row, "empty", "it answered, and held nothing")
    silent = now - newest > SILENT_AFTER
    return _line(row, "silent" if silent else "ok", f"{came}; {fresh}" + (": is it still alive?" if silent else ""))


def _line(row: Mapping[str, object], state: str, message: str) -> dict[str, object]:
    return {"state": state, "id": row["id"], "message": message, "newest_at": row["newest_at"]}


def _why_left(row: Mapping[str, object], ctx: "Context") -> str:
    due = row["next_fetch_at"]
    if str(row["trouble"] or "").startswith(GONE):
        return str(row["trouble"])
    when = f"before {moment(due, zone(ctx))}" if isinstance(due, datetime) else ""
    trouble = f"; last time: {row['trouble']}" if row["trouble"] else ""
    return f"not asked {when} without --now{trouble}"


def _ago(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    if hours < 1:
        return "less than an hour ago"
    return f"{hours:.0f} h ago" if hours < 72 else f"{hours / 24:.0f} days ago"
