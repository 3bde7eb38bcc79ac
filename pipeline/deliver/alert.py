"""The mail that tells reviewers of sources that go on failing. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.text.characters import one_line
from pipeline.text.wrap import wrap

COLUMNS = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """A source as its reviewers are told of it; ``failures`` are those in a row."""

    id: str
    name: str
    failures: int
    is_gone: bool
    succeeded_at: datetime | None
    trouble: str


def subject(title: str, failing: Sequence[Failing]) -> str:
    """What stands in the inbox."""
    return f"{one_line(title, 60)}: {_sources(len(failing))} failing"


def text(failing: Sequence[Failing]) -> str:
    """The whole mail."""
    head = (
        f"{_sources(len(failing))} of your digest failing. A source that may come back is asked again by itself, "
        "and you are not told of it again before it has answered once."
    )
    lines = [wrap(head, COLUMNS)]
    for source in failing:
        lines += ["", *_one(source)]
    lines += ["", "`digest sources check ID` asks one now; `digest status` shows them all.", ""]
    return "\n".join(lines)


def _one(source: Failing) -> list[str]:
    shown = source.id if source.name == source.id else f"{one_line(source.name, 60)} ({source.id})"
    how = "gone for good" if source.is_gone else f"{source.failures} times in a row"
    last = _day(source.succeeded_at) if source.succeeded_at else "never"
    return [f"* {shown}: {how}; last answer: {last}", wrap(one_line(source.trouble, 600), COLUMNS, "  ")]


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"


def _sources(count: int) -> str:
    return "1 source is" if count == 1 else f"{count} sources are"
