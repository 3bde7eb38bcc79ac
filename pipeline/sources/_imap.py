"""A folder on an IMAP server (RFC 3501, 9051): looked at without a trace; marked only when told to."""

import imaplib
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from threading import Timer
from urllib.parse import quote

from imap_tools import AND, BaseMailBox
from imap_tools.errors import (
    ImapToolsError,
    MailboxFolderSelectError,
    MailboxFolderStatusError,
    MailboxLoginError,
    UnexpectedCommandStatusError,
)
from imap_tools.utils import encode_folder

from pipeline.errors import DigestError, NetworkError, SourceError
from pipeline.text.characters import one_line

TOTAL_FACTOR = 10
"""A whole visit may take so many times the time-out of one answer."""

_BATCH = 100
_MAX_LITERAL_BYTES = 64_000_000  # an answer that announces more is not waited for
_UID = re.compile(rb"\bUID (\d{1,10})\b")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,15})\b")
_PLACE = re.compile(r";UIDVALIDITY=(\d{1,10})/;UID=(\d{1,10})$")
_FLAGS = {"seen": r"(\Seen)", "flagged": r"(\Flagged)"}
_TLS_REMEDY = "Port 993 wants security: tls, port 143 starttls; the certificate must be valid for that host"
_NONSENSE = (ValueError, LookupError, TypeError, AttributeError)
"""What the libraries raise on an answer that is no IMAP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where the folder is and who asks. A ``token`` (XOAUTH2) goes before a password; neither is ever shown."""

    host: str
    port: int
    security: str  # tls, starttls or none
    username: str
    password: str = field(repr=False)
    token: str = field(repr=False)
    folder: str
    timeout_s: float

    @property
    def name(self) -> str:
        """What an error is about."""
        return f"imap {self.host}:{self.port} {self.folder}"


class Folder:
    """The selected folder of an open connection. ``validity`` changes when the server numbers its messages anew.

    Each question raises what ``opened`` raises.
    """

    def __init__(self, box: BaseMailBox, server: Server, deadline: "_Deadline", *, write: bool) -> None:
        numbers = box.folder.status(server.folder, ["UIDVALIDITY", "UIDNEXT"])
        self.validity = numbers["UIDVALIDITY"]
        self.next_uid = numbers["UIDNEXT"]
        self._box = box
        self._server = server
        self._deadline = deadline
        box.folder.set(server.folder, readonly=not write)

    def after(self, uid: int) -> list[int]:
        """The messages with a higher UID, in order. Servers give the last one to any range that ends with a star."""
        return [u for u in self._search(f"UID {uid + 1}:*") if u > uid]

    def since(self, day: date) -> list[int]:
        """The messages that came on that day or later, in order."""
        return self._search(str(AND(date_gte=day)))

    def heads(self, uids: Sequence[int], limit_bytes: int) -> Iterator[tuple[int, int, bytes]]:
        """(UID, size of the message in bytes, its headers) of each one; nothing of one that has gone."""
        for batch in _batches(uids):
            found = {}
            for about, head in self._fetch(batch, f"(UID RFC822.SIZE BODY.PEEK[HEADER]<0.{limit_bytes}>)"):
                uid, size = _UID.search(about), _SIZE.search(about)
                if uid and size:
                    found[int(uid[1])] = (int(size[1]), head)
            yield from ((uid, *found.get(uid, (0, b""))) for uid in batch)

    def body(self, uid: int, limit_bytes: int) -> bytes | None:
        """A whole message, which stays unseen; None when it is gone."""
        return next((body for _, body in self._fetch([uid], f"(BODY.PEEK[]<0.{limit_bytes}>)")), None)

    def url(self, uid: int) -> str:
        """The address of a message, RFC 5092, without who reads it."""
        place = f"{self._server.host}:{self._server.port}/{quote(self._server.folder, safe='')}"
        return f"imap://{place};UIDVALIDITY={self.validity}/;UID={uid}"

    def mark(self, uids: Sequence[int], how: str, move_to: str) -> None:
        """Mark messages ("seen", "flagged") or "move" them. Raises SourceError when the server will not.

        Nothing is expunged, which would also destroy what somebody else has marked as deleted: MOVE (RFC 6851) needs
        no such thing.
        """
        for batch in _batches(uids):
            ids = ",".join(map(str, batch))
            with _explained(self._server, self._deadline):
                if how == "move":
                    status, said = self._box.client.uid("MOVE", ids, encode_folder(move_to).decode("ascii"))
                else:
                    status, said = self._box.client.uid("STORE", ids, "+FLAGS.SILENT", _FLAGS[how])
            if status != "OK":
                raise SourceError(
                    f"does not {how if how == 'move' else 'mark'} what was read: {_answer(said)}",
                    subject=self._server.name,
                    kind="imap_mark",
                    remedy=f"Is there a folder {move_to}?" if move_to else "May this account change flags there?",
                )

    def _search(self, criteria: str) -> list[int]:
        with _explained(self._server, self._deadline):
            return sorted(int(uid) for uid in self._box.uids(criteria, charset=None))

    def _fetch(self, uids: Sequence[int], what: str) -> list[tuple[bytes, bytes]]:
        """(what stands around it, a literal) of each message; some servers give the UID behind the literal."""
        with _explained(self._server, self._deadline):
            status, data = self._box.client.uid("FETCH", ",".join(map(str, uids)), what)
            if status != "OK":
                raise imaplib.IMAP4.error(_answer(data))
            return [
                (part[0] + (behind if isinstance(behind, bytes) else b""), part[1])
                for part, behind in zip(data, [*data[1:], b""], strict=True)
                if isinstance(part, tuple)
            ]


