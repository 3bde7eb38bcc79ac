"""What every benchmark gives, and how it times: baseline and candidate in turn, so that a busy machine hits both."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table. ``figure`` is in ``unit`` ("x" is a ratio); ``baseline`` is what it is held against."""

    name: str
    figure: float
    unit: str
    baseline: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """How long a piece of work took, and for how long it had a core (its worker processes too, once they ended)."""

    wall_s: float
    cpu_s: float


def timed(work: Callable[[], object]) -> Timed:
    """How long one call takes."""
    before = os.times()
    wall_s = seconds(work)
    after = os.times()
    cpu_s = sum(after[:4]) - sum(before[:4])  # user and system time, then those of children
    return Timed(wall_s=wall_s, cpu_s=cpu_s)


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def compared(name: str, ours_s: Sequence[float], bare_s: Sequence[float], baseline: str, note: str = "") -> Row:
    """The median of the ratios of each round, with the median seconds of both in the note."""
    ratio = median(a / b for a, b in zip(ours_s, bare_s, strict=True))
    spent = f"{median(ours_s) * 1000:,.0f} ms against {median(bare_s) * 1000:,.0f} ms"
    return Row(name=name, figure=ratio, unit="x", baseline=baseline, note=f"{note}: {spent}" if note else spent)
