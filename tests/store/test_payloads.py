"""The bytes that sources gave: kept for a time, then forgotten, but never a text that an item still has."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from pipeline.store import Store, items, sources
from pipeline.store.tables import bodies
from pipeline.types import Item, Payload

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def payload(body: bytes, days_ago: int) -> Payload:
    fetched_at = NOW - timedelta(days=days_ago)
    return Payload(source_id="a", url="https://a.example", fetched_at=fetched_at, media_type="text/xml", body=body)


def test_old_bytes_go_and_what_is_still_pointed_at_stays(store: Store) -> None:
    item = Item(id="1", source_id="a", guid="1", url="", title="t", body="an item's own text", fetched_at=NOW)
    with store.begin() as db:
        sources.keep(db, [payload(b"old", 20), payload(b"an item's own text", 21), payload(b"both", 22)])
        sources.keep(db, [payload(b"both", 1), payload(b"new" * 1000, 2)])
        items.add(db, [item])
        assert sources.forget_payloads(db, NOW - timedelta(days=14)) == 3
        left = set(db.scalars(sa.select(bodies.c.body)))
    assert left == {b"an item's own text", b"both", b"new" * 1000}
