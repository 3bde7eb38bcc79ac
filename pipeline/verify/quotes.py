"""Quotations: the words between quotation marks must stand in a source, word for word."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from pipeline.text.characters import one_line
from pipeline.text.sentences import split
from pipeline.types import CheckMethod
from pipeline.verify import words
from pipeline.verify.findings import Finding
from pipeline.verify.sources import Place, Sources
from pipeline.verify.speakers import is_named, speakers

METHOD: CheckMethod = "quote"

MIN_WORDS = 3
MIN_HAN_CHARS = 6
SIMILAR = 0.6  # difflib ratio from which on a passage is shown as what the source says
_MAX_QUOTE_CHARS = 2_000
_MAX_COMPARED_WORDS = 80
_SHOWN_CHARS = 160
_SENTENCE_CHARS = 400  # after a quotation, where its speaker may stand

_BODY = rf"{{1,{_MAX_QUOTE_CHARS}}}?"
_QUOTE = re.compile(
    rf"“(?P<a>[^“”]{_BODY})”"
    rf"|「(?P<b>[^「」]{_BODY})」"
    rf"|『(?P<c>[^『』]{_BODY})』"
    rf"|«(?P<d>[^«»]{_BODY})»"
    rf"|(?<![\w\"])\"(?P<e>(?!\s)[^\"]{_BODY})(?<![\s(\[])\"(?!\w)"
    # Single marks are apostrophes too: they open only before a letter after a blank, and close only after a word's end.
    rf"|(?<![^\s(\[—-])[‘'](?P<f>[A-Za-z](?:[^‘'’\n]|['’](?=\w)){_BODY})(?<=[\w.,!?])['’](?!\w)"
)
_CUT = re.compile(r"\[[^\]]{0,200}\]|\.\s?\.\s?\.+|…+|(?<=[.!?。！？])\s*")


def check(text: str, sources: Sources) -> list[Finding]:
    """Look each quotation up. Ellipses, [insertions] and sentence ends part it; the parts must follow one another.

    Quotations of fewer than ``MIN_WORDS`` words or ``MIN_HAN_CHARS`` Han characters are titles and scare quotes, and
    not looked up. Folding is Unicode NFKD, case, accents, punctuation and white space.
    """
    findings = []
    for start, end, quote in _quotations(text):
        place = next((p for p in _find(quote, sources) if p), None)
        if place:
            findings.append(_by_another(text, start, end, place, sources) or _supported(start, end, place))
        else:
            findings.append(_refuted(start, end, quote, sources))
    return findings


def _supported(start: int, end: int, place: Place) -> Finding:
    return Finding(start=start, end=end, verdict="supported", source=place)


def _by_another(text: str, start: int, end: int, place: Place, sources: Sources) -> Finding | None:
    """A finding where the source has somebody else say these words."""
    around = next(((a, b) for a, b in split(text) if a <= start < b), (start, end))
    passage = sources.passages[place.passage].text
    told = split(passage[: place.end + _SENTENCE_CHARS])
    last = next((i for i, (a, b) in enumerate(told) if place.start < b), len(told) - 1)
    sentence = passage[told[last][0] : max(told[last][1], place.end)]
    before = passage[told[max(0, last - 2)][0] : told[last][0]]
    for said in speakers(text[around[0] : around[1]]):
        others = [s for s in speakers(sentence) if not is_named(s, said.name)]
        somewhere = any(is_named(said, p.text) for p in sources.passages)
        if is_named(said, sentence) or not somewhere or not (others or not is_named(said, before)):
            continue
        who = f"{others[0].name} says this" if others else "does not name the speaker there"
        return Finding(
            start=around[0] + said.start,
            end=around[0] + said.end,
            verdict="refuted" if others else "not_enough_info",
            note=f"In the source {who}, not {said.name}"
            if others
            else f"The source {who}: this says it was {said.name}",
            source=place,
        )
    return None


def _quotations(text: str) -> Iterator[tuple[int, int, str]]:
    for m in _QUOTE.finditer(text):
        said = words.fold(m[m.lastgroup or 0])
        han = sum(words.is_han(w) for w in said)
        if han >= MIN_HAN_CHARS or len(said) - han >= MIN_WORDS:
            yield m.start(m.lastgroup or 0), m.end(m.lastgroup or 0), m[m.lastgroup or 0]


def _find(quote: str, sources: Sources) -> Iterator[Place | None]:
    parts = [part for part in ("".join(words.fold(p)) for p in _CUT.split(quote)) if part]
    for i, source in enumerate(sources.read(words.read)):
        found = _follow(parts, source)
        yield sources.place(i, *found) if found else None


def _follow(parts: Sequence[str], source: words.Words) -> tuple[int, int] | None:
    at, first = 0, None
    for part in parts:
        found = source.find(part, at)
        if found is None:
            return None
        first = found[0] if first is None else first
        at = found[1]
    if first is None:
        return None
    return source.place(first, at)


def _refuted(start: int, end: int, quote: str, sources: Sources) -> Finding:
    note = f"These words are in none of the sources: “{one_line(quote, _SHOWN_CHARS)}”"
    said = words.fold(quote)[:_MAX_COMPARED_WORDS]
    best, place = SIMILAR, None
    for i, source in enumerate(sources.read(words.read)):
        at = _nearest(said, source.words)
        ratio = SequenceMatcher(None, said, source.words[at : at + len(said)], autojunk=False).ratio()
        if ratio >= best and source.words:
            best, place = ratio, sources.place(i, *source.place(at, at + len(said)))
    if place:
        near = sources.passages[place.passage].text[place.start : place.end]
        note += f". The source says “{one_line(near, _SHOWN_CHARS)}”"
    return Finding(start=start, end=end, verdict="refuted", note=note, source=place)


def _nearest(said: tuple[str, ...], source: tuple[str, ...]) -> int:
    """Where the window of as many words begins that shares most words with the quotation; one pass."""
    wanted = Counter(said)
    shared = best = best_at = 0
    inside: Counter[str] = Counter()
    for i, word in enumerate(source):
        if word in wanted:
            inside[word] += 1
            shared += inside[word] <= wanted[word]
        if i >= len(said) and (gone := source[i - len(said)]) in wanted:
            shared -= inside[gone] <= wanted[gone]
            inside[gone] -= 1
        if shared > best:
            best, best_at = shared, max(0, i - len(said) + 1)
    return best_at
