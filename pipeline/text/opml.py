"""OPML, in which feed readers hand over what they follow: read as anybody writes it, written as 2.0 wants it.

http://opml.org/spec2.opml
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from pipeline.text.characters import one_line
from pipeline.text.charset import decode

if TYPE_CHECKING:
    from lxml import etree

MAX_BYTES = 5_000_000
MAX_FEEDS = 5_000
_MAX_TITLE_CHARS = 120
_DECLARATION = re.compile(r"<\?xml[^>]{0,300}\?>")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});)")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML 1.0 section 2.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """An outline with an ``xmlUrl``, as it is written there; ``folders`` are the titles around it, innermost first."""

    title: str
    url: str
    folders: tuple[str, ...] = ()


def read(body: bytes) -> list[Feed]:
    """The feeds of a file in its order, out of folders of any kind; an ``&`` that nobody escaped is taken as meant.

    Raises ValueError for what is broken, no OPML, built to exhaust its readers, or larger than the limits above.
    """
    from lxml import etree

    if len(body) > MAX_BYTES:
        raise ValueError(f"holds more than {MAX_BYTES:,} bytes")
    text = _NOT_XML.sub("", decode(body)).lstrip("\ufeff \t\r\n")
    if "<!ENTITY" in text:  # no reader writes one
        raise ValueError("defines XML entities")
    # Bytes in an encoding of ours: the declaration spoke of bytes that are decoded by now.
    text = _DECLARATION.sub("", text, count=1) if text.startswith("<?xml") else text
    parser = etree.XMLParser(resolve_entities=False, no_network=True, encoding="utf-8")
    try:
        root = etree.fromstring(_BARE_AMPERSAND.sub("&amp;", text).encode(), parser)
    except etree.XMLSyntaxError as e:
        raise ValueError(f"is broken XML: {one_line(str(e), 200)}") from e
    if _name(root) != "opml":
        raise ValueError(f"is no OPML, but <{one_line(_name(root), 40)}>")
    feeds = list(islice(_feeds(root), MAX_FEEDS + 1))
    if len(feeds) > MAX_FEEDS:
        raise ValueError(f"holds more than {MAX_FEEDS:,} feeds")
    return feeds


def write(title: str, feeds: Iterable[Feed]) -> bytes:
    """A file of these feeds. Those with the same innermost folder stand in it together; other folders are not kept."""
    from lxml import etree

    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = _plain(title)
    body = etree.SubElement(root, "body")
    folders = {}
    for feed in feeds:
        name, label = _plain("".join(feed.folders[:1])), _plain(feed.title)
        if name and name not in folders:
            folders[name] = etree.SubElement(body, "outline", text=name)
        around = folders.get(name, body)
        etree.SubElement(around, "outline", type="rss", text=label, title=label, xmlUrl=_NOT_XML.sub("", feed.url))
    return etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)


def _feeds(root: "etree._Element") -> Iterator[Feed]:
    """Every element with an address, in the order of the file."""
    waiting: list[tuple[etree._Element, tuple[str, ...]]] = [(root, ())]
    while waiting:
        element, folders = waiting.pop()
        title = _plain(_first(element, "title", "text"))
        if url := _first(element, "xmlUrl", "xmlurl", "xmlURL").strip():
            yield Feed(title=title, url=url, folders=folders)
        inside = (title, *folders) if title else folders
        waiting += [(child, inside) for child in reversed(element)]


def _first(element: "etree._Element", *names: str) -> str:
    """The first of these attributes that says something. (lxml's ``items`` takes quadratic time on many attributes.)"""
    return next((value for value in map(element.get, names) if value), "")


def _name(element: "etree._Element") -> str:
    return str(element.tag).rpartition("}")[2].lower()


def _plain(text: str) -> str:
    return _NOT_XML.sub("", one_line(text, _MAX_TITLE_CHARS))
