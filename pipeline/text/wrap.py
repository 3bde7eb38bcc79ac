"""Wraps plain text at a column: Han counts two columns and breaks anywhere, an address never breaks."""

import re
import unicodedata

_WIDE = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_OPEN = "（「『《【〈〔"
_CLOSE = "，。！？；：、）」』》】〉〕"
# Line-start and line-end prohibition (W3C CLREQ, "prohibition rules"): a mark stays with the character it belongs to.
_PIECE = re.compile(f"[{_OPEN}]*(?:[{_WIDE}]|[^{_WIDE}{_OPEN}{_CLOSE}]+)[{_CLOSE}]*|[{_OPEN}{_CLOSE}]+")


def width(text: str) -> int:
    """Columns that a fixed-width display needs (Unicode Standard Annex 11)."""
    return sum(_columns(c) for c in text)


def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def wrap(text: str, columns: int = 72, first: str = "", rest: str | None = None) -> str:
    """Fill lines up to ``columns``; ``first`` and ``rest`` go before the first and the other lines.

    A word that is longer than a line, such as an address, stands whole on a line of its own.
    """
    rest = " " * width(first) if rest is None else rest
    lines: list[str] = []
    line, used, empty = first, width(first), True
    for piece, gap in _pieces(text):
        needed = width(piece)
        if not empty and used + len(gap) + needed > columns:
            lines.append(line)
            line, used, empty = rest, width(rest), True
        joined = piece if empty else gap + piece
        line, used, empty = line + joined, used + width(joined), False
    return "\n".join([*lines, line])


def _pieces(text: str) -> list[tuple[str, str]]:
    """What may not be broken, each with the blank that stands before it."""
    found: list[tuple[str, str]] = []
    for word in text.split():
        parts = [word] if "://" in word else _PIECE.findall(word)
        found.extend((part, "" if i else " ") for i, part in enumerate(parts))
    return found
