"""Newsletters out of a mailbox, split into their items: an IMAP folder, an mbox, a Maildir or a folder of .eml."""

import json
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pipeline.config_section import SecretSection
from pipeline.errors import NetworkError, SourceError
from pipeline.seams import Http
from pipeline.sources import Dropped, Fetched, FetchState, Parsed, _mailbox, _newsletter, new_item
from pipeline.sources._message import header, read, write
from pipeline.sources._newsletter import Part
from pipeline.sources._private import ADDRESS, without_reader
from pipeline.sources._sieve import MAX_HEAD_BYTES, MAX_MESSAGE_BYTES, Sieve, heading
from pipeline.text.urls import canonicalise, is_tracking
from pipeline.types import Payload

if TYPE_CHECKING:
    from pipeline.sources import _imap

MAX_SEEN = 20_000
FIRST_DAYS = 7
"""Without ``keep_days``, mail of so many days is read when an IMAP folder is seen for the first time."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PORTS = {"tls": 993, "starttls": 143, "none": 143}
_OF_A_SERVER = frozenset((
    "port", "security", "username", "password_env", "password_file", "token_env", "token_file", "folder", "mark",
    "move_to", "timeout_s",
))  # fmt: skip


class Options(SecretSection):
    """A mailbox: ``path`` (mbox, Maildir, folder of .eml) or an IMAP ``host``; and what is read of it.

    ``senders``: addresses, domains or List-Ids; none: all. ``authserv_id``: our mail server's name in
    Authentication-Results; where given, mail needs a DKIM signature that it found good. ``max_messages`` of a fetch,
    the others wait; ``keep_days``: older mail is not read; ``split: false`` keeps each newsletter as one item. ``mark``
    is what becomes of a message once its items are stored; ``move_to`` goes with ``move``.
    """

    secrets = ("password", "token")

    path: Path | None = None
    host: str = ""
    port: int | None = Field(default=None, ge=1, le=65535)
    security: Literal["tls", "starttls", "none"] = "tls"
    username: str = ""
    password_env: str = "DIGEST_IMAP_PASSWORD"  # noqa: S105 - the name of a variable
    password_file: str = ""
    token_env: str = "DIGEST_IMAP_TOKEN"  # noqa: S105
    token_file: str = ""
    folder: str = "INBOX"
    mark: Literal["none", "seen", "flagged", "move"] = "none"
    move_to: str = ""
    timeout_s: float = Field(default=30, gt=0, le=600)
    senders: tuple[str, ...] = ()
    authserv_id: str = ""
    max_messages: int = Field(default=200, ge=1, le=5_000)
    split: bool = True
    keep_days: float | None = Field(default=None, gt=0)
    password: SecretStr | None = Field(default=None, exclude=True, repr=False)
    token: SecretStr | None = Field(default=None, exclude=True, repr=False)

    @field_validator("path")
    @classmethod
    def _absolute(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        folder: Path = (info.context or {}).get("folder", Path())
        return folder / path.expanduser() if path else None

    @field_validator("senders")
    @classmethod
    def _lower(cls, senders: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(s.strip().lower().strip("<>").removeprefix("@") for s in senders)

    @model_validator(mode="after")
    def _one_mailbox(self) -> "Options":
        if self.path is None and not self.host:
            raise PydanticCustomError("missing", "a mailbox is missing: give path (on disk) or host (an IMAP server)")
        if mistakes := "; ".join(self._mistakes_on_disk() if self.path else self._mistakes_of_server()):
            raise ValueError(mistakes)
        return self

    def _mistakes_on_disk(self) -> list[str]:
        if self.host:
            return ["path and host are two mailboxes: keep one, and make the other a source of its own"]
        useless = ", ".join(sorted(_OF_A_SERVER & self.model_fields_set))
        return [f"{useless}: only for an IMAP server; take it out, or give host instead of path"] if useless else []

    def _mistakes_of_server(self) -> list[str]:
        texts = (self.host, self.username, self.folder, self.move_to)
        rules = {
            "username is missing: who logs in at the mail server?": not self.username,
            "security: none would send the password unencrypted; write tls or starttls": self.security == "none"
            and self.host not in _LOOPBACK,
            "mark: move needs move_to, the folder for what was read": self.mark == "move" and not self.move_to,
            "move_to says nothing without mark: move": self.mark != "move" and bool(self.move_to),
            "host, username, folder and move_to stand on one line each": not "".join(texts).isprintable(),
        }
        return [rule for rule, broken in rules.items() if broken]


def fetch(options: Options, state: FetchState, http: Http, now: datetime) -> Fetched:
    """Read the messages not read before; the mailbox stays as it is, and a payload holds nothing of who reads it.

    The cursor is JSON: {"seen": keys of messages, the newest last} on disk, {"mailbox", "uidvalidity", "uid"} on a
    server. On disk the newest come first when there are too many, on a server the oldest, so that none is passed.
    Raises SourceError, or NetworkError of a server.
    """
    intake = _Intake(options=options, source_id=state.source_id, now=now)
    cursor = _cursor(state)
    known = _from_server(intake, cursor) if options.host else _from_disk(intake, cursor)
    return Fetched(
        payloads=tuple(intake.payloads.values()),
        dropped=tuple(intake.dropped),
        cursor=json.dumps(known),
        trouble=intake.trouble,
    )


def committed(options: Options, fetched: Fetched) -> None:
    """Mark what was read, now that it is stored. Raises SourceError or NetworkError: then it stays unmarked."""
    if not options.host or options.mark == "none" or not fetched.payloads:
        return
    from pipeline.sources import _imap

    server = _server(options)
    places = [_imap.place_of(p.url) for p in fetched.payloads]
    with _imap.opened(server, write=True) as folder:
        uids = [uid for validity, uid in places if validity == folder.validity]
        if not uids:
            raise SourceError(
                "has numbered its messages anew since they were read: none is marked",
                subject=server.name,
                kind="imap_mark",
                remedy="Mark them by hand; the digest has them",
            )
        folder.mark(uids, options.mark, options.move_to)


def parse(payload: Payload, options: Options) -> Parsed:
    """The items of one newsletter; one item where it is an essay, or cannot be split.

    Addresses of the reader are taken out, and no link that names the subscriber is kept. Raises SourceError for bytes
    that are no mail.
    """
    mail = without_reader(read(payload.body))
    found = _newsletter.split(mail.html, whole=not options.split) if mail.html else _newsletter.from_text(mail.text)
    view_url = mail.archived_at or found.view_url
    message = mail.message_id or _mailbox.digest(write(mail))
    names: dict[str, int] = {}  # how often a guid's name was given in this mail
    items = []
    for part in found.parts or (Part(title="", body="", url="", links=()),):
        alone = len(found.parts) < 2
        url = view_url or (part.url if part.title else "") if alone else part.url
        title = part.title or mail.subject
        name = blake2b(f"{title}\0{url}".encode(errors="replace"), digest_size=6).hexdigest()
        names[name] = names.get(name, 0) + 1
        items.append(
            new_item(
                payload,
                guid=f"{message}#{name}.{names[name]}",
                title=_printable(title),
                url=url,
                body=_printable(part.body),
                kind="newsletter",
                via=mail.name,
                published_at=mail.sent_at,
                media=part.links,
            )
        )
    left_out = [Dropped(guid=f"{message}!{n}", reason=reason) for n, (reason, _) in enumerate(found.dropped)]
    return Parsed(items=items, dropped=left_out)


def _printable(text: str) -> str:
    """With the addresses of pages in their canonical form, and without those that tell who reads."""

    def form(found: re.Match[str]) -> str:
        url = canonicalise(found[0])
        return "" if is_tracking(url) else url

    return ADDRESS.sub(form, text)


@dataclass(slots=True, kw_only=True)
class _Intake:
    """What one fetch takes and passes over."""

    options: Options
    source_id: str
    now: datetime
    payloads: dict[str, Payload] = field(default_factory=dict)
    dropped: list[Dropped] = field(default_factory=list)
    unreadable: list[SourceError] = field(default_factory=list)
    broken: SourceError | None = None

    @property
    def full(self) -> bool:
        return len(self.payloads) >= self.options.max_messages

    @property
    def trouble(self) -> SourceError | None:
        """What is to be told: the connection that broke, else the mails that are none."""
        if self.broken or not self.unreadable:
            return self.broken
        first, total = self.unreadable[0], len(self.payloads) + len(self.dropped)
        message = f"{len(self.unreadable)} of {total} cannot be read; the first {first.message}"
        return SourceError(message, subject=self.source_id, kind="unreadable", remedy=first.remedy)

    def add(self, key: str, size_bytes: int, head: bytes, load: Callable[[], bytes | None], url: str = "") -> None:
        """Take a message, or say why not. Its whole is only loaded when its headers are welcome."""
        message = heading(head)
        reason = self._sieve.refusal(message, size_bytes) or self._take(key, load(), url)
        if reason:
            guid = header(message, "message-id").strip("<> ") or key
            self.dropped.append(Dropped(guid=guid, reason=reason))

    @property
    def _sieve(self) -> Sieve:
        days = self.options.keep_days
        return Sieve(
            senders=self.options.senders,
            oldest=self.now - timedelta(days=days) if days else None,
            authserv_id=self.options.authserv_id,
        )

    def _take(self, key: str, raw: bytes | None, url: str) -> str:
        """Keep a message without its reader; why it cannot be, "" when it is kept."""
        if raw is None:
            return "gone"
        try:
            mail = without_reader(read(raw), own=[self.options.username])
        except SourceError as e:
            self.unreadable.append(e)
            return "unreadable"
        url = url or f"mid:{mail.message_id}"  # RFC 2392
        url = f"mid:{key}" if url in self.payloads or url == "mid:" else url
        self.payloads[url] = Payload(
            source_id=self.source_id, url=url, fetched_at=self.now, media_type="message/rfc822", body=write(mail)
        )
        return ""


def _cursor(state: FetchState) -> Mapping[str, object]:
    """What the last fetch left; nothing when the source was of another type then."""
    try:
        found = json.loads(state.cursor or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _from_disk(intake: _Intake, cursor: Mapping[str, object]) -> dict[str, object]:
    assert intake.options.path  # noqa: S101 - the options have one when they have no host
    seen = cursor.get("seen")
    seen = seen if isinstance(seen, list) else []
    known, present = set(seen), set()
    fresh: deque[_mailbox.Letter] = deque(maxlen=intake.options.max_messages)
    with _mailbox.opened(intake.options.path) as letters:
        for letter in letters:
            present.add(letter.key)
            if letter.key not in known:
                fresh.append(letter)
        for letter in fresh:
            load = partial(letter.read, MAX_MESSAGE_BYTES)
            intake.add(letter.key, letter.size_bytes, letter.read(MAX_HEAD_BYTES), load)
    kept = [key for key in seen if key in present] + [letter.key for letter in fresh]
    return {"seen": kept[-MAX_SEEN:]}


def _from_server(intake: _Intake, cursor: Mapping[str, object]) -> dict[str, object]:
    """New messages, the oldest first; those of the last days where the folder is new to us, or numbered anew."""
    from pipeline.sources import _imap

    server = _server(intake.options)
    mailbox = _mailbox.digest(f"{server.username}\0{server.name}".encode())
    with _imap.opened(server) as folder:
        last = cursor.get("uid")
        if not isinstance(last, int) or (cursor.get("mailbox"), cursor.get("uidvalidity")) != (
            mailbox,
            folder.validity,
        ):
            last = 0
        # A day is the server's own, so one more is asked for.
        begin = intake.now - timedelta(days=(intake.options.keep_days or FIRST_DAYS) + 1)
        last = _take_all(intake, folder, folder.after(last) if last else folder.since(begin.date()), last)
        return {"mailbox": mailbox, "uidvalidity": folder.validity, "uid": last}


def _take_all(intake: _Intake, folder: "_imap.Folder", uids: list[int], last: int) -> int:
    """Take messages until there are enough; gives the UID up to which none has to be looked at again.

    When the connection breaks, those before are taken, and the others wait.
    """
    try:
        for uid, size_bytes, head in folder.heads(uids, MAX_HEAD_BYTES):
            url = folder.url(uid)
            intake.add(url, size_bytes, head, partial(folder.body, uid, MAX_MESSAGE_BYTES), url)
            last = uid
            if intake.full:
                return last
    except NetworkError as e:
        if not intake.payloads:
            raise
        intake.broken = SourceError(e.message, subject=e.subject, kind=e.kind, remedy=e.remedy)
        return last
    return max(last, folder.next_uid - 1)


def _server(options: Options) -> "_imap.Server":
    """The server with its secret. Raises SourceError when there is none, or one that would not be a line."""
    from pipeline.sources import _imap

    password = options.password.get_secret_value() if options.password else ""
    token = options.token.get_secret_value() if options.token else ""
    server = _imap.Server(
        host=options.host,
        port=options.port or _PORTS[options.security],
        security=options.security,
        username=options.username,
        password=password,
        token=token,
        folder=options.folder,
        timeout_s=options.timeout_s,
    )
    if not (password or token).isprintable() or not (password or token):
        remedy = f"Write {options.password_env}=... into .env, or name a password_file"
        raise SourceError("there is no password", subject=server.name, kind="imap_auth", remedy=remedy)
    return server
