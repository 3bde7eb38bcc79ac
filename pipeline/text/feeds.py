"""Where the feed of an address is: what follows from the address itself, what a page names, what is usual."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from pipeline.text.characters import one_line
from pipeline.text.html import to_text
from pipeline.text.urls import canonicalise, host

MAX_LINKS = 100
_MAX_CHARS = 2_000_000
_MAX_TITLE_CHARS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What can be read: as a source of ``type`` with ``options``, and by any reader as a feed at ``feed``."""

    type: str
    options: Mapping[str, object]
    feed: str
    name: str = ""

    def among(self, types: Collection[str]) -> "Place":
        """The same for a program that has these types: without its own, a feed."""
        return self if self.type in types else replace(self, type="rss", options={"url": self.feed})


def web_address(text: str) -> str:
    """An http or https address as people and other readers write it: the scheme may be missing, or be ``feed:``.

    Raises ValueError for what is none, or holds a password.
    """
    url = re.sub(r"^feed:(?://)?(?=https?:)|^feed:(?=//)", "", text.strip())
    url = url if re.match(r"\w+:(?!\d)", url) else "https://" + url.removeprefix("//")
    if not canonicalise(url):
        raise ValueError("is no web address; write it as https://host/path")
    if "@" in urlsplit(url).netloc:
        raise ValueError("holds a password, which does not belong into config.yaml")
    return url


def feed_at(url: str) -> Place:
    """A feed at that address."""
    return Place(type="rss", options={"url": url}, feed=url)


# --- what follows from the address -----------------------------------------------------------------------------------


class _Rule(NamedTuple):
    """Host and path (with the query where one counts) -> the option of a type; "{x}" is the group x of the pattern."""

    pattern: str
    feed: str
    type: str = "rss"
    option: str = "url"
    value: str = ""
    name: str = ""


_LISTS = ("subreddits", "categories")  # options that take a list; "+" divides it in an address
_RULES = (
    # https://support.google.com/youtube/answer/6224202
    _Rule(
        r"youtube\.com/(?:channel/|feeds/videos\.xml\?channel_id=)(?P<id>UC[\w-]{22})(?:/\w*)?",
        "https://www.youtube.com/feeds/videos.xml?channel_id={id}",
        "youtube",
        "channel",
        "{id}",
    ),
    # https://docs.github.com/en/rest/activity/feeds
    _Rule(
        r"github\.com/(?P<repo>[\w.-]+/[\w.-]+?)(?:\.git)?(?:/releases)?",
        "https://github.com/{repo}/releases.atom",
        "github",
        "repo",
        "{repo}",
        "{repo}",
    ),
    # https://www.reddit.com/wiki/rss
    _Rule(
        r"(?:old\.|new\.)?reddit\.com/r/(?P<names>\w+(?:\+\w+)*)(?:/(?:hot|new|top|best|rising))?",
        "https://www.reddit.com/r/{names}/.rss",
        "reddit",
        "subreddits",
        "{names}",
        "r/{names}",
    ),
    _Rule(
        r"bsky\.app/profile/(?P<actor>[\w.:-]+)",
        "https://bsky.app/profile/{actor}/rss",
        "bluesky",
        "actor",
        "{actor}",
        "{actor}",
    ),
    # https://info.arxiv.org/help/rss.html
    _Rule(
        r"(?:export\.)?arxiv\.org/(?:list|archive)/(?P<name>[a-z-]+(?:\.[A-Za-z-]+)?)(?:/(?:new|recent|pastweek))?",
        "https://rss.arxiv.org/rss/{name}",
        "arxiv",
        "categories",
        "{name}",
        "arXiv {name}",
    ),
    # Substack, Ghost, Buttondown, Medium (https://help.medium.com/hc/en-us/articles/214874118); on a domain of its own
    # such a site names its feed.
    _Rule(
        r"(?P<name>(?!open\.)[\w-]+)\.substack\.com(?:/(?:archive|about|p/[^/]+))?", "https://{name}.substack.com/feed"
    ),
    _Rule(r"open\.substack\.com/pub/(?P<name>[\w-]+)(?:/p/[^/]+)?", "https://{name}.substack.com/feed"),
    _Rule(r"(?P<name>[\w-]+)\.ghost\.io", "https://{name}.ghost.io/rss/"),
    _Rule(r"buttondown\.(?:com|email)/(?P<name>[\w.-]+)(?:/archive)?", "https://buttondown.com/{name}/rss"),
    _Rule(r"medium\.com/(?P<name>@?[\w.-]+)", "https://medium.com/feed/{name}"),
    # Mastodon is where such an address is nobody else's; first a profile seen on another server than its own.
    _Rule(
        r"[\w.-]+/@(?P<user>[\w.-]+)@(?P<host>[\w.-]+)",
        "https://{host}/@{user}.rss",
        "mastodon",
        "account",
        "{user}@{host}",
        "@{user}@{host}",
    ),
    _Rule(
        r"(?P<host>(?!youtube\.|threads\.|tiktok\.|substack\.)[\w.-]+)/@(?P<user>\w+)",
        "https://{host}/@{user}.rss",
        "mastodon",
        "account",
        "{user}@{host}",
        "@{user}@{host}",
    ),
)


