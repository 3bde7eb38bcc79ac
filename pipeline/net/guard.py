"""Connects for the HTTP client: only to public addresses, and never for longer than a request may take.

A name is resolved once, every address it has is checked, and the connection goes to a checked address, not to the
name: asking twice would let the second answer differ (DNS rebinding). Every hop of a redirect comes through here.
"""

import ipaddress
import socket
import time
from collections.abc import Callable, Iterable
from ssl import SSLContext
from threading import local
from typing import Any

import httpcore2
import httpx2

from pipeline.errors import NetworkError

_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))  # RFC 6052, RFC 8215
_COMPATIBLE = ipaddress.ip_network("::/96")  # RFC 4291 section 2.5.5.1, long deprecated

Resolve = Callable[[str, int], list[str]]
Allowed = Callable[[str], bool]
SocketOptions = Iterable[httpcore2.SOCKET_OPTION]


def resolve(name: str, port: int) -> list[str]:
    """The addresses of a name, as the system gives them, one at least. Raises OSError."""
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether anybody on the internet could reach that IP address; an IPv4 address inside an IPv6 one is looked at."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and any(ip in network for network in (*_NAT64, _COMPATIBLE)):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            ip = inner
    return ip.is_global and not ip.is_multicast


class Deadline(local):
    """The moment, on the monotonic clock and for this thread, at which the request in hand must be over."""

    at: float = float("inf")

    def start(self, seconds: float) -> None:
        """Give the request that long."""
        self.at = time.monotonic() + seconds

    def left(self, timeout: float | None) -> float:
        """Seconds that one operation may take. Raises httpcore2.ReadTimeout when the request is over time."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the whole answer took too long")
        return left if timeout is None else min(timeout, left)


class _Stream(httpcore2.NetworkStream):
    """A connection whose every read and write ends with the deadline: a server that drips cannot hold us."""

    def __init__(self, inner: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, self._deadline.left(timeout))
        return _Stream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class GuardedBackend(httpcore2.SyncBackend):
    """The network backend of httpcore2 that refuses a name with an address that is not ``allowed``."""

    def __init__(self, deadline: Deadline, allowed: Allowed, resolve: Resolve = resolve) -> None:
        self._deadline = deadline
        self._allowed = allowed
        self._resolve = resolve

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: SocketOptions | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address that answers. Raises NetworkError of kind "dns" or "private_address"."""
        addresses = self._checked(host, port)
        for address in addresses[:-1]:
            try:
                return self._connect(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return self._connect(addresses[-1], port, timeout, local_address, socket_options)

    def _connect(
        self, address: str, port: int, timeout: float | None, local_address: str | None, options: SocketOptions | None
    ) -> httpcore2.NetworkStream:
        stream = super().connect_tcp(address, port, self._deadline.left(timeout), local_address, options)
        return _Stream(stream, self._deadline)

    def _checked(self, host: str, port: int) -> list[str]:
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError) as e:
            raise NetworkError(
                f"the name {host} has no address", kind="dns", remedy="Check the spelling, or your connection"
            ) from e
        private = [a for a in addresses if not self._allowed(a)]
        if private:
            raise NetworkError(
                f"{host} leads to the private address {', '.join(private)}",
                kind="private_address",
                remedy="Set `allow_private: true` on the source if it is your own server",
            )
        return addresses


class GuardedTransport(httpx2.HTTPTransport):
    """The transport of httpx2 (HTTP/1.1 and 2, system certificates) over the guarded backend.

    A request brings the seconds it may take altogether as the extension ``total_s``.
    """

    def __init__(self, allowed: Allowed) -> None:
        self._deadline = Deadline()
        self._pool = httpcore2.ConnectionPool(
            ssl_context=httpx2.create_ssl_context(trust_env=False),
            http2=True,
            max_connections=100,
            keepalive_expiry=5.0,
            network_backend=GuardedBackend(self._deadline, allowed),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request. Raises httpx2.HTTPError, and NetworkError where the guard refuses."""
        self._deadline.start(request.extensions["total_s"])
        return super().handle_request(request)
