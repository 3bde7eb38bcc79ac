"""Our fetch stage on SQLite, for ``_readers``: a first run, and a second one a day later that finds nothing new."""

from pathlib import Path

from benchmarks._measuring import Timed, timed
from benchmarks._readers import answer
from pipeline.run import Report, run
from tests.e2e.world import World, configuration


def read_twice(urls: list[str], threads: int, folder: Path) -> tuple[Timed, Timed, int]:
    """Parse, store and record everything; then again with validators. Raises RuntimeError for any problem."""
    sources = [{"id": f"feed-{i}", "type": "rss", "url": url, "allow_private": True} for i, url in enumerate(urls)]
    world = World(folder=folder, config=configuration("", [], 1, sources=sources, fetch={"threads": threads}))
    first, items = _fetch(world)
    world.pass_(days=1)
    second, new = _fetch(world)
    return first, second, items + new


def _fetch(world: World) -> tuple[Timed, int]:
    """The time of the fetch stage, and how many items were new."""
    reports: list[Report] = []
    with world.context() as ctx:
        spent = timed(lambda: reports.append(run(ctx, until="fetch")))
    if reports[0].problems:
        raise RuntimeError(f"the run had problems: {reports[0].problems[:3]}")
    return spent, reports[0].done["fetch"]


if __name__ == "__main__":
    answer(read_twice)
