"""Fetch: asks each source that is due, keeps the bytes, and turns them into items."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b

from pipeline import sources
from pipeline.config import SourceSettings
from pipeline.context import Context
from pipeline.errors import DigestError, NetworkError, SourceError
from pipeline.fetch.politeness import next_fetch_at
from pipeline.sources import Fetched, FetchState, SourceType
from pipeline.store import items
from pipeline.store import sources as states
from pipeline.store.sources import SourceState
from pipeline.types import Item, Outcome


def threads(ctx: Context) -> int:
    """How many sources are asked at a time; the HTTP client keeps to one request a host."""
    return ctx.settings.fetch.threads


def pending(ctx: Context) -> Iterable[str]:
    """Ids of the sources that may be asked now."""
    with ctx.store.read() as db:
        return states.pending(db, [s.id for s in ctx.settings.sources], ctx.clock())


def process(ctx: Context, key: str) -> Outcome:
    """Ask one source once. Raises SourceError, after having recorded when it may be asked again."""
    source = next(s for s in ctx.settings.sources if s.id == key)
    now = ctx.clock()
    with ctx.store.read() as db:
        old = states.state(db, key)
    kind = sources.find(source.type)
    state = FetchState(source_id=key, url=old.url, validators=old.validators, cursor=old.cursor)
    fetched = Fetched()
    try:
        fetched = kind.fetch(source.options, state, ctx.http, now)
        found, bad = _parse(kind, source, fetched)
    except (SourceError, NetworkError) as e:
        with ctx.store.begin() as db:
            states.keep(db, fetched.payloads)
            states.record(db, _after_trouble(source, ctx, old, e, now))
        raise SourceError(_told(e, key), subject=key, remedy=e.remedy, kind=e.kind) from e
    with ctx.store.begin() as db:
        states.keep(db, fetched.payloads)
        new = items.add(db, [_labelled(item, source) for item in found])
        states.record(db, _after_success(source, ctx, old, fetched, now))
    return Outcome(count=new, trouble=bad)


def _parse(kind: SourceType, source: SourceSettings, fetched: Fetched) -> tuple[list[Item], SourceError | None]:
    """The items of every payload, and what is wrong with those that cannot be read: one bad mail stops no other.

    Raises SourceError when none can be read; but a source with a cursor has passed them, and they are kept as bytes.
    """
    found: list[Item] = []
    bad: list[SourceError] = []
    for payload in fetched.payloads:
        try:
            found += kind.parse(payload, source.options)
        except SourceError as e:
            bad.append(e)
    if not bad:
        return found, None
    if len(bad) == len(fetched.payloads) and fetched.cursor is None:
        raise bad[0]
    message = f"{len(bad)} of {len(fetched.payloads)} cannot be read; the first {_told(bad[0], source.id)}"
    return found, SourceError(message, subject=source.id, remedy=bad[0].remedy, kind=bad[0].kind)


def _told(error: DigestError, key: str) -> str:
    """The message, with the file or address that it is about; the source itself is named anyway."""
    return error.message if error.subject in ("", key) else f"{error.subject} {error.message}"


def _labelled(item: Item, source: SourceSettings) -> Item:
    """The operator's word on what kind of thing a source gives wins over the type's own."""
    return replace(item, kind=source.kind) if source.kind else item


def _interval_s(source: SourceSettings, ctx: Context) -> float:
    return (source.interval_hours or ctx.settings.fetch.interval_hours) * 3600


def _jitter(source: SourceSettings) -> float:
    """A share of 0..1 that is always the same for a source, so that sources spread out and runs repeat."""
    return blake2b(source.id.encode(), digest_size=1).digest()[0] / 255


def _after_success(
    source: SourceSettings, ctx: Context, old: SourceState, fetched: Fetched, now: datetime
) -> SourceState:
    moved_twice = fetched.moved_to is not None and fetched.moved_to == old.moved_to
    return replace(
        old,
        url=fetched.moved_to if moved_twice else old.url,
        moved_to=None if moved_twice else fetched.moved_to,
        validators=fetched.validators,
        cursor=fetched.cursor,
        checked_at=now,
        succeeded_at=now,
        failures=0,
        trouble=None,
        next_fetch_at=next_fetch_at(
            now, interval_s=_interval_s(source, ctx), headers=fetched.headers, failures=0, jitter=_jitter(source)
        ),
    )


def _after_trouble(
    source: SourceSettings, ctx: Context, old: SourceState, error: DigestError, now: datetime
) -> SourceState:
    """Validators are dropped: the next answer has to be whole."""
    failures = old.failures + 1
    return replace(
        old,
        validators={},
        checked_at=now,
        failures=failures,
        trouble=_told(error, source.id),
        gone_at=now if isinstance(error, SourceError) and error.gone else None,
        next_fetch_at=next_fetch_at(
            now,
            interval_s=_interval_s(source, ctx),
            headers={},
            failures=failures,
            wait_s=error.wait_s if isinstance(error, SourceError) else 0.0,
            jitter=_jitter(source),
        ),
    )
