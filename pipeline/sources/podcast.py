"""Podcasts: the episodes of a feed, with the address of the best transcript that it names, else the show notes."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from pydantic import Field

from pipeline.seams import Http
from pipeline.sources import Fetched, FetchState, Parsed, rss
from pipeline.sources._entries import Entry, Transcript
from pipeline.sources._feed import as_item, hidden_texts, newest_entries, read
from pipeline.text.urls import host
from pipeline.types import Item, Payload


class Options(rss.Options):
    """The feed of a podcast. It holds every episode there ever was: the newest ``max_items`` count."""

    max_items: int = Field(default=20, ge=1)
    max_bytes: int | None = Field(default=30_000_000, ge=1_000)


def fetch(options: Options, state: FetchState, http: Http, now: datetime) -> Fetched:
    """One conditional GET. Raises SourceError or NetworkError."""
    return rss.fetch(options, state, http, now)


def parse(payload: Payload, options: Options) -> Parsed:
    """The newest episodes, in the order of the feed. Raises SourceError as ``rss.parse`` does."""
    feed = read(payload)
    entries, dropped = newest_entries(payload, feed.entries, options.max_items)
    dropped += hidden_texts(entries)
    return Parsed(items=[_item(payload, entry) for entry in entries], dropped=dropped, wish=feed.wish)


def _item(payload: Payload, entry: Entry) -> Item:
    """The body is the longest of the texts: which element holds the show notes depends on the program that wrote it."""
    notes = max((text.plain for text in entry.texts), key=len, default="")
    return as_item(payload, entry, kind="podcast", body=notes, text_url=_best(entry.transcripts, entry.language))


# Best first: what names its speakers and can be cut into sentences. The types are those of
# https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/tags/transcript.md; feeds write others too.
_FORMATS = (
    ("text/vtt", ".vtt"),
    ("application/x-subrip", "application/srt", "text/srt", ".srt"),
    ("application/json", "text/json", ".json"),
    ("text/html", ".html", ".htm"),
    ("text/plain", ".txt"),
)


def _best(transcripts: Iterable[Transcript], language: str) -> str:
    """The address of the transcript to read: in the language of the episode first, then by format; "" for none."""
    usable = [t for t in transcripts if host(t.url) and _rank(t) < len(_FORMATS)]
    return min(usable, key=lambda t: (_is_translation(t, language), _rank(t))).url if usable else ""


def _is_translation(transcript: Transcript, language: str) -> bool:
    """One that does not say is in the language of the feed."""
    own, spoken = (tag.partition("-")[0].strip().lower() for tag in (transcript.language, language))
    return bool(own and spoken) and own != spoken


def _rank(transcript: Transcript) -> int:
    """The place of its format, by its type, else by the ending of its address."""
    media_type = transcript.media_type.partition(";")[0].strip().lower()
    ending = PurePosixPath(urlsplit(transcript.url).path).suffix.lower()
    for sign in (media_type, ending):
        for rank, signs in enumerate(_FORMATS):
            if sign in signs:
                return rank
    return len(_FORMATS)
