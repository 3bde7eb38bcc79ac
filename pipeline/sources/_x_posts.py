"""Posts of X's API v2 as items. https://docs.x.com/x-api/fundamentals/data-dictionary"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, Field

from pipeline.sources import Dropped, Parsed, new_item, read_answer
from pipeline.sources._posts import Told, first_line, names, pictured, read_each, readable, told
from pipeline.text.dates import parse_date
from pipeline.text.language import settle
from pipeline.text.urls import canonicalise
from pipeline.types import Item, Payload

REMEDY = "It is asked again later; if it stays like that, the interface has changed: tell us"

_SHORTENED = re.compile(r"https?://t\.co/\w{1,40}")
_OWN_MEDIA = re.compile(r"/status/(\d{1,19})/(?:photo|video)/\d")
_STATUS = re.compile(r"/status/(\d{1,19})/?$")
_REPOSTED = re.compile(r"RT @(\w{1,15}): ")
_NO_LANGUAGE = ("und", "zxx", "art")  # and all that begin with q: "qme" is a post of nothing but a link


# --- what we read; everything else is ignored ------------------------------------------------------------------------


class Link(Told):
    """A link in a text, which shows a t.co address in its place."""

    url: str = ""
    expanded: str = Field(default="", alias="expanded_url")
    unwound: str = Field(default="", alias="unwound_url")
    media_key: str = ""


class Entities(Told):
    """What stands in a text."""

    urls: tuple[Link, ...] = ()


class Note(Told):
    """The whole text of a post of more than 280 characters."""

    text: str = ""
    entities: Entities = Entities()


class Metrics(Told):
    """Counts that everybody sees."""

    likes: int | None = Field(default=None, alias="like_count")
    replies: int | None = Field(default=None, alias="reply_count")


class Reference(Told):
    """Another post, and what this one does to it: retweeted, quoted or replied_to."""

    type: str = ""
    id: str = ""


class Attachments(Told):
    """Keys into the media of the answer."""

    media_keys: tuple[str, ...] = ()


class Post(Told):
    """A post. An edit is a post of its own; ``versions`` are the ids of all, the oldest first."""

    id: str = Field(pattern=r"^[0-9]{1,19}$")
    short_text: str = Field(default="", alias="text")
    author_id: str = ""
    created_at: str = ""
    lang: str = ""
    note: Note = Field(default=Note(), alias="note_tweet")
    entities: Entities = Entities()
    metrics: Metrics = Field(default=Metrics(), alias="public_metrics")
    references: tuple[Reference, ...] = Field(default=(), alias="referenced_tweets")
    attachments: Attachments = Attachments()
    versions: tuple[str, ...] = Field(default=(), alias="edit_history_tweet_ids")

    @property
    def guid(self) -> str:
        """The id of its first version."""
        return self.versions[0] if self.versions else self.id

    def referred(self, kind: str) -> str:
        """The id of the post that this one retweets, quotes or replies to, "" for none."""
        return next((r.id for r in self.references if r.type == kind), "")


class User(Told):
    """An account."""

    id: str
    username: str = Field(pattern=r"^\w{1,50}$")
    name: str = ""


class Media(Told):
    """A picture or video."""

    media_key: str
    url: str = ""
    preview: str = Field(default="", alias="preview_image_url")
    alt: str = Field(default="", alias="alt_text")


class Includes(Told):
    """What the posts of an answer refer to, where it was asked for."""

    users: tuple[object, ...] = ()
    tweets: tuple[object, ...] = ()
    media: tuple[object, ...] = ()


class Problem(Told):
    """Why something is not in the answer."""

    title: str = ""
    detail: str = ""


class Meta(Told):
    """Where the next page is."""

    next_token: str = ""


class Page(Told):
    """An answer. ``data`` is absent when there is nothing, and one post where one was asked for."""

    data: Annotated[tuple[object, ...], BeforeValidator(lambda v: (v,) if isinstance(v, dict) else v)] = ()
    includes: Includes = Includes()
    errors: tuple[Problem, ...] = ()
    meta: Meta = Meta()

    @property
    def posts(self) -> list[Post]:
        """Those of its posts that can be read."""
        return readable(Post, self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which posts become items."""

    replies: bool
    reposts: bool
    min_likes: int


# --- a page as items -------------------------------------------------------------------------------------------------


def read_page(payload: Payload) -> Page:
    """Raises SourceError of kind "bad_answer"."""
    return read_answer(Page, payload, REMEDY)


