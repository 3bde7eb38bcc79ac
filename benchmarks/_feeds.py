"""Generated feeds on the loopback, from a process of their own: the server's work must not count as the reader's.

Every feed has a port to itself, which makes it a host of its own to a client that asks each host once at a time. Every
request waits, as it would for a real server, and is counted, so that a benchmark can refuse a run that went wrong.
"""

import asyncio
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from multiprocessing import get_context
from multiprocessing.connection import Connection
from random import Random

_LAST_MODIFIED = "Wed, 03 Dec 2025 05:59:00 GMT"
_WORDS = [
    "the",
    "new",
    "model",
    "reads",
    "long",
    "documents",
    "and",
    "answers",
    "in",
    "one",
    "second",
    "while",
    "its",
    "open",
    "weights",
    "run",
    "on",
    "a",
    "laptop",
    "researchers",
    "measured",
    "fewer",
    "errors",
    "than",
    "before",
    "after",
    "training",
    "with",
    "synthetic",
    "data",
    "from",
    "public",
    "code",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What a server was asked, and how many of the answers were 304."""

    requests: int = 0
    not_modified: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Feeds that are being served."""

    urls: list[str]
    size_bytes: int  # of all of them
    _control: Connection

    def counts(self) -> Counts:
        """What was asked since the last call."""
        self._control.send(None)
        counted = self._control.recv()
        if not isinstance(counted, Counts):
            raise TypeError(counted)
        return counted


def feed(name: str, entries: int) -> bytes:
    """An RSS feed with about 1,000 characters of HTML an entry; the same name gives the same bytes."""
    random = Random(name)
    items = "".join(
        f"<item><title>{_prose(random, 8)}</title><link>https://{name}.example/{i}</link><guid>{name}-{i}</guid>"
        f"<pubDate>Wed, 03 Dec 2025 05:{i % 60:02}:00 GMT</pubDate>"
        f"<description><![CDATA[<p>{_prose(random, 80)}.</p><p><a href='/{i}'>More</a> {_prose(random, 80)}.</p>]]>"
        f"</description></item>"
        for i in range(entries)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{name}</title>{items}</channel></rss>'.encode()


@contextmanager
def served_feeds(count: int, entries: int, *, latency_s: float) -> Iterator[Served]:
    """Serve ``count`` feeds with ETag and Last-Modified, each answer ``latency_s`` after its request has come.

    Raises EOFError when the server cannot start.
    """
    spawn = get_context("spawn")
    ours, theirs = spawn.Pipe()
    server = spawn.Process(target=_serve, args=(theirs, count, entries, latency_s), daemon=True)
    server.start()
    theirs.close()
    try:
        ports, size_bytes = ours.recv()
        urls = [f"http://127.0.0.1:{port}/feed.xml" for port in ports]
        yield Served(urls=urls, size_bytes=size_bytes, _control=ours)
    finally:
        server.terminate()
        server.join()
        server.close()
        ours.close()


def _prose(random: Random, words: int) -> str:
    return " ".join(random.choices(_WORDS, k=words)).capitalize()


def _etag(body: bytes) -> str:
    return f'"{blake2b(body, digest_size=8).hexdigest()}"'


def _serve(control: Connection, count: int, entries: int, latency_s: float) -> None:
    _raise_file_limit(2 * count + 100)
    bodies = [feed(f"feed-{i}", entries) for i in range(count)]
    asyncio.run(_Server(control, latency_s).serve(bodies))


def _raise_file_limit(files: int) -> None:
    """Every port is an open file, and many a system lets a process have 1,024."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if now < files:
        possible = files if most == resource.RLIM_INFINITY else min(files, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (possible, most))


class _Server:
    """The server's side: answers feeds to whoever connects, and its counts to the benchmark."""

    def __init__(self, control: Connection, latency_s: float) -> None:
        self._control = control
        self._latency_s = latency_s
        self._requests = 0
        self._not_modified = 0

    async def serve(self, bodies: list[bytes]) -> None:
        servers = [await asyncio.start_server(partial(self._answer, b, _etag(b)), "127.0.0.1", 0) for b in bodies]
        asyncio.get_running_loop().add_reader(self._control.fileno(), self._tell)
        self._control.send(([server.sockets[0].getsockname()[1] for server in servers], sum(map(len, bodies))))
        await asyncio.Event().wait()

    def _tell(self) -> None:
        try:
            self._control.recv()
        except EOFError:  # the benchmark was killed
            raise SystemExit from None
        self._control.send(Counts(requests=self._requests, not_modified=self._not_modified))
        self._requests = self._not_modified = 0

    async def _answer(self, body: bytes, etag: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection: 304 to whoever brings a validator of this feed, else the feed."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        self._requests += 1
        known = f"if-none-match: {etag}\r" in head
        if "if-none-match:" not in head:  # RFC 9110 section 13.1.3: it wins
            known = f"if-modified-since: {_LAST_MODIFIED}\r".lower() in head
        self._not_modified += known
        await asyncio.sleep(self._latency_s)
        status, body = ("304 Not Modified", b"") if known else ("200 OK", body)
        fields = {
            "etag": etag,
            "last-modified": _LAST_MODIFIED,
            "content-type": "application/rss+xml; charset=utf-8",
            "content-length": len(body),
            "connection": "close",
        }
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()
        writer.close()
