"""The dedupe stage on a store that holds many items, and on an empty one; a process of its own, for its own memory.

``python -m benchmarks._stored HELD NEW FRESH``: NEW items come into a store of HELD ones, then FRESH items into an
empty one. Prints the seconds of both, and the most memory, as JSON.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import insert

from benchmarks._corpus import BEGIN, Row, rows
from benchmarks._measuring import peak_mb, seconds
from pipeline.dedupe import stage
from pipeline.dedupe.fold import BODY_HEAD_CHARS, Candidate, text_hash
from pipeline.dedupe.window import signature
from pipeline.store import items, signatures
from pipeline.store.rows import digest
from pipeline.store.tables import bodies, memberships, stories
from pipeline.store.tables import items as items_table
from pipeline.text.urls import url_key
from pipeline.types import Item
from tests.e2e.world import World, configuration

A_DAY = 5_000
_BATCH = 10_000
_HAVE_SIGNATURES = timedelta(days=21)  # what the stage leaves there


def main(held: int, new: int, fresh: int) -> dict[str, float]:
    """Seconds of the stage with ``new`` items at a store of ``held``, and with ``fresh`` items at an empty one."""
    stream = rows(held + new, a_day=A_DAY)
    end = BEGIN + timedelta(days=(held + new) / A_DAY)
    with TemporaryDirectory() as folder:
        world = World(folder=Path(folder), config=configuration("", [], 1), now=end)
        _fill(world, islice(stream, held), end)
        incremental_s = _run(world, [_item(row) for row in stream])
    with TemporaryDirectory() as folder:
        world = World(folder=Path(folder), config=configuration("", [], 1), now=BEGIN + timedelta(days=fresh / A_DAY))
        fresh_s = _run(world, [_item(row) for row in rows(fresh, a_day=A_DAY)])
    return {"incremental_s": incremental_s, "fresh_s": fresh_s, "peak_mb": peak_mb()}


def _run(world: World, found: Sequence[Item]) -> float:
    """What the stage takes, from the question whether there is anything to do to the last word written."""
    with world.context() as ctx:
        with ctx.store.begin() as db:
            items.add(db, found)
        return seconds(lambda: [stage.process(ctx, key) for key in stage.pending(ctx)])


def _fill(world: World, stream: Iterator[Row], end: datetime) -> None:
    """Put rows into the store as if they had been folded, each with the event that it tells."""
    with world.context() as ctx:
        while batch := list(islice(stream, _BATCH)):
            found = [_item(row) for row in batch]
            with ctx.store.begin(durable=False) as db:
                texts = {digest(i.body.encode()): i.body.encode() for i in found}
                db.execute(
                    insert(bodies).prefix_with("OR IGNORE"), [{"sha256": k, "body": v} for k, v in texts.items()]
                )
                db.execute(insert(items_table), [_columns(i) for i in found])
                first = [
                    {"id": r["id"], "first_seen_at": i.fetched_at}
                    for r, i in zip(batch, found, strict=True)
                    if r["event"] == r["id"]
                ]
                db.execute(insert(stories), first)
                db.execute(
                    insert(memberships),
                    [
                        {
                            "item_id": r["id"],
                            "story_id": r["event"],
                            "method": "first" if r["event"] == r["id"] else "similar",
                            "score": 1.0,
                        }
                        for r in batch
                    ],
                )
                late = [i for i in found if i.fetched_at > end - _HAVE_SIGNATURES]
                signatures.keep(db, [signature(_candidate(i), "") for i in late], BEGIN)


def _columns(item: Item) -> dict[str, object]:
    row = {c.name: getattr(item, c.name, None) for c in items_table.columns}
    return row | {"authors": [], "media": [], "body_sha256": digest(item.body.encode())}


def _item(row: Row) -> Item:
    at = datetime.fromisoformat(row["published_at"])
    return Item(
        id=row["id"],
        source_id=row["source"],
        guid=row["id"],
        url=row["url"],
        title=row["title"],
        body=row["body"],
        published_at=at,
        fetched_at=at,
    )


def _candidate(item: Item) -> Candidate:
    return Candidate(
        item_id=item.id,
        source_id=item.source_id,
        url_key=url_key(item.url),
        text_hash=text_hash(item.title, item.body),
        title=item.title,
        body=item.body[:BODY_HEAD_CHARS],
        seen_at=item.fetched_at,
    )


if __name__ == "__main__":
    print(json.dumps(main(*map(int, sys.argv[1:]))))
