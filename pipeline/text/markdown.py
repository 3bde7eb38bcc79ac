"""Makes hostile text harmless in Markdown: it prints as it stands (https://spec.commonmark.org, GitHub's dialect)."""

import re

_ACTIVE = re.compile(r"([\\`*_\[\]<>|~&$])")
_LINE_START = re.compile(r"^(\d{1,9}(?=[.)]))?([#+=.):-])", re.MULTILINE)
_AUTOLINK = re.compile(r"://|\bwww\.", re.IGNORECASE)  # GitHub links bare addresses
_URL_ACTIVE = re.compile(r"[()\[\]]")
_ENTITY = re.compile(r"&(?=#?\w{1,40};)")


def escape(text: str) -> str:
    """Plain text on one line, for any place in a Markdown document, the start of a line included."""
    text = _ACTIVE.sub(r"\\\1", text)
    text = _LINE_START.sub(lambda m: f"{m[1] or ''}\\{m[2]}", text)
    return _AUTOLINK.sub(lambda m: m[0].replace("://", ":\\//").replace(".", "\\."), text)


def escape_url(url: str) -> str:
    """An http(s) address, for the round brackets of a link."""
    return _ENTITY.sub("&amp;", _URL_ACTIVE.sub(lambda m: f"%{ord(m[0]):02X}", url))
