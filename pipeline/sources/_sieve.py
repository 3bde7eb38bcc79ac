"""Which mail is read: by its size, its age, its sender, and what our own mail server says of its signature."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.parser import BytesHeaderParser

from pipeline.sources._message import header, headers, sender
from pipeline.text.dates import parse_date

MAX_MESSAGE_BYTES = 25_000_000  # what large providers take
MAX_HEAD_BYTES = 100_000
_PASS = re.compile(r"dkim\s{0,9}=\s{0,9}(\w{1,20})(.*)", re.IGNORECASE | re.DOTALL)
_SIGNER = re.compile(r"\bheader\.[di]\s{0,9}=\s{0,9}(?:[^\s@;]{0,64}@)?([\w.-]{1,255})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sieve:
    """What config.yaml asks for; ``senders`` in lower case, none: all of them; ``authserv_id`` "": nobody is asked."""

    senders: Sequence[str] = ()
    oldest: datetime | None = None
    authserv_id: str = ""

    def refusal(self, message: Message, size_bytes: int) -> str:
        """Why a mail with these headers is not read, in a word; "" when it is."""
        sent = parse_date(header(message, "date"))
        if size_bytes > MAX_MESSAGE_BYTES:
            return "too_large"
        if self.oldest and sent and sent < self.oldest:
            return "too_old"
        domain = self._vouched_for(message)
        if domain is None:
            return "sender_not_allowed"
        if self.authserv_id and not is_signed(message, self.authserv_id, domain):
            return "not_authenticated"
        return ""

    def _vouched_for(self, message: Message) -> str | None:
        """The domain that the mail has to be signed for: that of its sender, or of the list that is allowed."""
        _, address = sender(message)
        domain = address.rpartition("@")[2]
        list_id = header(message, "list-id").lower().rpartition("<")[2].strip("> ")
        if not self.senders or any(s in (address, domain) or domain.endswith(f".{s}") for s in self.senders):
            return domain
        return list_id if list_id in self.senders else None


def heading(beginning: bytes) -> Message:
    """The headers of a mail, out of its beginning."""
    return BytesHeaderParser().parsebytes(beginning[:MAX_HEAD_BYTES])


def is_signed(message: Message, authserv_id: str, domain: str) -> bool:
    """Whether that server found a DKIM signature good, and of the domain (or one above or below it), if it says whose.

    Of several results of the server the first that speaks of DKIM counts: servers write theirs above what came with
    the mail (RFC 8601 sections 5 and 7.1).
    """
    for value in headers(message, "authentication-results"):
        server, *results = _bare(value).split(";")
        said = [found for found in map(_PASS.match, map(str.strip, results)) if found]
        if said and server.split()[:1] == [authserv_id.lower()]:
            return any(found[1] == "pass" and _speaks_for(_SIGNER.findall(found[2]), domain) for found in said)
    return False


def _speaks_for(signers: Sequence[str], domain: str) -> bool:
    return not signers or any(f".{a}".endswith(f".{b}") for s in signers for a, b in ((s, domain), (domain, s)))


def _bare(value: str) -> str:
    """In lower case, without comments and quoted strings, in which a sender's own words may stand."""
    return "".join(_outside(value.lower()))


def _outside(value: str) -> Iterator[str]:
    depth, quoted, escaped = 0, False, False
    for character in value:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"' and not depth:
            quoted = not quoted
        elif character in "()" and not quoted:
            depth = max(0, depth + (1 if character == "(" else -1))
        elif not depth and not quoted:
            yield character
