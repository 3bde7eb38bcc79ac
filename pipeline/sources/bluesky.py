"""Bluesky: the posts of one author, without an account (app.bsky.feed.getAuthorFeed of the public AppView)."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from pipeline.config import Section
from pipeline.sources import BaseAddress, Dropped, Fetched, FetchState, Parsed, get, new_item, read_answer
from pipeline.text.dates import parse_date
from pipeline.text.language import settle
from pipeline.text.urls import canonicalise
from pipeline.types import Http, Item, Payload

_REMEDY = "Check the name of the actor; if it is right, the interface has changed: tell us"


class Options(Section):
    """Whose posts, and from how many likes on. ``actor`` is a handle (without @) or a did."""

    actor: str = Field(pattern=r"^(did:[a-z]+:[A-Za-z0-9._:%-]+|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)$", max_length=300)
    limit: int = Field(default=50, ge=1, le=100)
    min_likes: int = Field(default=0, ge=0)
    base_url: BaseAddress = "https://public.api.bsky.app"
    allow_private: bool = False


def fetch(options: Options, state: FetchState, http: Http, now: datetime) -> Fetched:
    """One conditional GET. Raises SourceError or NetworkError."""
    query = urlencode({"actor": options.actor, "limit": options.limit, "filter": "posts_no_replies"})
    url = f"{options.base_url}/xrpc/app.bsky.feed.getAuthorFeed?{query}"
    return get(http, url, state, now, accept="application/json", allow_private=options.allow_private)


def parse(payload: Payload, options: Options) -> Parsed:
    """The author's own posts. Raises SourceError of kind "bad_answer"."""
    feed = read_answer(_Feed, payload, _REMEDY).feed
    reasons = {e.post.uri: reason for e in feed if (reason := _why_not(e, options))}
    return Parsed(
        items=[_item(payload, e.post) for e in feed if e.post.uri not in reasons],
        dropped=[Dropped(guid=uri, reason=reason) for uri, reason in reasons.items()],
    )


def _why_not(entry: "_Entry", options: Options) -> str:
    """Why a post becomes no item, "" when it does."""
    if not entry.is_own:
        return "repost_or_reply"
    return "" if entry.post.likes >= options.min_likes else "few_votes"


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
