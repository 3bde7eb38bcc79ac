"""A program that reads feeds, run in a process of its own, so that its memory is its own; standard library only.

``ask`` starts it and hands it its feeds; ``answer`` is the other end, in the modules that it starts: ``_ours``,
``_bare`` and ``_peers``.
"""

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from sys import stdin
from tempfile import TemporaryDirectory

from benchmarks._measuring import Timed, peak_mb

_ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What two fetches of the same feeds took, and how many entries the program holds after them."""

    runs: tuple[Timed, Timed]
    entries: int
    peak_mb: float


Program = Callable[[list[str], int, Path], tuple[Timed, Timed, int]]
"""Reads all these addresses twice with so many threads, in an empty folder; gives the times and the entries."""


def ask(command: Sequence[str], urls: Sequence[str], threads: int) -> Spent:
    """Run a module that calls ``answer``. Raises CalledProcessError."""
    job = json.dumps({"urls": list(urls), "threads": threads})
    done = subprocess.run(command, input=job, stdout=subprocess.PIPE, text=True, cwd=_ROOT, check=True)
    told = json.loads(done.stdout)
    first, second = (Timed(**run) for run in told["runs"])
    return Spent(runs=(first, second), entries=told["entries"], peak_mb=told["peak_mb"])


def answer(program: Program) -> None:
    """Read the job from stdin, and print what it took."""
    job = json.load(stdin)
    with TemporaryDirectory() as folder:
        first, second, entries = program(job["urls"], job["threads"], Path(folder))
    print(json.dumps(asdict(Spent(runs=(first, second), entries=entries, peak_mb=peak_mb()))))
