"""An operator's folder on two small feeds, and the commands as they are typed: in this process, and as a program."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline.cli import digest
from tests.e2e.conftest import STORIES, feed
from tests.e2e.world import World, configuration, served

Ask = Callable[..., Result]
Typed = Callable[..., "subprocess.CompletedProcess[bytes]"]
ISSUE = "2025-12-03"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two feeds over HTTP, issues kept in a folder; nothing has run."""
    www = tmp_path / "www"
    www.mkdir()
    for name, stories in STORIES.items():
        # "Undated" is no date: such an item is news whenever the test runs
        (www / name).write_text(feed(name.removesuffix(".xml"), stories, published="undated"), encoding="utf-8")
    over: dict[str, object] = {"channels": [{"type": "file", "folder": "issues"}], "review": {}}
    with served(www) as base:
        made = World(folder=tmp_path, config=configuration(base, sorted(STORIES), 9, **over))
        with made.context():  # writes config.yaml and the store
            pass
        yield made


@pytest.fixture
def drafted(world: World) -> World:
    """The same with a draft that waits for review."""
    world.run()
    return world


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Call a command in this process. A DigestError stays in ``exception``; __main__ makes line and exit code of it."""

    def call(*args: str, text: str | bytes | None = None) -> Result:
        return CliRunner().invoke(digest, ["-c", str(tmp_path), *args], input=text)

    return call


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    """Run `digest` as a program without a terminal, as cron does."""

    def call(*args: str, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        command = [sys.executable, "-m", "pipeline", "-c", str(tmp_path), *args]
        return subprocess.run(command, input=stdin, capture_output=True, timeout=60, check=False, env=dict(os.environ))

    return call
