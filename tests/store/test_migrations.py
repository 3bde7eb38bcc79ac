"""The migrations make exactly the tables that the code knows, on both databases."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from pipeline.store import Store, open_store
from pipeline.store.engine import MIGRATIONS, head
from pipeline.store.tables import metadata

URL = "sqlite:///digest.db"


def test_a_migrated_database_is_what_the_tables_say(store: Store) -> None:
    with store.read() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == head()


def test_the_files_are_one_chain_in_the_order_of_their_names() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    chain = [script.revision for script in scripts.walk_revisions()][::-1]
    assert chain == sorted(p.stem for p in (MIGRATIONS / "versions").glob("*.py")), "engine.head reads the file names"
    assert scripts.get_current_head() == head()


@pytest.mark.parametrize("again", [False, True])
def test_only_a_database_that_is_behind_needs_the_migration_tool(tmp_path: Path, again: bool) -> None:
    if again:
        open_store(URL, tmp_path).close()
    code = (
        "import sys; from pathlib import Path; from pipeline.store import open_store;"
        f"open_store({URL!r}, Path({str(tmp_path)!r})).close();"
        "print('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert done.stdout.strip() == str(not again)