def parse(payload: Payload, wanted: Wanted) -> Parsed:
    """The posts of a page, each in its newest version. Raises SourceError of kind "bad_answer"."""
    page = read_page(payload)
    posts, dropped = read_each(Post, page.data, payload, REMEDY)
    known = _Known(
        users={u.id: u for u in readable(User, page.includes.users)},
        posts={p.id: p for p in readable(Post, page.includes.tweets)},
        media={m.media_key: m for m in readable(Media, page.includes.media)},
    )
    reasons = [(post, why_not(post, wanted, known.posts)) for post in posts]
    dropped += [Dropped(guid=post.guid, reason=reason) for post, reason in reasons if reason]
    return told([_item(payload, post, known) for post, reason in reasons if not reason], dropped)


def why_not(post: Post, wanted: Wanted, others: Mapping[str, Post]) -> str:
    """Why a post becomes no item, "" when it does; ``others`` are the posts that came with it, by id."""
    original = post.referred("retweeted")
    if original and not wanted.reposts:
        return "repost"
    if post.referred("replied_to") and not wanted.replies:
        return "reply"
    shown = others.get(original) if original else post
    return "few_votes" if shown and (shown.metrics.likes or 0) < wanted.min_likes else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What came with the posts of a page, by id."""

    users: Mapping[str, User]
    posts: Mapping[str, Post]
    media: Mapping[str, Media]

    def handle(self, post: Post) -> str:
        return self.users[post.author_id].username if post.author_id in self.users else ""

    def authors(self, post: Post) -> tuple[str, ...]:
        user = self.users.get(post.author_id)
        return names(user.name, user.username) if user else ()

    def address(self, post: Post) -> str:
        return address(post.id, self.handle(post))


def address(post_id: str, handle: str = "") -> str:
    """The page of a post; X finds it by its id, whatever the handle."""
    return f"https://x.com/{handle or 'i/web'}/status/{post_id}"


def _item(payload: Payload, post: Post, known: _Known) -> Item:
    """The item of a post; that of the original where somebody reposted it."""
    original = post.referred("retweeted")
    if not original:
        return _own_item(payload, post, known)
    via = " ".join(known.authors(post)[-1:])
    if original in known.posts:
        return _own_item(payload, known.posts[original], known, via=via)
    text, _ = _text(post, known)
    said = _REPOSTED.match(text)
    handle, body = (said[1], text[said.end() :]) if said else ("", text)
    return new_item(
        payload,
        guid=original,
        url=address(original, handle),
        title=first_line(body),
        body=body,
        kind="post",
        via=via or None,
        authors=names("", handle),
        language=_language(post.lang, body),
        published_at=parse_date(post.created_at),
    )


def _own_item(payload: Payload, post: Post, known: _Known, via: str = "") -> Item:
    text, links = _text(post, known)
    quoted = known.posts.get(post.referred("quoted"))
    pictures = [known.media[key] for key in post.attachments.media_keys if key in known.media]
    body = "\n".join([text, *([_quotation(quoted, known)] if quoted else []), *pictured(m.alt for m in pictures)])
    return new_item(
        payload,
        guid=post.guid,
        url=known.address(post),
        title=first_line(body),
        body=body,
        kind="post",
        via=via or None,
        authors=known.authors(post),
        language=_language(post.lang, text),
        published_at=parse_date(post.created_at),
        points=post.metrics.likes,
        comments=post.metrics.replies,
        media=(*links, *(m.url or m.preview for m in pictures)),
    )


def _quotation(post: Post, known: _Known) -> str:
    """A quoted post on one line under its author's name."""
    text, _ = _text(post, known)
    return f"@{known.handle(post)}: {' '.join(text.split())} {known.address(post)}".removeprefix("@: ")


def _text(post: Post, known: _Known) -> tuple[str, tuple[str, ...]]:
    """The whole text, each link in full, and these links.

    Links are found by what they show, not by their offsets: those count before the entities of HTML are decoded. The
    link to the post's own pictures, and to a quoted post that is printed anyway, says nothing.
    """
    found = {link.url: link for link in (*post.note.entities.urls, *post.entities.urls)}
    own, printed = {post.id, *post.versions}, post.referred("quoted")
    links: dict[str, None] = {}

    def shown(match: re.Match[str]) -> str:
        link = found.get(match[0], Link())
        target = canonicalise(link.unwound or link.expanded)
        media, status = _OWN_MEDIA.search(link.expanded), _STATUS.search(link.expanded)
        if link.media_key or (media and media[1] in own):
            return ""
        if status and status[1] == printed and printed in known.posts:
            return ""
        if target:
            links[target] = None
        return target or match[0]

    text = _SHORTENED.sub(shown, html.unescape(post.note.text or post.short_text))
    return "\n".join(line.strip() for line in text.strip().split("\n")), tuple(links)


def _language(claimed: str, text: str) -> str:
    return settle("" if claimed in _NO_LANGUAGE or claimed.startswith("q") else claimed, text)
