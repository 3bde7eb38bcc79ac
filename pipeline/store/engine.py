"""Opens the database, brings it to the present version, and turns its troubles into errors with a remedy."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from pipeline.errors import RunLocked, StoreError

BUSY_TIMEOUT_S = 30.0
MIGRATIONS = Path(__file__).parent / "migrations"


class Store:
    """A database at the present version. ``begin`` is one write transaction, ``read`` one consistent look."""

    def __init__(self, engine: Engine, lock_path: Path | None) -> None:
        self.engine = engine
        self._lock_path = lock_path

    @contextmanager
    def begin(self, *, durable: bool = True) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back on any error. Raises StoreError.

        What is committed outlives the process. When it is also ``durable`` it outlives a power cut, which takes
        milliseconds of the disk; what can be fetched again need not be.
        """
        options = {"write": True, "durable": durable}
        with _explained(self.engine), self.engine.connect().execution_options(**options) as db, db.begin():
            yield db

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One read transaction; it never waits for a writer (WAL). Raises StoreError."""
        with _explained(self.engine), self.engine.connect() as db, db.begin():
            yield db

    @contextmanager
    def run_lock(self) -> Iterator[None]:
        """Only one run at a time; the lock goes with the process. Raises RunLocked at once, StoreError."""
        if self._lock_path is not None:
            with _locked(self._lock_path):
                yield
            return
        with _explained(self.engine), self.engine.connect() as db:
            if not db.scalar(sa.text("select pg_try_advisory_lock(hashtext('every-other-day'))")):
                raise _already_running()
            db.commit()
            try:
                yield
            finally:
                db.execute(sa.text("select pg_advisory_unlock(hashtext('every-other-day'))"))
                db.commit()

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def _already_running() -> RunLocked:
    return RunLocked("another run is at work", subject="digest run", remedy="It goes on when that one has ended")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """A lock on a file; the system takes it back however the process ends."""
    from filelock import FileLock, Timeout

    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout as e:
        raise _already_running() from e
    except OSError as e:
        remedy = "Check the permissions of file and folder"
        raise StoreError(f"cannot be locked ({e.strerror})", subject=str(path), remedy=remedy) from e
    try:
        yield
    finally:
        lock.release()


def open_store(url: str, folder: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Store:
    """Open ``url`` (a relative SQLite path starts in ``folder``) and migrate it when it is older than this program.

    Raises StoreError when it cannot be opened, is newer than this program, or belongs to another one.
    """
    parsed = _parsed(url)
    lock_path = None
    if parsed.get_backend_name() == "sqlite":
        path = folder / (parsed.database or "digest.db")
        parsed = parsed.set(database=str(path))
        lock_path = path.with_suffix(path.suffix + ".lock")
        if not path.parent.is_dir():
            raise StoreError("there is no such folder", subject=str(path.parent), remedy="Create it")
    try:
        engine = sa.create_engine(parsed, pool_size=20, max_overflow=20)
    except ImportError as e:
        remedy = "pip install 'every-other-day[postgres]'"
        raise StoreError(f"its driver is not installed ({e.name})", subject="store.url", remedy=remedy) from e
    if lock_path is not None:
        _tune_sqlite(engine, busy_timeout_s)
    with _explained(engine):
        _migrate(engine)
    return Store(engine, lock_path)


def _parsed(url: str) -> sa.URL:
    remedy = "It looks like sqlite:///digest.db or postgresql+psycopg://user@host/name"
    error = StoreError("is no database address that we know", subject="store.url", remedy=remedy)
    try:
        parsed = sa.make_url(url)
    except SQLAlchemyError as e:
        raise error from e
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise error
    return parsed


def _tune_sqlite(engine: Engine, busy_timeout_s: float) -> None:
    """WAL, foreign keys, and BEGIN IMMEDIATE for writers.

    The driver's own transaction handling begins late and as a reader, and then loses writes to "database is locked".
    """

    @event.listens_for(engine, "connect")
    def connected(connection: object, _record: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]  # sqlite3.Connection
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute(f"pragma busy_timeout = {int(busy_timeout_s * 1000)}")
        cursor.execute("pragma journal_mode = wal")
        cursor.execute("pragma foreign_keys = on")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(db: Connection) -> None:
        options = db.get_execution_options()
        if not options.get("write"):
            db.exec_driver_sql("begin")
            return
        # In WAL mode "normal" leaves the file to the system's own pace: https://www.sqlite.org/pragma.html#pragma_synchronous
        db.exec_driver_sql(f"pragma synchronous = {'full' if options.get('durable', True) else 'normal'}")
        db.exec_driver_sql("begin immediate")


def head() -> str:
    """The newest migration, read off the file names: Alembic is only imported when there is something to do."""
    return max(_versions())


def _versions() -> set[str]:
    return {p.stem for p in (MIGRATIONS / "versions").glob("[0-9]*.py")}


def _migrate(engine: Engine) -> None:
    with engine.connect() as db:
        there = sa.inspect(db).get_table_names()
        version = None
        if "alembic_version" in there:
            version = db.scalar(sa.text("select version_num from alembic_version"))
        elif there:
            remedy = "Give store.url a database of its own"
            raise StoreError(f"holds tables of another program ({there[0]})", subject=_shown(engine), remedy=remedy)
    if version == head():
        return
    if version is not None and version not in _versions():
        remedy = "Install the version that made it"
        message = f"is of a version that this program does not know ({version})"
        raise StoreError(message, subject=_shown(engine), remedy=remedy)
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect().execution_options(write=True) as db, db.begin():
        config.attributes["connection"] = db
        command.upgrade(config, "head")


def _shown(engine: Engine) -> str:
    """The address without its password."""
    return engine.url.render_as_string(hide_password=True)


_REMEDIES = (
    (re.compile("locked", re.IGNORECASE), "is locked", "Another program holds it; close that one, or try again"),
    (
        re.compile("full|no space", re.IGNORECASE),
        "has no room left on its disk",
        "Make room; nothing half-written was kept",
    ),
    (
        re.compile("readonly|read-only|permission", re.IGNORECASE),
        "may not be written",
        "Check the permissions of file and folder",
    ),
    (
        re.compile("not a database|malformed", re.IGNORECASE),
        "is not a database, or is damaged",
        "Put a backup in its place",
    ),
    (re.compile("unable to open", re.IGNORECASE), "cannot be opened", "Check the path and its permissions"),
    (re.compile("i/o error", re.IGNORECASE), "cannot be read or written", "Check its disk"),
    (
        re.compile("connect|server closed|refused|resolve host", re.IGNORECASE),
        "cannot be reached",
        "Start the database server, or mend store.url",
    ),
)


@contextmanager
def _explained(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DBAPIError as e:
        first = next(iter(str(e.orig).strip().splitlines()), "")  # PostgreSQL puts our own data into the next ones
        for pattern, message, remedy in _REMEDIES:
            if pattern.search(first):
                raise StoreError(f"{message} ({first})", subject=_shown(engine), remedy=remedy) from e
        raise
