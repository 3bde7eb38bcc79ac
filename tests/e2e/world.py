"""A small world on the loopback for end-to-end tests: feeds over HTTP, a real SMTP server, a model server, a clock."""

import atexit
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import yaml
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from pipeline.context import Context, load_settings, opened
from pipeline.demo import served
from pipeline.run import Report, run
from pipeline.text.sentences import split
from pipeline.workers import Workers

BEGIN = datetime(2025, 12, 3, 6, 0, tzinfo=UTC)
WORKERS = Workers()  # for all worlds: they need not start anew for each run
atexit.register(WORKERS.close)


@dataclass
class Post:
    """A real SMTP server that keeps what it takes, and refuses whom it is told to refuse."""

    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)  # recipient -> SMTP reply
    hook: Callable[[str], None] = lambda _: None  # called before a mail is answered

    async def handle_RCPT(  # noqa: N802 - the name is the library's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.extend((address, mail) for address in envelope.rcpt_tos)
        self.hook(envelope.rcpt_tos[0])
        return "250 kept"

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for recipient, mail in self.mails if recipient == address]


@contextmanager
def post_office(port: int = 0) -> Iterator[tuple[Post, int]]:
    """Run a Post; gives it and its port. A port of 0 takes any."""
    post = Post()
    controller = Controller(post, hostname="127.0.0.1", port=port or free_port())
    controller.start()
    try:
        yield post, controller.port
    finally:
        controller.stop()


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class ModelServer:
    """Speaks enough of the Chat Completions API to write: headline and claims are quoted out of the prompt's blocks."""

    calls: list[dict[str, object]] = field(default_factory=list)
    answer: Callable[[str], str] = field(default_factory=lambda: honest)
    base_url: str = ""


def honest(prompt: str) -> str:
    """A well-behaved model: it copies one sentence of each of the first two blocks, with evidence.

    Of pairs that are perhaps the same it says that they are not, and of every story that it matters little.
    """
    if pairs := re.findall(r"^\[(\d+)\] A: ", prompt, re.MULTILINE):
        return json.dumps({"pairs": [{"pair": int(number), "same": False} for number in pairs]})
    if graded := re.findall(r"^\[(\d+)\] .+\n\([^()]+\) ", prompt, re.MULTILINE):
        return json.dumps({"grades": [{"story": int(n), "grade": 1, "reason": "small"} for n in graded]})
    if "\n[1] " in prompt:  # the lead
        first = re.findall(r"^\[1\] (.+)$", prompt, re.MULTILINE)[0]
        return json.dumps({"sentences": [{"text": first.rstrip("."), "stories": [1]}]})
    blocks = re.findall(r"^\[B(\d+)\][^\n]*\n(.*?)(?=\n\n\[B\d+\]|\n=== )", prompt, re.MULTILINE | re.DOTALL)
    quotes, claims = [], []
    for number, block in blocks[:2]:
        text = block.split("\n", 1)[1] if block.startswith("Title: ") and "\n" in block else block
        line = text.split("\n")[0]
        start, end = split(line)[0]
        quote = line[start:end]
        quotes.append(f"B{number}: {quote}")
        claims.append({"text": quote.rstrip(".") + ".", "who": None, "quotes": [len(quotes)]})
    if "You read one part of a long story" in prompt:
        notes = [{"block": int(quote[1 : quote.index(":")]), "text": quote.partition(": ")[2]} for quote in quotes]
        return json.dumps({"quotes": notes})
    headline = str(claims[0]["text"]).rstrip(".")[:100]
    return json.dumps({"quotes": quotes, "claims": claims, "headline": headline, "why_it_matters": None, "tags": []})


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], host: str = "127.0.0.1") -> Iterator[str]:
    """Run an HTTP server on the loopback; gives its base URL."""
    server = ThreadingHTTPServer((host, 0), handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """Run a ModelServer on the loopback."""
    state = ModelServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            state.calls.append(request)
            text = state.answer("\n".join(m["content"] for m in request["messages"]))
            usage = {"prompt_tokens": 400, "completion_tokens": 80, "total_tokens": 480}
            choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
            answer = {
                "id": "x",
                "object": "chat.completion",
                "created": 0,
                "model": "m",
                "choices": [choice],
                "usage": usage,
            }
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.base_url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class World:
    """One operator's folder with a clock that the test turns."""

    folder: Path
    config: dict[str, object]
    now: datetime = BEGIN

    def clock(self) -> datetime:
        return self.now

    def pass_(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    @contextmanager
    def context(self, *, at_once: bool = False) -> Iterator[Context]:
        (self.folder / "config.yaml").write_text(yaml.safe_dump(self.config, allow_unicode=True), encoding="utf-8")
        with opened(load_settings(self.folder), clock=self.clock, at_once=at_once, workers=WORKERS) as ctx:
            yield ctx

    def run(self, *, until: str = "deliver", at_once: bool = False) -> Report:
        with self.context(at_once=at_once) as ctx:
            return run(ctx, until=until)


def configuration(base: str, feeds: list[str], smtp_port: int, **over: object) -> dict[str, object]:
    """A configuration on feeds served at ``base`` and a mail server on the loopback."""
    sources = [
        {"id": name.removesuffix(".xml"), "type": "rss", "url": f"{base}/{name}", "allow_private": True}
        for name in feeds
    ]
    return {
        "title": "Test Digest",
        "schedule": {"anchor": "2025-12-03", "time": "18:00", "time_zone": "UTC", "review_hours": 12},
        "extract": {"enabled": False},  # the entries link to places that are not there
        "sources": sources,
        "model": {"type": "extractive"},
        "review": {"reviewers": ["boss@example.org"]},
        "mail": {
            "sender": "Test Digest <digest@example.org>",
            "list_id": "digest.example.org",
            "unsubscribe": "mailto:digest@example.org?subject=unsubscribe",
        },
        "channels": [
            {"type": "smtp", "host": "127.0.0.1", "port": smtp_port, "security": "none"},
            {"type": "file", "folder": "issues"},
        ],
        **over,
    }


__all__ = [
    "ModelServer", "Post", "World", "configuration", "free_port", "model_server", "post_office", "served", "serving",
]  # fmt: skip
