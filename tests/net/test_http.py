import gzip
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from socket import gaierror
from socketserver import BaseRequestHandler, TCPServer, ThreadingTCPServer
from threading import Barrier, BrokenBarrierError, Event, Thread

import brotli  # type: ignore[import-untyped]
import httpx2
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request
from werkzeug import Response as Answer

from pipeline.errors import NetworkError
from pipeline.net.guard import Deadline, GuardedBackend, GuardedTransport, is_public
from pipeline.net.http import HttpClient, _next_hop

Serve = Callable[[type[BaseRequestHandler]], str]


def client(*, timeout_s: float = 5, total_timeout_s: float = 10, max_bytes: int = 1_000_000) -> HttpClient:
    return HttpClient(
        timeout_s=timeout_s, total_timeout_s=total_timeout_s, max_bytes=max_bytes, contact="https://me.example/bot"
    )


@pytest.fixture
def http() -> Iterator[HttpClient]:
    with client() as open_client:
        yield open_client


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server of bare sockets and gives its address; all end with the test."""
    servers: list[tuple[TCPServer, Thread]] = []

    def start(handler: type[BaseRequestHandler]) -> str:
        kind = ThreadingHTTPServer if issubclass(handler, BaseHTTPRequestHandler) else ThreadingTCPServer
        server: TCPServer = kind(("127.0.0.1", 0), handler)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_address[1]}/"

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def kind_of(http: HttpClient, url: str, *, allow_private: bool = True, max_bytes: int | None = None) -> str:
    with pytest.raises(NetworkError) as caught:
        http.get(url, allow_private=allow_private, max_bytes=max_bytes)
    assert caught.value.subject == url
    assert caught.value.remedy
    return caught.value.kind


def test_a_request_says_who_asks_and_nothing_more(httpserver: HTTPServer, http: HttpClient) -> None:
    seen: list[dict[str, str]] = []

    def answer(request: Request) -> Answer:
        seen.append({k.lower(): v for k, v in request.headers})
        return Answer("hello", headers={"ETag": '"a"', "Set-Cookie": "id=1; Path=/"}, content_type="text/plain")

    httpserver.expect_request("/x").respond_with_handler(answer)
    for _ in range(2):
        response = http.get(httpserver.url_for("/x"), headers={"accept": "text/xml"}, allow_private=True)
    assert (response.status, response.body, response.headers["etag"]) == (200, b"hello", '"a"')
    assert response.url == httpserver.url_for("/x")
    assert response.moved_to is None
    for headers in seen:
        assert headers["user-agent"].startswith("EveryOtherDay/")
        assert headers["user-agent"].endswith(" (+https://me.example/bot)")
        assert headers["accept-encoding"] == "gzip, br"
        assert headers["accept"] == "text/xml"
        assert not {"cookie", "referer", "cache-control"} & set(headers)


def test_validators_go_through_and_304_is_an_answer(httpserver: HTTPServer, http: HttpClient) -> None:
    def answer(request: Request) -> Answer:
        return Answer(status=304 if request.headers.get("If-None-Match") == 'W/"odd"' else 200)

    httpserver.expect_request("/x").respond_with_handler(answer)
    headers = {"if-none-match": 'W/"odd"'}
    assert http.get(httpserver.url_for("/x"), headers=headers, allow_private=True).status == 304
    assert http.get(httpserver.url_for("/none"), allow_private=True).status == 500  # any status is an answer


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("br", brotli.compress)])
def test_decoded_bytes_count(
    httpserver: HTTPServer, http: HttpClient, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    for path, size in (("/small", 1_000), ("/bomb", 60_000_000)):
        packed = pack(b"\0" * size)
        httpserver.expect_request(path).respond_with_data(packed, headers={"Content-Encoding": coding})
    assert http.get(httpserver.url_for("/small"), allow_private=True).body == b"\0" * 1_000
    assert kind_of(http, httpserver.url_for("/bomb")) == "too_large"


def test_a_large_answer_is_refused_and_the_limit_can_be_set(httpserver: HTTPServer, http: HttpClient) -> None:
    httpserver.expect_request("/x").respond_with_data(b"x" * 3_000)
    assert kind_of(http, httpserver.url_for("/x"), max_bytes=2_999) == "too_large"
    assert len(http.get(httpserver.url_for("/x"), max_bytes=3_000, allow_private=True).body) == 3_000


def test_broken_compression_is_a_broken_answer(httpserver: HTTPServer, http: HttpClient) -> None:
    httpserver.expect_request("/x").respond_with_data(b"not gzip", headers={"Content-Encoding": "gzip"})
    assert kind_of(http, httpserver.url_for("/x")) == "decoding"


class Drip(BaseRequestHandler):
    """Sends a byte now and then, for ever: every single read is in time."""

    start = b""

    def handle(self) -> None:
        try:
            self.request.sendall(self.start)
            while not Event().wait(0.02):
                self.request.sendall(b"x")
        except OSError:
            pass  # the client left


class DripBody(Drip):
    start = b"HTTP/1.1 200 OK\r\n\r\n"


class Silent(BaseRequestHandler):
    def handle(self) -> None:
        while self.request.recv(1000):
            pass


@pytest.mark.parametrize("handler", [Drip, DripBody, Silent])
def test_a_slow_server_is_cut(serve: Serve, handler: type[BaseRequestHandler]) -> None:
    with client(timeout_s=0.3, total_timeout_s=0.4) as http:
        assert kind_of(http, serve(handler)) == "timeout"


def test_a_broken_connection_is_tried_again(serve: Serve, http: HttpClient) -> None:
    calls: list[int] = []

    class BreaksTwice(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            calls.append(1)
            if len(calls) > 2:
                self.send_response(200)
                self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    class Breaks(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1000)

    assert http.get(serve(BreaksTwice), allow_private=True).status == 200
    assert len(calls) == 3
    assert kind_of(http, serve(Breaks)) == "connection"


def test_a_host_gets_one_request_at_a_time(serve: Serve, http: HttpClient) -> None:
    together = Barrier(2, timeout=0.05)
    met: list[bool] = []

    class Meets(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                together.wait()
                met.append(True)
            except BrokenBarrierError:
                met.append(False)
                together.reset()
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    url = serve(Meets)
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda _: http.get(url, allow_private=True).status, range(4)))
    assert statuses == [204] * 4
    assert met == [False] * 4


def test_redirects(httpserver: HTTPServer, http: HttpClient) -> None:
    for path, status, to in (
        ("/moved", 301, "/moved2"),
        ("/moved2", 308, "/end"),
        ("/for-now", 302, "/moved2"),
        ("/loop", 301, "/loop"),
        ("/file", 302, "file:///etc/passwd"),
    ):
        httpserver.expect_request(path).respond_with_data(status=status, headers={"Location": to})
    httpserver.expect_request("/end").respond_with_data("end")
    url = httpserver.url_for
    moved = http.get(url("/moved"), allow_private=True)
    assert (moved.body, moved.url, moved.moved_to) == (b"end", url("/end"), url("/end"))
    for_now = http.get(url("/for-now"), allow_private=True)
    assert (for_now.body, for_now.url, for_now.moved_to) == (b"end", url("/end"), None)
    assert [kind_of(http, url(path)) for path in ("/loop", "/file")] == ["redirects"] * 2


def test_a_redirect_keeps_secrets_at_home_and_never_leaves_https() -> None:
    headers = {"accept": "x", "authorization": "Bearer secret", "if-none-match": '"a"'}
    assert _next_hop("https://a.example/x", "/y", headers) == ("https://a.example/y", headers)
    there, kept = _next_hop("https://a.example/x", "https://b.example/y", headers)
    assert (there, kept) == ("https://b.example/y", {"accept": "x", "if-none-match": '"a"'})
    assert _next_hop("http://a.example/", "https://a.example/", {})[0] == "https://a.example/"
    with pytest.raises(NetworkError, match="no address"):
        _next_hop("https://a.example/x", "https://[junk", {})
    with pytest.raises(NetworkError, match="unprotected"):
        _next_hop("https://a.example/x", "http://a.example/x", {})


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "2130706433", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254"],
)
def test_private_addresses_need_permission(host: str, http: HttpClient) -> None:
    assert kind_of(http, f"http://{host}:9/x", allow_private=False) == "private_address"


def test_a_redirect_cannot_lead_inside(httpserver: HTTPServer) -> None:
    class FirstHostIsPublic(HttpClient):
        def _transport(self, *, allow_private: bool) -> httpx2.HTTPTransport:
            return GuardedTransport(lambda address: address == "127.0.0.1")

    inside = f"http://127.0.0.2:{httpserver.port}/secret"
    httpserver.expect_request("/x").respond_with_data(status=302, headers={"Location": inside})
    httpserver.expect_request("/secret").respond_with_data("secret")
    with FirstHostIsPublic(timeout_s=5, total_timeout_s=5, max_bytes=1_000, contact="") as http:
        assert kind_of(http, httpserver.url_for("/x"), allow_private=False) == "private_address"


def test_permission_for_one_source_is_none_for_the_next(httpserver: HTTPServer, http: HttpClient) -> None:
    httpserver.expect_request("/x").respond_with_data("x")
    assert http.get(httpserver.url_for("/x"), allow_private=True).status == 200
    assert kind_of(http, httpserver.url_for("/x"), allow_private=False) == "private_address"


def test_a_name_is_resolved_once_and_all_its_addresses_are_checked() -> None:
    asked: list[str] = []

    def resolve(name: str, port: int) -> list[str]:
        asked.append(name)
        return ["93.184.216.34", "10.0.0.1"]

    with pytest.raises(NetworkError, match=r"10\.0\.0\.1") as caught:
        GuardedBackend(Deadline(), is_public, resolve).connect_tcp("rebind.example", 80)
    assert (caught.value.kind, asked) == ("private_address", ["rebind.example"])


def test_a_name_without_an_address() -> None:
    def resolve(name: str, port: int) -> list[str]:
        raise gaierror(-2, "Name or service not known")

    with pytest.raises(NetworkError, match=r"gone\.example") as caught:
        GuardedBackend(Deadline(), is_public, resolve).connect_tcp("gone.example", 80)
    assert caught.value.kind == "dns"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("64:ff9b::808:808", True),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("ff0e::1", False),
        ("::ffff:10.0.0.1", False),
        ("::127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::a00:1", False),
        ("2002:7f00:1::", False),
        ("junk", False),
    ],
)
def test_what_is_a_public_address(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    "url", ["", "ftp://example.com/x", "http://", "http://[::1", "example.com/x", "http://a\ud800/"]
)
def test_what_is_no_address(url: str, http: HttpClient) -> None:
    assert kind_of(http, url, allow_private=False) == "bad_address"


def test_a_server_that_does_not_speak_tls(serve: Serve, http: HttpClient) -> None:
    class Plain(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(10_000)
            self.request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    assert kind_of(http, serve(Plain).replace("http:", "https:")) == "tls"


def test_a_password_in_an_address_is_not_told(serve: Serve) -> None:
    with client(timeout_s=0.1, total_timeout_s=0.1) as http, pytest.raises(NetworkError) as caught:
        http.get(serve(Silent).replace("//", "//me:secret@"), allow_private=True)
    assert "secret" not in str(caught.value)


def test_a_client_that_asks_nothing_costs_nothing() -> None:
    code = (
        "import sys; from pipeline.net.http import HttpClient;"
        "HttpClient(timeout_s=1, total_timeout_s=1, max_bytes=1, contact='').close();"
        "sys.exit('httpx2' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


Timed = tuple[type[BaseHTTPRequestHandler], list[float]]


@pytest.fixture
def timed() -> Timed:
    """A handler, and the moments at which it was asked."""
    asked_at: list[float] = []

    class Timing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked_at.append(time.monotonic())
            self.send_response(204)
            self.end_headers()

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *args: object) -> None:
            pass

    return Timing, asked_at


def paced(pause_s: float, *, total_timeout_s: float = 5) -> HttpClient:
    pauses = {"127.0.0.1": pause_s}
    return HttpClient(timeout_s=5, total_timeout_s=total_timeout_s, max_bytes=1_000, contact="", host_pause_s=pauses)


def test_a_host_gets_the_pause_that_it_wants(serve: Serve, timed: Timed) -> None:
    handler, asked_at = timed
    url = serve(handler)
    # The pause is longer than a request may take: waiting for a turn is no part of that.
    with paced(0.25, total_timeout_s=0.2) as http, ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda n: http.get(f"{url}{n}", allow_private=True), range(3)))
    assert len(asked_at) == 3
    assert all(later - earlier >= 0.25 for earlier, later in pairwise(asked_at))


def test_who_wants_no_pause_gets_none_and_a_form_does_not_wait(serve: Serve, timed: Timed) -> None:
    url, started = serve(timed[0]), time.monotonic()
    with paced(60) as http:
        assert http.get(url, form={"a": "b"}, allow_private=True).status == 204
        assert http.get(url.replace("127.0.0.1", "localhost"), allow_private=True).status == 204
    assert time.monotonic() - started < 30


def test_a_paced_host_is_not_tried_again_at_once(serve: Serve) -> None:
    calls: list[int] = []

    class Breaks(BaseRequestHandler):
        def handle(self) -> None:
            calls.append(1)
            self.request.recv(1000)

    with paced(0.01) as http:
        assert kind_of(http, serve(Breaks)) == "connection"
    assert len(calls) == 1
