"""Mail addresses: the part a server is told, its domain in ASCII, and the link that ends a subscription."""

import re
from email.utils import parseaddr
from urllib.parse import quote

_SAFE_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_SAFE_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_URI = re.compile(r"(?:mailto:|https://)[!-;=?-~]+", re.IGNORECASE)  # printable ASCII without < and >


def to_ascii(address: str) -> str:
    """The bare address with its domain in punycode (RFC 3490), ready for SMTP.

    Raises ValueError that says why when it is no address, or needs SMTPUTF8 (RFC 6531), which few servers take.
    """
    if not address.isprintable():
        raise ValueError(f"{address!r} is not a mail address")
    bare = parseaddr(address)[1]
    local, at, domain = bare.rpartition("@")
    if not at or not local:
        raise ValueError(f"{address!r} is not a mail address")
    if not local.isascii():
        raise ValueError(f"{address!r} needs SMTPUTF8: its part before the @ is not ASCII")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError as e:
        raise ValueError(f"{address!r} has no valid domain") from e
    if not _SAFE_LOCAL.fullmatch(local) or not _SAFE_DOMAIN.fullmatch(domain):
        raise ValueError(f"{address!r} is not a mail address")
    return f"{local}@{domain}"


def domain_of(address: str) -> str:
    """The ASCII domain of an address; "localhost" when there is none."""
    try:
        return to_ascii(address).rpartition("@")[2]
    except ValueError:
        return "localhost"


def unsubscribe_uri(setting: str) -> str:
    """The link that ends a subscription, from ``mail.unsubscribe``: a mailto: or https: URI, or a bare address.

    Empty when the setting is empty or none of these.
    """
    setting = setting.strip()
    if _URI.fullmatch(setting):
        return setting
    try:
        return "mailto:" + quote(to_ascii(setting), safe="@+.!'*_~-") + "?subject=unsubscribe"
    except ValueError:
        return ""
