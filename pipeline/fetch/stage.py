"""Fetch: asks each source that is due, keeps the bytes, and turns them into items."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from hashlib import blake2b
from threading import Lock

from pydantic import BaseModel, TypeAdapter

from pipeline import sources
from pipeline.config import SourceSettings
from pipeline.context import Context
from pipeline.errors import DigestError, NetworkError, SourceError
from pipeline.fetch.politeness import next_fetch_at
from pipeline.sources import Dropped, Fetched, FetchState, Parsed, Wish, item_id
from pipeline.store import items
from pipeline.store import sources as states
from pipeline.store.sources import SourceState
from pipeline.text.characters import one_line
from pipeline.types import Item, Outcome, Payload

_WISH = TypeAdapter(Wish)
WRITTEN_TOGETHER = 32

SHRUNK_FROM = 5
"""A feed that had so many entries and now has one is most often an error page in the shape of a feed (FACTS 0.2)."""

SHRUNK_FAILURES = 3
"""After so many failures in a row the single entry is believed."""


def threads(ctx: Context) -> int:
    """How many sources are asked at a time; the HTTP client keeps to one request a host."""
    return ctx.settings.fetch.threads


def pending(ctx: Context) -> Iterable[str]:
    """Ids of the sources that may be asked now; one that is off is due as soon as it is on."""
    on = [s for s in ctx.settings.sources if not sources.why_off(s.type, s.options)]
    with ctx.store.read() as db:
        return states.pending(db, {s.id: _options_hash(s) for s in on}, ctx.clock())


def process(ctx: Context, key: str) -> Outcome:
    """Ask one source once. Raises SourceError, after having recorded when it may be asked again."""
    with batch(ctx, [key]) as ask:
        return ask(key)


@contextmanager
def batch(ctx: Context, keys: Sequence[str]) -> Iterator[Callable[[str], Outcome]]:
    """``process`` for several keys: one query for what is known of them, and sources without anything new are written
    down together. A run that is killed asks the last few of those again.
    """
    configured = {s.id: s for s in ctx.settings.sources}
    with ctx.store.read() as db:
        known = states.states(db)
    unchanged = _Unchanged(ctx)

    def ask(key: str) -> Outcome:
        old = known.get(key) or SourceState(id=key, validators={})
        return _process(ctx, configured[key], _known(configured[key], old), unchanged)

    try:
        yield ask
    finally:
        unchanged.write()


class _Unchanged:
    """States of sources that had nothing new, on their way into the store; for many threads."""

    def __init__(self, ctx: Context) -> None:
        self._store = ctx.store
        self._waiting: list[SourceState] = []
        self._lock = Lock()

    def add(self, state: SourceState) -> None:
        """Take one, and write those that wait when they are many."""
        with self._lock:
            self._waiting.append(state)
            full = len(self._waiting) >= WRITTEN_TOGETHER
        if full:
            self.write()

    def write(self) -> None:
        """Write all that wait, in one transaction."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        if waiting:
            with self._store.begin(durable=False) as db:
                states.record(db, *waiting)


def _process(ctx: Context, source: SourceSettings, old: SourceState, unchanged: _Unchanged) -> Outcome:
    key, now = source.id, ctx.clock()
    if off := sources.why_off(source.type, source.options):
        return Outcome(count=0, skipped=off)
    kind = sources.find(source.type)
    state = FetchState(source_id=key, url=old.url, validators=old.validators, cursor=old.cursor)
    fetched = Fetched()
    try:
        fetched = kind.fetch(source.options, state, ctx.http, now)
        found = _parse(ctx, source, fetched)
        if fetched.cursor is None:  # a source with a cursor gives what is new since then: that may be one entry
            _refuse_shrunk(old, found)
    except (SourceError, NetworkError) as e:
        with ctx.store.begin(durable=False) as db:
            states.keep(db, fetched.payloads)
            states.record(db, _after_trouble(source, ctx, old, e, now, unusable=bool(fetched.payloads)))
        raise SourceError(_told(e, key), subject=key, remedy=e.remedy, kind=e.kind) from e
    after = _after_success(source, ctx, old, fetched, found, now)
    if not (fetched.payloads or fetched.dropped or fetched.cost_usd_micros):
        unchanged.add(after)
        return Outcome(count=0, trouble=found.trouble)
    with ctx.store.begin(durable=False) as db:
        states.keep(db, fetched.payloads)
        new = items.add(db, [_labelled(item, source) for item in found.items])
        left_out = (*fetched.dropped, *found.dropped)
        items.skip(db, "fetch", ((item_id(key, d.guid), d.reason) for d in left_out), now)
        if fetched.cost_usd_micros:
            states.spend(db, key, fetched.cost_usd_micros, now)
        states.record(db, after)
    return Outcome(count=new, trouble=_tell_it_is_stored(source, fetched) or found.trouble)


def _tell_it_is_stored(source: SourceSettings, fetched: Fetched) -> SourceError | None:
    """Call ``committed`` where a type has it; what went wrong there, which loses nothing."""
    try:
        if committed := getattr(sources.find(source.type), "committed", None):
            committed(source.options, fetched)
    except (SourceError, NetworkError) as e:
        return SourceError(_told(e, source.id), subject=source.id, remedy=e.remedy, kind=e.kind)
    return None


