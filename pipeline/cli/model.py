"""digest model: which models are asked for what, what their servers can do, and what they cost."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from pipeline.cli.common import json_option, listing, opened, settings, zone
from pipeline.errors import ModelError

if TYPE_CHECKING:
    from pipeline.config import Settings
    from pipeline.config_model import ModelSettings
    from pipeline.context import Context
    from pipeline.model.probe import Probe
    from pipeline.types import ModelCall

_JUST_AFTER = timedelta(milliseconds=1)  # an issue's window ends a moment after the run that asks about it


@click.group()
def model() -> None:
    """The models that write, sort, translate and check."""


@model.command("list")
@json_option
@click.pass_context
def list_models(context: click.Context, as_json: bool) -> None:
    """Show which model is asked for what, where it is, what it costs, and whether its key is there.

    Prices are US dollars for a million tokens. Under each task stand those that are asked where the first fails.
    """
    rows = [_row(task, place, one) for task, place, one in _configured(settings(context))]
    listing(rows, as_json=as_json, empty="")


def _configured(settings: "Settings") -> "Iterator[tuple[str, int, ModelSettings]]":
    """(task, place in its chain from 1 on, model)."""
    for task, found in settings.tasks.items():
        for place, one in enumerate((found, *found.fallback), 1):
            yield task, place, one


def _row(task: str, place: int, model: "ModelSettings") -> dict[str, object]:
    price = model.price
    asked = model.type != "extractive"
    return {
        "task": task,
        "place": place,
        "model": model.name if asked else "",
        "server": model.place if asked else "none: sentences of the sources",
        "input_usd": price.input if asked and price else None,
        "output_usd": price.output if asked and price else None,
        "window_tokens": model.window_tokens if asked else None,
        "threads": model.threads if asked else None,
        "requests_per_minute": model.requests_per_minute,
        "key": _key(model),
    }


def _key(model: "ModelSettings") -> str:
    if model.type == "extractive":
        return ""
    if model.api_key is not None:
        return "there"
    return "needs none" if model.is_local or model.type == "scripted" else f"missing: {model.api_key_env}"


@model.command("check")
@json_option
@click.pass_context
def check(context: click.Context, as_json: bool) -> None:
    """Ask each configured model one tiny thing, and say what it can do.

    Costs next to nothing, and that is booked. Exit 5 when one of them does not answer.
    """
    from pipeline.model.probe import probe

    tasks: dict[ModelSettings, list[str]] = defaultdict(list)
    with opened(context) as ctx:
        for task, configured in ctx.settings.tasks.items():
            for one in configured.chain:
                tasks[one].append(task)
        found = [(_probed(ctx, one, probe), one, names) for one, names in tasks.items()]
    rows = [_probe_row(said, one, names, as_json=as_json) for said, one, names in found]
    remedy = "No model is configured: set a key (`digest model list` names it) or model.base_url."
    listing(rows, as_json=as_json, empty=remedy)
    context.exit(0 if all(said.rung for said, _, _ in found) else 5)


def _probed(ctx: "Context", model: "ModelSettings", probe: "Callable[..., Probe]") -> "Probe":
    """What the probe says; what it took stands in the books, and what it learnt is kept for the runs to come."""
    from pipeline.model.books import NOTHING, Cost
    from pipeline.model.ledger import micros

    said = probe(model, keep=ctx.ledgers.write)
    cost = micros(model.price, said.input_tokens, said.output_tokens)
    with suppress(ModelError), ctx.books.call(stage="probe", prompt="probe", model=model.name, most=NOTHING) as entry:
        entry.cost = Cost(usd_micros=cost, input_tokens=said.input_tokens, output_tokens=said.output_tokens)
        if not said.rung:
            raise ModelError(said.trouble, subject=model.name, kind="down")
    return said


def _probe_row(said: "Probe", model: "ModelSettings", tasks: Sequence[str], *, as_json: bool) -> dict[str, object]:
    temperature = {None: "", True: "taken", False: "refused"}[said.takes_temperature]
    return {
        "model": said.name,
        "server": model.place,
        "tasks": list(tasks) if as_json else ", ".join(tasks),
        "answers": bool(said.rung) if as_json else "yes" if said.rung else "NO",
        "form": said.rung,
        "limit_name": said.limit_name,
        "temperature": said.takes_temperature if as_json else temperature,
        "latency_ms": said.latency_ms,
        "input_tokens": said.input_tokens,
        "output_tokens": said.output_tokens,
        "window_tokens": said.context_tokens,
        "models": list(said.models) if as_json else "",
        "trouble": said.trouble,
    }


@model.command("cost")
@click.option(
    "--by",
    type=click.Choice(["total", "day", "issue"]),
    default="total",
    show_default=True,
    help="A line for each day, or for each issue.",
)
@json_option
@click.pass_context
def cost(context: click.Context, by: str, as_json: bool) -> None:
    """Show calls, tokens and US dollars so far, by model and stage.

    An issue's are those of the runs from the one that drafted it on, and the comparing of stories before.
    """
    from pipeline.store import issues, model_calls

    with opened(context) as ctx:
        with ctx.store.read() as db:
            calls = model_calls.all_calls(db)
            closed = sorted((i.closes_at, i.id) for i in issues.recent(db, 10_000))
        where = zone(ctx)

    def group(call: "ModelCall") -> str:
        if by == "day":
            return call.called_at.astimezone(where).date().isoformat()
        if call.stage == "dedupe":  # of what the next issue may print
            return next((issue_id for at, issue_id in closed if at > call.called_at - _JUST_AFTER), "the next one")
        return next((i for at, i in reversed(closed) if at <= call.called_at + _JUST_AFTER), "before the first")

    rows = _totals(calls, by, group if by != "total" else lambda _: "")
    listing(rows, as_json=as_json, empty="No model was asked yet.")


def _totals(calls: "Sequence[ModelCall]", by: str, group: "Callable[[ModelCall], str]") -> list[dict[str, object]]:
    """A row for each group, model and stage."""
    found: dict[tuple[str, str, str], list[ModelCall]] = defaultdict(list)
    for call in calls:
        found[group(call), call.model, call.stage].append(call)
    rows = []
    for (named, name, stage), some in sorted(found.items()):
        row: dict[str, object] = {by: named} if by != "total" else {}
        asked = [call for call in some if not call.from_cache]
        row |= {
            "model": name,
            "stage": stage,
            "calls": len(asked),
            "from_cache": len(some) - len(asked),
            "failed": sum(1 for call in some if call.error),
            "input_tokens": sum(call.input_tokens for call in some),
            "cached_tokens": sum(call.cached_tokens for call in some),
            "output_tokens": sum(call.output_tokens for call in some),
            "usd": f"{sum(call.cost_usd_micros for call in some) / 1_000_000:.4f}",
        }
        rows.append(row)
    return rows
