"""What is no feed, or none that may be read: web pages, broken files, error messages in the shape of a feed, bombs."""

import re
from collections.abc import Iterable

from pipeline.errors import SourceError
from pipeline.sources._entries import Feed
from pipeline.text.feeds import links
from pipeline.text.html import to_text
from pipeline.types import Payload

# Titles of feeds that are error messages, of their only entry, or of the page that came instead. Each was seen, or is
# written down in an issue: xcancel and nitter https://github.com/zedeus/nitter/issues/1406, Anubis, Cloudflare, Reddit,
# arXiv, RSS-Bridge https://github.com/RSS-Bridge/rss-bridge/issues/4845,
# RSSHub https://github.com/Colin-XKL/FeedCraft/issues/695.
_PLACEHOLDER = re.compile(
    r"not yet whitelisted|only works inside an rss client|instance has been rate limited|^error \| nitter"
    r"|making sure you.re not a bot|^just a moment\b|^attention required!|please enable cookies|^ddos-guard"
    r"|^checking your browser|^verify(?:ing)? (?:that )?you are (?:a )?human|^are you a robot"
    r"|whoa there, pardner|blocked by network security|blocked due to a network policy"
    r"|^feed error for query|^rate exceeded|bridge returned error \d"
    r"|restrict access to rsshub\.app|^rsshub 发生了一些意外|^looks like something went wrong"
    r"|^(?:error|blocked|access denied|forbidden)[.!]?$"
    r"|^(?:error )?[45]\d\d:? (?:not found|forbidden|unauthorized|too many requests|internal server error"
    r"|bad gateway|service (?:temporarily )?unavailable|gateway time-?out)",
    re.IGNORECASE,
)
_PAGE = re.compile(r"<!doctype html|<html", re.IGNORECASE)
_HEADLINE = re.compile(r"<(?:title|h1)\b[^<>]{0,200}>([^<>]{1,300})", re.IGNORECASE)
_WITHIN_CHARS = 20_000
_SHORT_CHARS = 2_000


def refuse_placeholder(feed: Feed, payload: Payload) -> None:
    """Some hosts answer readers that they do not know, or queries that they do not like, with a proper feed."""
    if len(feed.entries) > 1:
        return
    if found := _said([feed.title, *(e.title.plain for e in feed.entries)]):
        raise _placeholder(payload, f"gives a feed that is an error message: {found[:100]!r}")


def no_entries(text: str, payload: Payload) -> SourceError:
    """Say what it is instead, with the address of the feed where a page names it."""
    is_page = bool(_PAGE.search(text, 0, _WITHIN_CHARS))
    lines = _HEADLINE.findall(text, 0, _WITHIN_CHARS) if is_page else [text[:_SHORT_CHARS]]
    if found := _said(to_text(line) for line in lines):
        return _placeholder(payload, f"gives a page instead of a feed: {found[:100]!r}")
    if named := links(text, payload.url) if is_page else []:
        return not_a_feed(payload, f"is a web page; its feed is at {named[0]}")
    what = "is a web page" if is_page else "is broken XML" if text.startswith("<") else "is plain text"
    return not_a_feed(payload, what)


def _said(lines: Iterable[str]) -> str:
    return next((line for line in lines if _PLACEHOLDER.search(line.strip())), "")


def _placeholder(payload: Payload, message: str) -> SourceError:
    return SourceError(
        message,
        subject=payload.source_id,
        kind="placeholder",
        remedy="Check the address, or ask the publisher to let this program read it",
    )


def not_a_feed(payload: Payload, what: str) -> SourceError:
    """The error of kind "not_a_feed"; ``what`` follows the address."""
    remedy = "Open it in a browser, and put the address of a feed into config.yaml"
    return SourceError(f"{payload.url} {what}", subject=payload.source_id, kind="not_a_feed", remedy=remedy)


# --- bombs -----------------------------------------------------------------------------------------------------------

_PROLOGUE = re.compile(r"<\w")
_ENTITY = re.compile(r"<!ENTITY\s+(?:%\s*)?[^\s\"']{1,100}\s+(?:\"([^\"]*)\"|'([^']*)')")
_NESTED = re.compile(r"[&%](?!#)\w+;")
_MAX_EXPANDED_CHARS = 10_000_000
_MAX_PROLOGUE_CHARS = 20_000  # feedparser's patterns for it take quadratic time
_LONG_TAG = re.compile(r"<[A-Za-z][^<>]{20000}")


def refuse_bombs(text: str, payload: Payload) -> None:
    """Entities that multiply ("billion laughs"), and a tag with thousands of attributes, which take quadratic time."""
    start = _PROLOGUE.search(text)
    prologue = text[: start.start()] if start else ""
    values = [a or b for a, b in _ENTITY.findall(prologue[:_MAX_PROLOGUE_CHARS])]
    longest = max(map(len, values), default=0)
    nested = any(_NESTED.search(v) for v in values)
    expanded = longest * text.count("&")
    if nested or expanded > _MAX_EXPANDED_CHARS or len(prologue) > _MAX_PROLOGUE_CHARS or _LONG_TAG.search(text):
        raise hostile(payload)


def hostile(payload: Payload) -> SourceError:
    """The error of kind "hostile"."""
    return SourceError(
        "gives a feed that is built to exhaust its readers",
        subject=payload.source_id,
        kind="hostile",
        remedy="Tell the publisher, or remove the source from config.yaml",
    )
