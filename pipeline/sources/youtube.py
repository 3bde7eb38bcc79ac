"""YouTube: the newest videos of a channel or playlist (15, says its feed), without a key."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Self
from urllib.parse import urlencode

from pydantic import Field, model_validator

from pipeline.config_section import Section
from pipeline.errors import SourceError
from pipeline.seams import Http
from pipeline.sources import BaseAddress, Dropped, Fetched, FetchState, Parsed, get
from pipeline.sources._entries import Feed
from pipeline.sources._feed import ACCEPT, as_item, hidden_texts, read
from pipeline.text.characters import one_line
from pipeline.types import Payload

# Seen for channels that exist, for hours to days, in February, March, April, May and September 2026:
# https://github.com/Ranchero-Software/NetNewsWire/issues/5212
_PASSING = frozenset(("http_404", "http_500", "http_502", "http_503"))

_SHORT = re.compile(r"https?://[^/]{1,100}/shorts/")


class Options(Section):
    """A ``channel`` (its id, UC...) or a ``playlist``. ``title`` is what the feed must call itself: the feed of a
    wrong id is the healthy feed of a stranger. Without ``shorts`` they are passed over.
    """

    channel: str = Field(pattern=r"^(UC[A-Za-z0-9_-]{22})?$")
    playlist: str = Field(default="", pattern=r"^([A-Z]{2}[A-Za-z0-9_-]{10,60})?$")
    title: str = ""
    shorts: bool = True
    base_url: BaseAddress = "https://www.youtube.com"
    allow_private: bool = False

    @model_validator(mode="before")
    @classmethod
    def _channel_or_playlist(cls, data: object) -> object:
        if isinstance(data, Mapping) and data.get("playlist") and "channel" not in data:
            return {**data, "channel": ""}
        return data

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if bool(self.channel) == bool(self.playlist):
            raise ValueError("name a channel (its id, UC...) or a playlist, and not both")
        return self


def fetch(options: Options, state: FetchState, http: Http, now: datetime) -> Fetched:
    """One conditional GET. Raises SourceError or NetworkError."""
    what = {"channel_id": options.channel} if options.channel else {"playlist_id": options.playlist}
    url = f"{options.base_url}/feeds/videos.xml?{urlencode(what)}"
    try:
        return get(http, url, state, now, accept=ACCEPT, allow_private=options.allow_private)
    except SourceError as e:
        if e.kind not in _PASSING:
            raise
        remedy = "YouTube answers so for hours or days to channels that exist: check the id only if it lasts"
        raise SourceError(e.message, subject=e.subject, remedy=remedy, kind=e.kind, wait_s=e.wait_s) from e


def parse(payload: Payload, options: Options) -> Parsed:
    """The videos, in the order of the feed; ``points`` are likes. Raises SourceError as ``rss.parse`` does, and of kind
    "wrong_channel".
    """
    feed = read(payload)
    _refuse_stranger(payload, feed, options)
    shorts = {e.guid for e in feed.entries if not options.shorts and _SHORT.match(e.url)}
    # Its media is the address of a Flash player that is no more.
    videos = [replace(e, media=()) for e in feed.entries if e.guid not in shorts]
    return Parsed(
        items=[as_item(payload, entry, kind="video") for entry in videos],
        dropped=[
            *(Dropped(guid=e.guid, reason="short") for e in feed.entries if e.guid in shorts),
            *hidden_texts(videos),
        ],
        wish=feed.wish,
    )


def _refuse_stranger(payload: Payload, feed: Feed, options: Options) -> None:
    """Raises SourceError when the feed is of somebody else. A playlist has a title of its own, and an author."""
    given = [name for name in (feed.title, feed.author) if name]
    wanted = one_line(options.title).casefold()
    if wanted and given and not any(wanted in one_line(name).casefold() for name in given):
        raise SourceError(
            f"is the channel of {one_line(given[0], 80)!r}, not of {one_line(options.title, 80)!r}",
            subject=payload.source_id,
            kind="wrong_channel",
            remedy="Put the right id into config.yaml: it stands in the source of the channel's page as externalId",
        )
