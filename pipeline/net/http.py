"""The one HTTP client: bounded in time and size, redirects by hand, one request per host at a time."""

import logging
import re
import ssl
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import urljoin, urlsplit

from pipeline.errors import NetworkError
from pipeline.seams import Response

if TYPE_CHECKING:
    import httpx2

_MAX_REDIRECTS = 5
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_PERMANENT = frozenset((301, 308))  # RFC 9110 section 15.4
_ATTEMPTS = 3
HOST_PAUSE_S: Mapping[str, float] = {"www.reddit.com": 65.0, "export.arxiv.org": 3.0, "rss.arxiv.org": 3.0}
"""Least seconds between two requests to a host that wants a pause; ``fetch.host_pause_s`` changes and adds to it.
Reddit lets a client read about one feed a minute: https://github.com/QuiteRSS/quiterss/issues/1626; arXiv asks for
three seconds: https://info.arxiv.org/help/api/tou.html.
"""
_CREDENTIALS = re.compile(r"//[^/@]*@")
# What may follow a redirect to another origin; a token in any other header stays where it belongs.
_HARMLESS_HEADERS = frozenset(("accept", "accept-language", "if-none-match", "if-modified-since"))
logging.getLogger("stamina").addHandler(logging.NullHandler())  # it would print every retry: we are silent under cron


class HttpClient:
    """Implements ``types.Http`` over httpx2, for many threads.

    ``timeout_s`` is for one read or write, ``total_timeout_s`` for a whole get with its redirects. Sends no cookies and
    no Referer (https://rachelbythebay.com/w/2024/06/28/fsr/), ignores proxies of the environment, and counts decoded
    bytes, so that a compressed bomb ends at ``max_bytes``. ``contact`` is an address or page of the operator.
    ``host_pause_s`` goes over HOST_PAUSE_S; no time-out counts while a request waits for its turn.
    """

    def __init__(
        self,
        *,
        timeout_s: float,
        total_timeout_s: float,
        max_bytes: int,
        contact: str,
        host_pause_s: Mapping[str, float] | None = None,
    ) -> None:
        self._timeout_s = timeout_s
        self._total_timeout_s = total_timeout_s
        self._max_bytes = max_bytes
        self._contact = contact
        self._host_pause_s = {**HOST_PAUSE_S, **(host_pause_s or {})}
        self._asked_at: dict[str, float] = {}  # on the monotonic clock
        self._clients: dict[bool, httpx2.Client] = {}
        self._hosts: defaultdict[str, Lock] = defaultdict(Lock)
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection; the client may be used again."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
        allow_private: bool = False,
        form: Mapping[str, str] | None = None,
    ) -> Response:
        """Give the answer, whatever its status, after at most five redirects and two retries of a broken connection.

        With ``form`` it is a POST of these fields, which follows no redirect. ``allow_private`` holds for the host that
        is asked, and for no other that it redirects to. Raises NetworkError; its kind is timeout, too_large,
        private_address, dns, tls, redirects, bad_address, decoding or connection.
        """
        limit = self._max_bytes if max_bytes is None else max_bytes
        here, sent, left_s, permanent = url, dict(headers or {}), self._total_timeout_s, True
        try:
            for _ in range(_MAX_REDIRECTS + 1):
                with self._turn(here, waits=form is None):
                    started = time.monotonic()
                    private = allow_private and _hostname(here) == _hostname(url)
                    response = self._attempt(here, sent, limit, left_s, allow_private=private, form=form)
                    left_s -= time.monotonic() - started
                location = response.headers.get("location", "")
                if response.status not in _REDIRECTS or not location or form is not None:
                    moved_to = here if permanent and here != url else None
                    return Response(
                        url=here,
                        status=response.status,
                        headers=response.headers,
                        body=response.body,
                        moved_to=moved_to,
                    )
                permanent = permanent and response.status in _PERMANENT
                here, sent = _next_hop(here, location, sent)
            raise _refused_redirect(f"redirects more than {_MAX_REDIRECTS} times")
        except NetworkError as e:
            e.subject = _CREDENTIALS.sub("//", url)
            raise

    def _attempt(
        self,
        url: str,
        headers: Mapping[str, str],
        limit: int,
        left_s: float,
        *,
        allow_private: bool,
        form: Mapping[str, str] | None,
    ) -> Response:
        """One hop; a connection that breaks is tried again (an h2 GOAWAY or a reset says nothing about the page)."""
        import httpx2
        import stamina

        client = self._client(allow_private=allow_private)
        attempts = 1 if self._paced(url)[1] else _ATTEMPTS
        ends_at = time.monotonic() + left_s

        def broke(error: Exception) -> bool:
            kinds = (httpx2.RemoteProtocolError, httpx2.NetworkError)
            return isinstance(error, kinds) and not _is_tls(error)

        try:
            for attempt in stamina.retry_context(
                on=broke, attempts=attempts, timeout=left_s, wait_initial=0.1, wait_max=1.0, wait_jitter=0.1
            ):
                with attempt:
                    return _read(client, url, headers, limit, ends_at, form)
        except httpx2.TimeoutException as e:
            raise NetworkError("took too long to answer", kind="timeout", remedy="It is asked again later") from e
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, UnicodeError) as e:
            raise _bad_address(url) from e
        except httpx2.DecodingError as e:
            raise NetworkError(f"sent a broken answer: {e}", kind="decoding", remedy="It is asked again later") from e
        except httpx2.HTTPError as e:
            if _is_tls(e):
                remedy = "Its certificate is out of date or not for this name; tell the publisher"
                raise NetworkError(f"has no valid certificate: {e}", kind="tls", remedy=remedy) from e
            why = str(e) or type(e).__name__
            remedy = "It is asked again later"
            raise NetworkError(f"the connection failed: {why}", kind="connection", remedy=remedy) from e
        raise AssertionError  # retry_context returns or raises

    def _client(self, *, allow_private: bool) -> "httpx2.Client":
        """Two pools, so that a connection to a private address is never used for a source that may have none."""
        with self._lock:
            if allow_private not in self._clients:
                self._clients[allow_private] = self._new_client(allow_private=allow_private)
            return self._clients[allow_private]

    def _new_client(self, *, allow_private: bool) -> "httpx2.Client":
        import httpx2

        contact = f" (+{self._contact})" if self._contact else ""
        return httpx2.Client(
            transport=self._transport(allow_private=allow_private),
            headers={
                "user-agent": f"EveryOtherDay/{version('every-other-day')}{contact}",
                "accept-encoding": "gzip, br",
            },
            timeout=self._timeout_s,
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # takes none, sends none
        )

    def _transport(self, *, allow_private: bool) -> "httpx2.HTTPTransport":
        from pipeline.net.guard import GuardedTransport, is_public

        return GuardedTransport((lambda _: True) if allow_private else is_public)

    @contextmanager
    def _turn(self, url: str, *, waits: bool) -> Iterator[None]:
        """One request to a host at a time, and after its pause. (Between two runs the interval of the source holds.)

        A form does not wait: to exchange a key for a token is no look at a feed.
        """
        with self._host_lock(url):
            name, pause_s = self._paced(url) if waits else ("", 0.0)
            if pause_s and name in self._asked_at:
                time.sleep(max(0.0, self._asked_at[name] + pause_s - time.monotonic()))
            try:
                yield
            finally:
                self._asked_at[name] = time.monotonic()

    def _paced(self, url: str) -> tuple[str, float]:
        """The host of an address, and the pause that it wants."""
        name = _hostname(url) or ""
        return name, self._host_pause_s.get(name, 0.0)

    def _host_lock(self, url: str) -> Lock:
        try:
            name = urlsplit(url).netloc.rpartition("@")[2].lower()
        except ValueError as e:
            raise _bad_address(url) from e
        with self._lock:
            return self._hosts[name]


