"""RSS, Atom and RDF, well-formed or not."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from time import strftime, struct_time
from typing import Any

from pipeline.sources import Wish
from pipeline.sources._entries import MAX_MEDIA, Entry, Feed, Text, Transcript
from pipeline.sources._feed_trouble import hostile, no_entries, not_a_feed, refuse_bombs
from pipeline.text.dates import parse_date
from pipeline.text.urls import host
from pipeline.types import Payload

_DECLARATION = re.compile(r"<\?xml[^>]{0,300}\?>")
_ELEMENT_OF_A_FEED = re.compile(r"<(?:[\w.-]{1,30}:)?(?:rss|feed|rdf|channel|item|entry)[\s/>]", re.IGNORECASE)
_MAX_TRANSCRIPTS = 20
_MAX_AUTHORS_CHARS = 10_000


def xml_feed(text: str, payload: Payload) -> Feed:
    """Read any XML feed. Raises SourceError as ``_feed.read`` does."""
    refuse_bombs(text, payload)
    text = _DECLARATION.sub("", text, count=1) if text.startswith("<?xml") else text
    if not _ELEMENT_OF_A_FEED.search(text):
        raise no_entries(text, payload)

    from pipeline.sources._feedparser import Exhausting, read

    try:
        reading = read(text, payload.url)
    except Exhausting as e:
        raise hostile(payload) from e
    except Exception as e:  # whatever a parser of others does with hostile bytes is the source's fault
        raise not_a_feed(payload, f"cannot be read ({type(e).__name__})") from e
    feed = reading.feed
    if not reading.entries and reading.is_broken:
        raise no_entries(text, payload)
    language = str(feed.get("language") or "")
    return Feed(
        title=_text(feed.get("title_detail")).plain,
        author=str(feed.get("author") or ""),
        entries=tuple(_entry(e, language) for e in reading.entries),
        wish=_wish(feed),
    )


def _entry(entry: Mapping[str, Any], feed_language: str) -> Entry:
    media = tuple(dict.fromkeys(_media(entry)))[:MAX_MEDIA]
    link = str(entry.get("link") or "")
    comments = str(entry.get("slash_comments") or "")
    title = entry.get("title_detail")
    return Entry(
        guid=str(entry.get("id") or ""),
        url=link if host(link) else next(filter(host, media), ""),
        title=_text(title),
        texts=tuple(_texts(entry)),
        authors=_authors(entry),
        language=str((title or {}).get("language") or feed_language),
        published_at=_date(entry),
        media=media,
        points=_count((entry.get("media_starrating") or {}).get("count")),
        comments=_count(comments),
        transcripts=tuple(_transcripts(entry)),
    )


def _texts(entry: Mapping[str, Any]) -> Iterator[Text]:
    for content in entry.get("content", ()):
        yield _text(content)
    for name in ("summary_detail", "itunes_summary_detail", "media_description_detail"):
        if name in entry:
            yield _text(entry[name])


def _text(detail: Mapping[str, Any] | None) -> Text:
    value = (detail or {}).get("value")
    if not detail or not isinstance(value, str):
        return Text()
    return Text(value, is_html=detail.get("type") != "text/plain")


def _media(entry: Mapping[str, Any]) -> Iterator[str]:
    for link in entry.get("links", ()):
        if link.get("rel") == "enclosure" and link.get("href"):
            yield str(link["href"])
    for content in entry.get("media_content", ()):
        if content.get("url"):
            yield str(content["url"])


def _transcripts(entry: Mapping[str, Any]) -> Iterator[Transcript]:
    for attributes in entry.get("transcripts", ())[:_MAX_TRANSCRIPTS]:
        yield Transcript(*(str(attributes.get(name) or "") for name in ("url", "type", "language")))


def _count(value: object) -> int | None:
    """A number of votes or comments; None for junk."""
    text = str(value or "")
    return int(text) if text.isdecimal() and len(text) < 12 else None


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
    if len(people) == 1 and ("email" in people[0] or not names[0]):
        # it cuts ada@lab.example after four letters of its ending, and does not look at what is long
        names = [str(entry.get("author") or "")[:_MAX_AUTHORS_CHARS]]
    if len(names) == 1 and names[0].count(", ") > 1 and all(" " in n for n in names[0].split(", ")):
        names = names[0].split(", ")
    named = (_MAIL.sub("", n).strip(" ()<>") if "@" in n else n.strip(" ()<>") for n in names)
    return tuple(n for n in named if n)


# --- when it wants to be asked ---------------------------------------------------------------------------------------

_PERIODS_S = {"hourly": 3_600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _wish(feed: Mapping[str, Any]) -> Wish:
    """The elements ttl, skipHours and skipDays of RSS, and its module for syndication.

    https://www.rssboard.org/rss-specification#optionalChannelElements; RSS 0.91 calls midnight 24.
    https://web.resource.org/rss/1.0/modules/syndication/
    """
    minutes = _count(str(feed.get("ttl") or "").strip()) or 0
    period_s = _PERIODS_S.get(str(feed.get("sy_updateperiod") or "").strip().lower(), 0)
    frequency = _count(str(feed.get("sy_updatefrequency") or "").strip()) or 1
    hours = (_count(str(h).strip()) for h in feed.get("skip_hours", ()))
    days = (str(d).strip().lower() for d in feed.get("skip_days", ()))
    return Wish(
        ttl_s=max(minutes * 60.0, period_s / frequency),
        skip_hours=tuple(sorted({h % 24 for h in hours if h is not None and h <= 24})),
        skip_days=tuple(sorted({_DAYS.index(d) for d in days if d in _DAYS})),
    )
