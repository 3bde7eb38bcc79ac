"""A page as a small tree of what a reader sees: what is hidden, endless or bottomless does not come into it."""

import re
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING

from pipeline.text import styles

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# Finding the article takes time with the square of what there is to look at: 100 kB of headings took 1.2 s, 300 kB 7 s,
# and 3 MB of authors in JSON-LD 225 s. Within these limits 87 ways to fill 3 MB take 1.8 s at most. Of 154 real pages
# none reaches them: the largest have 4,219 elements, a weight of 266,110, 133,842 characters of text, 38,433 of linked
# data, 7,758 angle brackets, 1,439,246 characters in all.
MAX_CHARS = 2_000_000
_MAX_BRACKETS = 50_000
_MAX_AMPERSANDS = 100_000
_MAX_DEPTH = 100
_MAX_WEIGHT = 330_000
_ELEMENT_WEIGHT, _ATTRIBUTE_WEIGHT = 50, 10
_MAX_ATTRIBUTES, _MAX_ATTRIBUTE_CHARS = 30, 500
_MAX_TEXT_CHARS = 300_000
_MAX_DATA_CHARS = 50_000
_DATA_TYPE = "application/ld+json"  # names title and date of many pages

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,40}")
_NOT_IN_A_TREE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def head(html: str) -> str:
    """As much of the beginning of a page as can be walked through in a moment."""
    html = html[:MAX_CHARS]
    for mark, limit in (("<", _MAX_BRACKETS), ("&", _MAX_AMPERSANDS)):
        html = mark.join(html.split(mark, limit)[:limit])
    return html


def grow(html: str) -> "HtmlElement | None":
    """The tree of a page; None where there is none. Give it the ``head`` of a page."""
    from lxml import etree

    # lxml needs four methods of a target at most; its stubs ask for more.
    parser = etree.HTMLParser(target=_Target(), encoding="utf-8", huge_tree=True)  # type: ignore[arg-type]
    try:
        parser.feed(html.replace("\0", "").encode("utf-8", "ignore"))
        return parser.close()
    except etree.XMLSyntaxError:  # an empty document
        return None


class _Target:
    """Target of lxml's parser: https://lxml.de/parsing.html#the-target-parser-interface."""

    def __init__(self) -> None:
        from lxml import etree, html

        self._tree = etree.TreeBuilder(parser=html.HTMLParser())
        self._open: list[str] = []  # the elements above, "" for one that is not in the tree
        self._unseen = 0  # how many of them are in a hidden one
        self._paint = [styles.UNKNOWN]  # the colours that each of them gives its text, as far as they say so themselves
        self._weight_left = _MAX_WEIGHT
        self._text_left = _MAX_TEXT_CHARS
        self._data_left = _MAX_DATA_CHARS

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element opens."""
        style = styles.of(attributes)
        paint = self._paint[-1].within(attributes, style)
        if self._unseen or _is_unseen(tag, attributes, style, paint):
            self._unseen += 1
        self._paint.append(paint)
        name = tag if _NAME.fullmatch(tag) else "span"
        built = not self._unseen and self._weight_left > 0 and len(self._open) < _MAX_DEPTH
        if built:
            few = dict(islice(((k, v) for k, v in attributes.items() if _NAME.fullmatch(k)), _MAX_ATTRIBUTES))
            words = len(few.get("class", "")) + len(few.get("id", ""))
            self._weight_left -= _ELEMENT_WEIGHT + _ATTRIBUTE_WEIGHT * len(few) + min(words, 2 * _MAX_ATTRIBUTE_CHARS)
            self._tree.start(name, {k: _clean(v[:_MAX_ATTRIBUTE_CHARS]) for k, v in few.items()})
        self._open.append(name if built else "")

    def end(self, tag: str) -> None:
        """An element closes."""
        self._unseen = max(0, self._unseen - 1)
        self._paint.pop()
        if name := self._open.pop():
            self._tree.end(name)

    def data(self, text: str) -> None:
        """Text, possibly a part of a word."""
        if self._unseen or not self._open:
            return
        if self._open[-1] == "script":
            self._data_left -= len(text)
            left = self._data_left
        else:
            self._text_left -= len(text)
            left = self._text_left
        if left > 0 and self._weight_left > 0:
            self._tree.data(_clean(text))

    def close(self) -> "HtmlElement | None":
        """The document ends."""
        while self._open:
            self.end("")
        try:
            return self._tree.close()
        except AssertionError:  # nothing was ever opened
            return None


def _is_unseen(tag: str, attributes: Mapping[str, str], style: Mapping[str, str], paint: styles.Paint) -> bool:
    """Whether a reader does not see it. Pages that fade in hide themselves as a whole at first."""
    if tag in ("style", "template", "svg"):
        return True
    if tag == "script":
        return attributes.get("type", "").strip().lower() != _DATA_TYPE
    tiny = styles.is_tiny(style.get("font-size", ""))
    return tag not in ("html", "body") and (tiny or paint.hides() or styles.is_hidden(tag, attributes, style))


def _clean(text: str) -> str:
    return _NOT_IN_A_TREE.sub("", text)
