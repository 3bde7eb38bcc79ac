"""What of X's timelines has been read, and what a run may still spend on the rest: no request is made here."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from pipeline.errors import SourceError

LEAST_OF_USER = 5  # https://docs.x.com/x-api/users/get-posts ("max_results")
LEAST_OF_LIST = 1  # https://docs.x.com/x-api/lists/get-list-posts
MAX_GAPS = 20
_LIST = "list:"


class Part(BaseModel):
    """A stretch of a timeline: what is newer than ``since`` and older than ``until`` ("" for no bound).

    Of a list, whose interface knows no bounds, it is gone on with by the ``token`` that its last page gave.
    """

    since: str = ""
    until: str = ""
    token: str = ""


class Cursor(BaseModel):
    """What is known between two runs. By user id or "list:<id>": the newest post that was read, and the stretches
    below it that a cap cut off.

    ``ids`` of handles (lower case) and ``handles`` of ids are paid for once. ``first`` comes first next time.
    """

    since: dict[str, str] = {}
    gaps: dict[str, list[Part]] = {}
    ids: dict[str, str] = {}
    handles: dict[str, str] = {}
    first: str = ""

    def places(self, handles: Sequence[str], list_id: str) -> "list[Place]":
        """The timelines of these handles, as far as their ids are known, and of the list; ``first`` comes first."""
        ids = [self.ids[h.lower()] for h in handles if h.lower() in self.ids]
        keys = [*dict.fromkeys(ids), *([_LIST + list_id] if list_id else [])]
        turn = keys.index(self.first) if self.first in keys else 0
        return [self._place(key) for key in keys[turn:] + keys[:turn]]

    def _place(self, key: str) -> "Place":
        newest = self.since.get(key, "")
        return Place(key=key, newest=newest, parts=deque([Part(since=newest), *self.gaps.get(key, [])]))

    def remember(self, place: "Place") -> bool:
        """Keep where to go on next time; False when there were too many stretches, and the oldest are given up."""
        self.gaps.pop(place.key, None)
        if gaps := place.gaps:
            self.gaps[place.key] = gaps[:MAX_GAPS]
        if place.newest:
            self.since[place.key] = place.newest
        return len(gaps) <= MAX_GAPS


@dataclass(slots=True, kw_only=True)
class Place:
    """A timeline: what is still to be read of it, the newest first; the newest post seen; pages read in this run."""

    key: str
    parts: deque[Part]
    newest: str
    pages: int = 0

    @property
    def is_list(self) -> bool:
        """Whether it is a list's."""
        return self.key.startswith(_LIST)

    @property
    def path(self) -> str:
        """Where it is."""
        return f"/2/lists/{self.key.removeprefix(_LIST)}/tweets" if self.is_list else f"/2/users/{self.key}/tweets"

    @property
    def least(self) -> int:
        """The fewest posts that may be asked for."""
        return LEAST_OF_LIST if self.is_list else LEAST_OF_USER

    @property
    def gaps(self) -> list[Part]:
        """The parts that were begun; of a user without the token, which may expire."""
        return [p if self.is_list else Part(since=p.since, until=p.until) for p in self.parts if p.until or p.token]

    def advance(self, ids: Sequence[str], next_token: str) -> None:
        """Take note of a page. It ends its part when it is the last one, the first that is ever read, or holds what is
        known already; else what is older is asked for next: of a user by the oldest id, of a list by the token.
        """
        part = self.parts.popleft()
        self.pages += 1
        self.newest = max([self.newest, *ids], key=_number)
        known = any(_number(i) <= _number(part.since) for i in ids)
        if next_token and part.since and not known:
            oldest = min(ids, key=_number, default=part.until)
            token = next_token if self.is_list or not ids else ""
            self.parts.appendleft(Part(since=part.since, until=oldest, token=token))


def _number(post_id: str) -> int:
    return int(post_id or 0)


@dataclass(slots=True, kw_only=True)
class Purse:
    """What a run has spent, and may at most: posts, and millionths of a US dollar."""

    max_posts: int
    max_usd_micros: int
    post_usd_micros: int
    user_usd_micros: int
    posts: int = 0
    spent_usd_micros: int = 0

    def post_limit(self, worst_usd_micros: int) -> int:
        """How many posts may still come when each costs that at worst."""
        return min(self.max_posts - self.posts, self._left_usd_micros // max(1, worst_usd_micros))

    @property
    def user_limit(self) -> int:
        """How many accounts may still be looked up."""
        return self._left_usd_micros // max(1, self.user_usd_micros)

    def pay(self, *, posts: int = 0, others: int = 0, users: int = 0) -> None:
        """Book what an answer held: posts of a timeline, others that came with them, accounts."""
        self.posts += posts
        self.spent_usd_micros += (posts + others) * self.post_usd_micros + users * self.user_usd_micros

    def cap(self) -> SourceError:
        """Says that the rest has to wait."""
        spent = f"{self.spent_usd_micros / 1e6:.3f} of {self.max_usd_micros / 1e6:.2f} USD"
        message = f"stopped at the cap after {self.posts} posts and {spent}; the rest is read next time"
        remedy = "Raise max_usd_per_run and max_posts if that happens at every run, or follow fewer"
        return SourceError(message, kind="spend_cap", remedy=remedy)

    @property
    def _left_usd_micros(self) -> int:
        return max(0, self.max_usd_micros - self.spent_usd_micros)
