"""The writer without a model: sentences out of the sources, as they stand, each cited.

Lead sentences are the strongest simple summary of news (Nenkova 2005, "Automatic text summarization of newswire"), and
what several sources tell is what the story is about (SumBasic, Nenkova & Vanderwende 2005). Pure.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipeline.summarise.draft import Draft
from pipeline.summarise.evidence import MAX_HEADLINE_CHARS
from pipeline.summarise.readable import (
    CREDIT,
    FIRST_PERSON,
    HEADER,
    MAX_WIDTH,
    MIN_WIDTH,
    ends,
    is_note,
    leans,
    readable,
    unwrapped,
    width,
)
from pipeline.text.characters import one_line
from pipeline.text.news import NEWS, known, of_text
from pipeline.text.quoted import locate
from pipeline.text.sentences import split
from pipeline.text.similarity import stem
from pipeline.text.tokens import words
from pipeline.types import Citation, Claim, Item, Story, Told

MAX_SENTENCES = 4
MAX_BOARD_SENTENCES = 8  # the text of a leaderboard is a table told in sentences: each says something of its own
_ROOM = 520  # columns of all sentences together: as two long ones, or four short ones
_MAX_ITEMS = 8
_READ_CHARS = 6_000  # news stands at the top
_READ_SENTENCES = 30
_SAME_SHARE = 0.6  # of the shorter sentence's words: the second one tells nothing new
_RETOLD_SHARE = 0.4  # the same, of another source: that tells the news once more in its own words
_SAID_SHARE = 0.3  # of a sentence's words that its headline has not: fewer say the same again
# Of a headline that is a sentence of the source: cut, it would stand there twice. Without a full stop it is a title.
_MAX_OWN_CHARS, _MAX_TITLE_CHARS = MAX_WIDTH, 200

_MARKED = re.compile(r"[-*•·‣▪◦–]\s|\d{1,2}[.)]\s")
_ENDS = re.compile(r"[.!?。！？][\"'”’»)\]）」』】]*$")
_CUT = ("…", "...", "[…]", "[...]")
_BAR = re.compile(r"\s+[|｜]\s+")
_DASH = re.compile(r"\s+[-–—·•]\s+")
_NOT_ALNUM = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sentence:
    item: int  # its place in the story
    order: int  # its place among the item's readable sentences
    at: int  # its place among all sentences of the item
    citation: Citation
    text: str  # the words of the citation, on one line
    words: frozenset[str]


def extract(story: Story, limit: int = MAX_SENTENCES, *, before: Told | None = None) -> Draft:
    """Two to ``limit`` sentences of the story, verbatim and cited, under the title of its representative item.

    The representative's first readable sentence leads; then come those that other sources share and that are near
    the top, if they say something new: nothing that the headline says. Fewer where there are no more. Where no source
    has a sentence, lines without a full stop do (release notes); then the title alone is the claim: cited where some
    item holds it, else with no citation (no other claim of ours may).
    Sentences that tell what was told ``before`` are passed over.
    """
    items = story.items[:_MAX_ITEMS]
    title = headline(story.representative)
    found = [s for place, item in enumerate(items) for s in _sentences(place, item)]
    found = found or [s for place, item in enumerate(items) for s in _lines(place, item)]
    found = _beyond(before, found) if before else found
    if items[0].kind == "leaderboard":
        chosen = found[:MAX_BOARD_SENTENCES]
    else:
        chosen = _choose(found, items, limit, frozenset(s for s in found if _says(title, s)))
    claims = tuple(Claim(text=s.text, citations=(s.citation,)) for s in chosen)
    return Draft(headline=title, claims=claims or (_title_claim(title, items),))


def _beyond(before: Told, found: Sequence[_Sentence]) -> list[_Sentence]:
    told = known(before.texts)
    return [s for s in found if of_text(s.text, "", told) >= NEWS]


# --- the headline ------------------------------------------------------------


def headline(item: Item) -> str:
    """The title of an item on one line, without the name of its site, at most MAX_HEADLINE_CHARS long.

    A title that its source has cut, or that is longer, is the sentence of the text that it begins, if that is no
    longer than _MAX_OWN_CHARS: else it would stand there twice, cut and whole.
    """
    body = one_line(item.body[:_READ_CHARS])
    header = HEADER.match(body)
    body = body[header.end() :] if header else body
    title = one_line(item.title) or body or item.url or item.id
    if len(title) > MAX_HEADLINE_CHARS or title.endswith(_CUT):
        return _whole(title, body)
    head, tail = _last_part(title, _BAR)
    if len(head) >= 10 and 0 < len(tail) <= 30:
        title = head
    head, tail = _last_part(title, _DASH)
    site = _NOT_ALNUM.sub("", tail).casefold()
    known = _NOT_ALNUM.sub("", f"{item.source_id} {urlsplit(item.url).netloc}").casefold()
    if len(head) >= 10 and len(site) >= 3 and site in known:
        title = head
    return title.rstrip(".。") or title


def _whole(title: str, body: str) -> str:
    """What a cut title was, or the sentence that a long one begins with; else cut at a word."""
    begun = _begun(title)
    for text in (title, body):
        start, end = next(iter(split(text)), (0, 0))
        sentence = text[start:end]
        same = sentence.casefold().startswith(begun.casefold()[: len(sentence)])
        most = _MAX_OWN_CHARS if _ENDS.search(sentence) else _MAX_TITLE_CHARS
        if same and width(sentence) >= MIN_WIDTH and len(sentence) <= most and not sentence.endswith(_CUT):
            return sentence.rstrip(".。")
    return one_line(title, MAX_HEADLINE_CHARS)


def _begun(title: str) -> str:
    """A title without the mark that it was cut."""
    for mark in _CUT:
        title = title.removesuffix(mark).rstrip()
    return title


def _last_part(title: str, divider: re.Pattern[str]) -> tuple[str, str]:
    matches = list(divider.finditer(title))
    return (title[: matches[-1].start()], title[matches[-1].end() :]) if matches else (title, "")


def _says(title: str, sentence: _Sentence) -> bool:
    """Whether a headline says already what a sentence does; or is that sentence, cut."""
    if title.endswith(_CUT) and locate(_begun(title), sentence.text):
        return True
    said = {stem(word) for word in words(title)}
    new = [word for word in sentence.words if stem(word) not in said]
    return len(new) <= _SAID_SHARE * len(sentence.words) and not any(char.isdigit() for word in new for char in word)


def _title_claim(title: str, items: Sequence[Item]) -> Claim:
    """The headline as the claim, cited in the first item that holds it; its view prints it once."""
    for item in items:
        text = item.cited_text
        if span := locate(title, text):
            citation = Citation(item_id=item.id, start=span[0], end=span[1], quote=text[slice(*span)])
            return Claim(text=title, citations=(citation,))
    return Claim(text=title)


# --- the sentences ------------------------------------------------------------


def _sentences(place: int, item: Item) -> list[_Sentence]:
    """The readable sentences at the top of an item."""
    text = unwrapped(item.body[:_READ_CHARS])
    found: list[_Sentence] = []
    for at, (start, end) in enumerate(split(text)[:_READ_SENTENCES]):
        header = HEADER.match(text, start, end)
        start = header.end() if header else start
        if ends(text[start:end]) and readable(text[start:end]) and not CREDIT.match(text, end):
            found.append(_sentence(place, len(found), at, item, (start, end)))
    return found


def _lines(place: int, item: Item) -> list[_Sentence]:
    """Release notes: lines that do not end as a sentence does; beside sentences only those of a list are whole."""
    text = unwrapped(item.body[:_READ_CHARS])
    spans = split(text)[:_READ_SENTENCES]
    prose = any(ends(text[start:end]) for start, end in spans)
    found: list[_Sentence] = []
    for at, (start, end) in enumerate(spans):
        marked = _MARKED.match(text, start, end)
        start = marked.end() if marked else start
        if (marked or not prose) and is_note(text[start:end]) and readable(text[start:end]):
            found.append(_sentence(place, len(found), at, item, (start, end)))
    return found


def _sentence(place: int, order: int, at: int, item: Item, span: tuple[int, int]) -> _Sentence:
    quote = item.cited_text[slice(*span)]
    citation = Citation(item_id=item.id, start=span[0], end=span[1], quote=quote)
    text = " ".join(quote.split())
    return _Sentence(item=place, order=order, at=at, citation=citation, text=text, words=_content(text))


def _content(text: str) -> frozenset[str]:
    """The words that carry the news: longer ones, numbers, Han bigrams."""
    return frozenset(w for w in words(text) if len(w) > 3 or not w.isascii() or any(c.isdigit() for c in w))


def _choose(
    found: Sequence[_Sentence], items: Sequence[Item], limit: int, told: frozenset[_Sentence]
) -> list[_Sentence]:
    """``told`` are those that the headline says: not printed again, but what leans on one may stand under it."""
    before = frozenset((s.item, s.at + 1) for s in told)
    found = [s for s in found if s not in told]
    alone = [s for s in found if not leans(s.text) or (s.item, s.at) in before]
    if not alone:
        return []
    texts = [_content(f"{item.title}\n{item.body[:_READ_CHARS]}") for item in items]
    title = _content(items[0].title)
    ranked = sorted(found, key=lambda s: (-_score(s, texts, title), s.item, s.order))
    own = [s for s in alone if s.item == 0]
    first = min((s for s in ranked if s in alone), key=lambda s: s.item) if not own else own[0]
    lead = next((s for s in own[:3] if not FIRST_PERSON.search(s.text)), first)
    chosen = [lead]
    for sentence in ranked:
        if len(chosen) < limit and all(_new(sentence, other) for other in chosen):
            printed = sorted([*chosen, sentence], key=lambda s: (s.item != lead.item, s.item, s.order))
            if sum(width(s.text) for s in printed) <= _ROOM and _stands(printed, alone):
                chosen = printed
    return chosen


def _stands(printed: Sequence[_Sentence], alone: Sequence[_Sentence]) -> bool:
    """Whether each sentence that leans on the one before it in its source is printed right behind that."""
    pairs = zip([None, *printed], printed, strict=False)
    return all(
        after in alone or (before is not None and before.item == after.item and before.at + 1 == after.at)
        for before, after in pairs
    )


def _score(sentence: _Sentence, texts: Sequence[frozenset[str]], title: frozenset[str]) -> float:
    """Near the top, shared by other sources, about the title; "we" and "you" dangle outside of their page."""
    size = max(len(sentence.words), 1)
    others = [len(sentence.words & text) / size for place, text in enumerate(texts) if place != sentence.item]
    shared = sum(others) / len(others) if others else 0.0
    about = len(sentence.words & title) / max(len(title), 1)
    return 1 / (1 + 0.3 * sentence.order) + shared + 0.5 * about - 0.8 * bool(FIRST_PERSON.search(sentence.text))


def _new(sentence: _Sentence, other: _Sentence) -> bool:
    smaller = max(min(len(sentence.words), len(other.words)), 1)
    share = _SAME_SHARE if sentence.item == other.item else _RETOLD_SHARE
    return sentence.citation != other.citation and len(sentence.words & other.words) < share * smaller
