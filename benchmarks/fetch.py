"""Reading 200 feeds for the first time, and again when none has changed, against the bare requests."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2

from benchmarks._feeds import ETAG, served_feeds
from benchmarks._measuring import Row, compared, seconds
from pipeline.run import run
from tests.e2e.world import World, configuration

THREADS = 8  # the default of fetch.threads
ENTRIES = 20


def measure(small: bool) -> list[Row]:
    """The fetch stage on SQLite (parsing, storing, recording) against a plain client with as many threads."""
    feeds, rounds = (3, 1) if small else (200, 5)
    with served_feeds(feeds, ENTRIES) as urls:
        size_mb = sum(len(body) for body in _bare(urls, {}, 200)) / 1e6
        first, bare, second, bare_304 = zip(*(_round(urls) for _ in range(rounds)), strict=True)
    what = f"{feeds} feeds, {feeds * ENTRIES:,} items, {size_mb:.1f} MB"
    return [
        compared("fetch: first run", first, bare, f"the same bytes by httpx2, {THREADS} threads", what),
        compared(
            "fetch: second run, nothing new", second, bare_304, f"the same 304s by httpx2, {THREADS} threads", what
        ),
    ]


def _round(urls: Sequence[str]) -> tuple[float, float, float, float]:
    """Seconds of the first run, of its baseline, of the second run, and of its baseline."""
    bare_s = seconds(partial(_bare, urls, {}, 200))
    bare_304_s = seconds(partial(_bare, urls, {"if-none-match": ETAG}, 304))
    with TemporaryDirectory() as folder:
        sources = [{"id": f"feed-{i}", "type": "rss", "url": url, "allow_private": True} for i, url in enumerate(urls)]
        config = configuration("", [], 1, sources=sources, fetch={"threads": THREADS})
        world = World(folder=Path(folder), config=config)
        first_s = _fetch(world, new=len(urls) * ENTRIES)
        world.pass_(days=1)
        second_s = _fetch(world, new=0)
    return first_s, bare_s, second_s, bare_304_s


def _fetch(world: World, *, new: int) -> float:
    """Seconds of the fetch stage. Raises RuntimeError when it did not find what it should: a failure is fast, too."""
    with world.context() as ctx:
        reports = []
        spent_s = seconds(lambda: reports.append(run(ctx, until="fetch")))
    if reports[0].problems or reports[0].done["fetch"] != new:
        raise RuntimeError(f"expected {new} new items, got {reports[0]}")
    return spent_s


def _bare(urls: Sequence[str], headers: Mapping[str, str], status: int) -> list[bytes]:
    """Ask for every address. Raises RuntimeError for another status."""
    with httpx2.Client(headers=dict(headers), trust_env=False) as client, ThreadPoolExecutor(THREADS) as pool:
        responses = list(pool.map(client.get, urls))
    if {r.status_code for r in responses} != {status}:
        raise RuntimeError(f"expected {status} only")
    return [r.content for r in responses]
