"""Folds items into stories: the same address, the same text, or similar text that contradicts in nothing.

Pure: the stories of the last days come in, a membership for each new item comes out. Items are taken in time order; the
same input gives the same stories.
"""

import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING

from pipeline.dedupe.doubts import Doubts
from pipeline.dedupe.likeness import DOUBT_FROM, Evidence, likeness, weight_of_facts
from pipeline.dedupe.links import Links
from pipeline.dedupe.meaning import Meanings
from pipeline.text.facts import Facts, contradiction, facts_of, joined, spelled_alike
from pipeline.text.index import Index, Vector
from pipeline.text.similarity import COMMON_TERMS, terms
from pipeline.text.tokens import words
from pipeline.types import Doubt, Membership, MergeMethod

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BODY_HEAD_CHARS = 300
"""How much of a body says what it is about; the rest wanders off."""

_BODY_WEIGHT = 0.4
MOST_STORIES = 50_000
"""In the window: what 400 busy sources tell in two weeks. Of more, those that nothing joined for longest are let go."""

_MOST_ITEMS = 200  # of a story that are remembered; what joins it later is told in the same words
_NEAREST = 10  # stories looked at for their meaning alone
_LEAST_BODY_CHARS = 40
_LEAST_TITLE_WORDS = 4
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
    vector: "NDArray[np.float32] | None" = field(default=None, compare=False, repr=False)  # of meaning_text, length 1
    terms: Mapping[str, float] | None = field(default=None, compare=False, repr=False)  # terms_of, where it was asked


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


def meaning_text(title: str, body: str) -> str:
    """What is embedded of an item: its title and the head of its body."""
    return f"{title}\n{body[:BODY_HEAD_CHARS]}".strip()


def is_generic(title: str) -> bool:
    """Whether a title is one that a series gives to every one of its issues: it says nothing about an event."""
    return _GENERIC.search(title) is not None


@dataclass(slots=True)
class _Story:
    """What the window remembers of a story."""

    first_seen_at: datetime
    last_seen_at: datetime
    facts: Facts = field(default_factory=dict)  # what any member states
    size: int = 0
    sources: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)  # where the story stands in Folder._by_key