def _known(source: SourceSettings, old: SourceState) -> SourceState:
    """What is known of a source; when its options have changed, nothing of where it was and when it may be asked."""
    options_hash = _options_hash(source)
    if old.options_hash in (None, options_hash):
        return replace(old, options_hash=options_hash)
    return replace(
        old,
        options_hash=options_hash,
        url=None,
        moved_to=None,
        validators={},
        failures=0,
        entries=None,
        wish=None,
        gone_at=None,
        alerted_at=None,
    )


def _options_hash(source: SourceSettings) -> str:
    options = json.dumps([source.type, source.options.model_dump(mode="json")], sort_keys=True)
    return blake2b(options.encode(), digest_size=8).hexdigest()


def parse(type_name: str, payload: Payload, options: BaseModel) -> Parsed:
    """What a payload holds; runs in another process. Raises SourceError."""
    return sources.find(type_name).parse(payload, options)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What all payloads of a fetch hold; ``entries`` and ``wish`` are None where there was nothing to read."""

    items: Sequence[Item] = ()
    dropped: Sequence[Dropped] = ()
    entries: int | None = None
    wish: Wish | None = None
    trouble: SourceError | None = None


def _parse(ctx: Context, source: SourceSettings, fetched: Fetched) -> _Found:
    """The items of every payload, and what is wrong with those that cannot be read: one bad mail stops no other.

    Raises SourceError when none can be read; but a source with a cursor has passed them, and they are kept as bytes.
    """
    read, bad = [], []
    for payload in fetched.payloads:
        try:
            read.append(ctx.workers.call(parse, source.type, payload, source.options))
        except SourceError as e:
            bad.append(e)
    if bad and not read and fetched.cursor is None:
        raise bad[0]
    return _Found(
        items=[item for parsed in read for item in parsed.items],
        dropped=[dropped for parsed in read for dropped in parsed.dropped],
        entries=sum(parsed.entries for parsed in read) if read else None,
        wish=read[-1].wish if read else None,
        trouble=_unread(source, bad, len(fetched.payloads)) if bad else fetched.trouble,
    )


def _unread(source: SourceSettings, bad: Sequence[SourceError], total: int) -> SourceError:
    message = f"{len(bad)} of {total} cannot be read; the first {_told(bad[0], source.id)}"
    return SourceError(message, subject=source.id, remedy=bad[0].remedy, kind=bad[0].kind)


def _refuse_shrunk(old: SourceState, found: _Found) -> None:
    """Raises SourceError when a feed suddenly became one entry: that is a warning, not news."""
    if found.entries == 1 and (old.entries or 0) >= SHRUNK_FROM and old.failures < SHRUNK_FAILURES:
        raise SourceError(
            f"gives one entry where it had {old.entries}",
            kind="shrunk",
            remedy="Open it in a browser: it may be an error page. The entry is taken if it stays like that",
        )


def _told(error: DigestError, key: str) -> str:
    """The message, with the file or address that it is about; the source itself is named anyway."""
    return error.message if error.subject in ("", key) else f"{one_line(error.subject, 100)} {error.message}"


def _labelled(item: Item, source: SourceSettings) -> Item:
    """The operator's word on what kind of thing a source gives wins over the type's own."""
    return replace(item, kind=source.kind) if source.kind else item


def _wish(state: SourceState) -> Wish:
    """What the publisher wished when its feed was last read."""
    return _WISH.validate_python(state.wish) if state.wish else Wish()


def _interval_s(source: SourceSettings, ctx: Context) -> float:
    usual: float = getattr(sources.find(source.type), "INTERVAL_HOURS", ctx.settings.fetch.interval_hours)
    return (source.interval_hours or usual) * 3600


def _jitter(source: SourceSettings) -> float:
    """A share of 0..1 that is always the same for a source, so that sources spread out and runs repeat."""
    return blake2b(source.id.encode(), digest_size=1).digest()[0] / 255


def _after_success(
    source: SourceSettings, ctx: Context, old: SourceState, fetched: Fetched, found: _Found, now: datetime
) -> SourceState:
    moved_twice = fetched.moved_to is not None and fetched.moved_to == old.moved_to
    wish = found.wish or _wish(old)
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
        alerted_at=None,
        entries=old.entries if found.entries is None else found.entries,
        wish=asdict(wish),
        next_fetch_at=next_fetch_at(
            now,
            interval_s=_interval_s(source, ctx),
            headers=fetched.headers,
            failures=0,
            jitter=_jitter(source),
            wish=wish,
        ),
    )


def _after_trouble(
    source: SourceSettings, ctx: Context, old: SourceState, error: DigestError, now: datetime, *, unusable: bool
) -> SourceState:
    """Validators are dropped when an answer came and was ``unusable``: the next one has to be whole."""
    failures = old.failures + 1
    return replace(
        old,
        validators={} if unusable else old.validators,
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
            wish=_wish(old),
        ),
    )