def place_of(url: str) -> tuple[int, int]:
    """(UIDVALIDITY, UID) out of the address of a message."""
    found = _PLACE.search(url)
    return (int(found[1]), int(found[2])) if found else (0, 0)


@contextmanager
def opened(server: Server, *, write: bool = False) -> Iterator[Folder]:
    """Log in and select the folder, for reading only unless ``write``.

    Raises NetworkError (no connection, no encryption, no sense, no end) or SourceError (login, folder), each with a
    remedy and without the password.
    """
    with _Deadline(server.timeout_s * TOTAL_FACTOR) as deadline:
        with _explained(server, deadline):
            box = _Box(server, deadline)
            if server.security == "starttls":
                box.client.starttls(ssl.create_default_context())
            _login(box, server)
            folder = Folder(box, server, deadline, write=write)
        yield folder
        with suppress(OSError, imaplib.IMAP4.error, ImapToolsError):
            box.logout()


class _Deadline:
    """Cuts a connection under the hands of whoever waits when the time is over; closes it at last in any case."""

    def __init__(self, limit_s: float) -> None:
        self.passed = False
        self._client: imaplib.IMAP4 | None = None
        self._timer = Timer(limit_s, self._cut)
        self._timer.daemon = True

    def watch(self, client: imaplib.IMAP4) -> None:
        """The connection that is meant: just opened, nothing was said."""
        self._client = client
        self._timer.start()

    def __enter__(self) -> "_Deadline":
        return self

    def __exit__(self, *exc: object) -> None:
        self._timer.cancel()
        if self._client:
            with suppress(OSError):
                self._client.shutdown()

    def _cut(self) -> None:
        self.passed = True
        if self._client:
            with suppress(OSError):
                self._client.socket().shutdown(socket.SHUT_RDWR)


class _Client(imaplib.IMAP4):
    """A connection under a deadline from its first byte on."""

    def __init__(self, deadline: _Deadline, server: Server, **more: ssl.SSLContext) -> None:
        self._deadline = deadline
        super().__init__(server.host, server.port, timeout=server.timeout_s, **more)

    def open(self, host: str = "", port: int | None = None, timeout: float | None = None) -> None:
        """Connect; made to be overridden, says imaplib."""
        super().open(host, port or 0, timeout)
        self._deadline.watch(self)

    def readline(self) -> bytes:
        """A line; none of those that came before the connection was cut."""
        return b"" if self._deadline.passed else super().readline()

    def read(self, size: int) -> bytes:
        """So many bytes of a message."""
        if size > _MAX_LITERAL_BYTES:
            raise self.error(f"it announces {size} bytes")
        return super().read(size)


