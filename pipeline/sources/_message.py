"""A mail as bytes -> its headers, its best text, and who reads it; and what is kept of a mail, as bytes again."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import format_datetime, getaddresses, parseaddr
from itertools import islice

from pipeline.errors import SourceError
from pipeline.text.characters import clean, one_line
from pipeline.text.charset import decode
from pipeline.text.dates import parse_date
from pipeline.text.html import to_text

_MAX_PARTS = 200
_MAX_HEADER_CHARS = 4_000
_JUNK_HTML_SHARE = 0.1  # HTML that says less than this share of the text part is a stub (FACTS section 2)
_MAX_TRANSIT = timedelta(days=3)
_ID = re.compile(r"<([^<>\s]{1,250})>")
_MAX_READERS = 8
_MAX_BODY_BYTES = 5_000_000  # of text, fifty times a long newsletter; an item keeps 200,000 characters
NO_NAME = "a newsletter"
# Who a mail was meant for: a list of people, or the mailbox that the server put it into.
_ADDRESSEES = re.compile(r"(?:resent-)?(?:to|cc|bcc)")
_MAILBOXES = re.compile(
    r"(?:x-)?(?:.{0,40}-)?(?:delivered-to|original-to|envelope-to|forwarded-(?:to|for)|apparently-to|recipient|rcpt-to)"
)
_RECEIVED_FOR = re.compile(r"\bfor\s{1,9}<?([^\s<>;,]{1,64}@[^\s<>;,]{1,255})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What a newsletter is made of. One of ``html`` and ``text`` is empty."""

    message_id: str  # without its angle brackets, "" where there is none
    list_id: str
    name: str  # of the sender as shown, else the domain
    address: str  # of the sender, lower case
    subject: str
    sent_at: datetime | None
    archived_at: str  # the address of this issue on the web, RFC 5064
    readers: tuple[str, ...]  # our own addresses
    reader_names: tuple[str, ...]  # as the sender knows us
    html: str
    text: str


def read(raw: bytes) -> Mail:
    """Take a mail apart. Raises SourceError when it is none, or when its parts nest without end."""
    try:
        # Without a policy: the header classes of policy.default raise whatever they stumble on; raw headers never do.
        message = message_from_bytes(raw)
        html, text = _bodies(message)
    except (RecursionError, MessageError) as e:
        raise SourceError("is a mail that cannot be taken apart", remedy="Open it in a mail program") from e
    if not message.keys():
        raise SourceError("is not a mail: it has no headers", remedy="Give an mbox, a Maildir or a folder of .eml")
    if text and html and len(to_text(html)) < _JUNK_HTML_SHARE * len(text):
        html = ""
    text = "" if html else text
    name, address = sender(message)
    readers, names = _readers(message, address)
    return Mail(
        message_id=_in_brackets(header(message, "message-id")),
        list_id=_in_brackets(header(message, "list-id")).lower(),
        name=name or address.rpartition("@")[2] or NO_NAME,
        address=address,
        subject=_unfolded(header(message, "subject")),
        sent_at=_sent_at(message),
        archived_at=_in_brackets(header(message, "archived-at")),
        readers=readers,
        reader_names=names,
        html=html,
        text=text,
    )


def write(mail: Mail) -> bytes:
    """A mail of only these headers and one body, in UTF-8; ``read`` gives the same mail back, but for its readers."""
    name = mail.name.replace("\\", "\\\\").replace('"', '\\"')
    headers = {
        "From": f'"{name}" <{mail.address}>',
        "Subject": mail.subject,
        "Date": format_datetime(mail.sent_at) if mail.sent_at else "",
        "Message-ID": f"<{mail.message_id}>" if mail.message_id else "",
        "List-Id": f"<{mail.list_id}>" if mail.list_id else "",
        "Archived-At": f"<{mail.archived_at}>" if mail.archived_at else "",
        "MIME-Version": "1.0",
        "Content-Type": f"text/{'html' if mail.html else 'plain'}; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
    }
    head = "".join(f"{name}: {value}\n" for name, value in headers.items() if value)
    return f"{head}\n{mail.html or mail.text}".encode(errors="replace")


