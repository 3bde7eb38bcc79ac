"""RSS, Atom and RDF, well-formed or not, read with feedparser."""

import io
import re
from collections.abc import Mapping
from datetime import datetime
from time import strftime, struct_time
from typing import Any
from xml.sax import SAXException

from pipeline.sources._entries import Entry, Feed, addresses
from pipeline.sources._feed_trouble import no_entries, not_a_feed, refuse_bombs
from pipeline.text.dates import parse_date
from pipeline.text.html import to_text
from pipeline.text.urls import canonicalise
from pipeline.types import Payload

_DECLARATION = re.compile(r"<\?xml[^>]{0,300}\?>")


def xml_feed(text: str, payload: Payload) -> Feed:
    """Read RSS or Atom, well-formed or not, with feedparser.

    Neither its sanitiser (slow, and it leaves scripts that run) nor its links in HTML are used: we keep plain text.
    """
    import feedparser

    refuse_bombs(text, payload)
    text = _DECLARATION.sub("", text, count=1) if text.startswith("<?xml") else text
    try:
        parsed = feedparser.parse(
            io.BytesIO(text.encode(errors="replace")),  # never a str: it might be taken for a file or an address
            response_headers={"content-type": "application/xml; charset=utf-8", "content-location": payload.url},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as e:  # whatever a parser of others does with hostile bytes is the source's fault
        raise not_a_feed(payload, f"cannot be read ({type(e).__name__})") from e
    broken = isinstance(parsed.get("bozo_exception"), SAXException)
    if not parsed.entries and (not parsed.version or broken):
        raise no_entries(text, payload, broken=broken)
    language = str(parsed.feed.get("language") or "")
    return Feed(
        title=_plain(parsed.feed.get("title_detail")),
        entries=[_xml_entry(e, payload, language) for e in parsed.entries],
    )


def _xml_entry(entry: Mapping[str, Any], payload: Payload, feed_language: str) -> Entry:
    contents = [_plain(c) for c in entry.get("content", ())]
    body = next(filter(None, contents), "") or _plain(entry.get("summary_detail"))
    if body == "Comments":  # all that Hacker News says
        body = ""
    media = [m.get("href") for m in entry.get("enclosures", ())] + [
        m.get("url") for m in entry.get("media_content", ())
    ]
    urls = addresses(media, payload)
    link = canonicalise(str(entry.get("link") or ""), payload.url)
    comments = str(entry.get("slash_comments") or "")
    return Entry(
        guid=str(entry.get("id") or ""),
        url=link or next(iter(urls), ""),
        title=_plain(entry.get("title_detail")),
        body=body,
        authors=_authors(entry),
        language=str((entry.get("title_detail") or {}).get("language") or feed_language),
        published_at=_date(entry),
        media=urls,
        comments=int(comments) if comments.isdecimal() and len(comments) < 9 else None,
    )


def _plain(detail: Mapping[str, Any] | None) -> str:
    """The text of a construct. Feedparser says whether it is HTML: decoding it once more or less would show."""
    if not detail or not isinstance(detail.get("value"), str):
        return ""
    return detail["value"] if detail.get("type") == "text/plain" else to_text(detail["value"])


def _date(entry: Mapping[str, Any]) -> datetime | None:
    """When it was published, else updated; feedparser knows some formats that we do not, and gives them in UTC."""
    for name in ("published", "updated", "created"):
        # ``in`` and not get: asked for an absent "updated", feedparser gives "published" with a warning.
        if name in entry and (moment := parse_date(str(entry[name]))):
            return moment
        if f"{name}_parsed" in entry and isinstance(parsed := entry[f"{name}_parsed"], struct_time):
            return parse_date(strftime("%Y-%m-%dT%H:%M:%SZ", parsed))
    return None


_MAIL = re.compile(r"[^\s@]{1,100}@\S{1,100}")


def _authors(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Names, without mail addresses. arXiv puts all names into one, with commas."""
    people = entry.get("authors", ())
    names = [str(a.get("name") or "") for a in people]
    if len(people) == 1 and "email" in people[0]:  # feedparser cuts ada@lab.example after four letters of its ending
        names = [str(entry.get("author") or "")]
    if len(names) == 1 and names[0].count(", ") > 1 and all(" " in n for n in names[0].split(", ")):
        names = names[0].split(", ")
    named = (_MAIL.sub("", n).strip(" ()<>") for n in names)
    return tuple(n for n in named if n)