def _read(
    client: "httpx2.Client",
    url: str,
    headers: Mapping[str, str],
    limit: int,
    ends_at: float,
    form: Mapping[str, str] | None,
) -> Response:
    """Send one request and read its answer, counting decoded bytes while they come."""
    extensions = {"total_s": ends_at - time.monotonic()}
    method, data = ("GET", None) if form is None else ("POST", dict(form))
    with client.stream(method, url, headers=dict(headers), data=data, extensions=extensions) as response:
        announced = response.headers.get("content-length", "")
        body = bytearray()
        if announced.isdecimal() and int(announced) > limit:
            raise _too_large(limit)
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > limit:
                raise _too_large(limit)
        return Response(url=url, status=response.status_code, headers=dict(response.headers), body=bytes(body))


def _next_hop(here: str, location: str, headers: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Where a redirect leads and the headers that may go there. Raises NetworkError of kind "redirects"."""
    try:
        there = urljoin(here, location)
        old, new = urlsplit(here), urlsplit(there)
    except ValueError as e:
        raise _refused_redirect(f"redirects to no address: {location!r}") from e
    if new.scheme not in ("http", "https"):
        raise _refused_redirect(f"redirects to no web address: {there!r}")
    if old.scheme == "https" and new.scheme == "http":
        raise _refused_redirect(f"redirects from https to unprotected {there}")
    if (old.scheme, old.netloc) != (new.scheme, new.netloc):
        headers = {k: v for k, v in headers.items() if k.lower() in _HARMLESS_HEADERS}
    return there, headers


def _hostname(url: str) -> str | None:
    return urlsplit(url).hostname


def _bad_address(url: str) -> NetworkError:
    remedy = "Write it as https://host/path"
    return NetworkError(f"is no web address: {url!r}", kind="bad_address", remedy=remedy)


def _refused_redirect(message: str) -> NetworkError:
    remedy = "Open it in a browser and configure the address it ends at"
    return NetworkError(message, kind="redirects", remedy=remedy)


def _too_large(limit: int) -> NetworkError:
    remedy = "Raise fetch.max_bytes in config.yaml if it is worth it"
    return NetworkError(f"sends more than {limit:,} bytes", kind="too_large", remedy=remedy)


def _is_tls(error: BaseException | None) -> bool:
    """Whether a failure goes back to TLS; httpx2 and httpcore2 wrap it, and the pool of the latter drops the cause."""
    for _ in range(5):
        if error is None or isinstance(error, ssl.SSLError):
            break
        error = error.__cause__ or error.__context__
    return isinstance(error, ssl.SSLError)
