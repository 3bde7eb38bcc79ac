"""The mail that tells reviewers of sources that go on failing. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pipeline.store.sources import SourceState
from pipeline.text.characters import one_line
from pipeline.text.wrap import wrap

COLUMNS = 72


def subject(title: str, failing: Sequence[SourceState]) -> str:
    """What stands in the inbox."""
    return f"{one_line(title, 60)}: {_sources(len(failing))} failing"


def text(failing: Sequence[SourceState], names: Mapping[str, str]) -> str:
    """The whole mail; ``names`` are those of the configuration, by id."""
    lines = [
        wrap(
            f"{_sources(len(failing))} of your digest failing. A source that may come back is asked again by itself, "
            "and you are not told of it again before it has answered once.",
            COLUMNS,
        )
    ]
    for state in failing:
        lines += ["", *_one(state, names.get(state.id, state.id))]
    lines += ["", "`digest sources check ID` asks one now; `digest status` shows them all.", ""]
    return "\n".join(lines)


def _one(state: SourceState, name: str) -> list[str]:
    shown = state.id if name == state.id else f"{one_line(name, 60)} ({state.id})"
    how = "gone for good" if state.gone_at else f"{state.failures} times in a row"
    last = _day(state.succeeded_at) if state.succeeded_at else "never"
    return [f"* {shown}: {how}; last answer: {last}", wrap(one_line(state.trouble or "", 600), COLUMNS, "  ")]


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"


def _sources(count: int) -> str:
    return "1 source is" if count == 1 else f"{count} sources are"
