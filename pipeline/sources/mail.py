"""Newsletters out of a mailbox on disk (mbox, Maildir or a folder of .eml), split into their items."""

import json
import mailbox
import re
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.parser import BytesHeaderParser
from functools import partial
from hashlib import blake2b
from pathlib import Path
from urllib.parse import unquote

from pydantic import Field, ValidationInfo, field_validator

from pipeline.config import Section
from pipeline.errors import SourceError
from pipeline.sources import Dropped, Fetched, FetchState, Parsed, _newsletter, new_item
from pipeline.sources._message import Mail, header, read
from pipeline.sources._newsletter import ADDRESS, Part
from pipeline.text.dates import parse_date
from pipeline.text.urls import canonicalise, is_tracking
from pipeline.types import Http, Payload

MAX_SEEN = 20_000
MAX_MESSAGE_BYTES = 25_000_000  # what large providers take; the rest of a longer one is cut off
_REMEDY = "Give `path` an mbox file, a Maildir, or a folder of .eml that this program may read"


class Options(Section):
    """What config.yaml says of a mailbox. ``senders``: addresses, domains or List-Ids that we read; none: all of them.

    ``max_messages`` of a fetch, the others wait; ``keep_days``: older mail is not read; ``split: false`` keeps each
    newsletter as one item.
    """

    path: Path
    senders: tuple[str, ...] = ()
    max_messages: int = Field(default=200, ge=1, le=5_000)
    split: bool = True
    keep_days: float | None = Field(default=None, gt=0)

    @field_validator("path")
    @classmethod
    def _absolute(cls, path: Path, info: ValidationInfo) -> Path:
        folder: Path = (info.context or {}).get("folder", Path())
        return folder / path.expanduser()

    @field_validator("senders")
    @classmethod
    def _lower(cls, senders: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(s.strip().lower().strip("<>").removeprefix("@") for s in senders)


def fetch(options: Options, state: FetchState, http: Http, now: datetime) -> Fetched:
    """Read the messages not read before, the newest first when there are too many; the mailbox stays as it is.

    The cursor is JSON: {"seen": keys of messages, the newest last}. Raises SourceError when there is no such mailbox.
    """
    seen: list[str] = json.loads(state.cursor or "{}").get("seen", [])
    known = set(seen)
    present: set[str] = set()
    fresh: deque[tuple[str, Callable[[], bytes]]] = deque(maxlen=options.max_messages)
    try:
        for key, load in _messages(options.path):
            present.add(key)
            if key not in known:
                fresh.append((key, load))
        bodies = [(key, load()) for key, load in fresh]
    except (OSError, mailbox.Error) as e:
        reason = (e.strerror if isinstance(e, OSError) else "") or str(e)
        raise SourceError(f"cannot be read: {reason}", subject=str(options.path), remedy=_REMEDY) from e
    payloads: dict[str, Payload] = {}
    for key, body in bodies:
        url = _wanted(body, options, now)
        if url is not None:
            url = f"mid:{key}" if url in payloads or not url else url
            payloads[url] = Payload(
                source_id=state.source_id, url=url, fetched_at=now, media_type="message/rfc822", body=body
            )
    kept = [key for key in seen if key in present] + [key for key, _ in fresh]
    return Fetched(payloads=tuple(payloads.values()), cursor=json.dumps({"seen": kept[-MAX_SEEN:]}))


def parse(payload: Payload, options: Options) -> Parsed:
    """The items of one newsletter; one item where it is an essay, or cannot be split.

    Addresses of the reader are taken out, and no link that names the subscriber is kept. Raises SourceError for bytes
    that are no mail.
    """
    mail = read(payload.body)
    found = _newsletter.split(mail.html, whole=not options.split) if mail.html else _newsletter.from_text(mail.text)
    view_url = canonicalise(mail.archived_at) or found.view_url
    message = mail.message_id or _digest(payload.body)
    names: dict[str, int] = {}  # how often a guid's name was given in this mail
    items = []
    for part in found.parts or (Part(title="", body="", url="", links=()),):
        alone = len(found.parts) < 2
        url = _private(view_url or (part.url if part.title else "") if alone else part.url, mail)
        links = tuple(u for u in (_private(link, mail) for link in part.links) if u)
        title = part.title or mail.subject
        name = blake2b(f"{title}\0{url}".encode(errors="replace"), digest_size=6).hexdigest()
        names[name] = names.get(name, 0) + 1
        items.append(
            new_item(
                payload,
                guid=f"{message}#{name}.{names[name]}",
                title=_scrub(title, mail),
                url=url,
                body=_scrub(part.body, mail),
                kind="newsletter",
                via=mail.name,
                published_at=mail.sent_at,
                media=links,
            )
        )
    left_out = [Dropped(guid=f"{message}!{n}", reason=reason) for n, (reason, _) in enumerate(found.dropped)]
    return Parsed(items=items, dropped=left_out)


def _messages(path: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """(key, how to read it) of each message, the newest last.

    Raises OSError when there is no mailbox, SourceError for a file that is none.
    """
    if not path.is_dir():
        yield from _mbox(path)
        return
    is_maildir = (path / "cur").is_dir()
    folders = [path / "new", path / "cur"] if is_maildir else [path]
    files = [f for folder in folders if folder.is_dir() for f in folder.iterdir() if f.is_file()]
    stats = sorted((f.stat().st_mtime_ns, f.name, f) for f in files if is_maildir or f.suffix.lower() == ".eml")
    for _, name, file in stats:
        # A Maildir's name ends with flags that change when somebody reads the mail; a mail itself never changes there.
        yield _digest(f"{name.partition(':')[0]}\0{file.stat().st_size}".encode()), partial(_read, file)


def _mbox(path: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    with path.open("rb") as file:
        if file.read(5) not in (b"From ", b""):
            raise SourceError('is not an mbox: it does not start with "From "', subject=str(path), remedy=_REMEDY)
    box = mailbox.mbox(path, create=False)
    try:
        for name in box.keys():  # noqa: SIM118 - iterating over a mailbox gives messages
            body = box.get_bytes(name)[:MAX_MESSAGE_BYTES]
            yield _digest(body), partial(bytes, body)
    finally:
        box.close()


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_MESSAGE_BYTES)


def _digest(body: bytes) -> str:
    return blake2b(body, digest_size=8).hexdigest()


def _wanted(body: bytes, options: Options, now: datetime) -> str | None:
    """The address of a message ("mid:", RFC 2392; "" without Message-ID) that the options ask for, else None."""
    head = BytesHeaderParser().parsebytes(body[:100_000])
    sent = parse_date(header(head, "date"))
    if options.keep_days is not None and sent and sent < now - timedelta(days=options.keep_days):
        return None
    if options.senders and not any(_is_from(s, header(head, "from"), header(head, "list-id")) for s in options.senders):
        return None
    message_id = header(head, "message-id").strip("<> ")
    return f"mid:{message_id}" if message_id else ""


def _is_from(sender: str, shown: str, list_id: str) -> bool:
    address = shown.lower().rpartition("<")[2].strip("> ")
    domain = address.rpartition("@")[2]
    return sender in (address, domain, list_id.lower().rpartition("<")[2].strip("> ")) or domain.endswith(f".{sender}")


def _scrub(text: str, mail: Mail) -> str:
    """Without the reader's addresses; addresses of pages without trackers, and gone where they name the subscriber."""

    def printable(found: re.Match[str]) -> str:
        return _private(canonicalise(found[0]), mail)

    text = ADDRESS.sub(printable, text)
    for reader in mail.readers:
        text = re.sub(re.escape(reader), "", text, flags=re.IGNORECASE)
    return text


def _private(url: str, mail: Mail) -> str:
    """The address, "" when it tells who reads: an opaque redirect, or one with the reader's address in it."""
    shown = unquote(url).lower()
    hidden = (b64encode(r.encode()).decode().rstrip("=") for r in mail.readers)
    if is_tracking(url) or any(r in shown for r in mail.readers) or any(h in url for h in hidden):
        return ""
    return url
