"""Finds the source behind an address: a well-known place, a feed, or the feed of a page; and reads it, to be sure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import BaseModel

from pipeline import config, resources, sources
from pipeline.config import Settings, SourceSettings
from pipeline.context import options_of
from pipeline.errors import ConfigError, Retryable, Skippable, SourceError
from pipeline.fetch.stage import parse
from pipeline.seams import Http
from pipeline.sources import FetchState, Parsed
from pipeline.text import feeds
from pipeline.text.charset import decode
from pipeline.text.feeds import Place
from pipeline.text.urls import host, url_key
from pipeline.types import Payload

Parse = Callable[[str, Payload, BaseModel], Parsed]

MAX_NAMED = 5
"""So many of the feeds that a page names are tried."""

_REMEDIES = {"private_address": "Give --allow-private if it is your own server"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A place that answered, with its options as config.yaml says them; ``title`` is "" where it has none."""

    place: Place
    title: str
    entries: int
    newest_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finder:
    """Asks one request after the other, in a dozen at most, for a source that ``settings`` do not have.

    ``private_host`` may stand on a private address, and no other host that a page names. ``read`` is ``fetch.stage``'s
    parse, wherever it runs.
    """

    http: Http
    now: datetime
    settings: Settings
    private_host: str = ""
    parse: Parse = parse

    def find(self, url: str) -> Found:
        """The best source behind an address.

        Raises SourceError that says what was looked at, and ConfigError for a source that is configured already.
        """
        known = feeds.well_known(url)
        for place in filter(None, (feeds.feed_at(url), known)):
            self._refuse_configured(place)
        try:
            found = self._find(url, known)
        except (Skippable, Retryable) as e:
            remedy = _REMEDIES.get(e.kind, "Open it in a browser, and give the address of its feed; nothing was added")
            raise SourceError(e.message, subject=url, kind=e.kind, remedy=remedy) from e
        self._refuse_configured(found.place)
        return found

    def _refuse_configured(self, place: Place) -> None:
        for source in self.settings.sources:
            if _reads(source, place):
                raise ConfigError(f"is configured already, as {source.id}; nothing was added", subject=place.feed)

    def _find(self, url: str, known: Place | None) -> Found:
        if known and (found := self._first([known])):
            return found
        page = self._fetch(feeds.feed_at(url))
        try:
            return self._read(page)
        except SourceError as e:
            if e.kind != "not_a_feed":
                raise
        payload = page.payloads[0]
        named = feeds.links(decode(payload.body, payload.media_type), payload.url)
        found = self._first(feeds.well_known(there) or feeds.feed_at(there) for there in named[:MAX_NAMED])
        found = found or self._first(map(feeds.feed_at, feeds.usual(payload.url)))
        if found:
            return found
        what = f"names {len(named)} feeds, but none can be read" if named else "is a web page that names no feed"
        raise SourceError(f"{what}, and there is none at the usual places of its host", kind="no_feed")

    def _first(self, places: Iterable[Place]) -> Found | None:
        """The first place that has entries, else the first that can be read at all."""
        empty = None
        for place in places:
            try:
                found = self._read(self._fetch(place))
            except (Skippable, Retryable, ConfigError):
                continue
            if found.entries:
                return found
            empty = empty or found
        return empty

    def _fetch(self, place: Place) -> "_Answer":
        place = place.among(resources.type_names("pipeline.sources"))
        kind = sources.find(place.type)
        if self.private_host == host(place.feed) and "allow_private" in kind.Options.model_fields:
            place = replace(place, options={**place.options, "allow_private": True})
        entry = {"id": "new", "type": place.type, **place.options}
        options = config.source(entry, self.settings.folder, options_of).options
        fetched = kind.fetch(options, FetchState(source_id="new"), self.http, self.now)
        if fetched.moved_to and place.type == "rss":
            place = replace(place, options={**place.options, "url": fetched.moved_to}, feed=fetched.moved_to)
        return _Answer(place=place, options=options, payloads=fetched.payloads)

    def _read(self, answer: "_Answer") -> Found:
        if not answer.payloads:
            raise SourceError("gives nothing", kind="empty")
        read = [self.parse(answer.place.type, payload, answer.options) for payload in answer.payloads]
        titles = (feeds.title(decode(payload.body, payload.media_type)) for payload in answer.payloads)
        dates = (item.published_at for parsed in read for item in parsed.items)
        return Found(
            place=answer.place,
            title=next(filter(None, titles), ""),
            entries=sum(parsed.entries for parsed in read),
            newest_at=max(filter(None, dates), default=None),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    place: Place
    options: BaseModel
    payloads: tuple[Payload, ...]


def _reads(source: SourceSettings, place: Place) -> bool:
    """Whether a source reads this place already, as a feed or by its own type."""
    url = getattr(source.options, "url", None)
    if isinstance(url, str) and url_key(url) == url_key(place.feed) != "":
        return True
    return source.type == place.type != "rss" and all(
        _names(getattr(source.options, key, None)) >= _names(value) for key, value in place.options.items()
    )


def _names(value: object) -> set[str]:
    """The names in an option, one or a list, whatever their capitals."""
    return {str(name).lower() for name in (value if isinstance(value, (list, tuple)) else [value])}
