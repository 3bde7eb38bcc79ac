"""Generated feeds on the loopback, from a process of their own: the server's work must not count as the reader's.

Every feed has a port to itself, which makes it a host of its own to a client that asks each host once at a time.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from random import Random

ETAG = '"unchanged"'
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
def served_feeds(count: int, entries: int) -> Iterator[list[str]]:
    """Serve ``count`` feeds, each with an ETag; gives their addresses. Raises EOFError when the server cannot start."""
    bodies = [feed(f"feed-{i}", entries) for i in range(count)]
    spawn = get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=False)
    server = spawn.Process(target=_serve, args=(theirs, bodies), daemon=True)
    server.start()
    theirs.close()
    try:
        yield [f"http://127.0.0.1:{port}/feed.xml" for port in ours.recv()]
    finally:
        server.terminate()
        server.join()
        server.close()
        ours.close()


def _prose(random: Random, words: int) -> str:
    return " ".join(random.choices(_WORDS, k=words)).capitalize()


def _serve(ports: Connection, bodies: list[bytes]) -> None:
    asyncio.run(_listen(ports, bodies))


async def _listen(ports: Connection, bodies: list[bytes]) -> None:
    servers = [await asyncio.start_server(partial(_answer, body), "127.0.0.1", 0) for body in bodies]
    ports.send([server.sockets[0].getsockname()[1] for server in servers])
    await asyncio.Event().wait()


async def _answer(body: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One request a connection: 304 to whoever brings the ETag, else the feed."""
    head = await reader.readuntil(b"\r\n\r\n")
    known = f"if-none-match: {ETAG}".encode() in head.lower()
    status, body = ("304 Not Modified", b"") if known else ("200 OK", body)
    fields = f"etag: {ETAG}\r\ncontent-type: application/rss+xml\r\ncontent-length: {len(body)}\r\nconnection: close"
    writer.write(f"HTTP/1.1 {status}\r\n{fields}\r\n\r\n".encode() + body)
    await writer.drain()
    writer.close()
