"""HTML as plain text, blocks and links: one pass over lxml's parser events, no tree, so depth costs nothing."""

import html as entities
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from pipeline.text import styles
from pipeline.text.characters import clean, one_line
from pipeline.text.urls import canonicalise


@dataclass(frozen=True, slots=True)
class Link:
    """An address and the words that carry it; the alternative text when an image does."""

    url: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A run of text that a browser puts on lines of its own, or an image that is a link (then ``text`` is empty)."""

    text: str
    heading: int = 0  # 1..6 inside <h1>..<h6>, else 0
    item: bool = False  # the first block of a list item
    bold: bool = False  # every letter is
    lead: str = ""  # the bold words that it begins with
    size_px: float = 0.0  # of its largest letters, where a style says so; 0 when none does
    links: tuple[Link, ...] = ()  # addresses as they are written


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a reader sees of a document; ``hidden_chars``: letters and digits that are kept from a reader's eyes."""

    blocks: tuple[Block, ...]
    hidden_chars: int


def to_text(html: str) -> str:
    """What a reader sees, one block a line, list items behind "- "; a string without tags is only decoded."""
    if not _TAG.search(html):
        return clean(entities.unescape(html) if "&" in html else html)
    return join(read(html).blocks)


def join(blocks: Iterable[Block]) -> str:
    """The text of blocks, as ``to_text`` gives it."""
    return "\n".join(("- " if b.item else "") + b.text for b in blocks if b.text)


def links(html: str, base: str = "") -> list[Link]:
    """The links that a reader sees, in order, canonical, each address once with the first words that carry it."""
    found: dict[str, str] = {}
    for link in (link for block in read(html).blocks for link in block.links):
        url = "" if link.url.startswith("#") else canonicalise(link.url, base)
        if url and not found.get(url):
            found[url] = link.text
    return [Link(url, text) for url, text in found.items()]


def read(html: str) -> Page:
    """The visible blocks of a document of any depth and any brokenness."""
    walk = _Walk()
    feed(html, walk)
    return Page(blocks=tuple(walk.blocks), hidden_chars=walk.hidden_chars)


class Target(Protocol):
    """Is told a document's elements and texts: https://lxml.de/parsing.html#the-target-parser-interface."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element opens."""
        ...

    def end(self, tag: str) -> None:
        """An element closes; each one does, in order, whatever the document says."""
        ...

    def data(self, text: str) -> None:
        """Text, possibly a part of a word."""
        ...

    def close(self) -> None:
        """The document ends."""
        ...


def feed(html: str, target: Target) -> None:
    """Tell a document to a target, of any depth and any brokenness."""
    from lxml import etree

    # Bytes with their encoding named: a <meta charset> in a string that is decoded already must not count again.
    # lxml needs four methods of a target at most; its stubs ask for more.
    parser = etree.HTMLParser(target=target, encoding="utf-8", huge_tree=True)  # type: ignore[arg-type]
    try:
        parser.feed(html.replace("\0", "").encode("utf-8", "ignore"))
        parser.close()
    except etree.XMLSyntaxError:  # an empty document; else whatever was read until the trouble
        target.close()


_TAG = re.compile(r"<[a-zA-Z/!?]")
_SPACE = re.compile(r"\s+")
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html",
    "legend", "li", "main", "nav", "ol", "option", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead",
    "tr", "ul",
))  # fmt: skip
NO_TEXT = frozenset((
    "head", "title", "script", "style", "template", "noscript", "iframe", "object", "svg", "select", "textarea",
    "audio", "video", "canvas", "math", "map",
))  # fmt: skip
_BOLD = frozenset(("b", "strong", "h1", "h2", "h3", "h4", "h5", "h6", "th"))


class _Anchor:
    """An open <a href>; ``shows`` once it has text or an image."""

    __slots__ = ("href", "image_text", "said", "shows")

    def __init__(self, href: str) -> None:
        self.href = href
        self.image_text = ""
        self.shows = False
        self.said = False


