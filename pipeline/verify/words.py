"""A passage as a row of words with their places: for looking up what somebody is said to have said."""

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate

HAN = re.compile("[\u4e00-\u9fff]")
"""A Chinese character in common use."""

_QUOTED = re.compile(r"“[^“”]{0,600}”|\"[^\"\n]{0,600}\"|「[^「」]{0,600}」")
_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# A Han character is a word of its own; a dot or comma between digits belongs to the number.
_WORD = re.compile(rf"[{_HAN}]|(?:(?![{_HAN}])[^\W_])(?:(?![{_HAN}])[\w\u0300-\u036f]|(?<=\d)[.,](?=\d))*")


def quoted(text: str) -> list[tuple[int, int]]:
    """Where the quotations of a text stand, with their marks."""
    return [m.span() for m in _QUOTED.finditer(text)]


def unquoted(text: str, mark: str = " ") -> str:
    """A text of the same length with blanks for what is quoted, and ``mark`` for the marks around it."""
    return _QUOTED.sub(lambda m: mark + " " * (len(m[0]) - 2) + mark, text)


def is_han(word: str) -> bool:
    """Whether a word is a single Han character or kana."""
    return bool(re.fullmatch(f"[{_HAN}]", word))


@dataclass(frozen=True, slots=True)
class Words:
    """The folded words of a text, and the same without anything between them.

    Punctuation, quote marks, apostrophes and white space are changed freely ("does n't", "e-mail", "GPT 4"): words are
    compared without what stands between, but a place begins and ends where a word does.
    """

    words: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    joined: str
    offsets: tuple[int, ...]  # where each word starts in ``joined``, and its length last

    def find(self, part: str, first: int = 0) -> tuple[int, int] | None:
        """The next half-open row of words, from word ``first`` on, that reads as ``part`` (see ``fold``)."""
        at = self.offsets[first]
        while (at := self.joined.find(part, at)) >= 0:
            a, b = bisect_left(self.offsets, at), bisect_left(self.offsets, at + len(part))
            if self.offsets[a] == at and self.offsets[b] == at + len(part):
                return a, b
            at += 1
        return None

    def place(self, first: int, end: int) -> tuple[int, int]:
        """Where the words from ``first`` to before ``end`` stand in the text."""
        return self.spans[first][0], self.spans[min(end, len(self.spans)) - 1][1]


def fold(text: str) -> tuple[str, ...]:
    """The words of a text: NFKD, case folded, without accents, which are typed in two ways and left out in a third."""
    return tuple(_fold(m[0]) for m in _WORD.finditer(text))


def _fold(word: str) -> str:
    if word.isascii():
        return word.lower()
    parts = unicodedata.normalize("NFKD", word).casefold()
    return "".join(c for c in parts if not "\u0300" <= c <= "\u036f") or parts


def read(text: str) -> Words:
    """The words of a passage with their places."""
    found = [(_fold(m[0]), m.span()) for m in _WORD.finditer(text)]
    words = tuple(word for word, _ in found)
    offsets = tuple(accumulate(map(len, words), initial=0))
    return Words(words, tuple(span for _, span in found), "".join(words), offsets)