def well_known(url: str) -> Place | None:
    """The place whose type or feed follows from its address alone; None for any other address."""
    parts = urlsplit(canonicalise(url))
    page = parts.netloc.removeprefix("www.").removeprefix("m.") + parts.path.rstrip("/")
    for rule in _RULES:
        found = re.fullmatch(rule.pattern, f"{page}?{parts.query}") or re.fullmatch(rule.pattern, page)
        if found:
            feed, value, name = (text.format(**found.groupdict()) for text in (rule.feed, rule.value, rule.name))
            given: object = value.split("+") if rule.option in _LISTS else value or feed
            return Place(type=rule.type, options={rule.option: given}, feed=feed, name=name)
    return None


# --- what a page names -----------------------------------------------------------------------------------------------

_TYPES = frozenset(f"application/{name}" for name in ("rss+xml", "atom+xml", "x.atom+xml", "rdf+xml", "feed+json"))
_VAGUE_TYPES = frozenset(("text/xml", "application/xml", "application/json"))
_LOOKS_LIKE_A_FEED = re.compile(r"/(?:feeds?|rss|atom)/?$|/(?:feed|rss|atom|index)\.(?:xml|rdf|json)$|\.(?:rss|atom)$")
_COMMENTS = re.compile(r"[ck]omm?ent|reacties|комментар|コメント|评论|評論", re.IGNORECASE)
_SAID, _CANONICAL, _LINKED = range(3)


def links(html: str, url: str) -> list[str]:
    """The feeds that a page at ``url`` names, best first, canonical; at most ``MAX_LINKS``.

    First those of <link rel=alternate>, then the feed of the well-known place that the page says it is, then what it
    links to as to feeds of its own. Among equals one that lies under the page wins; feeds of comments come last.
    """
    from lxml import etree

    head = _Head()
    parser = etree.HTMLParser(target=head, encoding="utf-8")  # type: ignore[arg-type] # needs no more methods
    try:
        parser.feed(html[:_MAX_CHARS].replace("\0", "").encode("utf-8", "ignore"))
        parser.close()
    except etree.XMLSyntaxError:  # an empty document; else whatever was read until the trouble
        pass
    here, base = url.rstrip("/") + "/", canonicalise(head.base, url) or url
    found: dict[str, tuple[int, bool, bool]] = {}
    for rank, href, title in head.named:
        feed = canonicalise(href, base)
        if rank != _SAID and host(feed) != host(url):
            continue
        if rank == _CANONICAL:
            known = well_known(feed)
            feed = known.feed if known else ""
        if feed:
            found.setdefault(feed, (rank, bool(_COMMENTS.search(f"{title} {feed}")), not feed.startswith(here)))
    return sorted(found, key=lambda feed: found[feed])


class _Head:
    """Target of lxml's parser: https://lxml.de/parsing.html#the-target-parser-interface."""

    def __init__(self) -> None:
        self.base = ""
        self.named: list[tuple[int, str, str]] = []  # how it is named, address, title

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element opens."""
        href = attributes.get("href", "")
        if tag == "base":
            self.base = self.base or href
        elif href and len(self.named) < MAX_LINKS and (rank := _rank(tag, href, attributes)) is not None:
            self.named.append((rank, href, attributes.get("title", "")))

    def close(self) -> None:
        """The document ends."""


def _rank(tag: str, href: str, attributes: Mapping[str, str]) -> int | None:
    """How an element names a feed; None when it does not."""
    looks_like_one = bool(_LOOKS_LIKE_A_FEED.search(href[:1000]))
    if tag == "a" and looks_like_one:
        return _LINKED
    if tag != "link":
        return None
    rel = attributes.get("rel", "").lower().split()
    kind = attributes.get("type", "").lower().partition(";")[0].strip()
    if "alternate" in rel and (kind in _TYPES or (kind in _VAGUE_TYPES and looks_like_one)):
        return _SAID
    return _CANONICAL if "canonical" in rel else None


# --- what is usual, and what a feed says ------------------------------------------------------------------------------

_USUAL_PATHS = ("/feed", "/rss", "/rss.xml", "/atom.xml", "/feed.xml", "/index.xml")


def usual(url: str) -> list[str]:
    """Where the feed of a site is most often, for a page that names none."""
    return [urljoin(url, path) for path in _USUAL_PATHS]


def title(feed: str) -> str:
    """What a feed (RSS, Atom or JSON Feed) calls itself, on one line; "" when it does not say."""
    from lxml import etree

    feed = feed.lstrip("\ufeff \t\r\n")
    try:
        if feed.startswith("{"):
            return _plain(str(json.loads(feed).get("title") or ""))
        events = etree.iterparse(
            BytesIO(feed.encode(errors="replace")), tag="{*}title", encoding="utf-8",
            recover=True, resolve_entities=False, no_network=True,
        )  # fmt: skip
        for _, element in events:
            above = element.getparent()
            if above is not None and str(above.tag).rpartition("}")[2] in ("channel", "feed"):
                return _plain("".join(element.itertext()))
    except (etree.XMLSyntaxError, ValueError, RecursionError):
        pass
    return ""


def _plain(text: str) -> str:
    return one_line(to_text(text), _MAX_TITLE_CHARS)