class _Frame(NamedTuple):
    """What an open element hands down to its children."""

    silent: bool = False  # holds no text for readers: scripts and the like
    hidden: bool = False
    tiny: bool = False  # font-size 0, which a child may take back (MJML layouts live on that)
    paint: styles.Paint = styles.PLAIN
    bold: bool = False
    size_px: float = 0.0
    pre: bool = False
    heading: int = 0
    anchor: _Anchor | None = None


class _Walk:
    """The target that finds what a reader sees."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.hidden_chars = 0
        self._stack = [_Frame()]
        self._parts: list[str] = []
        self._links: list[tuple[_Anchor, list[str]]] = []
        self._plain = False  # the block has a letter that is not bold
        self._lead = ""  # what stood before that letter
        self._size_px = 0.0
        self._item = False
        self._page = styles.PAPER

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element opens."""
        above = self._stack[-1]
        style = styles.of(attributes)
        frame = _Frame(
            silent=above.silent or tag in NO_TEXT,
            hidden=above.hidden or styles.is_hidden(tag, attributes, style),
            tiny=styles.is_tiny(style["font-size"]) if "font-size" in style else above.tiny,
            paint=above.paint.within(attributes, style),
            bold=styles.is_bold(style["font-weight"]) if "font-weight" in style else above.bold or tag in _BOLD,
            size_px=styles.pixels(style["font-size"]) if "font-size" in style else above.size_px,
            pre=above.pre or tag == "pre",
            heading=int(tag[1]) if len(tag) == 2 and tag[0] == "h" and tag[1] in "123456" else above.heading,
            anchor=_Anchor(attributes["href"]) if tag == "a" and attributes.get("href") else above.anchor,
        )
        if tag in ("style", "link"):
            self._page = ""  # a sheet may give it any colour
        if tag in _BLOCKS:
            self._flush()
            self._item = self._item or tag == "li"
        elif tag == "br":
            self._parts.append("\n")
        elif tag in ("td", "th"):
            self._parts.append(" ")
        elif tag == "img" and frame.anchor and not frame.hidden and not frame.silent:
            frame.anchor.shows = True
            frame.anchor.image_text = frame.anchor.image_text or one_line(attributes.get("alt", ""))
        self._stack.append(frame)

    def end(self, tag: str) -> None:
        """An element closes."""
        frame = self._stack[-1]
        if tag == "a" and frame.anchor and frame.anchor.shows and not frame.anchor.said:
            self._links.append((frame.anchor, []))
        if tag in _BLOCKS:
            self._flush()  # while the element still counts: a block is a heading inside <h1>, not behind it
        if len(self._stack) > 1:
            self._stack.pop()
        if tag in _BLOCKS:
            self._item = self._item and tag != "li"

    def data(self, text: str) -> None:
        """Text, possibly a part of a word."""
        frame = self._stack[-1]
        if frame.silent:
            return
        if frame.hidden or frame.tiny or frame.paint.hides(self._page):
            self.hidden_chars += sum(map(str.isalnum, text))  # not what pads a preheader
            return
        blank = text.isspace()
        if not (self._plain or frame.bold or blank):
            self._plain, self._lead = True, "".join(self._parts)
        self._parts.append(text if frame.pre else _SPACE.sub(" ", text))
        self._size_px = self._size_px if blank else max(self._size_px, frame.size_px)
        if frame.anchor:
            if not self._links or self._links[-1][0] is not frame.anchor:
                if blank:
                    return
                self._links.append((frame.anchor, []))
            self._links[-1][1].append(text)
            frame.anchor.said = True

    def close(self) -> None:
        """The document ends."""
        self._flush()

    def _flush(self) -> None:
        lines = (one_line(line) for line in "".join(self._parts).split("\n"))
        text = "\n".join(line for line in lines if line)
        if text or self._links:
            self.blocks.append(
                Block(
                    text=text,
                    heading=self._stack[-1].heading,
                    item=self._item and bool(text),
                    bold=bool(text) and not self._plain,
                    lead=one_line(self._lead) if self._plain else one_line(text),
                    size_px=self._size_px,
                    links=tuple(Link(a.href, one_line("".join(parts)) or a.image_text) for a, parts in self._links),
                )
            )
            self._item = self._item and not text
        self._parts, self._links, self._plain, self._lead, self._size_px = [], [], False, "", 0.0
