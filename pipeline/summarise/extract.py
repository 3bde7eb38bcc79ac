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
from pipeline.text.characters import one_line
from pipeline.text.news import NEWS, known, of_text
from pipeline.text.quoted import locate
from pipeline.text.sentences import OPENERS, split
from pipeline.text.tokens import words
from pipeline.types import Citation, Claim, Item, Story, Told

MAX_SENTENCES = 3
MAX_BOARD_SENTENCES = 8  # the text of a leaderboard is a table told in sentences: each says something of its own
MIN_WIDTH, MAX_WIDTH = 30, 320  # columns: a Han character takes two
_MAX_ITEMS = 8
_READ_CHARS = 6_000  # news stands at the top
_READ_SENTENCES = 30
_SAME_SHARE = 0.6  # of the shorter sentence's words: the second one tells nothing new

_HEADER = re.compile(
    r"(?:arXiv:\S+ Announce Type: [\w-]+ )?Abstract: |(?:TL;?DR|Summary): |"
    r"[A-Z][\w., ]{1,40}\((?:AFP|AP|CNN|Reuters)\)[ –—-]*"
)
_DANGLING = re.compile(
    r"[\"'“‘(\[]*(?:(?:he|she|it|its|they|their|his|her|him|them|this|that|these|those|there|here|such|both|but|and|or|so|"
    r"nor|yet|then|thus|hence|also|however|instead|meanwhile|moreover|furthermore|therefore|otherwise|still|besides|"
    r"finally|additionally|similarly|for example|for instance|in addition|as a result|in other words|of course|"
    r"after all|unfortunately|fortunately|first|not|no|yes|"
    r"second|third|another|one of|which|who|because)\b"
    r"|他|她|它|这|那|其|该|但|而|并|也|此外|然而|因此|所以|不过|同时|另外|例如|比如|首先|最后|总之)",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(r"\b(?:I|[Ww]e|[Oo]ur|us|my|My|[Yy]ou|[Yy]our|I[’']\w+|[Ww]e[’']\w+)\b|我|你|您")
_BOILERPLATE = re.compile(
    r"\bsubscribe (?:to|now|today|for|here)\b|\bunsubscribe|\bsubscribers? only|"
    r"\bsign (?:up|in) (?:for|to|now|here|with)\b|\blog ?in (?:to|with|here)\b|"
    r"\b(?:our|this|free) newsletter|\bcookies?\b|\bread (?:more|the full|on)\b|"
    r"\bcontinue reading|\bclick (?:here|on)\b|\blearn more\b|\ball rights reserved|©|"
    r"\b[45]\d\d (?:forbidden|not found|error|bad|unauthori|service|gateway)|\baccess denied|\benable javascript|"
    r"\bprivacy policy|\bterms of (?:use|service)|\bannounce type|\bin (?:your )?browser\b|"
    r"\bsponsored (?:by|post|content)|\badvertisement|\bappeared first on|"
    r"\bsubmitted by\b|\[link\]|\[comments?\]|\b(?:article|comments) url\b|"
    r"\bshare this|\bfollow us|\b(?:photo|image|illustration)s?(?: credit)?(?: by\b|:)|\bmin(?:ute)?s? read\b|"
    r"\bthanks for reading|\bjoin (?:us|our)\b|\bverify you are|订阅|阅读全文|点击|关注我们|版权所有|扫码|阅读原文",
    re.IGNORECASE,
)
_GLUED = re.compile(r"[a-z]{2}[.!?][A-Z][a-z]|https?://|[<>{}|]|\.\.\.|…")
_LAST = frozenset(".!。！")
_CLOSERS = "\"'”’»)]）」』】"
_BAR = re.compile(r"\s+[|｜]\s+")
_DASH = re.compile(r"\s+[-–—·•]\s+")
_NOT_ALNUM = re.compile(r"[\W_]+")
_WIDE = re.compile("[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sentence:
    item: int  # its place in the story
    order: int  # its place among the item's readable sentences
    citation: Citation
    words: frozenset[str]

    @property
    def text(self) -> str:
        return self.citation.quote


def extract(story: Story, limit: int = MAX_SENTENCES, *, before: Told | None = None) -> Draft:
    """One to ``limit`` sentences of the story, verbatim and cited, under the title of its representative item.

    The representative's first readable sentence leads; then come those that other sources share and that are near
    the top, if they say something new. Where no source has a sentence, lines without a full stop do (release notes);
    then the title is the claim: cited where some item holds it, else with no citation (no other claim of ours may).
    Sentences that tell what was told ``before`` are passed over.
    """
    items = story.items[:_MAX_ITEMS]
    found = [s for place, item in enumerate(items) for s in _sentences(place, item)]
    found = found or [s for place, item in enumerate(items) for s in _sentences(place, item, lines=True)]
    found = _beyond(before, found) if before else found
    chosen = found[:MAX_BOARD_SENTENCES] if items[0].kind == "leaderboard" else _choose(found, items, limit)
    claims = tuple(Claim(text=s.text, citations=(s.citation,)) for s in chosen)
    return Draft(headline=headline(story.representative), claims=claims or (_title_claim(items),))


def _beyond(before: Told, found: Sequence[_Sentence]) -> list[_Sentence]:
    told = known(before.texts)
    return [s for s in found if of_text(s.text, "", told) >= NEWS]


def headline(item: Item) -> str:
    """The title of an item on one line, without the name of its site, at most MAX_HEADLINE_CHARS long."""
    title = one_line(item.title) or one_line(item.body, MAX_HEADLINE_CHARS) or item.url or item.id
    head, tail = _last_part(title, _BAR)
    if len(head) >= 10 and 0 < len(tail) <= 30:
        title = head
    head, tail = _last_part(title, _DASH)
    site = _NOT_ALNUM.sub("", tail).casefold()
    known = _NOT_ALNUM.sub("", f"{item.source_id} {urlsplit(item.url).netloc}").casefold()
    if len(head) >= 10 and len(site) >= 3 and site in known:
        title = head
    return one_line(title.rstrip(".。") or title, MAX_HEADLINE_CHARS)


def _last_part(title: str, divider: re.Pattern[str]) -> tuple[str, str]:
    matches = list(divider.finditer(title))
    return (title[: matches[-1].start()], title[matches[-1].end() :]) if matches else (title, "")


def _sentences(place: int, item: Item, *, lines: bool = False) -> list[_Sentence]:
    """The readable sentences at the top of an item; with ``lines`` those that do not end as a sentence does."""
    text = item.cited_text[:_READ_CHARS] if item.body else ""
    found: list[_Sentence] = []
    for start, end in split(text)[:_READ_SENTENCES]:
        header = _HEADER.match(text, start, end)
        start = header.end() if header else start
        quote = text[start:end]
        if _readable(quote) and (_is_note(quote) if lines else _ends(quote)):
            citation = Citation(item_id=item.id, start=start, end=end, quote=quote)
            found.append(_Sentence(item=place, order=len(found), citation=citation, words=_content(quote)))
    return found


def _readable(text: str) -> bool:
    """Whether a sentence can stand alone: whole, not too long, no furniture of a page."""
    width = len(text) + len(_WIDE.findall(text))
    if not MIN_WIDTH <= width <= MAX_WIDTH:
        return False
    first = text.lstrip("\"'“‘([「『（【").split(" ", 1)[0]
    if not first or (first[0].islower() and first == first.lower()):
        return False
    balanced = (
        all(text.count(a) == text.count(b) for a, b in ("()", "[]", "“”", "「」", "（）")) and text.count('"') % 2 == 0
    )
    letters = sum(char.isalpha() for char in text)
    if not balanced or letters < 0.6 * len(text.replace(" ", "")):
        return False
    if text.rstrip(_CLOSERS)[-1:] in "?？:：,，;；":
        return False
    return not (_DANGLING.match(text) or _BOILERPLATE.search(text) or _GLUED.search(text))


def _ends(text: str) -> bool:
    return text.rstrip(_CLOSERS)[-1:] in _LAST


def _is_note(text: str) -> bool:
    """Whether a line without a full stop is whole: a text cut by its feed ends in "for" or "the"."""
    last = text.rsplit(maxsplit=1)[-1].lower()
    return not (_ends(text) or last in OPENERS or last == "of" or _FIRST_PERSON.search(text))


def _content(text: str) -> frozenset[str]:
    """The words that carry the news: longer ones, numbers, Han bigrams."""
    return frozenset(w for w in words(text) if len(w) > 3 or not w.isascii() or any(c.isdigit() for c in w))


def _choose(found: Sequence[_Sentence], items: Sequence[Item], limit: int) -> list[_Sentence]:
    if not found:
        return []
    texts = [_content(f"{item.title}\n{item.body[:_READ_CHARS]}") for item in items]
    title = _content(items[0].title)
    ranked = sorted(found, key=lambda s: (-_score(s, texts, title), s.item, s.order))
    own = [s for s in found if s.item == 0]
    lead = next((s for s in own[:3] if not _FIRST_PERSON.search(s.text)), own[0] if own else ranked[0])
    chosen = [lead]
    for sentence in ranked:
        if len(chosen) < limit and all(_new(sentence, other) for other in chosen):
            chosen.append(sentence)
    return [lead, *sorted(chosen[1:], key=lambda s: (s.item, s.order))]


def _score(sentence: _Sentence, texts: Sequence[frozenset[str]], title: frozenset[str]) -> float:
    """Near the top, shared by other sources, about the title; "we" and "you" dangle outside of their page."""
    size = max(len(sentence.words), 1)
    others = [len(sentence.words & text) / size for place, text in enumerate(texts) if place != sentence.item]
    shared = sum(others) / len(others) if others else 0.0
    about = len(sentence.words & title) / max(len(title), 1)
    return 1 / (1 + 0.3 * sentence.order) + shared + 0.5 * about - 0.8 * bool(_FIRST_PERSON.search(sentence.text))


def _new(sentence: _Sentence, other: _Sentence) -> bool:
    smaller = min(len(sentence.words), len(other.words))
    return sentence.citation != other.citation and len(sentence.words & other.words) < _SAME_SHARE * max(smaller, 1)


def _title_claim(items: Sequence[Item]) -> Claim:
    """The title as the claim, cited in the first item that holds it."""
    title = one_line(items[0].title) or headline(items[0])
    for item in items:
        text = item.cited_text
        span = locate(title, text)
        if span:
            return Claim(
                text=title, citations=(Citation(item_id=item.id, start=span[0], end=span[1], quote=text[slice(*span)]),)
            )
    return Claim(text=title)
