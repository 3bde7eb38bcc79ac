"""The main job on bundled sample sources: offline, no key, nothing sent; the real stages on a server of our own."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from pipeline.context import load_settings, opened
from pipeline.errors import ConfigError
from pipeline.run import Progress, Report, run
from pipeline.store import issues

SAMPLES = Path(__file__).parent / "samples"
STANDSTILL = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
"""The moment at which the sample world stands still, so that every demo prints the same issue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What a demo did, and the lines that tell a person where to look."""

    report: Report
    files: tuple[Path, ...]
    lines: tuple[str, ...]


def play(folder: Path, *, progress: Progress | None = None) -> Played:
    """Run everything from the first fetch to the printed issue in ``folder``; an older demo there is replaced.

    Raises ConfigError when the folder holds something else.
    """
    _clear(folder)
    shutil.copytree(SAMPLES / "newsletters", folder / "newsletters")
    with served(SAMPLES / "feeds") as base:
        text = (SAMPLES / "config.yaml").read_text(encoding="utf-8").replace("{BASE}", base)
        (folder / "config.yaml").write_text(text, encoding="utf-8")
        with opened(load_settings(folder), clock=lambda: STANDSTILL) as ctx:
            report = run(ctx, progress=progress)
            with ctx.store.read() as db:
                issue = issues.recent(db)[0]
    printed = folder / "issues" / issue.id
    files = tuple(printed / name for name in ("issue.html", "issue.txt", "issue.eml"))
    counts = ", ".join(f"{name} {count}" for name, count in report.done.items() if count)
    lines = (
        f"Done: {counts}.",
        "Nobody reviewed this issue, so it says so; the policy of the demo is publish_marked.",
        f"Issue as a web page: {files[0]}",
        f"Issue as text:       {files[1]}",
        f"Issue as a mail:     {files[2]}",
        f"Why each story is there: digest -c {folder} issue show {issue.id}",
    )
    return Played(report=report, files=files, lines=lines)


def _clear(folder: Path) -> None:
    """Empty the folder of an older demo."""
    if folder.exists():
        if any(folder.iterdir()) and not (folder / "demo.db").exists():
            raise ConfigError("holds something else", subject=str(folder), remedy="Take another one with --folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)


class _Handler(SimpleHTTPRequestHandler):
    """Hands out the sample files in silence; Bluesky's method is one of them."""

    def do_GET(self) -> None:
        """Answer; an author feed is asked for by method name."""
        if self.path.startswith("/xrpc/"):
            self.path = "/mira.json"
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on the loopback; gives the base URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
