"""Reading 1,000 feeds for the first time, and again when none has changed, against the bare requests and two peers."""

import os
import sys
from collections.abc import Mapping, Sequence
from statistics import median

import click

from benchmarks._feeds import Served, served_feeds
from benchmarks._measuring import Row, compared, peers_python
from benchmarks._readers import Spent, ask

THREADS = 8  # the default of fetch.threads
ENTRIES = 20
LATENCY_S = 0.02
PEERS = {"reader": f"reader, workers={THREADS}", "rss2email": "rss2email --no-send, one feed at a time"}

Round = Mapping[str, Spent]
"""What each program took for the same feeds, by its name."""


def measure(small: bool) -> list[Row]:
    """The fetch stage on SQLite (parsing, storing, recording), a plain client, and the peers where they are installed.

    The peers are looked for in the environment $BENCH_PEERS, or in .venv/peers. Raises RuntimeError for a program that
    lacks entries, or did not ask for every feed twice and get a 304 the second time: a failure is fast, too.
    """
    feeds, fewer, rounds = (3, (), 1) if small else (1_000, (100, 500), 3)
    programs = _programs()
    with served_feeds(feeds, ENTRIES, latency_s=LATENCY_S) as served:
        all_rounds = [{p: _spent(p, programs[p], served, feeds) for p in programs} for _ in range(rounds)]
        memory = {count: _spent("ours", programs["ours"], served, count).peak_mb for count in fewer}
    memory[feeds] = median(r["ours"].peak_mb for r in all_rounds)
    what = f"{feeds:,} feeds, {feeds * ENTRIES:,} items, {served.size_bytes / 1e6:.1f} MB"
    rows = _against("bare", f"the same requests by httpx2, {THREADS} threads", what, all_rounds)
    rows += [_cores(all_rounds), _waiting(all_rounds, feeds), _memory(memory)]
    for peer in (p for p in PEERS if p in programs):
        note = f"the same requests and 304s; {all_rounds[0][peer].peak_mb:.0f} MB of memory"
        rows += _against(peer, PEERS[peer], note, all_rounds)
    return rows


def _programs() -> dict[str, list[str]]:
    """The command of each program, by its name."""
    programs = {name: [sys.executable, "-m", f"benchmarks._{name}"] for name in ("bare", "ours")}
    if python := peers_python():
        return programs | {name: [str(python), "-m", "benchmarks._peers", name] for name in PEERS}
    click.echo(f"fetch: {' and '.join(PEERS)} are left out; `make bench-peers` installs them", err=True)
    return programs


def _spent(name: str, command: Sequence[str], served: Served, feeds: int) -> Spent:
    """Let a program read the first so many feeds."""
    spent = ask(command, served.urls[:feeds], THREADS)
    counts = served.counts()
    expected = 0 if name == "bare" else feeds * ENTRIES
    again = counts.requests - 2 * feeds  # a connection that broke is tried once more
    if spent.entries != expected or counts.not_modified != feeds or not 0 <= again <= feeds / 100:
        raise RuntimeError(f"{name} read {spent.entries} of {expected} entries of {feeds} feeds with {counts}")
    return spent


def _against(name: str, baseline: str, note: str, rounds: Sequence[Round]) -> list[Row]:
    """How much longer than that program ours takes."""
    tail = "" if name == "bare" else f" against {name}"
    return [
        compared(f"fetch: {run}{tail}", _wall_s("ours", i, rounds), _wall_s(name, i, rounds), baseline, note)
        for i, run in enumerate(("first run", "second run"))
    ]


def _cores(rounds: Sequence[Round]) -> Row:
    return Row(
        name="fetch: cores busy in the first run",
        figure=_machine_busy(0, rounds),
        unit="cores",
        baseline=f"{os.cpu_count()}: bound by computing on all cores",
        note=f"{_machine_busy(1, rounds):.2f} in the second run",
    )


def _waiting(rounds: Sequence[Round], feeds: int) -> Row:
    """Whether the baseline computes or waits."""
    first, second = (_cores_busy("bare", i, rounds) for i in range(2))
    return Row(
        name="fetch: bare download",
        figure=median(_wall_s("bare", 0, rounds)) * 1000 / feeds,
        unit="ms/feed",
        baseline=f"{LATENCY_S * 1000 / THREADS:.1f}: {LATENCY_S * 1000:.0f} ms of waiting, {THREADS} at a time",
        note=f"it computes for {first:.0%} of the time, and for {second:.0%} of that of the 304s; else it waits",
    )


def _wall_s(name: str, run: int, rounds: Sequence[Round]) -> list[float]:
    return [r[name].runs[run].wall_s for r in rounds]


def _cores_busy(name: str, run: int, rounds: Sequence[Round]) -> float:
    """Of the program's own process."""
    return median(r[name].runs[run].cpu_s / r[name].runs[run].wall_s for r in rounds)


def _machine_busy(run: int, rounds: Sequence[Round]) -> float:
    """Of the machine, while ours ran: parsing has processes of its own."""
    return median(r["ours"].runs[run].machine_s / r["ours"].runs[run].wall_s for r in rounds)


def _memory(peak_mb: Mapping[int, float]) -> Row:
    least, most = min(peak_mb), max(peak_mb)
    return Row(
        name="fetch: peak memory, main process",
        figure=peak_mb[most] / peak_mb[least],
        unit="x",
        baseline=f"{least:,} feeds",
        note=", ".join(f"{mb:.0f} MB with {count:,} feeds" for count, mb in sorted(peak_mb.items())),
    )
