"""The database when something is wrong with it: every trouble names the database and the remedy, and loses nothing."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from pipeline.errors import RunLocked, StoreError
from pipeline.store import Store, open_store, runs

URL = "sqlite:///digest.db"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def make_old(folder: Path, version: str) -> None:
    """A database that says it is of that version."""
    open_store(URL, folder).close()
    with sqlite3.connect(folder / "digest.db") as db:
        db.execute("update alembic_version set version_num = ?", [version])
    db.close()


def make_foreign(folder: Path) -> None:
    with sqlite3.connect(folder / "digest.db") as db:
        db.execute("create table customers (id integer)")
    db.close()


def make_damaged(folder: Path) -> None:
    """A database with its pages shot through; the header is whole."""
    open_store(URL, folder).close()
    path = folder / "digest.db"
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))


BROKEN: dict[str, Callable[[Path], object]] = {
    "junk": lambda f: (f / "digest.db").write_bytes(b"From ann@example.org\n" * 400),
    "a folder": lambda f: (f / "digest.db").mkdir(),
    "damaged": make_damaged,
    "foreign": make_foreign,
    "newer": lambda f: make_old(f, "9999_from_the_future"),
    "unknown": lambda f: make_old(f, "0000_of_a_branch"),
}


@pytest.mark.parametrize(
    ("how", "message", "remedy"),
    [
        ("junk", "is not a database", "Put a backup in its place"),
        ("a folder", "cannot be opened", "Check the path"),
        ("damaged", "is not a database, or is damaged", "Put a backup in its place"),
        ("foreign", "holds tables of another program (customers)", "Give store.url a database of its own"),
        ("newer", "that this program does not know (9999_from_the_future)", "Install the version that made it"),
        ("unknown", "that this program does not know (0000_of_a_branch)", "Install the version that made it"),
    ],
)
def test_a_database_that_cannot_be_used_is_named_and_left_as_it_is(
    tmp_path: Path, how: str, message: str, remedy: str
) -> None:
    BROKEN[how](tmp_path)
    before = content(tmp_path / "digest.db")
    with pytest.raises(StoreError) as caught:
        open_store(URL, tmp_path)
    assert "digest.db" in caught.value.subject
    assert message in str(caught.value)
    assert remedy in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 3
    assert content(tmp_path / "digest.db") == before


def content(path: Path) -> object:
    """What the file holds: its tables and rows, or its bytes where it is no database."""
    if not path.is_file():
        return None
    db = sqlite3.connect(path)
    try:
        return list(db.iterdump())
    except sqlite3.DatabaseError:
        return path.read_bytes()
    finally:
        db.close()


@pytest.mark.parametrize(
    ("url", "subject", "message", "remedy"),
    [
        ("my database", "store.url", "is no database address", "It looks like sqlite:///digest.db"),
        ("mongo://host/name", "store.url", "is no database address", "It looks like sqlite:///digest.db"),
        ("mysql://ann@host/name", "store.url", "is no database address", "It looks like sqlite:///digest.db"),
        (
            "postgresql+pg8000://ann@host/x",
            "store.url",
            "driver is not installed (pg8000)",
            "every-other-day[postgres]",
        ),
        ("sqlite:///no/such/digest.db", "no/such", "there is no such folder", "Create it"),
        ("postgresql+psycopg://ann:s3cret@127.0.0.1:1/x", "ann:***@", "cannot be reached", "Start the database"),
        ("postgresql+psycopg://ann:s3cret@/x?host=/no/where", "ann:***@", "cannot be reached", "Start the database"),
    ],
)
def test_an_address_that_leads_nowhere_is_named_without_its_password(
    tmp_path: Path, url: str, subject: str, message: str, remedy: str
) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(url, tmp_path)
    assert subject in caught.value.subject
    assert message in str(caught.value)
    assert remedy in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)


# --- trouble that comes while the database is open --------------------------------------------------------------------


@contextmanager
def every_connection(pragma: str) -> Iterator[None]:
    """Every database that is opened from now on gets this pragma."""

    def connected(connection: object, _record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute(f"pragma {pragma}")
        cursor.close()

    event.listen(sa.Engine, "connect", connected)
    try:
        yield
    finally:
        event.remove(sa.Engine, "connect", connected)


def write_much(store: Store) -> None:
    with store.begin() as db:
        for i in range(200):
            runs.start(db, NOW + timedelta(seconds=i))


@pytest.mark.parametrize(
    ("pragma", "message", "remedy"),
    [
        ("max_page_count = 1", "has no room left on its disk", "Make room; nothing half-written was kept"),
        ("query_only = on", "may not be written", "Check the permissions of file and folder"),
    ],
)
def test_what_the_disk_refuses_is_rolled_back_as_a_whole(
    tmp_path: Path, pragma: str, message: str, remedy: str
) -> None:
    open_store(URL, tmp_path).close()
    with every_connection(pragma):
        store = open_store(URL, tmp_path)
        with pytest.raises(StoreError) as caught:
            write_much(store)
        store.close()
    assert (message in str(caught.value), remedy in str(caught.value)) == (True, True)
    store = open_store(URL, tmp_path)
    with store.read() as db:
        assert runs.last(db) is None
    store.close()


def test_a_disk_that_fills_while_the_tables_are_made_leaves_a_database_that_can_be_opened_later(tmp_path: Path) -> None:
    with every_connection("max_page_count = 10"), pytest.raises(StoreError, match="no room left"):
        open_store(URL, tmp_path)
    store = open_store(URL, tmp_path)
    write_much(store)
    store.close()


def test_a_database_that_another_program_writes_to_is_locked_for_writers_and_open_to_readers(tmp_path: Path) -> None:
    store = open_store(URL, tmp_path, busy_timeout_s=0.05)
    other = sqlite3.connect(tmp_path / "digest.db", isolation_level=None)
    other.execute("begin exclusive")
    with store.read() as db:
        assert runs.last(db) is None
    with pytest.raises(StoreError) as caught:
        write_much(store)
    assert str(caught.value).endswith("Another program holds it; close that one, or try again")
    other.execute("rollback")
    other.close()
    write_much(store)
    store.close()


# --- on both databases ------------------------------------------------------------------------------------------------


def test_an_error_within_a_transaction_undoes_all_of_it(store: Store) -> None:
    def half(db: sa.Connection) -> None:
        runs.start(db, NOW)
        raise RuntimeError

    with pytest.raises(RuntimeError), store.begin() as db:
        half(db)
    with store.read() as db:
        assert runs.last(db) is None


def test_writers_on_several_threads_lose_nothing(store: Store) -> None:
    def work(number: int) -> None:
        with store.begin() as db:
            run_id = runs.start(db, NOW)
            runs.finish(db, run_id, NOW, 0, {"fetch": number})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(100)))
    with store.read() as db:
        counts = db.execute(sa.text("select counts from runs")).scalars().all()
    assert len(counts) == 100
    assert len({str(c) for c in counts}) == 100


def test_a_reader_neither_waits_for_a_writer_nor_sees_half_of_what_it_does(store: Store) -> None:
    with store.begin() as writer:
        runs.start(writer, NOW)
        with store.read() as reader:
            assert runs.last(reader) is None
    with store.read() as reader:
        assert runs.last(reader) is not None


def test_the_run_lock_is_for_one_and_free_again_afterwards(store: Store) -> None:
    with store.run_lock(), pytest.raises(RunLocked) as caught, store.run_lock():
        pass
    assert caught.value.exit_code == 75
    with store.run_lock():
        pass


def test_the_run_lock_goes_with_a_run_that_fails(store: Store) -> None:
    with pytest.raises(RuntimeError), store.run_lock():
        raise RuntimeError
    with store.run_lock():
        pass


def test_a_lock_file_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    store = open_store(URL, tmp_path)
    (tmp_path / "digest.db.lock").mkdir()
    with pytest.raises(StoreError) as caught, store.run_lock():
        pass
    assert "digest.db.lock" in str(caught.value)
    assert "Check the permissions" in str(caught.value)
    store.close()


def test_a_moment_comes_back_in_utc_whatever_zone_it_went_in(store: Store) -> None:
    shanghai = NOW.astimezone(timezone(timedelta(hours=8))).replace(microsecond=123456)
    with store.begin() as db:
        runs.start(db, shanghai)
        found = runs.last(db)
    assert found is not None
    assert found["started_at"] == shanghai
    assert found["started_at"].tzinfo is UTC


def test_a_moment_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(sa.exc.StatementError, match="naive datetime"), store.begin() as db:
        runs.start(db, datetime(2026, 11, 23))  # noqa: DTZ001 - the mistake is the point
