"""Shows where in a sentence something was found: the words marked, and no more around them than a line or two."""

from collections.abc import Iterable
from typing import NamedTuple

from pipeline.text.characters import one_line

MAX_CHARS = 300
OPEN, CLOSE = "»", "«"


class Marked(NamedTuple):
    """A sentence in three parts, on one line: before the marked words, these, and after them."""

    before: str
    words: str
    after: str

    def __str__(self) -> str:
        return f"{self.before}{OPEN}{self.words}{CLOSE}{self.after}"


def around(text: str, start: int, end: int, max_chars: int = MAX_CHARS) -> Marked:
    """``text[start:end]`` within its sentence. A longer text than ``max_chars`` is cut at both ends, with ellipses."""
    most = max_chars // 2
    before, words, after = text[:start], text[start:end], text[end:]
    if len(text) > max_chars:
        before = f"…{before[-most:]}" if len(before) > most else before
        words = f"{words[:most]}…" if len(words) > most else words
        after = f"{after[:most]}…" if len(after) > most else after
    return Marked(_line(before), _line(words), _line(after))


def _line(text: str) -> str:
    """On one line, keeping whether there is a blank at its ends."""
    return (" " if text[:1].isspace() else "") + one_line(text) + (" " if text.strip() and text[-1].isspace() else "")


def mark(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """A text with marks around these half-open spans; where they overlap it is one, and one over all of it is none."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(s for s in spans if s[1] - s[0] < len(text.strip())):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    for start, end in reversed(joined):
        text = f"{text[:start]}{OPEN}{text[start:end]}{CLOSE}{text[end:]}"
    return text
