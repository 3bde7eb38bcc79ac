"""AI News (news.smol.ai, and on Latent Space): each bullet of an issue is an item about what it links.

An X post, a thread or a paper that an issue links is read here in the issue's words: no paid interface is asked for it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from urllib.parse import urlsplit

from pydantic import Field

from pipeline.seams import Http
from pipeline.sources import Dropped, Fetched, FetchState, Parsed, WebAddress, new_item, rss
from pipeline.sources._pointing import html_by_link, kind_of
from pipeline.sources._recap import Bullet, Issue, first_sentence, furniture, is_issue, split
from pipeline.text.html import Block, read
from pipeline.text.urls import host, url_key
from pipeline.types import Item, Payload

_NAME = "AI News"
_MARK = "[AINews]"  # before the title of an issue in the feed of Latent Space


class Options(rss.Options):
    """The feed of the site, or of Latent Space; ``only_issues`` passes over what is no issue there.

    Of more than ``max_items`` entries the newest count: only the newest ten carry their text.
    """

    url: WebAddress = "https://news.smol.ai/rss.xml"
    only_issues: bool = False
    max_items: int = Field(default=20, ge=1)
    max_bytes: int | None = Field(default=30_000_000, ge=1_000)


def fetch(options: Options, state: FetchState, http: Http, now: datetime) -> Fetched:
    """One conditional GET. Raises SourceError or NetworkError."""
    return rss.fetch(options, state, http, now)


def parse(payload: Payload, options: Options) -> Parsed:
    """The bullets of each issue; its essay, and what is no issue, as newsletters. Raises as ``rss.parse`` does."""
    feed = rss.parse(payload, options)
    pages = html_by_link(payload)
    items: dict[str, Item] = {}
    dropped = list(feed.dropped)
    for entry in feed.items:
        blocks = read(pages.get(entry.url, "")).blocks
        if _is_issue(entry, blocks):
            found = _issue(payload, entry, blocks)
        elif options.only_issues:
            found = Parsed(dropped=[Dropped(guid=entry.guid, reason="no_issue")])
        else:
            found = Parsed(items=[replace(entry, kind="newsletter")])
        for item in found.items:
            items.setdefault(item.id, item)
        dropped += found.dropped
    return Parsed(items=list(items.values()), dropped=dropped)


def _is_issue(entry: Item, blocks: Sequence[Block]) -> bool:
    return _MARK in entry.title or urlsplit(entry.url).path.startswith("/issues/") or is_issue(blocks)


def _issue(payload: Payload, entry: Item, blocks: Sequence[Block]) -> Parsed:
    """What an issue holds. It is known by its link: titles repeat ("not much happened today")."""
    found = split(blocks, host(entry.url))
    stories: dict[str, list[Bullet]] = {}
    for bullet in found.bullets:
        stories.setdefault(url_key(bullet.url), []).append(bullet)
    items = [_item(payload, entry, bullets) for bullets in stories.values()]
    if found.essay:
        items.insert(0, _essay(payload, entry, found))
    dropped = [Dropped(guid=_guid(entry, text), reason=reason) for text, reason in found.dropped]
    if not items and not dropped:
        dropped = [Dropped(guid=entry.guid, reason="without_content")]
    return Parsed(items=items, dropped=dropped)


def _item(payload: Payload, entry: Item, bullets: Sequence[Bullet]) -> Item:
    """One item of the bullets about one address: the list of the day's top tweets names most of them once more.

    ``points`` are the votes and comments of a thread ("Activity: 421"), or the engagement of a top tweet.
    """
    first = bullets[0]
    key = url_key(first.url)
    links = dict.fromkeys(link for bullet in bullets for link in bullet.links)
    return new_item(
        payload,
        guid=_guid(entry, key),
        url=first.url,
        title=first.title,
        body="\n".join(dict.fromkeys(bullet.text for bullet in bullets if bullet.text)),
        kind=kind_of(first.url),
        via=_NAME,
        authors=tuple(dict.fromkeys(handle for bullet in bullets for handle in bullet.handles)),
        language=entry.language,
        published_at=entry.published_at,
        points=max((b.points for b in bullets if b.points is not None), default=None),
        media=tuple(link for link in links if url_key(link) != key),
    )


def _essay(payload: Payload, entry: Item, found: Issue) -> Item:
    """The words of the editor before the recaps."""
    title = entry.title.replace(_MARK, "").strip()
    return new_item(
        payload,
        guid=_guid(entry, ""),
        url=entry.url,
        title=first_sentence(found.essay) if furniture(title) else title,
        body=found.essay,
        kind="newsletter",
        authors=entry.authors,
        language=entry.language,
        published_at=entry.published_at,
        media=found.essay_links,
    )


def _guid(entry: Item, part: str) -> str:
    """Of a part of an issue: the same when the issue is published again."""
    return f"{entry.url or entry.guid}#{blake2b(part.encode(errors='replace'), digest_size=6).hexdigest()}"
