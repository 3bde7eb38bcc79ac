"""`digest` as a program: exit codes, what goes to which stream, and silence under cron."""

import json
from pathlib import Path

import pytest
from filelock import FileLock

from tests.cli.conftest import ISSUE, Typed
from tests.e2e.world import World


def test_a_good_run_is_silent_without_a_terminal_and_a_second_one_too(world: World, typed: Typed) -> None:
    for _ in range(2):
        done = typed("run", "--now")
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    (row,) = map(json.loads, typed("issue", "list", "--json").stdout.splitlines())
    assert (row["status"], row["stories"]) == ("in_review", 4)


def test_a_broken_feed_is_told_on_stderr_only_and_the_exit_code_is_5(world: World, typed: Typed) -> None:
    (world.folder / "www" / "lab.xml").unlink()
    done = typed("run", "--now")
    assert (done.returncode, done.stdout) == (5, b"")
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("fetch: lab: answered 404 at http://127.0.0.1")
    status = typed("status").stdout.decode()
    assert "exit 5" in status
    assert line in status


def test_a_second_run_at_the_same_time_leaves_with_75_and_touches_nothing(world: World, typed: Typed) -> None:
    with FileLock(world.folder / "digest.db.lock"):
        done = typed("run", "--now")
    assert (done.returncode, done.stdout) == (75, b"")
    assert done.stderr.startswith(b"digest: ")
    assert typed("issue", "list", "--json").stdout == b""


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (("nosuch",), 2, "No such command"),
        (("run", "--until", "nosuch"), 2, "is not one of"),
        (("recipients", "add", "nobody"), 2, "'nobody' is no mail address"),
        (("recipients", "remove", "a@example.org"), 2, "a@example.org: is not on the list"),
        (("issue", "show", "2020-01-01"), 5, "`digest issue list` shows"),
        (("issue", "preview", "2020-01-01"), 5, "`digest issue list` shows"),
        (("issue", "approve", "2020-01-01"), 5, "`digest issue list` shows"),
        (("issue", "cancel", "2020-01-01"), 5, "`digest issue list` shows"),
        (("issue", "settle", "2020-01-01", "a@example.org", "--as", "sent"), 5, "no unknown delivery"),
        (("review", "--terminal"), 5, "nothing waits for a review"),
        (("review",), 2, "add --terminal"),
        (("apply", "parse", "--type", "nosuch"), 2, "There are ainews, arena, arxiv, bluesky, "),
    ],
)
def test_wrong_use_is_one_message_with_a_remedy(
    world: World, typed: Typed, args: tuple[str, ...], code: int, told: str
) -> None:
    done = typed(*args)
    assert (done.returncode, done.stdout) == (code, b"")
    assert told in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_without_a_configuration_every_command_says_how_to_get_one(tmp_path: Path, typed: Typed) -> None:
    for command in ("run", "status", "doctor"):
        done = typed(command)
        assert done.returncode == 2
        assert "`digest init DIR` writes one" in (done.stderr + done.stdout).decode()
    assert list(tmp_path.iterdir()) == []


def test_every_mistake_of_a_configuration_is_told_at_once(world: World, typed: Typed) -> None:
    config = world.folder / "config.yaml"
    config.write_text(config.read_text() + "revew: {}\nfetch: {threads: many}\n", encoding="utf-8")
    done = typed("run")
    assert done.returncode == 2
    assert "revew: no such key. Did you mean review?" in done.stderr.decode()
    assert "fetch.threads" in done.stderr.decode()


def test_a_preview_that_cannot_be_written_says_so(drafted: World, typed: Typed) -> None:
    done = typed("issue", "preview", ISSUE, "--out", str(drafted.folder / "nowhere" / "x.html"))
    assert done.returncode == 2
    assert "x.html: cannot be written: No such file or directory" in done.stderr.decode()
