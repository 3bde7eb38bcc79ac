"""Folds items into stories: the same address, the same text, or similar text that contradicts in nothing.

Pure: the stories of the last days come in, a membership for each new item comes out. Items are taken in time order; the
same input gives the same stories.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b

from pipeline.text.facts import Facts, Value, contradiction, facts_of
from pipeline.text.similarity import COMMON_TERMS, Index, Match, Vector, terms
from pipeline.text.tokens import words
from pipeline.types import Membership, MergeMethod

BODY_HEAD_CHARS = 300
"""How much of a body says what it is about; the rest wanders off."""

_BODY_WEIGHT = 0.4
_SAME_SOURCE = 0.7  # a source seldom tells one event under two guids; when it does, it hardly changes the words
_SHARED_LINK = 3  # a source that gives so many items one address points at its home page or at a tracker
_LEAST_BODY_CHARS = 40
_LEAST_TITLE_WORDS = 4
# Two texts of one event share names, not only everyday words: among real posts of two weeks, nearly all wrong merges at
# this threshold shared one such term or none ("problem", "right now").
_LEAST_SHARED_TERMS = 2
_ONE_TELLING_DOES = 0.3  # the cosine from which one term that is no common word is enough; else two
_HALF_LIFE = timedelta(days=5)  # of a likeness: what is told again next week must be told in more of the same words
# B-cubed F1 on long stories .66 without it, .76 with it; on those of a day's digest none (tests/eval/test_stories.py)
_SIZE_DRAW = 0.8
_GENERIC = re.compile(
    r"not much happened|^(?:the )?(?:daily|weekly|monthly)\b|\b(?:this|last) (?:week|month) in\b|\bopen thread\b"
    r"|\b(?:weekly|daily|monthly) (?:update|round-?up|digest|recap|news|discussion|thread)|\b(?:newsletter|issue) #?\d"
    r"|release notes|changelog|who(?: is|'s) hiring|self-promotion",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What folding needs of an item. ``body`` may be its head (BODY_HEAD_CHARS); ``text_hash`` is of the whole text."""

    item_id: str
    source_id: str
    url_key: str  # text.urls.url_key, "" for none
    text_hash: str  # text_hash(title, body)
    title: str
    body: str
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Known(Candidate):
    """An item that has its story already."""

    story_id: str


def text_hash(title: str, body: str) -> str:
    """What two copies of a text have in common whatever their spacing, case and marks. "" where the body is short."""
    if len(body) < _LEAST_BODY_CHARS:
        return ""
    joined = " ".join(words(title)) + "\n" + " ".join(words(body))
    return blake2b(joined.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def is_generic(title: str) -> bool:
    """Whether a title is one that a series gives to every one of its issues: it says nothing about an event."""
    return _GENERIC.search(title) is not None


@dataclass(slots=True)
class _Story:
    """What the window remembers of a story."""

    first_seen_at: datetime
    last_seen_at: datetime
    facts: dict[str, frozenset[Value]] = field(default_factory=dict)  # what any member states
    size: int = 0
    sources: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)  # where the story stands in Folder._by_key


