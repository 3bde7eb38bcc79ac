"""A Message as RFC 5322 mail: multipart/alternative, text first, the same bytes each time it is built."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from hashlib import sha256

from pipeline.errors import ConfigError
from pipeline.seams import Message
from pipeline.text.addresses import to_ascii
from pipeline.text.characters import one_line

_OURS = frozenset({"from", "to", "subject", "date", "message-id", "mime-version", "content-type"})


def sender_address(message: Message, sender: str = "") -> str:
    """The bare address that mail comes from: ``sender``, else the From header.

    Raises ConfigError when it is missing or no address.
    """
    written = sender or message.headers.get("From", "")
    try:
        return to_ascii(written)
    except ValueError as e:
        remedy = "Write mail.sender as Name <digest@example.org>"
        raise ConfigError(str(e), subject="mail.sender", remedy=remedy) from e


def build(message: Message, sender: str = "") -> EmailMessage:
    """The mail of one recipient, in plain text alone where there is no HTML. ``sender`` goes before the From header
    where it is set.

    A recipient without @ (an archive) is not named. Raises ConfigError for a sender, ValueError for a recipient that
    is no address.
    """
    mail = EmailMessage(policy=SMTP)
    name = one_line(parseaddr(sender or message.headers.get("From", ""))[0])
    mail["From"] = Address(display_name=name, addr_spec=sender_address(message, sender))
    archive = "@" not in message.recipient
    mail["To"] = "undisclosed-recipients:;" if archive else Address(addr_spec=to_ascii(message.recipient))
    mail["Subject"] = one_line(message.subject)
    mail["Date"] = format_datetime(message.date)
    mail["Message-ID"] = one_line(message.message_id)
    for key, value in message.headers.items():
        if key.lower() not in _OURS:
            mail[key] = one_line(value)
    text, html = message.text.decode(), message.html.decode()
    mail.set_content(text, cte=_encoding(text))
    if html:
        mail.add_alternative(html, subtype="html", cte=_encoding(html))
        mail.set_boundary("=_" + sha256(message.message_id.encode()).hexdigest()[:32])
    return mail


def _encoding(text: str) -> str:
    """Base64 where it is shorter: quoted-printable takes 9 bytes for a Han character, base64 4."""
    size = len(text.encode())
    escaped = size - sum(c.isascii() for c in text)
    return "base64" if size + 2 * escaped > size * 4 / 3 else "quoted-printable"