def header(message: Message, name: str) -> str:
    """A header in Unicode, encoded words (RFC 2047) and raw 8-bit bytes alike; "" where there is none."""
    return next(headers(message, name), "")


def headers(message: Message, name: str) -> Iterator[str]:
    """Every header of that name (in lower case), the uppermost first."""
    return (_decoded(value) for value in _raw(message, name))


def _raw(message: Message, name: str) -> Iterator[str]:
    return (str(value) for key, value in message.raw_items() if key.lower() == name)


def _decoded(raw: str) -> str:
    raw = raw[:_MAX_HEADER_CHARS]
    if not raw.isascii():
        return clean(decode(raw.encode("ascii", "surrogateescape"))) if _is_bytes(raw) else clean(raw)
    if "=?" not in raw:
        return clean(raw)
    try:
        words = decode_header(raw)
    except (MessageError, ValueError, binascii.Error):
        return clean(raw)
    return clean("".join(w if isinstance(w, str) else decode(w, f"charset={c or ''}") for w, c in words))


def _is_bytes(raw: str) -> bool:
    """Whether the parser smuggled bytes through as lone surrogates."""
    return all(c < "\x80" or "\udc80" <= c <= "\udcff" for c in raw)


def _in_brackets(value: str) -> str:
    found = _ID.search(value)
    return found[1] if found else ""


def _bodies(message: Message) -> tuple[str, str]:
    """The longest HTML part and the longest text part: RFC 2046 asks for the last, senders append footers as parts."""
    best = {"text/html": "", "text/plain": ""}
    for part in islice(message.walk(), _MAX_PARTS):
        media_type = header(part, "content-type") or "text/plain"
        kind = media_type.partition(";")[0].strip().lower()
        if kind not in best or part.is_multipart() or header(part, "content-disposition").lower().startswith("attach"):
            continue
        body = part.get_payload(decode=True)
        text = decode(body[:_MAX_BODY_BYTES], media_type) if isinstance(body, bytes) else ""
        if len(text) > len(best[kind]):
            best[kind] = text
    return best["text/html"], best["text/plain"]


def _sent_at(message: Message) -> datetime | None:
    """The Date header; the hour of arrival where that is absent, or days away from it."""
    sent = parse_date(header(message, "date"))
    arrived = parse_date(header(message, "received").rpartition(";")[2])
    if sent and arrived and abs(sent - arrived) > _MAX_TRANSIT:
        return arrived
    return sent or arrived


def sender(message: Message) -> tuple[str, str]:
    """(name, address in lower case) of From; taken apart before it is decoded: then a name may hold a comma."""
    name, address = parseaddr(next(_raw(message, "from"), "")[:_MAX_HEADER_CHARS])
    return _unfolded(_decoded(name), 80), _decoded(address).lower() if "@" in address else ""


def _readers(message: Message, author: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Our addresses and our names. A mail that is addressed to its own sender has its readers in Bcc."""
    named: list[tuple[str, str]] = []
    found: list[str] = []
    for key, value in message.raw_items():
        key, value = key.lower(), str(value)[:_MAX_HEADER_CHARS]
        if _ADDRESSEES.fullmatch(key):
            named += [(n, a) for n, a in getaddresses([value]) if "@" in a and a.lower() != author]
        elif key == "received":
            found += _RECEIVED_FOR.findall(value)
        elif _MAILBOXES.fullmatch(key):
            found += [a for _, a in getaddresses([value.rpartition(";")[2]]) if "@" in a]  # "rfc822; a@b.example"
    addresses = dict.fromkeys([_decoded(a) for a in found] + [a for _, a in named])
    names = dict.fromkeys(n for n in (_unfolded(_decoded(n), 80) for n, _ in named) if n and "@" not in n)
    return tuple(addresses)[:_MAX_READERS], tuple(names)[:_MAX_READERS]


def _unfolded(text: str, max_chars: int = 0) -> str:
    """One line in which nothing is left that looks like an encoded word: decoded once, it is read as it stands."""
    return one_line(text, max_chars).replace("=?", "= ?")
