"""The headers of a mail: its Message-ID, and what a list must say of itself. Pure."""

import hmac
import re
from email.utils import parseaddr

from pipeline.config import MailSettings
from pipeline.text.addresses import domain_of, unsubscribe_uri
from pipeline.text.characters import one_line

_ID_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_PHRASE_UNSAFE = re.compile(r"[^\w\s-]+")


def message_id(issue_id: str, recipient: str, secret: str, domain: str) -> str:
    """ "<issue-2026-11-23.0123456789abcdef@domain>": the same for every attempt, so that a second copy can be told.

    The recipient stands in it as 16 hex digits of HMAC-SHA256 only; nobody without ``secret`` finds the address.
    """
    digest = hmac.new(secret.encode(), recipient.encode(), "sha256").hexdigest()[:16]
    host = _ID_UNSAFE.sub("-", domain_of(f"digest@{domain}"))
    return f"<issue-{_ID_UNSAFE.sub('-', issue_id)}.{digest}@{host}>"


def list_headers(settings: MailSettings, title: str) -> dict[str, str]:
    """From and the List- headers of every issue (RFC 2919, RFC 2369); none can bring a second header with it.

    Without ``mail.list_id`` the id is made of the sender's address. List-Unsubscribe stands where
    ``mail.unsubscribe`` gives a mailto:, an https: address, or a bare mail address.
    """
    headers = {"From": one_line(settings.sender), "List-Id": _list_id(settings, title), "List-Post": "NO"}
    if uri := unsubscribe_uri(settings.unsubscribe):
        headers["List-Unsubscribe"] = f"<{uri}>"
    return headers


def notice_headers(settings: MailSettings) -> dict[str, str]:
    """From, and that no person wrote it (RFC 3834): for mails to reviewers, never for an issue."""
    return {"From": one_line(settings.sender), "Auto-Submitted": "auto-generated"}


def _list_id(settings: MailSettings, title: str) -> str:
    local = parseaddr(settings.sender)[1].rpartition("@")[0]
    made = f"{local or 'digest'}.{domain_of(settings.sender)}"
    ident = _ID_UNSAFE.sub("-", settings.list_id.strip().strip("<>") or made).strip("-.")
    phrase = one_line(_PHRASE_UNSAFE.sub(" ", title), 60)
    return f"{phrase} <{ident}>" if phrase else f"<{ident}>"
