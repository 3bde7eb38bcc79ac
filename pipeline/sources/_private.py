"""A mail without its reader: what may be kept of it, with nobody's address, name or subscriber token in it."""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import md5, sha1, sha256
from html import escape
from urllib.parse import unquote, urlsplit, urlunsplit

from pipeline.sources._message import NO_NAME, Mail
from pipeline.text.characters import clean
from pipeline.text.html import NO_TEXT, feed
from pipeline.text.urls import canonicalise, is_tracking, opaque

ADDRESS = re.compile(
    r"https?://[^\s<>\"'，。；：！？、（）【】「」《》]{3,8000}[^\s<>\"'，。；：！？、（）【】「」《》.,;:!?)\]}]"
)
_NO_SCHEME = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,5}(?!html?\b|php\b)[a-z]{2,12}(?::\d{1,5})?(?:/|$)", re.IGNORECASE)
MAX_LINKS = 3_000  # of a mail; ten times those of the longest newsletter, and a second of work
NOWHERE = "#"  # a link whose address is not kept: that there is one says how a newsletter is built

# Parameters of a subscription's own pages, which a newsletter's other links seldom have.
_PERSONAL = frozenset((
    "token", "jwt", "email", "subscriber", "subscriber_id", "subscriberid", "subscriber_uuid", "recipient",
    "recipient_id", "contact_id",
))  # fmt: skip
_GREETING = "hi|hello|hey|dear|hallo|liebe|lieber|bonjour|hola|good morning|good evening"
_TAG = re.compile(r"<[^<>]{0,9000}>")
_GAP = r"(?:<[^<>]{0,3000}>|[\u00ad\u034f\u200b-\u200f\u2060\ufeff]){0,8}"  # what keeps mail programs from linking
# Of what stands in To, only what is plainly an address is made a pattern: a sender can write anything there.
_READER = re.compile(r"[\w.!#$&'*+/=?^`{|}~-]{1,64}@[\w.-]{3,100}")
_TAG_OF_ADDRESS = re.compile(r"\+[^@]*")
_AT = r"(?:@|=|%(?:25){0,3}40)"  # as it is, in the return path of a list (VERP), in a link
_NEVER = r"(?!)"
_LEAST_CHARS = 8  # of a code that stands for an address: shorter ones stand in any text

# What is kept of HTML: the attributes and declarations that text.html looks at.
_PLAIN = ("width", "height", "bgcolor")
_PLAIN_VALUE = re.compile(r"(?!.*url)[\w#%.,() !+-]{1,60}")
_STYLES = frozenset((
    "display", "visibility", "opacity", "mso-hide", "max-height", "width", "height", "font-size", "font-weight",
    "color", "background", "background-color",
))  # fmt: skip
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)


def without_reader(mail: Mail, own: Iterable[str] = ()) -> Mail:
    """The same mail with nothing in it that tells who reads it; ``own`` are addresses of ours that it may not name.

    Links keep what they lead to, where that can be told without network; of the others only the host stays. HTML
    keeps what ``text.html.read`` looks at. Doing it twice changes nothing more.
    """
    readers = [*mail.readers, *own]
    scrub = Scrub(readers, mail.reader_names)
    ours = mail.address in map(str.lower, readers)
    return replace(
        mail,
        message_id=scrub.token(mail.message_id),
        list_id=scrub.token(mail.list_id),
        name=NO_NAME if ours else scrub.text(mail.name) or NO_NAME,
        address="" if ours else _TAG_OF_ADDRESS.sub("", mail.address),  # it may be made for one reader
        subject=scrub.salutation(scrub.text(mail.subject)),
        archived_at=scrub.link(mail.archived_at).removeprefix(NOWHERE),
        readers=(),
        reader_names=(),
        html=scrub.html(mail.html) if mail.html else "",
        text=scrub.text(mail.text),
    )


