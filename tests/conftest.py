"""What every test may use: a store on each database, the shared data, and no network but the loopback."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.store import Store, open_store
from pipeline.store.tables import metadata

if TYPE_CHECKING:
    from tests.dovecot import ImapServer

POSTGRES = os.environ.get("DIGEST_TEST_POSTGRES_URL", "")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, proxy or configuration of the machine reaches a test."""
    for name in list(os.environ):
        if name.endswith(("_API_KEY", "_PROXY", "_proxy")) or name.startswith("DIGEST_") or name == "USER":
            monkeypatch.delenv(name)
    monkeypatch.setenv("USER", "ann")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real data beside the checkout."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("../shared/data is not beside this checkout")
    return folder


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store, on SQLite and on PostgreSQL."""
    with made_store(request.param, tmp_path) as opened:
        yield opened


def store_url(kind: str) -> str:
    """Where a store of that kind is; an empty PostgreSQL database each time."""
    if kind == "sqlite":
        return "sqlite:///digest.db"
    if not POSTGRES:
        pytest.skip("DIGEST_TEST_POSTGRES_URL is not set")
    import sqlalchemy as sa

    engine = sa.create_engine(POSTGRES)
    with engine.begin() as db:
        metadata.drop_all(db)
        db.execute(sa.text("drop table if exists alembic_version"))
    engine.dispose()
    return POSTGRES


@pytest.fixture(scope="session")
def dovecot() -> Iterator["ImapServer"]:
    """A real IMAP server; mark what asks for it with ``imap``."""
    from tests.dovecot import BINARY, running

    if BINARY is None:
        pytest.skip("there is no dovecot here (Debian: apt-get install dovecot-imapd)")
    with running() as server:
        yield server


@contextmanager
def made_store(kind: str, folder: Path) -> Iterator[Store]:
    """Open and close an empty store."""
    opened = open_store(store_url(kind), folder)
    try:
        yield opened
    finally:
        opened.close()
