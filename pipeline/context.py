"""What every stage is given: settings, store, HTTP, model, channels, the clock. Built once; tests build their own."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from pipeline import config, resources
from pipeline.config import Settings
from pipeline.config_model import ModelSettings, TaskSettings
from pipeline.errors import ConfigError
from pipeline.seams import Channel, Embedder, Http
from pipeline.types import Clock, ModelCall

if TYPE_CHECKING:
    from pipeline.model.batch import Batch
    from pipeline.model.books import Books
    from pipeline.model.chain import Chain
    from pipeline.model.ledger import Ledger
    from pipeline.store import Store
    from pipeline.workers import Workers


BUDGET_SPAN = timedelta(hours=24)
"""The budget holds for so long, over all runs: a cron line that fails every hour must not spend it every hour."""


def utc_now() -> datetime:
    """The present moment; the only clock of the program."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedChannel:
    """A way out under the name that its deliveries are booked on. ``one_copy``: it has no list of recipients."""

    name: str
    channel: Channel
    one_copy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a stage may use of the outside world.

    ``model`` writes (``batch``: ahead, at half the price), ``triage`` says what is one story and how much it matters,
    ``translator`` translates, ``checker`` gives a second opinion: each a chain, None where no model is asked.
    """

    settings: Settings
    store: "Store"
    http: Http
    workers: "Workers"
    books: "Books"
    ledgers: "Ledgers"
    model: "Chain | None"
    batch: "Batch | None"
    triage: "Chain | None"
    translator: "Chain | None"
    checker: "Chain | None"
    embedder: Embedder | None
    channels: tuple[NamedChannel, ...]
    clock: Clock = utc_now
    at_once: bool = False  # ``digest run --now``: an issue is due whatever the calendar says


def options_of(what: str, type_name: str) -> type[BaseModel]:
    """The Options of a source or channel type. Raises ConfigError for no such type."""
    options: type[BaseModel] = resources.find_type(f"pipeline.{what}", type_name).Options
    return options


def config_file(path: Path) -> Path:
    """The configuration that ``--config`` means: a folder stands for the config.yaml in it."""
    return path / "config.yaml" if path.is_dir() else path


def load_settings(path: Path) -> Settings:
    """Read config.yaml (a folder stands for the config.yaml in it). Raises ConfigError that lists every mistake."""
    return config.load(config_file(path), options_of)


@contextmanager
def opened(
    settings: Settings, *, clock: Clock = utc_now, at_once: bool = False, workers: "Workers | None" = None
) -> Iterator[Context]:
    """A Context on the real world, closed at the end (but not ``workers`` that are given). Raises ConfigError,
    StoreError.
    """
    from pipeline.net.http import HttpClient
    from pipeline.store import open_store
    from pipeline.workers import Workers

    fetch = settings.fetch
    store = open_store(settings.store.url, settings.folder)
    http = HttpClient(
        timeout_s=fetch.timeout_s,
        total_timeout_s=fetch.total_timeout_s,
        max_bytes=fetch.max_bytes,
        contact=fetch.contact,
        host_pause_s=fetch.host_pause_s,
    )
    own = Workers()
    try:
        account = books(settings, store, clock)
        ledgers = Ledgers(store, clock, account)
        chain = partial(_chain, ledgers)
        yield Context(
            settings=settings,
            store=store,
            http=http,
            workers=workers or own,
            books=account,
            ledgers=ledgers,
            model=chain(settings.tasks.get("write")),
            batch=_batch(settings, ledgers, account, clock),
            triage=chain(settings.tasks.get("triage")),
            translator=chain(settings.tasks.get("translate")),
            checker=chain(settings.tasks.get("check")),
            embedder=embedder(settings, store, clock, account),
            channels=channels(settings),
            clock=clock,
            at_once=at_once,
        )
    finally:
        own.close()
        http.close()
        store.close()


def books(settings: Settings, store: "Store", clock: Clock) -> "Books":
    """The books of every model that a run asks, on what was spent within BUDGET_SPAN."""
    from pipeline.model.books import Books, Cost
    from pipeline.store import model_calls

    def log(call: ModelCall) -> None:
        with store.begin() as db:
            model_calls.log(db, call)

    with store.read() as db:
        usage = model_calls.usage(db, clock() - BUDGET_SPAN)
    spent = (
        Cost(usd_micros=u.cost_usd_micros, input_tokens=u.input_tokens, output_tokens=u.output_tokens) for u in usage
    )
    return Books(
        log=log,
        clock=clock,
        budget_usd_micros=round(settings.model.budget_usd * 1_000_000),
        budget_tokens=settings.model.budget_tokens,
        spent=sum(spent, Cost()),
    )


class Ledgers:
    """Makes the ledger of each model once, whatever it is asked for: what it fails at counts everywhere."""

    def __init__(self, store: "Store", clock: Clock, books: "Books") -> None:
        self._store = store
        self._clock = clock
        self._books = books
        self._made: dict[ModelSettings, Ledger] = {}

    def of(self, model: ModelSettings) -> "Ledger":
        """The model behind its ledger. Raises ConfigError without a price."""
        if model not in self._made:
            self._made[model] = self._make(model)
        return self._made[model]

    def _make(self, model: ModelSettings) -> "Ledger":
        from pipeline.model import find
        from pipeline.model.ledger import Ledger

        if model.price is None and model.kind == "openai_compatible" and not model.is_local:
            remedy = "Write price: {input: ..., output: ...} (USD for a million tokens), so that the budget can hold"
            raise ConfigError("its price is not known", subject=f"the model {model.name}", remedy=remedy)
        return Ledger(
            find(model.kind).connect(model),
            read_cache=self.read,
            write_cache=self.write,
            books=self._books,
            price=model.price,
            threads=model.threads,
        )

    def read(self, key: str) -> str | None:
        """What is kept under that key."""
        from pipeline.store import model_calls

        with self._store.read() as db:
            return model_calls.answer(db, key)

    def write(self, key: str, text: str) -> None:
        """Keep an answer, or what was learnt of a server."""
        from pipeline.store import model_calls

        with self._store.begin() as db:
            model_calls.keep_answer(db, key, text, self._clock())


def _chain(ledgers: Ledgers, task: TaskSettings | None) -> "Chain | None":
    """The models of a task; None where it has none, and stories are printed as extracts."""
    from pipeline.model.chain import Chain

    return Chain([ledgers.of(model) for model in task.chain]) if task and task.chain else None


def _batch(settings: Settings, ledgers: Ledgers, books: "Books", clock: Clock) -> "Batch | None":
    """Where stories may wait for half the price (model.batch_hours). Raises ConfigError for no such server."""
    hours, models = settings.model.batch_hours, settings.task("write").chain
    if hours is None or not models:
        return None
    from pipeline.model.batch import Batch
    from pipeline.model.openai_compatible import OpenAICompatible

    first = models[0]
    if first.kind != "openai_compatible" or first.api != "chat":
        remedy = "Leave it out, or let a model write that is asked by chat completions"
        raise ConfigError(f"{first.name} takes no batches", subject="model.batch_hours", remedy=remedy)
    return Batch(
        OpenAICompatible(first),
        read=ledgers.read,
        write=ledgers.write,
        books=books,
        price=first.price,
        clock=clock,
        wait=timedelta(hours=hours),
    )


def embedder(settings: Settings, store: "Store", clock: Clock, books: "Books") -> Embedder | None:
    """The configured embedder, which embeds no text twice; None for words alone. Raises ConfigError."""
    if not settings.dedupe.embeddings:
        return None
    from pipeline.embeddings import find
    from pipeline.embeddings.cache import Cached
    from pipeline.store import embeddings

    def read(model: str, keys: Collection[str]) -> Mapping[str, bytes]:
        with store.begin() as db:
            return embeddings.use(db, model, keys, clock())

    def write(model: str, vectors: Mapping[str, bytes]) -> None:
        with store.begin() as db:
            embeddings.keep(db, model, vectors, clock())

    return Cached(find(settings, books), read=read, write=write)


def channels(settings: Settings) -> tuple[NamedChannel, ...]:
    """The configured channels; a second one of a type is called smtp-2."""
    from pipeline.channels import find

    named: list[NamedChannel] = []
    for setting in settings.channels:
        count = 1 + sum(1 for c in named if c.name.split("-")[0] == setting.type)
        kind = find(setting.type)
        name = setting.type if count == 1 else f"{setting.type}-{count}"
        channel = kind.connect(setting.options, settings.folder)
        named.append(NamedChannel(name=name, channel=channel, one_copy=kind.ONE_COPY))
    return tuple(named)
