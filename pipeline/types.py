"""What flows through the pipeline: frozen records.

Units stand in the names: ``_at`` is an aware UTC datetime, ``_s`` seconds, ``_ms`` milliseconds, ``_bytes``,
``_chars``, ``_tokens``, ``_usd_micros`` millionths of a US dollar. Scores are 0..1. Spans are half-open, in code
points.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from pipeline.errors import DigestError

Kind = Literal["article", "newsletter", "post", "paper", "release", "video", "podcast", "leaderboard"]
MergeMethod = Literal["first", "same_url", "same_text", "similar", "model", "reviewer"]
CheckMethod = Literal["quote", "number", "date", "name", "link", "wording", "support", "belongs", "model"]
Verdict = Literal["supported", "refuted", "not_enough_info"]
Action = Literal[
    "approve", "edit", "reject", "hold", "merge", "split", "different", "not_repeat", "reorder", "pin", "undo"
]
IssueStatus = Literal["draft", "in_review", "approved", "sending", "sent", "cancelled"]
DeliveryStatus = Literal["queued", "sending", "sent", "deferred", "failed", "bounced", "unknown"]
PageOutcome = Literal[
    "read", "robots", "refused", "gone", "later", "failed", "not_text", "no_text", "too_large", "private"
]
Format = Literal["html", "text", "markdown", "notice_html", "notice_text"]

Clock = Callable[[], datetime]
"""Gives the present moment, aware, in UTC. ``datetime.now`` stands in one file: context.py."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """Bytes as a source gave them, kept so that parsing can be repeated. Key: source_id, url, fetched_at."""

    source_id: str
    url: str
    fetched_at: datetime
    media_type: str  # the whole Content-Type header, with its charset
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One normalised publication. ``id`` is 16 hex digits of blake2b over source_id and guid."""

    id: str
    source_id: str
    guid: str
    url: str  # canonical, or "" where the source gives none
    title: str
    body: str  # plain text
    fetched_at: datetime
    kind: Kind = "article"
    via: str | None = None  # who pointed at it, when that is not the publisher
    authors: tuple[str, ...] = ()
    language: str = "und"  # BCP 47
    published_at: datetime | None = None
    points: int | None = None  # votes
    comments: int | None = None
    media: tuple[str, ...] = ()
    text_url: str = ""  # where its whole text is to be had, when not at ``url``: the transcript of an episode
    credit: str = ""  # words that its licence asks us to print beside it

    @property
    def cited_text(self) -> str:
        """The text that citations point into: the body, or the title where there is no body."""
        return self.body or self.title


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """Says that an item belongs to a story, and how that was found."""

    item_id: str
    story_id: str
    method: MergeMethod
    score: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Items about one event. ``id`` is the id of its first item; ``items`` has the representative first."""

    id: str
    items: tuple[Item, ...]
    first_seen_at: datetime
    last_seen_at: datetime

    @property
    def representative(self) -> Item:
        """The item whose title and text stand for the story."""
        return self.items[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What is kept of an item that has its story, so that a new one can be held against it without its text.

    ``meaning_sha256`` is of the text that is embedded, in hex; ``terms`` is packed (text.index.pack).
    """

    item_id: str
    seen_at: datetime
    url_key: str
    text_hash: str
    meaning_sha256: str
    terms: bytes


class KnownSignature(NamedTuple):
    """The part of a signature that a run reads, by the tens of thousands; ``story_id`` is where its item is now."""

    item_id: str
    story_id: str
    url_key: str
    text_hash: str
    terms: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Two stories that are perhaps the same: too alike to be told apart unseen, not alike enough to be folded.

    ``story_id`` is the younger one. ``verdict`` is None until a model or a reviewer has answered; then ``decided_by``
    is "model:<name>" or "reviewer:<name>".
    """

    story_id: str
    other_id: str
    score: float
    reason: str = ""
    verdict: Literal["same", "different"] | None = None
    decided_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where a claim stands in its source: ``quote == item.cited_text[start:end]``."""

    item_id: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One printed sentence and the places that it rests on (one at least; none in a reviewer's
    own words, and in an extract whose source has nothing but a title). Of an opinion, ``speaker`` is who holds it, and
    the text names them."""

    text: str
    citations: tuple[Citation, ...] = ()
    speaker: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """What a story is about, in the words of its sources."""

    companies: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One revision of what is printed about a story."""

    story_id: str
    revision: int
    language: str
    input_hash: str
    headline: str
    claims: tuple[Claim, ...]
    written_by: str  # "model:<name>", "extract" or "reviewer:<name>"
    written_at: datetime
    why_it_matters: str | None = None
    tags: Tags = field(default_factory=Tags)
    note: str | None = None  # why an extract stands where a model was asked

    @property
    def texts(self) -> dict[int, str]:
        """All that is printed of it, as ``Check.claim`` counts it, in the order of print."""
        claims = {number: claim.text for number, claim in enumerate(self.claims)}
        why = {WHY_IT_MATTERS: self.why_it_matters} if self.why_it_matters else {}
        return {HEADLINE: self.headline, **claims, **why}

    @property
    def cited(self) -> tuple[Citation, ...]:
        """The places that its claims rest on, each once."""
        return tuple(dict.fromkeys(citation for claim in self.claims for citation in claim.citations))


