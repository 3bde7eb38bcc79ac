"""What Reddit gives -> items: the posts of a listing of its API, and the entries of its feeds."""

import html
from collections.abc import Iterable, Iterator
from datetime import datetime

from pydantic import BaseModel, Field

from pipeline.sources import Dropped, Parsed, new_item, read_answer, rss
from pipeline.sources._pointing import html_by_link, is_picture, kind_of
from pipeline.text.dates import from_epoch
from pipeline.text.html import Block, join, read
from pipeline.text.urls import canonicalise, url_key
from pipeline.types import Item, Payload

_SITE = "https://www.reddit.com"
_REMEDY = "Check the names of the subreddits; if they are right, the interface has changed: tell us"
_DELETED = frozenset(
    ("[deleted]", "[removed]", "[deleted by user]", "[ Removed by Reddit ]", "[ Removed by moderator ]")
)


# --- the API: what we read of a listing (https://www.reddit.com/dev/api); everything else is ignored -----------------


class _Source(BaseModel):
    u: str = ""


class _Picture(BaseModel):
    s: _Source | None = None


class _Post(BaseModel):
    name: str = Field(min_length=1)
    title: str = ""
    author: str | None = None
    permalink: str = ""
    url: str | None = None
    selftext: str | None = None
    selftext_html: str | None = None
    score: int = 0
    num_comments: int = 0
    created_utc: float = 0
    is_self: bool = False
    over_18: bool = False
    stickied: bool = False
    removed_by_category: str | None = None
    media_metadata: dict[str, _Picture] | None = None
    crosspost_parent_list: "list[_Post]" = []

    @property
    def is_deleted(self) -> bool:
        """Whether its author or a moderator took it away: what is left must not be kept."""
        return bool(self.removed_by_category) or not _DELETED.isdisjoint((self.author, self.selftext, self.title))


class _Child(BaseModel):
    kind: str
    data: _Post


class _Data(BaseModel):
    children: list[_Child]


class _Listing(BaseModel):
    data: _Data


def of_listing(payload: Payload, *, min_score: int, nsfw: bool) -> Parsed:
    """The posts of a listing; a crosspost is what it was at first. Raises SourceError of kind "bad_answer"."""
    items: dict[str, Item] = {}
    dropped = []
    for child in read_answer(_Listing, payload, _REMEDY).data.children:
        original = next(iter(child.data.crosspost_parent_list), child.data)
        if reason := _why_not(child, original, min_score, nsfw=nsfw):
            dropped.append(Dropped(guid=child.data.name, reason=reason))
        elif original.name in items:
            dropped.append(Dropped(guid=child.data.name, reason="crosspost"))
        else:
            items[original.name] = _post(payload, original)
    return Parsed(items=list(items.values()), dropped=dropped)


def _why_not(child: _Child, original: _Post, min_score: int, *, nsfw: bool) -> str:
    """Why a post becomes no item, "" when it does."""
    both = (child.data, original)
    reasons = {
        "no_post": child.kind != "t3",
        "deleted": any(p.is_deleted for p in both),
        "sticky": child.data.stickied,
        "nsfw": not nsfw and any(p.over_18 for p in both),
        "few_votes": max(p.score for p in both) < min_score,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _post(payload: Payload, post: _Post) -> Item:
    # "For legacy reasons" all texts are escaped once too often, unless the request had raw_json (the page above).
    decode = str if "raw_json=1" in payload.url else html.unescape
    blocks = read(decode(post.selftext_html or "")).blocks
    pictures = (p.s.u for p in (post.media_metadata or {}).values() if p.s)
    return _item(
        payload,
        guid=post.name,
        title=decode(post.title),
        body=join(blocks) or decode(post.selftext or ""),
        link="" if post.is_self else decode(post.url or ""),
        talk=post.permalink,
        author=f"u/{post.author}" if post.author else "",
        media=[*_links(blocks), *map(decode, pictures)],
        published_at=from_epoch(post.created_utc) if post.created_utc else None,
        points=post.score,
        comments=post.num_comments,
    )


# --- its feeds -------------------------------------------------------------------------------------------------------


def of_feed(payload: Payload) -> Parsed:
    """The posts of a feed, which says nothing of their votes. Raises as ``rss.parse`` does."""
    found = rss.parse(payload, rss.Options(url=_SITE, max_items=1_000))
    pages = html_by_link(payload)
    items, dropped = [], list(found.dropped)
    for entry in found.items:
        blocks = read(pages.get(entry.url, "")).blocks
        said = [b for b in blocks if not _is_furniture(b)]
        body = join(said) if blocks else entry.body
        guid = entry.guid.rpartition("/")[2]  # the parser takes "t3_1abc" for an address, and completes it
        if _DELETED.isdisjoint((body, entry.title)):
            items.append(
                _item(
                    payload,
                    guid=guid,
                    title=entry.title,
                    body=body,
                    link=next((link.url for b in blocks for link in b.links if link.text == "[link]"), ""),
                    talk=entry.url,
                    author=next(iter(entry.authors), "").strip("/"),
                    media=_links(said),
                    published_at=entry.published_at,
                )
            )
        else:
            dropped.append(Dropped(guid=guid, reason="deleted"))
    return Parsed(items=items, dropped=dropped)


def _is_furniture(block: Block) -> bool:
    """Whether a block is what stands below every post: "submitted by /u/ada [link] [comments]"."""
    return block.text.startswith("submitted by ") or any(link.text in ("[link]", "[comments]") for link in block.links)


# --- a post as an item -----------------------------------------------------------------------------------------------


def _item(
    payload: Payload,
    *,
    guid: str,
    title: str,
    body: str,
    link: str,
    talk: str,
    author: str,
    media: Iterable[str],
    published_at: datetime | None,
    points: int | None = None,
    comments: int | None = None,
) -> Item:
    """A post that links a page is about that page, via the discussion (``talk``); any other is its own page."""
    talk, link = canonicalise(talk, _SITE), canonicalise(link, _SITE)
    points_at_page = url_key(link) not in ("", url_key(talk)) and not is_picture(link)
    own = [u for u in (link, *media) if url_key(u) not in ("", url_key(talk))]
    return new_item(
        payload,
        guid=guid,
        title=title,
        body=body,
        url=link if points_at_page else talk,
        via=talk if points_at_page else None,
        kind=kind_of(link if points_at_page else talk),
        authors=() if points_at_page else (author,),
        published_at=published_at,
        points=points,
        comments=comments,
        media=tuple(u for u in own if not (points_at_page and u == link)),
    )


def _links(blocks: Iterable[Block]) -> Iterator[str]:
    """The addresses in a text; those of Reddit itself may be without their host."""
    return (canonicalise(link.url, _SITE) for block in blocks for link in block.links)
