"""Progress bars on a terminal, nothing elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from pipeline.run import Progress


class _OnTerminal:
    """One line a stage: what it does, how far it is, and its last key."""

    def __init__(self, bars: "Bars") -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def stage(self, name: str, total: int) -> None:
        """A stage begins; in a later round its line grows."""
        if name in self._tasks:
            task = self._bars.tasks[self._tasks[name]]
            self._bars.update(self._tasks[name], total=(task.total or 0) + total)
        else:
            self._tasks[name] = self._bars.add_task(name, total=total, key="")

    def step(self, name: str, key: str, outcome: str) -> None:
        """One key is through."""
        shown = key if outcome == "done" else f"{key} ({outcome})"
        self._bars.update(self._tasks[name], advance=1, key=shown[:60])

    def say(self, text: str) -> None:
        """A line of its own above the bars."""
        self._bars.console.print(text, markup=False, highlight=False)


@contextmanager
def progress() -> Iterator["Progress"]:
    """A Progress for run.run: bars when stderr is a terminal, else silence."""
    if not sys.stderr.isatty():
        from pipeline.run import Silent

        yield Silent()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[key]}", markup=False),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:
        yield _OnTerminal(bars)
