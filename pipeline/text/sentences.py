"""Where sentences begin and end, in English and Chinese, in one pass over the text.

Rules after Kiss & Strunk, "Unsupervised Multilingual Sentence Boundary Detection" (2006): a full stop is an end
unless the word before it is an abbreviation, an initial or a list number, or the next word starts in lower case.
"""

import re

# A run of end marks with the quotes and brackets that close behind it. Both classes are disjoint: linear.
_END = re.compile(r"(?P<marks>[.!?…]+|[。！？｡]+[.!?…。！？｡]*)(?P<closers>[\"'”’»)\]}」』）】》〉]*)")
_WORD_BEFORE = re.compile(r"[\w.&'’-]*\Z")
_WORD_AFTER = re.compile(r"[\"'“‘«(\[「『（【*_]*([\w'’.-]*)")
_LOOK_BACK_CHARS = 24  # longer than any abbreviation, so that each look back costs the same

# Always followed by what they belong to: "Dr. Chen", "e.g. this", "vs. that".
_TITLES = "mr mrs ms dr prof st rev gen sen rep gov capt col sgt hon mt vs v cf viz e.g i.e approx est vol ed eds nr"
# The same, before a number only: "No. 5", "Fig. 2", "Jan. 5".
_COUNTED = "no nos fig figs eq eqs sec ch p pp jan feb mar apr jun jul aug sept sep oct nov dec"
# May close a sentence: only a word that usually opens one tells.
_SHORTENED = (
    "inc ltd co corp llc plc bros etc al jr sr u.s u.k u.n e.u d.c a.m p.m ph.d m.d b.s m.s a.i l.a n.y univ dept"
)
_OPENING = """
    the a an it its he she they we you i this that these those in on at but and or so if as when while with after
    before for from by to however meanwhile according also although because both despite during each earlier even here
    his her our their there then now new not one since still such though two under until what where which who why
    elsewhere separately several three four some many most other another researchers
"""
_NEVER_LAST = frozenset(_TITLES.split())
_BEFORE_NUMBERS = frozenset(_COUNTED.split())
_MAY_BE_LAST = frozenset(_SHORTENED.split())
OPENERS = frozenset(_OPENING.split())
"""Words, in lower case, that open an English sentence without being a name."""


def split(text: str) -> list[tuple[int, int]]:
    """Half-open spans of the sentences of a text, without blanks at either end; a new line ends a sentence.

    Decimals, versions, addresses, abbreviations, initials and list numbers end none. Linear in the text's length.
    """
    spans: list[tuple[int, int]] = []
    line_start = 0
    for line in text.splitlines(keepends=True):
        start = 0
        for match in _END.finditer(line):
            if _is_end(line, start, match):
                _append(spans, line, line_start, start, match.end())
                start = match.end()
        _append(spans, line, line_start, start, len(line))
        line_start += len(line)
    return spans


def _append(spans: list[tuple[int, int]], line: str, offset: int, start: int, end: int) -> None:
    piece = line[start:end]
    left = len(piece) - len(piece.lstrip())
    size = len(piece.strip())
    if size:
        spans.append((offset + start + left, offset + start + left + size))


def _is_end(line: str, start: int, match: re.Match[str]) -> bool:
    marks = match["marks"]
    if marks[0] in "。！？｡":
        return True
    rest = line[match.end() : match.end() + 64]
    after = rest.lstrip()
    if not after:
        return True
    if after == rest:  # no blank: inside a number, a version, an address or a name, unless Chinese goes on
        return marks[-1] in "!?" and "\u4e00" <= rest[0] <= "\u9fff"
    found = _WORD_AFTER.match(after)
    following = found[1] if found else ""
    if following[:1].islower() and following == following.lower():
        return False  # "vLLM" and "xAI" open sentences; "said" does not
    return marks != "." or bool(match["closers"]) or not _binds(line, start, match.start(), following)


def _binds(line: str, start: int, dot: int, following: str) -> bool:
    """Whether the full stop at ``dot`` belongs to the word before it."""
    found = _WORD_BEFORE.search(line[max(start, dot - _LOOK_BACK_CHARS) : dot])
    word = found[0] if found else ""
    bare = word.lower().strip("'’-")
    if word.isdigit() and not line[start : dot - len(word)].strip():
        return True  # "1. First point"
    if bare in _BEFORE_NUMBERS:
        return following[:1].isdigit()
    if bare in _NEVER_LAST:
        return True
    initial = len(word) == 1 and word.isalpha() and word.isupper()
    return (initial or bare in _MAY_BE_LAST) and following.lower() not in OPENERS
