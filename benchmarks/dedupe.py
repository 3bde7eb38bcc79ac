"""Folding 1,000 to 1,000,000 items into stories, and a day's items into a store of a million, against two peers."""

import json
import math
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from benchmarks._folding import Spent
from benchmarks._measuring import Row, peers_python

PEERS = {"minhash": "datasketch MinHash LSH", "tfidf": "scikit-learn TF-IDF, all against all"}
_ROOT = Path(__file__).parent.parent


def measure(small: bool) -> list[Row]:
    """The code of `digest apply dedupe` at each size, the stage on a full store, and the peers.

    Each runs in a process of its own. The peers are looked for in the environment $BENCH_PEERS, or in .venv/peers.
    """
    sizes, compared = ((100, 300), 300) if small else ((1_000, 10_000, 100_000, 1_000_000), 10_000)
    held, new, fresh = (300, 20, 60) if small else (1_000_000, 500, 2_000)
    found = [_spent(sys.executable, "ours", n) for n in sizes]
    rows = [_size(spent, found[0]) for spent in found]
    rows.append(_incremental(_told(sys.executable, "_stored", held, new, fresh), held, new, fresh))
    mine = next(spent for spent in found if spent.items == compared)
    return [*rows, *_peers(mine)]


def _spent(python: str, program: str, items: int) -> Spent:
    told = _told(python, "_folding", program, items)
    return Spent(items=items, wall_s=told["wall_s"], peak_mb=told["peak_mb"], f1=told["f1"])


def _told(python: str, module: str, *arguments: object) -> dict[str, float]:
    command = [python, "-m", f"benchmarks.{module}", *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT, check=True)
    told: dict[str, float] = json.loads(done.stdout)
    return told


def _size(spent: Spent, least: Spent) -> Row:
    """How much longer than n log n it takes, by what the smallest size took."""
    expected = least.wall_s * spent.items * math.log(spent.items) / (least.items * math.log(least.items))
    return Row(
        name=f"dedupe: {spent.items:,} items",
        figure=spent.wall_s / expected,
        unit="x",
        baseline=f"n log n from {least.items:,} items",
        note=f"{spent.wall_s:,.1f} s, {spent.wall_s / spent.items * 1000:.2f} ms an item, {spent.peak_mb:,.0f} MB",
    )


def _incremental(told: dict[str, float], held: int, new: int, fresh: int) -> Row:
    return Row(
        name=f"dedupe: {new:,} new items, store of {held:,}",
        figure=told["incremental_s"] / told["fresh_s"],
        unit="x",
        baseline=f"{fresh:,} items into an empty store",
        note=f"{told['incremental_s']:.2f} s against {told['fresh_s']:.2f} s, {told['peak_mb']:,.0f} MB",
    )


def _peers(mine: Spent) -> Sequence[Row]:
    python = peers_python()
    if python is None:
        click.echo(f"dedupe: {' and '.join(PEERS.values())} are left out; `make bench-peers` installs them", err=True)
        return []
    return [_against(PEERS[p], _spent(str(python), p, mine.items), mine) for p in PEERS]


def _against(peer: str, theirs: Spent, mine: Spent) -> Row:
    return Row(
        name=f"dedupe: {mine.items:,} items against a peer",
        figure=mine.wall_s / theirs.wall_s,
        unit="x",
        baseline=peer,
        note=f"B-cubed F1 {mine.f1:.3f} against {theirs.f1:.3f}; {mine.wall_s:.1f} s and {mine.peak_mb:.0f} MB against"
        f" {theirs.wall_s:.1f} s and {theirs.peak_mb:.0f} MB",
    )