class _TlsClient(_Client, imaplib.IMAP4_SSL):
    """The same, encrypted from its first byte on."""


class _Box(BaseMailBox):
    def __init__(self, server: Server, deadline: _Deadline) -> None:
        self._server = server
        self._deadline = deadline
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        if self._server.security == "tls":  # without a context of our own imaplib would take any certificate
            return _TlsClient(self._deadline, self._server, ssl_context=ssl.create_default_context())
        return _Client(self._deadline, self._server)


@contextmanager
def _explained(server: Server, deadline: _Deadline) -> Iterator[None]:
    try:
        yield
    except DigestError:
        raise
    except (OSError, imaplib.IMAP4.error, ImapToolsError, *_NONSENSE) as e:
        raise _trouble(e, server, late=deadline.passed) from e


def _login(box: BaseMailBox, server: Server) -> None:
    try:
        if server.token:
            box.xoauth2(server.username, server.token, initial_folder=None)
        elif server.username.isascii() and server.password.isascii():
            box.login(server.username, server.password, initial_folder=None)
        else:
            box.login_utf8(server.username, server.password, initial_folder=None)
    except (MailboxLoginError, imaplib.IMAP4.error) as e:
        if isinstance(e, imaplib.IMAP4.abort):
            raise
        said = _without_secrets(_said(e), server)
        remedy = f"Check username and {'token' if server.token else 'password'}; many providers want an app password"
        raise SourceError(f"refuses the login: {said}", subject=server.name, kind="imap_auth", remedy=remedy) from None


def _trouble(e: Exception, server: Server, *, late: bool) -> DigestError:
    said = _without_secrets(_said(e), server)
    if isinstance(e, MailboxFolderStatusError | MailboxFolderSelectError):
        message, remedy = f"does not open the folder: {said}", f"Is there a folder {server.folder}? See `folder`"
        return SourceError(message, subject=server.name, kind="imap_folder", remedy=remedy)
    if late or isinstance(e, TimeoutError):
        limit = f"{server.timeout_s * TOTAL_FACTOR:g} s in all" if late else f"{server.timeout_s:g} s"
        message, kind, remedy = (
            f"does not answer within {limit}",
            "imap_slow",
            "It is asked again later; see `timeout_s`",
        )
    elif isinstance(e, ssl.SSLError) or "STARTTLS" in said:
        message, kind, remedy = f"no encrypted connection: {said}", "imap_tls", _TLS_REMEDY
    elif isinstance(e, _NONSENSE) and not isinstance(e, OSError):
        message, kind, remedy = f"gives no sensible answer: {said}", "imap_answer", "Is this an IMAP server?"
    else:
        message, kind, remedy = f"cannot be read: {said}", "imap_down", "Check host and port; it is asked again later"
    return NetworkError(message, subject=server.name, kind=kind, remedy=remedy)


def _said(e: Exception) -> str:
    if isinstance(e, UnexpectedCommandStatusError):
        return _answer(e.command_result[1])
    if isinstance(e, ssl.SSLError):
        return one_line(getattr(e, "verify_message", "") or e.reason or str(e), 200)
    return one_line((e.strerror if isinstance(e, OSError) else "") or str(e), 200) or type(e).__name__


def _answer(data: object) -> str:
    parts = data if isinstance(data, list | tuple) else [data]
    return one_line(b" ".join(p for p in parts if isinstance(p, bytes)).decode("utf-8", "replace"), 200)


def _without_secrets(text: str, server: Server) -> str:
    for secret in (server.password, server.token):
        text = text.replace(secret, "...") if secret else text
    return text


def _batches(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (uids[i : i + _BATCH] for i in range(0, len(uids), _BATCH))