HEADLINE, WHY_IT_MATTERS = -1, -2  # what ``Check.claim`` says beside the claims


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What code found when it held one claim of a summary against the story's own items.

    ``claim`` counts from 0, or is HEADLINE or WHY_IT_MATTERS. Of the lead of an issue ``story_id`` is the id of
    that, ``revision`` is 0 and ``claim`` counts its sentences. ``start`` and ``end`` are in the checked text.
    ``source`` has the words of the source that bear it out or contradict it, on one line, and ``source_item_id`` says
    whose they are. ``probability`` is that the text is supported; None where a method gives none.
    """

    story_id: str
    revision: int
    claim: int
    method: CheckMethod
    verdict: Verdict
    start: int
    end: int
    note: str = ""
    probability: float | None = None
    source_item_id: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One decision of a reviewer; append-only, the last one wins. No story_id: about the whole issue."""

    issue_id: str
    story_id: str | None
    revision: int | None
    action: Action
    reviewer: str
    channel: str  # "terminal", "web", "cli", "policy"
    decided_at: datetime
    comment: str = ""
    position: int | None = None  # where a reorder moves the story, from 0 within its section; where other_id stood
    sha256: str | None = None  # of the whole issue, on its approval
    other_id: str | None = None  # the story on the other side: taken in by a merge, begun by a split, different from
    moved: tuple[Membership, ...] = ()  # of the items that changed their story by it, as they were before


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place in an issue. Position counts from 0 within its section; ``brief`` stories print one line."""

    section: str
    position: int
    story_id: str
    score: float
    parts: Mapping[str, float] = field(default_factory=dict)
    revision: int | None = None
    brief: bool = False
    update_of: str | None = None  # the story, printed before, that this one continues (perhaps itself)
    ran_in: str | None = None  # the issue that printed that


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """A story that an issue left out: ``repeat_of`` (perhaps itself), which the issue ``ran_in`` printed, told it."""

    story_id: str
    repeat_of: str
    ran_in: str
    score: float  # how alike they are


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one issue printed of a story, and the items that it knew; what came from ``closed_at`` on was not in it."""

    story_id: str
    ran_in: str
    closed_at: datetime
    headline: str
    sentences: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()  # none where a reviewer moved them to another story since

    @property
    def texts(self) -> tuple[str, ...]:
        """All that was told: what was printed, and what its items say."""
        return (self.headline, *self.sentences, *(text for item in self.items for text in (item.title, item.body)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A story as its slot tells it: of an update only what is new; ``before`` is what it adds to."""

    story: Story
    before: Told | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One dated edition. The window [opens_at, closes_at) is on ``fetched_at``."""

    id: str  # the local date of publication, "2026-11-23"
    opens_at: datetime
    closes_at: datetime
    publish_at: datetime
    status: IssueStatus
    subject: str = ""
    lead: tuple[str, ...] = ()  # sentences
    lead_about: tuple[tuple[str, ...], ...] = ()  # the stories that each tells of; none where code composed it
    lead_cut: tuple[int, ...] | None = None  # sentences that go when nobody saw them; None: not looked at
    counts: Mapping[str, int] = field(default_factory=dict)
    approved_sha256: str | None = None
    approved_by: str | None = None
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """The frozen bytes of an issue in one format."""

    issue_id: str
    format: Format
    language: str
    body: bytes
    sha256: str

    @property
    def size_bytes(self) -> int:
        """Length of the body."""
        return len(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One issue to one recipient by one channel: the row is written before the first byte is sent."""

    issue_id: str
    channel: str
    recipient: str
    status: DeliveryStatus
    attempts: int
    message_id: str
    changed_at: datetime
    next_attempt_at: datetime | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """One request to a model, or one answer out of the cache."""

    stage: str
    prompt: str  # "summarise.md@3f2a9c1b"
    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_usd_micros: int
    duration_ms: int
    from_cache: bool
    called_at: datetime
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that went wrong with one subject while the run went on."""

    stage: str
    subject: str
    kind: str
    message: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a stage says about one key: done, or skipped for a reason; ``count`` is in the stage's own unit.

    ``trouble`` is what went wrong although the key is done (a model that is down): a Problem, once for each cause.
    """

    count: int = 1
    skipped: str | None = None
    trouble: DigestError | None = None