class Scrub:
    """Takes some readers out of the texts and links of one mail, however their addresses are written there."""

    def __init__(self, readers: Iterable[str], names: Iterable[str] = ()) -> None:
        self._links_left = MAX_LINKS
        written = {a for a in readers if _READER.fullmatch(a)}
        # Who subscribed with a tag (ann+news@...) may be named without it.
        known = {spelt for a in written for b in (a, _TAG_OF_ADDRESS.sub("", a)) for spelt in (b, b.lower())}
        forms = [form for address in sorted(known) for form in _forms(address)]
        self._named = re.compile("|".join(dict.fromkeys(forms)) or _NEVER)
        words = [[re.escape(word) for word in name.split()] for name in sorted(names)]
        whole, first = [r"\s+".join(w) for w in words], [w[0] for w in words]
        greeted = rf"\b({_GREETING}),?\s+(?:{'|'.join(whole + first)})\b"
        called = "|".join(name for name, w in zip(whole, words, strict=True) if len(w) > 1)
        saluted = rf"\A(?:{'|'.join(whole + first)})[,!]\s+"
        self._saluted = re.compile(saluted if words else _NEVER, re.IGNORECASE)
        self._greeted = re.compile(greeted if words else _NEVER, re.IGNORECASE)
        self._called = re.compile(rf"\b(?:{called})\b" if called else _NEVER, re.IGNORECASE)

    def salutation(self, text: str) -> str:
        """A subject without the name that it begins with."""
        return self._saluted.sub("", text)

    def token(self, text: str) -> str:
        """An id without the readers' addresses."""
        return self._named.sub("", text)

    def text(self, text: str) -> str:
        """Plain text without the readers; addresses of pages as in ``link``."""
        return clean(self.words(clean(text)))

    def words(self, text: str) -> str:
        """A piece of text, with the blanks around it."""
        text = ADDRESS.sub(lambda found: self.link(found[0]).removeprefix(NOWHERE), text)
        return self._called.sub("", self._greeted.sub(lambda found: found[1], self._named.sub("", text)))

    def link(self, href: str) -> str:
        """Where a link leads: canonical; only the host where it is opaque or names a reader; NOWHERE for no page."""
        if _NO_SCHEME.match(href):  # a mail has no base: its author forgot "https://"
            href = f"https://{href}"
        self._links_left -= 1
        url = self._impersonal(canonicalise(href)) if self._links_left >= 0 else ""
        return (opaque(url) if is_tracking(url) or self._names(url) else url) or NOWHERE

    def html(self, html: str) -> str:
        """HTML of the same text, links and looks, without everything that ``text.html.read`` does not look at."""
        writer = _Writer(self)
        feed(html, writer)
        return self._named.sub(lambda found: "".join(_TAG.findall(found[0])), "".join(writer.written))

    def _names(self, url: str) -> bool:
        once = unquote(url)
        return any(self._named.search(form) for form in (url, once, unquote(once)))

    @staticmethod
    def _impersonal(url: str) -> str:
        """Without the parameters that are about a reader, and without any that is a mail address: whose else?"""
        parts = urlsplit(url)
        pairs = [(pair, *pair.partition("=")[::2]) for pair in parts.query.split("&")]
        kept = [p for p, key, v in pairs if key.lower() not in _PERSONAL and not _READER.fullmatch(unquote(v))]
        return url if len(kept) == len(pairs) else canonicalise(urlunsplit(parts._replace(query="&".join(kept))))


def _forms(address: str) -> Iterator[str]:
    """The ways in which mails write an address: as it is, encoded for a link, in base64, as a hash."""
    # One gap between a sign and the next, never two in a row: they would be tried in every combination.
    pieces = re.findall(r"[^\W_]+|[\W_]", address.lower())
    yield f"(?i:{_GAP.join(_AT if piece == '@' else _spelled(piece) for piece in pieces)})"
    raw = address.encode()
    digests = [h(raw, usedforsecurity=False).hexdigest() for h in (md5, sha1, sha256)]
    yield f"(?i:{'|'.join([raw.hex(), *digests])})"
    yield from (re.escape(code) for code in _base64(raw) if len(code) >= _LEAST_CHARS)


def _spelled(piece: str) -> str:
    """A word, or a sign as it is and as it stands in a link."""
    sign = len(piece) == 1 and piece.isascii() and not piece.isalnum()
    return f"(?:{re.escape(piece)}|%(?:25){{0,3}}{ord(piece):02X})" if sign else piece


def _base64(raw: bytes) -> set[str]:
    """The characters that stand for these bytes in the base64 of anything around them, wherever they start in it."""
    found = set()
    for shift, first in ((0, 0), (1, 2), (2, 3)):
        code = b64encode(b"\0" * shift + raw).decode()[first : (shift + len(raw)) * 8 // 6]
        found |= {code, code.replace("+", "-").replace("/", "_")}
    return found


class _Writer:
    """Writes HTML again, with what is left of it; elements without text for a reader are left out whole."""

    def __init__(self, scrub: Scrub) -> None:
        self.written: list[str] = []
        self._scrub = scrub
        self._text: list[str] = []
        self._silent = 0  # how deep we are in an element without text

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element opens."""
        self.close()
        if self._silent or tag in NO_TEXT:
            self._silent += 1
        else:
            self.written.append(f"<{_name(tag)}{''.join(self._attributes(attributes))}>")

    def end(self, tag: str) -> None:
        """An element closes."""
        self.close()
        if self._silent:
            self._silent -= 1
        elif tag not in _VOID:
            self.written.append(f"</{_name(tag)}>")

    def data(self, text: str) -> None:
        """Text, possibly a part of a word."""
        if not self._silent:
            self._text.append(text)

    def close(self) -> None:
        """The text so far is whole."""
        if self._text:
            self.written.append(escape(self._scrub.words("".join(self._text)), quote=False))
            self._text = []

    def _attributes(self, attributes: Mapping[str, str]) -> Iterator[str]:
        for name in _PLAIN:
            if _PLAIN_VALUE.fullmatch(attributes.get(name, "")):
                yield f' {name}="{attributes[name]}"'
        if "hidden" in attributes:
            yield " hidden"
        if attributes.get("href"):
            yield f' href="{escape(self._scrub.link(attributes["href"]))}"'
        if attributes.get("alt"):
            yield f' alt="{escape(self._scrub.text(attributes["alt"]))}"'
        if style := ";".join(_styles(attributes.get("style", ""))):
            yield f' style="{style}"'


def _name(tag: str) -> str:
    return tag if tag.isascii() and tag.isalnum() else "span"


def _styles(declarations: str) -> Iterator[str]:
    """What says whether and how large a text shows."""
    for declaration in declarations.lower().split(";"):
        name, _, value = declaration.partition(":")
        if name.strip() in _STYLES and _PLAIN_VALUE.fullmatch(value):
            yield f"{name.strip()}:{value.strip()}"
