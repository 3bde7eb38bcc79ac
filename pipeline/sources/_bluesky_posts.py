"""Posts of Bluesky as items: what we read of the lexicons app.bsky.feed.defs and app.bsky.embed.*

https://github.com/bluesky-social/atproto/tree/main/lexicons/app/bsky
"""

from collections.abc import Iterator
from datetime import datetime

from pydantic import Field

from pipeline.sources import Dropped, Parsed, new_item, read_answer
from pipeline.sources._posts import Told, first_line, names, pictured, read_each, readable, told
from pipeline.text.dates import parse_date
from pipeline.text.language import settle
from pipeline.text.urls import canonicalise
from pipeline.types import Item, Payload

REMEDY = "Check the name of the actor, list or feed; if it is right, the interface has changed: tell us"
UNKNOWN = ("", "handle.invalid")
"""What stands for a handle that cannot be verified."""


def read_feed(payload: Payload) -> "Feed":
    """Raises SourceError of kind "bad_answer"."""
    return read_answer(Feed, payload, REMEDY)


def parse(payload: Payload, *, min_likes: int, open_place: bool) -> Parsed:
    """The posts themselves, without reposts and answers; ``open_place``: out of a place where anybody can post.

    Raises SourceError of kind "bad_answer".
    """
    entries, dropped = read_each(Entry, read_feed(payload).feed, payload, REMEDY)
    reasons = [(entry.post, _why_not(entry, min_likes)) for entry in entries]
    dropped += [Dropped(guid=post.uri, reason=reason) for post, reason in reasons if reason]
    return told([_item(payload, post, open_place=open_place) for post, reason in reasons if not reason], dropped)


def _why_not(entry: "Entry", min_likes: int) -> str:
    """Why a post becomes no item, "" when it does."""
    post = entry.post
    if post.not_found or post.blocked:
        return "deleted" if post.not_found else "blocked"
    if entry.is_repost:
        return "repost"
    if entry.reply is not None or post.record.reply is not None:
        return "reply"
    return "" if post.likes >= min_likes else "few_votes"


# --- what we read; everything else is ignored ------------------------------------------------------------------------


class Author(Told):
    """An account."""

    did: str = ""
    handle: str = ""
    display_name: str = Field(default="", alias="displayName")

    @property
    def known_handle(self) -> str:
        """The handle, "" when it could not be verified."""
        return "" if self.handle in UNKNOWN else self.handle


class Slice(Told):
    """Bytes of a text."""

    start: int = Field(alias="byteStart")
    end: int = Field(alias="byteEnd")


class Feature(Told):
    """What a stretch of text is: a link, where it has an address."""

    uri: str = ""


class Facet(Told):
    """A stretch of text that is more than text."""

    index: Slice
    features: tuple[Feature, ...] = ()


class Record(Told):
    """A post as its author wrote it."""

    text: str = ""
    created_at: str = Field(default="", alias="createdAt")
    langs: tuple[str, ...] = ()
    facets: tuple[object, ...] = ()
    reply: object | None = None


class External(Told):
    """A linked page."""

    uri: str = ""
    title: str = ""


class Image(Told):
    """A picture."""

    fullsize: str = ""
    alt: str = ""


class Quoted(Told):
    """A post in a post."""

    uri: str = ""
    author: Author = Author()
    value: Record = Record()
    record: "Quoted | None" = None  # a quotation with media has one layer more


class Embed(Told):
    """What is attached to a post."""

    external: External | None = None
    images: tuple[Image, ...] = ()
    record: Quoted | None = None
    media: "Embed | None" = None


class Post(Told):
    """A post as the server gives it; of one that is gone nothing but that."""

    uri: str
    author: Author = Author()
    record: Record = Record()
    embed: Embed | None = None
    likes: int = Field(default=0, alias="likeCount")
    replies: int = Field(default=0, alias="replyCount")
    indexed_at: str = Field(default="", alias="indexedAt")
    not_found: bool = Field(default=False, alias="notFound")
    blocked: bool = False

    @property
    def made_at(self) -> datetime | None:
        """The author may claim a later time; the server saw it no earlier."""
        dates = [d for d in (parse_date(self.record.created_at), parse_date(self.indexed_at)) if d]
        return min(dates, default=None)


class Reason(Told):
    """Why an entry stands in a feed."""

    type: str = Field(default="", alias="$type")


class Entry(Told):
    """A post in a feed."""

    post: Post
    reason: Reason | None = None
    reply: object | None = None

    @property
    def is_repost(self) -> bool:
        """Whether somebody else's post was passed on; a pinned one has a reason too."""
        return self.reason is not None and not self.reason.type.endswith("#reasonPin")


class Feed(Told):
    """A page of posts, and where the next one is."""

    feed: list[object]
    cursor: str = ""

    @property
    def entries(self) -> list[Entry]:
        """Those that can be read."""
        return readable(Entry, self.feed)


# --- a post as an item -----------------------------------------------------------------------------------------------


def _item(payload: Payload, post: Post, *, open_place: bool) -> Item:
    text = _expanded(post.record)
    embeds = [e for e in (post.embed, post.embed.media if post.embed else None) if e]
    images = [image for e in embeds for image in e.images]
    body = "\n".join([text, *(line for e in embeds for line in _attached(e)), *pictured(i.alt for i in images)])
    return new_item(
        payload,
        guid=post.uri,
        url=_web(post.uri, post.author),
        title=first_line(body),
        body=body,
        kind="post",
        authors=names(post.author.display_name, post.author.known_handle, open_place=open_place),
        language=settle(next(iter(post.record.langs), ""), text),
        published_at=post.made_at,
        points=post.likes,
        comments=post.replies,
        media=tuple(image.fullsize for image in images),
    )


def _web(uri: str, author: Author) -> str:
    """at://did/app.bsky.feed.post/rkey as the page that a reader can open."""
    return f"https://bsky.app/profile/{author.known_handle or author.did}/post/{uri.rpartition('/')[2]}"


def _attached(embed: Embed) -> Iterator[str]:
    """A linked page as "title address"; a quoted post under its author's name."""
    if embed.external and (url := canonicalise(embed.external.uri)):
        yield f"{embed.external.title} {url}".strip()
    quoted = embed.record.record or embed.record if embed.record else None
    if quoted and quoted.value.text:
        yield f"@{quoted.author.handle}: {_expanded(quoted.value)} {_web(quoted.uri, quoted.author)}"


def _expanded(record: Record) -> str:
    """The text with each link in full: facets count bytes of UTF-8, and what is shown ends in "...".

    A facet that lies outside the text, in another one or across a character is left alone.
    """
    raw, parts, at = record.text.encode(errors="replace"), [], 0
    for facet in sorted(readable(Facet, record.facets), key=lambda f: f.index.start):
        start, end = facet.index.start, facet.index.end
        url = next((u for u in (canonicalise(f.uri) for f in facet.features) if u), "")
        if not url or not at <= start < end <= len(raw):
            continue
        try:
            before, shown = raw[at:start].decode(), raw[start:end].decode()
        except UnicodeDecodeError:
            continue
        parts += [before, url if _is_shortened(shown, url) else f"{shown} ({url})"]
        at = end
    return "".join([*parts, raw[at:].decode()])


def _is_shortened(shown: str, url: str) -> bool:
    """Whether the words of a link are the beginning of its address, rather than words."""
    start = shown.strip().rstrip("….").lower().removeprefix("https://").removeprefix("http://").removeprefix("www.")
    return url.lower().partition("://")[2].removeprefix("www.").startswith(start)