class Folder:
    """The window of stories, and the one way for an item into it.

    Memory is that of the window: a story that nothing joined for ``window_days`` is forgotten.
    """

    def __init__(self, known: Iterable[Known] = (), *, threshold: float, window_days: float) -> None:
        self._threshold = threshold
        self._window = timedelta(days=window_days)
        self._index: Index[str] = Index()
        self._stories: dict[str, _Story] = {}  # the one that something joined last stands last
        self._by_key: dict[str, str] = {}
        self._links: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        members = sorted(known, key=lambda k: (k.seen_at, k.item_id))
        self.learn(members)
        for member in members:
            self._join(member, member.story_id, self._index.vector(_terms(member)))

    def learn(self, batch: Iterable[Candidate]) -> None:
        """Read a batch before it is folded: it shows the addresses that one source gives to many items."""
        for item in batch:
            items = self._links[item.source_id, item.url_key]
            if len(items) < _SHARED_LINK:
                items.add(item.item_id)

    def fold(self, item: Candidate) -> Membership:
        """Find the story of an item that was learned, or begin one with it."""
        self._forget(item.seen_at - self._window)
        vector = self._index.vector(_terms(item))
        story_id, method, score = self._find(item, vector)
        self._join(item, story_id, vector)
        return Membership(item_id=item.item_id, story_id=story_id, method=method, score=round(score, 4))

    def _find(self, item: Candidate, vector: Vector) -> tuple[str, MergeMethod, float]:
        for method, key in self._keys(item):
            story_id = self._by_key.get(key)
            if story_id is not None and (key[0] == "h" or item.source_id not in self._stories[story_id].sources):
                return story_id, method, 1.0
        facts = facts_of(item.title)
        found = self._index.similar(vector, self._threshold)
        for match in sorted(found, key=lambda m: -m.cosine * self._draw(m.key)):
            score = match.cosine * self._closeness(item.seen_at, self._stories[match.key])
            if score >= self._threshold and self._fits(item, facts, vector, match):
                return match.key, "similar", score
        return item.item_id, "first", 1.0

    def _fits(self, item: Candidate, facts: Facts, vector: Vector, match: Match[str]) -> bool:
        """Whether an item that is similar to a story may join it."""
        story = self._stories[match.key]
        if story.sources == {item.source_id} and (match.cosine < _SAME_SOURCE or is_generic(item.title)):
            return False
        shared = self._index.shared(match.key, vector)
        telling = sum(term not in COMMON_TERMS for term in shared)
        if len(shared) < _LEAST_SHARED_TERMS or telling < (1 if match.cosine >= _ONE_TELLING_DOES else 2):
            return False
        return contradiction(facts, story.facts, alike=match.cosine) is None

    def _draw(self, story_id: str) -> float:
        """Of two stories that would take an item, the one told more often takes it; it does not take more for that."""
        return 1 + _SIZE_DRAW * math.log(self._stories[story_id].size)

    def _closeness(self, seen_at: datetime, story: _Story) -> float:
        """1 within the time that a story was told, one half _HALF_LIFE before or after it, 0 beyond the window."""
        gap = max(story.first_seen_at - seen_at, seen_at - story.last_seen_at, timedelta())
        return 0.0 if gap > self._window else float(0.5 ** (gap / _HALF_LIFE))

    def _keys(self, item: Candidate) -> Iterator[tuple[MergeMethod, str]]:
        """What identifies an item: the hash of its text, its address, its title; strongest first."""
        if item.text_hash:
            yield "same_text", f"h {item.text_hash}"
        has_path = any(mark in item.url_key for mark in "/?:#")
        if has_path and len(self._links[item.source_id, item.url_key]) < _SHARED_LINK:
            yield "same_url", f"u {item.url_key}"
        title = words(item.title)
        if len(title) >= _LEAST_TITLE_WORDS and not is_generic(item.title):
            yield "same_text", f"t {' '.join(title)}"

    def _join(self, item: Candidate, story_id: str, vector: Vector) -> None:
        story = self._stories.pop(story_id, None)
        story = story or _Story(first_seen_at=item.seen_at, last_seen_at=item.seen_at)
        self._stories[story_id] = story
        story.first_seen_at = min(story.first_seen_at, item.seen_at)
        story.last_seen_at = max(story.last_seen_at, item.seen_at)
        story.size += 1
        story.sources.add(item.source_id)
        for name, values in facts_of(item.title).items():
            story.facts[name] = story.facts.get(name, frozenset()) | values
        for _, key in self._keys(item):
            if self._by_key.setdefault(key, story_id) == story_id:
                story.keys.add(key)
        self._index.add(story_id, vector)

    def _forget(self, before: datetime) -> None:
        """Let go of stories that nothing joined since; they stand first."""
        while self._stories:
            story_id, story = next(iter(self._stories.items()))
            if story.last_seen_at >= before:
                return
            for key in self._stories.pop(story_id).keys:
                del self._by_key[key]
            self._index.remove(story_id)


def _terms(item: Candidate) -> dict[str, float]:
    return terms([(item.title, 1.0), (item.body[:BODY_HEAD_CHARS], _BODY_WEIGHT)])
