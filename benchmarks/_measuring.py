"""What every benchmark gives, and how it times: baseline and candidate in turn, so that a busy machine hits both."""

import os
import resource
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
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
    """How long a piece of work took, how long its own process had a core, and how long cores of the machine were busy
    (with its worker processes too, and with whatever else ran).
    """

    wall_s: float
    cpu_s: float
    machine_s: float


def timed(work: Callable[[], object]) -> Timed:
    """How long one call takes."""
    cpu_s, machine_s = time.process_time(), _machine_s()
    wall_s = seconds(work)
    return Timed(wall_s=wall_s, cpu_s=time.process_time() - cpu_s, machine_s=_machine_s() - machine_s)


def _machine_s() -> float:
    """Seconds that all cores were busy since the machine started (https://man7.org/linux/man-pages/man5/proc_stat.5.html);
    those of this process where there is no /proc.
    """
    stat = Path("/proc/stat")
    if not stat.exists():
        return time.process_time()
    user, nice, system, _idle, _iowait, irq, softirq = map(int, stat.read_text(encoding="ascii").split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


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


def peers_python() -> Path | None:
    """The Python of the environment where the peers are installed: $BENCH_PEERS, or .venv/peers; None without one."""
    python = Path(os.environ.get("BENCH_PEERS", ".venv/peers")).absolute() / "bin/python"
    return python if python.exists() else None


def b_cubed(found: Sequence[str], gold: Sequence[str]) -> tuple[float, float]:
    """(precision, recall) averaged over the items (Bagga and Baldwin 1998)."""
    in_story, in_label = Counter(found), Counter(gold)
    both = Counter(zip(found, gold, strict=True))
    precision = sum(n * n / in_story[story] for (story, _), n in both.items()) / len(gold)
    recall = sum(n * n / in_label[label] for (_, label), n in both.items()) / len(gold)
    return precision, recall


def peak_mb() -> float:
    """The most memory that this process held, and the largest of its worker processes, if it had any.

    Linux hands the peak of a parent on to its children (getrusage(2) survives exec), so its own figure is taken there.
    """
    own_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    status = Path("/proc/self/status")
    if status.exists():
        own_kb = next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return (own_kb + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1000
