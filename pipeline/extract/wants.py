"""Which items need their page, and what a page's answer is worth. Pure."""

import re
from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipeline.config import ExtractSettings
from pipeline.text.urls import host
from pipeline.types import Item, Kind

# What their interfaces gave is all that is to be had without an account, a script or a paid key.
_CLOSED_HOSTS = (
    "x.com", "twitter.com", "youtube.com", "youtu.be", "reddit.com", "redd.it", "bsky.app", "news.ycombinator.com",
    "linkedin.com", "discord.com", "t.me", "facebook.com", "instagram.com",
)  # fmt: skip
_NO_PAGE = re.compile(r"\.(?:pdf|png|jpe?g|gif|webp|svg|mp[34]|m4a|mov|zip|gz|exe|dmg|csv|xlsx?|pptx?)$", re.IGNORECASE)
_COMPLETE: Container[Kind] = ("leaderboard",)  # we wrote its text ourselves
_WALL = re.compile(
    r"enable javascript|javascript is (?:disabled|required)|are you a (?:robot|human)|verify (?:that )?you are"
    r"|checking your browser|access denied|please (?:log|sign) in|subscribe to (?:continue|read)"
    r"|accept (?:all )?cookies"
    r"|请(?:先)?登录|验证码|开启 ?javascript",
    re.IGNORECASE,
)
_WALL_CHARS = 1_000  # a longer text that says such a thing is about it


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """An address to be read for some items of one source."""

    url: str
    item_ids: tuple[str, ...]
    source_id: str


def origin(url: str) -> str:
    """Scheme, host and port: what one robots.txt speaks for (RFC 9309 section 2.3)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def choose(items: Iterable[Item], settings: ExtractSettings, closed_sources: Container[str] = ()) -> list[Want]:
    """The addresses to read, the newest items first: at most ``max_pages``, and ``max_per_host`` of one origin.

    An item wants its page when its source says where the whole text is, or gave less than ``min_chars`` of it.
    """
    newest_first = sorted(items, key=lambda i: (i.published_at or i.fetched_at, i.id), reverse=True)
    found: dict[str, list[Item]] = {}
    for item in newest_first:
        url = _wanted(item, settings.min_chars)
        if url and item.source_id not in closed_sources:
            found.setdefault(url, []).append(item)
    of_origin: Counter[str] = Counter()
    wants: list[Want] = []
    for url, members in found.items():
        of_origin[origin(url)] += 1
        if of_origin[origin(url)] <= settings.max_per_host and len(wants) < settings.max_pages:
            wants.append(Want(url=url, item_ids=tuple(i.id for i in members), source_id=members[0].source_id))
    return wants


def _wanted(item: Item, min_chars: int) -> str:
    """The address that has more of an item, "" when there is none or no need."""
    if item.text_url:
        return item.text_url
    if not item.url or item.kind in _COMPLETE or len(item.body) >= min_chars:
        return ""
    name = host(item.url)
    closed = any(name == h or name.endswith(f".{h}") for h in _CLOSED_HOSTS)
    return "" if closed or _NO_PAGE.search(urlsplit(item.url).path) else item.url


def verdict(text: str, min_chars: int) -> str:
    """What a text is worth: "read", or why it is not taken: "wall" (a login, a robot check), "short"."""
    if len(text) < _WALL_CHARS and _WALL.search(text):
        return "wall"
    return "read" if len(text) >= min_chars else "short"
