"""What the models would take at most, before they are asked: offline counts of the prompts, each model at its price."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pipeline.context import Context
from pipeline.rank import stage as rank
from pipeline.summarise import stage as summarise
from pipeline.translate import stage as translate

if TYPE_CHECKING:
    from pipeline.model.books import Books, Forecast


def before_stage(ctx: Context, name: str, keys: Sequence[str]) -> str:
    """A line on what these keys of a stage would take; empty where no model is asked about them."""
    if name == "rank" and ctx.triage:
        return _line(name, ctx.triage.forecast(p for key in keys for p in rank.prompts(ctx, key)), ctx.books)
    if name == "summarise" and ctx.model:
        return _line(name, ctx.model.forecast(summarise.prompts(ctx, keys)), ctx.books)
    if name == "translate" and ctx.translator:
        return _line(name, ctx.translator.forecast(translate.prompts(ctx, keys)), ctx.books, "stays in one language")
    return ""


def of_run(ctx: Context) -> Iterator[str]:
    """A line for each stage, on what is stored by now: a draft that is not written, or the issue that is due.

    What the sources would bring, which pairs are in doubt, and what must be mended nobody knows before.
    """
    keys = list(rank.pending(ctx))
    lines = [before_stage(ctx, "rank", keys), before_stage(ctx, "summarise", list(summarise.pending(ctx)))]
    if ctx.model:
        slots = [slot for key in keys for slot in rank.would_print(ctx, key)]
        lines.append(_line("summarise", ctx.model.forecast(summarise.prompts_of(ctx, slots)), ctx.books))
    said = [line for line in lines if line]
    if ctx.model and not said:
        said = [f"No model call is in sight; {_usd(ctx.books.left_usd_micros)} left"]
    yield from said


def _line(name: str, forecast: "Forecast", books: "Books", otherwise: str = "is printed as extracts") -> str:
    if not forecast.calls:
        return ""
    most, left = forecast.most, books.left_usd_micros
    calls = "1 model call" if forecast.calls == 1 else f"{forecast.calls} model calls"
    kept = f", {forecast.from_cache} answers are kept" if forecast.from_cache else ""
    said = (
        f"{name}: {calls}{kept}; about {most.input_tokens:,} prompt tokens, at most {most.tokens:,} tokens in all "
        f"and {_usd(most.usd_micros)}; {_usd(left)} left"
    )
    room = books.left_tokens
    said += "" if room is None else f", {room:,} tokens left"
    fits = most.usd_micros <= left and (room is None or most.tokens <= room)
    return said if fits else f"{said}: what does not fit {otherwise}"


def _usd(micros: int) -> str:
    return f"{micros / 1_000_000:.4f} USD"
