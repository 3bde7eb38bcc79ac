"""PURE: which items need their page, and which pages may be asked for now."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlsplit

from pipeline.text.urls import host
from pipeline.types import Item

_WHOLE = ("post", "leaderboard")  # their sources give all there is
_TEASER_CHARS = 1_000
_TEASER_END = re.compile(r"(?:…|\.\.\.|(?:read|continue|keep) (?:more|reading))\W{0,5}$", re.IGNORECASE)

# Pages that hold nothing for us: these want an account, or forbid it to programs that have no key ...
_CLOSED = (
    "x.com", "twitter.com", "facebook.com", "instagram.com", "linkedin.com", "threads.com", "threads.net", "tiktok.com",
    "reddit.com", "redd.it",
)  # fmt: skip
# ... these are recordings, or drawn by scripts, and this one is talk about a page that has an address of its own.
_WORDLESS = (
    "youtube.com", "youtu.be", "open.spotify.com", "podcasts.apple.com", "bsky.app", "news.google.com",
    "news.ycombinator.com",
)  # fmt: skip
_NO_PAGE = re.compile(
    r"\.(?:pdf|epub|docx?|xlsx?|pptx?|jpe?g|png|gif|webp|avif|svg|mp3|m4a|ogg|wav|mp4|webm|mov|zip|gz|bz2|xz|whl|exe|dmg)$",
    re.IGNORECASE,
)


def address(item: Item, *, min_chars: int, pages: bool | None = None) -> str:
    """Where the whole text of an item is to be had; "" where it has its text, or none is to be had.

    Its transcript, else its page when the body is shorter than ``min_chars`` or a teaser. ``pages`` is the operator's
    word on the source: its pages always, or never.
    """
    if pages is False:
        return ""
    if item.text_url:
        return item.text_url if host(item.text_url) else ""
    if pages is None and (item.kind in _WHOLE or not _is_short(item, min_chars)):
        return ""
    return item.url if _is_readable(item.url) else ""


def _is_short(item: Item, min_chars: int) -> bool:
    body = item.body.strip()
    return len(body) < min_chars or body == item.title or (len(body) < _TEASER_CHARS and bool(_TEASER_END.search(body)))


def _is_readable(url: str) -> bool:
    """Whether a page may hold the text of one item: a home page is about many, so is one with an anchor in it."""
    name, parts = host(url), urlsplit(url)
    closed = any(name == h or name.endswith(f".{h}") for h in (*_CLOSED, *_WORDLESS))
    only_home = parts.path in ("", "/") and not parts.query
    return bool(name) and not (closed or only_home or parts.fragment or _NO_PAGE.search(parts.path))


def origin(url: str) -> str:
    """The beginning of an address that robots.txt speaks for: https://host:port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


Wanted = dict[str, dict[str, list[Item]]]
"""Origin -> address -> the items whose text is there; newest first."""


def by_origin(items: Iterable[Item], address_of: Callable[[Item], str]) -> Wanted:
    """Where the items have their texts. An address that one source gives to several items is about none of them."""
    newest_first = sorted(items, key=lambda i: (i.published_at or i.fetched_at, i.id), reverse=True)
    wanted = [(url, item) for item in newest_first if (url := address_of(item))]
    shared = Counter((item.source_id, url) for url, item in wanted)
    found: Wanted = {}
    for url, item in wanted:
        if shared[item.source_id, url] == 1:
            found.setdefault(origin(url), {}).setdefault(url, []).append(item)
    return found


def choose(wanted: Wanted, asked: Mapping[str, int], *, max_pages: int, max_per_host: int) -> Wanted:
    """What may be asked for now, when so many of an origin were ``asked`` for lately: of each its newest pages, and
    only as many origins as there is room for.
    """
    left = max_pages - sum(asked.values())
    chosen: Wanted = {}
    for place, pages in wanted.items():
        newest = list(pages)[: max(0, min(max_per_host - asked.get(place, 0), max_pages))]
        if newest and len(newest) <= left:
            left -= len(newest)
            chosen[place] = {url: pages[url] for url in newest}
    return chosen
