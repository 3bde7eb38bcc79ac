"""`digest` on a real (pseudo) terminal: progress, what comes next, and Ctrl-C without a traceback."""

import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import ISSUE, Ask
from tests.e2e.world import World

SILENCE_S = 30.0
PATIENCE_S = 10.0  # a person presses Ctrl-C again: Python loses one that comes just before it begins to read a line


class Terminal:
    """A program on a terminal of 100 columns: what it shows, and what is typed."""

    def __init__(self, process: "subprocess.Popen[bytes]", fd: int) -> None:
        self.process, self.fd, self.shown = process, fd, b""
        self._at = 0  # what stands before was waited for already

    def until(self, text: bytes, *, pressing: bytes = b"") -> None:
        """Read on until the program has shown the text once more; a key is pressed at once, and when nothing comes."""
        self.type(pressing)
        while (found := self.shown.find(text, self._at)) < 0:
            if pressing and not select.select([self.fd], [], [], PATIENCE_S)[0]:
                self.type(pressing)
            if not (more := self._read()):
                pytest.fail(f"{text!r} never came: {self.shown.decode()}")
            self.shown += more
        self._at = found + len(text)

    def end(self) -> tuple[str, int]:
        """Everything shown to the end, and the exit code."""
        while more := self._read():
            self.shown += more
        return self.shown.decode(), self.process.wait(timeout=30)

    def type(self, keys: bytes) -> None:
        os.write(self.fd, keys)

    def _read(self) -> bytes:
        if not select.select([self.fd], [], [], SILENCE_S)[0]:
            pytest.fail(f"nothing more came: {self.shown.decode()}")
        try:
            return os.read(self.fd, 4096)
        except OSError:  # Linux says EIO when the program has left
            return b""


@contextmanager
def terminal(folder: Path, *args: str) -> Iterator[Terminal]:
    """Start `digest` on a terminal of its own, in a session of its own, so that Ctrl-C reaches it."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "-c", str(folder), *args],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={**os.environ, "COLUMNS": "100", "TERM": "xterm"},
        preexec_fn=_own_terminal,  # noqa: PLW1509 - this process has no threads that hold a lock here
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _own_terminal() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background jobs, and so their children, ignore Ctrl-C
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_a_run_shows_its_progress_and_what_comes_next(world: World) -> None:
    with terminal(world.folder, "run", "--now") as seen:
        text, code = seen.end()
    assert code == 0
    assert "summarise" in text
    assert "2/2" in text
    assert "Done: fetch 4, dedupe 4, rank 4" in text
    assert "waits for you: `digest review --terminal`" in text


def test_a_run_with_nothing_to_do_says_so(drafted: World) -> None:
    with terminal(drafted.folder, "run", "--until", "verify") as seen:
        text, code = seen.end()
    assert code == 0
    assert "Done: fetch" in text or "Nothing was done." in text
    assert f"The draft of {ISSUE} waits for you" in text


@pytest.mark.parametrize("key", [b"\x03", b"\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_a_review_ends_in_peace(drafted: World, ask: Ask, key: bytes) -> None:
    with terminal(drafted.folder, "review", "--terminal") as seen:
        seen.until(b"all keys >")
        seen.type(b"a\n")
        seen.until(b"all keys >")
        seen.type(b"r\n")
        seen.until(b"Why: ")
        seen.until(b"Nothing changed.", pressing=key)
        seen.until(b"all keys > ")
        seen.until(b"Everything is kept.", pressing=key)
        text, code = seen.end()
    assert code == 0
    assert "Everything is kept. 4 stories: 1 approved, 3 undecided." in text
    assert "Traceback" not in text
