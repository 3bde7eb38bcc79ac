"""Where the words of a quotation stand in the text that they are taken from."""

import unicodedata

_SAME = str.maketrans("‘’‚‛“”„‟«»「」『』‐‑‒–—―−", '\'\'\'\'""""""""""-------')
_AROUND = " .,;:…\"'"


def locate(quote: str, body: str) -> tuple[int, int] | None:
    """The half-open span of a quote in the original ``body``, or None.

    Blanks, case, Unicode compatibility forms, quotation marks, dashes and what closes the quote may differ; the words
    may not, and no quote begins or ends inside a word.
    """
    needle = _fold(unicodedata.normalize("NFC", quote))[0].strip(_AROUND)
    hay, origin = _fold(body)
    at = hay.find(needle) if needle else -1
    while at >= 0:
        end = at + len(needle)
        if not _inside_word(hay, at) and not _inside_word(hay, end):
            return origin[at], origin[end - 1] + 1
        at = hay.find(needle, end)
    return None


def stands_in(name: str, folded: str) -> bool:
    """Whether a name occurs as whole words in a text that is case-folded."""
    needle = name.casefold()
    at = folded.find(needle) if needle else -1
    return at >= 0 and not _inside_word(folded, at) and not _inside_word(folded, at + len(needle))


def _fold(text: str) -> tuple[str, list[int]]:
    """(NFKC, case-folded, quotation marks and dashes alike, blanks as one; where each character came from)."""
    out: list[str] = []
    origin: list[int] = []
    for index, char in enumerate(text):
        if char.isspace():
            if out and out[-1] != " ":
                out.append(" ")
                origin.append(index)
            continue
        for folded in unicodedata.normalize("NFKC", char).casefold().translate(_SAME):
            out.append(folded)
            origin.append(index)
    return "".join(out), origin


def _inside_word(text: str, at: int) -> bool:
    """Whether a position parts a word; Han has no blanks between words, so only ASCII counts."""
    return 0 < at < len(text) and all(char.isascii() and char.isalnum() for char in text[at - 1 : at + 1])
