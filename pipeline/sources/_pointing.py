"""What AI News, Reddit and Hacker News share: they point at what others published."""

import re

from pipeline.text.charset import decode
from pipeline.text.urls import canonicalise, host, url_key
from pipeline.types import Kind, Payload

_KINDS: dict[str, Kind] = {"x": "post", "reddit": "post", "arxiv": "paper", "youtube": "video"}
_RELEASE = re.compile(r"github\.com/[^/]+/[^/]+/releases\b")
_POST = re.compile(r"(?:bsky\.app/profile/[^/]+/post/|news\.ycombinator\.com/item\b|linkedin\.com/posts/)")


def kind_of(url: str) -> Kind:
    """What an address leads to, as far as it tells: a paper, a video, a release, somebody's post, else an article."""
    key = url_key(url)
    known, colon, _ = key.partition(":")
    if colon and known in _KINDS:
        return _KINDS[known]
    if _RELEASE.match(key):
        return "release"
    return "post" if _POST.match(key) else "article"


_CONTENT = ("{http://purl.org/rss/1.0/modules/content/}encoded", "{http://www.w3.org/2005/Atom}content")


def html_by_link(payload: Payload) -> dict[str, str]:
    """The HTML of the entries of a feed by their canonical link: rss.py gives plain text, and here its links count.

    Only for a payload that ``rss.parse`` has read: that refuses what is no feed, or is built to exhaust its readers.
    """
    from lxml import etree

    text = decode(payload.body, payload.media_type).lstrip("\ufeff \t\r\n")
    parser = etree.XMLParser(encoding="utf-8", recover=True, resolve_entities=False, no_network=True, huge_tree=True)
    root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    found: dict[str, str] = {}
    if root is None:
        return found
    for entry in root.iter("{*}item", "{*}entry"):
        links = entry.findall("{*}link")
        addresses = [*((e.text or "").strip() for e in links), *(e.get("href") or "" for e in links)]
        link = canonicalise(next(filter(None, addresses), ""), payload.url)
        content = next((e for name in _CONTENT if (e := entry.find(name)) is not None), None)
        if link and content is not None:
            html = etree.tostring(content, encoding="unicode") if len(content) else content.text or ""
            found.setdefault(link, html)
    return found


_PICTURES = frozenset((
    "i.redd.it", "v.redd.it", "preview.redd.it", "external-preview.redd.it", "i.imgur.com", "pbs.twimg.com",
    "video.twimg.com", "substackcdn.com", "substack-post-media.s3.amazonaws.com",
))  # fmt: skip
_GALLERY = re.compile(r"https?://(?:www\.|old\.)?reddit\.com/gallery/")


def is_picture(url: str) -> bool:
    """Whether an address leads to a picture or film that somebody uploaded, rather than to a page."""
    return host(url) in _PICTURES or bool(_GALLERY.match(url))