class Folder:
    """The window of stories, and the one way for an item into it.

    Memory is that of the window: a story that nothing joined for ``window_days`` is forgotten, and so are those above
    MOST_STORIES.
    """

    def __init__(
        self,
        known: Iterable[Known] = (),
        *,
        threshold: float,
        window_days: float,
        meaning_zero: float = 0.0,
        apart: Collection[frozenset[str]] = (),
        index: Index[str] | None = None,
    ) -> None:
        """``meaning_zero`` is what unrelated texts have in common in the space of the vectors (meaning.baseline).

        ``apart`` are the pairs of story ids that a reviewer told apart. ``index`` has the words of the known items
        already, and of others, so that it knows how common each word is.
        """
        self._apart = apart
        self._parted = frozenset(story_id for pair in apart for story_id in pair)
        self._threshold = threshold
        self._window = timedelta(days=window_days)
        self._index: Index[str] = Index() if index is None else index
        self._meanings = Meanings(meaning_zero)
        self._doubts = Doubts()
        self._stories: dict[str, _Story] = {}  # the one that something joined last stands last
        self._by_key: dict[str, str] = {}
        self._links = Links()
        members = sorted(known, key=lambda k: (k.seen_at, k.item_id))
        self.learn(members)
        for member in members:
            vector = self._index.vector(terms_of(member)) if index is None else None
            self._join(member, member.story_id, vector, _facts(member))

    def learn(self, batch: Iterable[Candidate]) -> None:
        """Read a batch before it is folded: it shows the addresses that one source gives to many items."""
        for item in batch:
            self._links.learn(item.source_id, item.url_key, item.item_id)

    def fold(self, item: Candidate) -> Membership:
        """Find the story of an item that was learned, or begin one with it."""
        self._forget(item.seen_at - self._window)
        vector, facts = self._index.vector(terms_of(item)), _facts(item)
        story_id, method, score = self._find(item, vector, facts)
        self._join(item, story_id, vector, facts)
        return Membership(item_id=item.item_id, story_id=story_id, method=method, score=round(score, 4))

    def doubts(self) -> tuple[Doubt, ...]:
        """The stories begun since that are perhaps one with another: the likeliest first (doubts.MOST_DOUBTS)."""
        return self._doubts.best()

    def _find(self, item: Candidate, vector: Vector, facts: Facts) -> tuple[str, MergeMethod, float]:
        for method, key in self._keys(item):
            story_id = self._by_key.get(key)
            if story_id and self._identifies(key[0], item, facts, self._stories[story_id]):
                return story_id, method, 1.0
        perhaps = []
        for story_id, found in self._evidence(item, vector, facts):
            judged = likeness(found, self._threshold)
            if judged.verdict == "same":
                return story_id, "similar", judged.score
            if judged.verdict == "perhaps":
                perhaps.append((story_id, judged))
        for story_id, judged in perhaps:
            self._doubts.note(
                Doubt(story_id=item.item_id, other_id=story_id, score=round(judged.score, 4), reason=judged.reason)
            )
        return item.item_id, "first", 1.0

    def _identifies(self, kind: str, item: Candidate, facts: Facts, story: _Story) -> bool:
        """Whether a key that an item has in common with a story says that it is one of it."""
        if kind == "h":
            return True
        return item.source_id not in story.sources and (kind == "u" or contradiction(facts, story.facts) is None)

    def _evidence(self, item: Candidate, vector: Vector, facts: Facts) -> Iterator[tuple[str, Evidence]]:
        """What speaks for the stories that an item may join, the one that draws it most first."""
        matches = self._index.similar(vector, self._threshold * DOUBT_FROM)
        found = {m.key: m.cosine for m in matches if m.key in self._stories}
        meant = {} if item.vector is None else self._meanings.similar(item.vector, _NEAREST, among=found)
        for key in meant:
            found.setdefault(key, 0.0)
        drawn = {key: (words + meant.get(key, 0.0)) * self._draw(key) for key, words in found.items()}
        generic = is_generic(item.title)
        for key in sorted(drawn, key=lambda k: -drawn[k]):
            story = self._stories[key]
            shared = self._index.shared(key, vector)
            yield (
                key,
                Evidence(
                    words=found[key],
                    meaning=meant.get(key),
                    closeness=self._closeness(item.seen_at, story),
                    shared=len(shared),
                    telling=sum(len(term) > 1 and term not in COMMON_TERMS for term in shared),
                    same_source=story.sources == {item.source_id},
                    generic=generic,
                    difference=contradiction(
                        facts, story.facts, alike=weight_of_facts(found[key], meant.get(key), story.size)
                    ),
                ),
            )

    def _draw(self, story_id: str) -> float:
        """Of two stories that would take an item, the one told more often takes it; it does not take more for that.

        What a reviewer split goes by its likeness alone: the larger part does not draw back what is like the other.
        """
        if story_id in self._parted:
            return 1.0
        return 1 + _SIZE_DRAW * math.log(self._stories[story_id].size)

    def _closeness(self, seen_at: datetime, story: _Story) -> float:
        """1 within the time that a story was told, one half _HALF_LIFE before or after it, 0 beyond the window."""
        gap = max(story.first_seen_at - seen_at, seen_at - story.last_seen_at, timedelta())
        return 0.0 if gap > self._window else float(0.5 ** (gap / _HALF_LIFE))

    def _keys(self, item: Candidate) -> Iterator[tuple[MergeMethod, str]]:
        """What identifies an item: its address, the hash of its text, its title; strongest first."""
        has_path = any(mark in item.url_key for mark in "/?:#")
        if has_path and not self._links.is_shared(item.source_id, item.url_key):
            yield "same_url", f"u {item.url_key}"
        if item.text_hash:
            yield "same_text", f"h {item.text_hash}"
        title = words(item.title)
        if len(title) >= _LEAST_TITLE_WORDS and not is_generic(item.title):
            yield "same_text", f"t {' '.join(title)}"

    def _join(self, item: Candidate, story_id: str, vector: Vector | None, facts: Facts) -> None:
        story = self._stories.pop(story_id, None)
        story = story or _Story(first_seen_at=item.seen_at, last_seen_at=item.seen_at)
        self._stories[story_id] = story
        story.first_seen_at = min(story.first_seen_at, item.seen_at)
        story.last_seen_at = max(story.last_seen_at, item.seen_at)
        story.size += 1
        if story.size > _MOST_ITEMS:
            return
        story.sources.add(item.source_id)
        story.facts = joined(story.facts, facts) if story.size > 1 else facts
        for _, key in self._keys(item):
            holder = self._by_key.setdefault(key, story_id)
            if holder == story_id:
                story.keys.add(key)
            elif frozenset((holder, story_id)) in self._apart:  # what both have tells neither
                self._by_key[key] = ""
                self._stories[holder].keys.discard(key)
        if vector is not None:
            self._index.add(story_id, vector)
        if item.vector is not None:
            self._meanings.add(story_id, item.vector)

    def _forget(self, before: datetime) -> None:
        """Let go of stories that nothing joined since; they stand first."""
        while self._stories:
            story_id, story = next(iter(self._stories.items()))
            if story.last_seen_at >= before and len(self._stories) <= MOST_STORIES:
                return
            for key in self._stories.pop(story_id).keys:
                del self._by_key[key]
            self._index.remove(story_id)
            self._meanings.remove(story_id)


def terms_of(item: Candidate) -> Mapping[str, float]:
    """The terms by which an item is compared, with their weights."""
    if item.terms is not None:
        return item.terms
    return terms([(spelled_alike(item.title), 1.0), (spelled_alike(item.body[:BODY_HEAD_CHARS]), _BODY_WEIGHT)])


def _facts(item: Candidate) -> Facts:
    return facts_of(item.title, item.body, item.url_key)
