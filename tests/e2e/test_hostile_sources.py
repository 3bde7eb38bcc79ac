"""Sources built to exhaust or to trick their reader: each is refused in one line, and the others go on."""

import gzip
import io
import socket
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from threading import Event

import pytest

from tests.e2e.conftest import STORIES, feed
from tests.e2e.world import World, configuration, serving

GIGABYTE = 1_000_000_000
GOOD = feed("lab", STORIES["lab.xml"])
LAUGHS = "".join(f'<!ENTITY l{n} "' + f"&l{n - 1};" * 10 + '">' for n in range(1, 10))
ATTRIBUTES = " ".join(f'a{n}="x"' for n in range(100_000))
BODIES = {
    "laughs": f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]><rss><channel><title>&l9;</title></channel></rss>',
    "blowup": f'<!DOCTYPE x [<!ENTITY a "{"a" * 200_000}">]>' + feed("lab", [("&a;" * 50_000, "")]),
    "file": '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + feed("lab", [("&f;", "Text")]),
    "attributes": f"<rss><channel {ATTRIBUTES}></channel></rss>",
    "deep": "<rss><channel>" + "<item>" * 200_000,
    "json": '{"items": ' * 100_000,
}


def zeros() -> bytes:
    """A gigabyte behind gzip: about a megabyte on the wire."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1) as packed:
        for _ in range(100):
            packed.write(bytes(GIGABYTE // 100))
    return out.getvalue()


@pytest.fixture(scope="module")
def bomb() -> bytes:
    return zeros()


@pytest.fixture
def base(bomb: bytes) -> Iterator[str]:
    """A server with a path for every trick."""
    over = Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.strip("/").partition("/")[0]
            if name == "slow":
                self.drip()
            elif name == "loop":
                self.give(b"", status=302, headers={"Location": f"/loop/{len(self.path)}x{self.path[-20:]}"})
            elif name == "inside":
                where = f"http://127.0.0.2:{self.connection.getsockname()[1]}/good"
                self.give(b"", status=302, headers={"Location": where})
            elif name == "zeros":
                self.give(bomb, headers={"Content-Encoding": "gzip"})
            else:
                self.give(BODIES.get(name, GOOD).encode())

        def drip(self) -> None:
            self.send_response(200)
            self.end_headers()
            while not over.wait(0.05):
                self.wfile.write(b"<")

        def give(self, body: bytes, *, status: int = 200, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/xml", **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def handle(self) -> None:
            with suppress(OSError):  # the client left, as it should
                super().handle()

        def log_message(self, *args: object) -> None:
            pass

    with serving(Handler, host="") as url:
        yield url
        over.set()


REFUSED = {
    "laughs": "built to exhaust",
    "blowup": "built to exhaust",
    "attributes": "built to exhaust",
    "json": "is broken JSON",
    "zeros": "sends more than 10,000,000 bytes",
    "slow": "took too long",
    "loop": "redirects more than 5 times",
    "inside": "leads to the private address 127.0.0.2",
    "name": "leads to the private address",
}


def test_each_trick_is_refused_in_one_line_and_the_others_go_on(base: str, tmp_path: Path) -> None:
    names = [*REFUSED, "good", "file", "deep"]
    sources = [
        {"id": name, "type": "rss", "url": f"{base}/{name}/x.xml", "allow_private": True}
        for name in names
        if name != "name"
    ]
    inside = f"http://localhost:{base.rpartition(':')[2]}/good"  # a name with a private address
    sources.append({"id": "name", "type": "rss", "url": inside})
    limits = {"timeout_s": 1, "total_timeout_s": 2, "threads": 4}
    world = World(folder=tmp_path, config=configuration(base, [], 1, sources=sources, fetch=limits))
    before_kib = getrusage(RUSAGE_SELF).ru_maxrss
    report = world.run(until="dedupe")
    told = {p.subject: p.message for p in report.problems}
    for name, words in REFUSED.items():
        assert words in told[name], name
        assert "\n" not in told[name]
        assert len(told[name]) < 400
    assert "good" not in told
    assert report.done["fetch"] >= len(STORIES["lab.xml"])
    assert report.exit_code == 5
    assert getrusage(RUSAGE_SELF).ru_maxrss - before_kib < 400_000, "a bomb was unpacked"
    with world.context() as ctx, ctx.store.read() as db:
        import sqlalchemy as sa

        from pipeline.store.tables import items

        titles = " ".join(db.scalars(sa.select(items.c.title)))
    assert Path("/etc/passwd").read_text(encoding="utf-8")[:30] not in titles


def test_a_source_that_hangs_before_it_speaks_holds_nobody_up(base: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/x"
        sources = [
            {"id": "silent", "type": "rss", "url": url, "allow_private": True},
            {"id": "good", "type": "rss", "url": f"{base}/good", "allow_private": True},
        ]
        limits = {"timeout_s": 0.5, "total_timeout_s": 1, "threads": 1}
        world = World(folder=tmp_path, config=configuration(base, [], 1, sources=sources, fetch=limits))
        report = world.run(until="fetch")
    assert [(p.subject, p.kind) for p in report.problems] == [("silent", "timeout")]
    assert report.done["fetch"] == len(STORIES["lab.xml"])
