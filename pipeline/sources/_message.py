"""A mail as bytes -> its headers, its best text, and the addresses that must not be printed."""

import binascii
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parseaddr
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
_READER_HEADERS = ("to", "cc", "delivered-to", "x-original-to", "envelope-to")


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
    readers: tuple[str, ...]  # our own addresses, lower case
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
    html, text = ("", text) if len(to_text(html)) < _JUNK_HTML_SHARE * len(text) else (html, "" if html else text)
    name, address = parseaddr(header(message, "from"))
    address = address.lower()
    return Mail(
        message_id=_in_brackets(header(message, "message-id")),
        list_id=_in_brackets(header(message, "list-id")).lower(),
        name=one_line(name, 80) or address.rpartition("@")[2] or "a newsletter",
        address=address,
        subject=one_line(header(message, "subject")),
        sent_at=_sent_at(message),
        archived_at=_in_brackets(header(message, "archived-at")),
        readers=_readers(message),
        html=html,
        text=text,
    )


def header(message: Message, name: str) -> str:
    """A header in Unicode, encoded words (RFC 2047) and raw 8-bit bytes alike; "" where there is none."""
    raw = next((str(v) for k, v in message.raw_items() if k.lower() == name), "")[:_MAX_HEADER_CHARS]
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
        text = decode(body, media_type) if isinstance(body, bytes) else ""
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


def _readers(message: Message) -> tuple[str, ...]:
    values = [header(message, name) for name in _READER_HEADERS]
    found = {address.lower() for _, address in getaddresses([v for v in values if v]) if "@" in address}
    return tuple(sorted(found))
