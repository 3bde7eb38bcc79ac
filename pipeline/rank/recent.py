"""Whether a story ran: held against what the last issues printed it is new, a repeat, or an update. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.text.facts import contradiction, facts_of
from pipeline.text.index import Index
from pipeline.text.news import HEAD_CHARS, NEWS, known, of_item, of_text
from pipeline.text.similarity import COMMON_TERMS, terms
from pipeline.text.urls import url_key
from pipeline.types import Item, Story, Told

_BODY_WEIGHT = 0.4
_ALIKE = 0.45  # the cosine from which another story may continue what was printed
_VERY_ALIKE = 0.6  # and from which it may be left out
_LEAST_SHARED = 2  # terms that are no common words

Kind = Literal["new", "repeat", "update"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A story held against the recent issues. ``of`` is what it repeats or continues; ``likeness`` (0..1) is its
    cosine with the printed story nearest to it.
    """

    kind: Kind
    of: Told | None = None
    likeness: float = 0.0


class Recent:
    """What the last issues printed, found again by its words."""

    def __init__(self, told: Iterable[Told]) -> None:
        self._told: dict[str, list[Told]] = {}  # by story, oldest telling first
        self._index: Index[str] = Index()
        for telling in told:
            self._told.setdefault(telling.story_id, []).append(telling)
        for story_id, tellings in self._told.items():
            texts = [(item.title, item.body) for telling in tellings for item in telling.items]
            for title, body in dict.fromkeys([*texts, *((t.headline, " ".join(t.sentences)) for t in tellings)]):
                self._index.add(story_id, self._index.vector(_terms(title, body)))

    def judge(self, story: Story, *, cleared: bool = False) -> Judged:
        """What a story is, given only its items that no issue has printed. ``cleared``: a reviewer said no repeat."""
        if any(item.kind == "leaderboard" for item in story.items):
            return Judged(kind="new")
        alike = self._alike(story)
        likeness = max(alike.values(), default=0.0)
        near = [s for s, cosine in alike.items() if cosine >= _ALIKE and self._one_matter(story, s)]
        own = story.id in self._told
        of = story.id if own else next(iter(near), None)
        if of is None:
            return Judged(kind="new", likeness=likeness)
        tellings = [t for s in {of, *near} for t in self._told[s]]
        before = known(text for t in tellings for text in t.texts)
        last = max(tellings, key=lambda t: (t.closed_at, t.story_id == of, t.story_id))  # what readers know
        fresh = _not_copies(story.items, tellings)
        news = max((of_item(item, before, last.closed_at) for item in fresh), default=0.0)
        words = max((of_text(item.title, item.body[:HEAD_CHARS], before) for item in fresh), default=0.0)
        kind: Kind = "repeat"
        if news >= NEWS or (own and cleared):
            kind = "update"
        elif not own and (cleared or words >= NEWS or alike[of] < _VERY_ALIKE):
            kind = "new"  # it may be a repeat: the safe side
        return Judged(kind=kind, of=None if kind == "new" else last, likeness=likeness)

    def _alike(self, story: Story) -> dict[str, float]:
        """Printed stories and their likeness to that item which is most like them, best first."""
        found: dict[str, float] = {}
        for item in story.items:
            for match in self._index.similar(self._index.vector(_terms(item.title, item.body))):
                found[match.key] = max(match.cosine, found.get(match.key, 0.0))
        return dict(sorted(found.items(), key=lambda kv: -kv[1]))

    def _one_matter(self, story: Story, told_id: str) -> bool:
        """Whether they share names, one of them in their titles, and no version differs."""
        titles = [title for t in self._told[told_id] for title in (t.headline, *(i.title for i in t.items))]
        theirs = terms([(title, 1.0) for title in titles])
        for item in story.items:
            shared = self._index.shared(told_id, _terms(item.title, item.body))
            names = [t for t in terms([(item.title, 1.0)]) if t in theirs and _is_name(t)]
            if names and sum(t not in COMMON_TERMS for t in shared) >= _LEAST_SHARED:
                difference = contradiction(facts_of(item.title), facts_of("\n".join(titles)))
                return difference is None or not difference.is_version
        return False


def _is_name(term: str) -> bool:
    return term not in COMMON_TERMS and not term[0].isdecimal()


def _terms(title: str, body: str) -> dict[str, float]:
    return terms([(title, 1.0), (body[:HEAD_CHARS], _BODY_WEIGHT)])


def _not_copies(items: Sequence[Item], tellings: Sequence[Told]) -> list[Item]:
    """The items that are not at an address that was printed."""
    printed = {url_key(item.url) for t in tellings for item in t.items if item.url}
    return [item for item in items if not item.url or url_key(item.url) not in printed]
