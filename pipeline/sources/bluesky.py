"""Bluesky: the posts of one author, without an account (app.bsky.feed.getAuthorFeed of the public AppView)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from pipeline.config import Section
from pipeline.errors import SourceError
from pipeline.sources import Fetched, FetchState, get, new_item
from pipeline.text.dates import parse_date
from pipeline.text.language import settle
from pipeline.text.urls import canonicalise, host
from pipeline.types import Http, Item, Payload


def _web_address(url: str) -> str:
    if not host(url):
        raise ValueError("is no web address; write it as https://host")
    return url.rstrip("/")


class Options(Section):
    """Whose posts, and from how many likes on. ``actor`` is a handle (without @) or a did."""

    actor: str = Field(pattern=r"^(did:[a-z]+:[A-Za-z0-9._:%-]+|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)$", max_length=300)
    limit: int = Field(default=50, ge=1, le=100)
    min_likes: int = Field(default=0, ge=0)
    base_url: Annotated[str, AfterValidator(_web_address)] = "https://public.api.bsky.app"
    allow_private: bool = False


def fetch(options: Options, state: FetchState, http: Http, now: datetime) -> Fetched:
    """One conditional GET. Raises SourceError or NetworkError."""
    query = urlencode({"actor": options.actor, "limit": options.limit, "filter": "posts_no_replies"})
    url = f"{options.base_url}/xrpc/app.bsky.feed.getAuthorFeed?{query}"
    return get(http, url, state, now, accept="application/json", allow_private=options.allow_private)


def parse(payload: Payload, options: Options) -> list[Item]:
    """The author's own posts, without reposts and replies. Raises SourceError of kind "bad_answer"."""
    try:
        feed = _Feed.model_validate_json(payload.body).feed
    except ValidationError as e:
        raise SourceError(
            f"{payload.url} gives no list of posts",
            subject=payload.source_id,
            kind="bad_answer",
            remedy="Check the name of the actor; if it is right, the interface has changed: tell us",
        ) from e
    return [_item(payload, e.post) for e in feed if e.is_own and e.post.likes >= options.min_likes]


# --- what we read of the lexicons app.bsky.feed.defs and app.bsky.embed.*; everything else is ignored ----------------


class _Author(BaseModel):
    did: str = ""
    handle: str = ""
    display_name: str = Field(default="", alias="displayName")


class _Slice(BaseModel):
    start: int = Field(alias="byteStart")
    end: int = Field(alias="byteEnd")


class _Feature(BaseModel):
    uri: str = ""


class _Facet(BaseModel):
    index: _Slice
    features: list[_Feature] = []


class _Record(BaseModel):
    text: str = ""
    created_at: str = Field(default="", alias="createdAt")
    langs: list[str] | None = None
    facets: list[_Facet] | None = None
    reply: object | None = None


class _External(BaseModel):
    uri: str = ""
    title: str = ""


class _Image(BaseModel):
    fullsize: str = ""


class _Quoted(BaseModel):
    uri: str = ""
    author: _Author = _Author()
    value: _Record = _Record()
    record: "_Quoted | None" = None  # a quotation with media has one layer more


class _Embed(BaseModel):
    external: _External | None = None
    images: list[_Image] = []
    record: _Quoted | None = None
    media: "_Embed | None" = None


class _Post(BaseModel):
    uri: str
    author: _Author
    record: _Record
    embed: _Embed | None = None
    likes: int = Field(default=0, alias="likeCount")
    replies: int = Field(default=0, alias="replyCount")
    indexed_at: str = Field(default="", alias="indexedAt")


class _Reason(BaseModel):
    type: str = Field(default="", alias="$type")


class _Entry(BaseModel):
    post: _Post
    reason: _Reason | None = None
    reply: object | None = None

    @property
    def is_own(self) -> bool:
        """Whether it is a post of the author's own; a pinned one has a reason too."""
        reposted = self.reason is not None and not self.reason.type.endswith("#reasonPin")
        return not reposted and self.reply is None and self.post.record.reply is None


class _Feed(BaseModel):
    feed: list[_Entry]


# --- a post as an item -----------------------------------------------------------------------------------------------


def _item(payload: Payload, post: _Post) -> Item:
    text = _expanded(post.record)
    dates = [d for d in (parse_date(post.record.created_at), parse_date(post.indexed_at)) if d]
    embeds = [e for e in (post.embed, post.embed.media if post.embed else None) if e]
    attached = [line for e in embeds for line in _attached(e)]
    return new_item(
        payload,
        guid=post.uri,
        url=_web(post.uri, post.author),
        title=next((line for line in [*text.split("\n"), *attached] if line.strip()), ""),
        body="\n".join([text, *attached]),
        kind="post",
        authors=(post.author.display_name or post.author.handle,),
        language=settle((post.record.langs or [""])[0], text),
        published_at=min(dates, default=None),  # the author may claim a later time, the server saw it no earlier
        points=post.likes,
        comments=post.replies,
        media=tuple(image.fullsize for e in embeds for image in e.images),
    )


def _web(uri: str, author: _Author) -> str:
    """at://did/app.bsky.feed.post/rkey as the page that a reader can open; a handle that failed is "handle.invalid"."""
    name = author.did if author.handle in ("", "handle.invalid") else author.handle
    return f"https://bsky.app/profile/{name}/post/{uri.rpartition('/')[2]}"


def _attached(embed: _Embed) -> Iterator[str]:
    """A linked page as "title address"; a quoted post under its author's name."""
    if embed.external and (url := canonicalise(embed.external.uri)):
        yield f"{embed.external.title} {url}".strip()
    quoted = embed.record.record or embed.record if embed.record else None
    if quoted and quoted.value.text:
        yield f"@{quoted.author.handle}: {_expanded(quoted.value)} {_web(quoted.uri, quoted.author)}"


def _expanded(record: _Record) -> str:
    """The text with each link in full: facets count bytes of UTF-8, and what is shown ends in "..."."""
    raw, parts, at = record.text.encode(errors="replace"), [], 0
    for facet in sorted(record.facets or [], key=lambda f: f.index.start):
        start, end = facet.index.start, facet.index.end
        url = next((u for u in (canonicalise(f.uri) for f in facet.features) if u), "")
        if not url or not at <= start < end <= len(raw):
            continue
        shown = raw[start:end].decode(errors="replace")
        parts += [raw[at:start].decode(errors="replace"), url if _is_shortened(shown, url) else f"{shown} ({url})"]
        at = end
    return "".join([*parts, raw[at:].decode(errors="replace")])


def _is_shortened(shown: str, url: str) -> bool:
    """Whether the words of a link are the beginning of its address, rather than words."""
    start = shown.strip().rstrip("….").lower().removeprefix("https://").removeprefix("http://").removeprefix("www.")
    return url.lower().partition("://")[2].removeprefix("www.").startswith(start)
