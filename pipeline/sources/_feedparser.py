"""Feedparser's readers of RSS, Atom and RDF: held within bounds, and with what they leave out.

Both call a method for an element, ``_start_<prefix>_<name>`` and ``_end_...``; those below replace or add some. They
run as ``feedparser.parse`` runs them, without its guesses at the charset, its sanitiser and its links in HTML.
"""

import io
import xml.sax
from typing import Any, ClassVar, NamedTuple

from feedparser.api import LooseFeedParser, StrictFeedParser
from feedparser.mixin import _FeedParserMixin
from feedparser.sanitizer import replace_doctype

from pipeline.text.urls import MAX_URL_CHARS, host

_MAX_ELEMENTS = 100_000  # a podcast of 2,000 episodes has 40,000
_MAX_BROKEN_BYTES = 5_000_000  # what is broken takes up to 5 seconds a million
_MAX_ATTRIBUTES = 200  # each is looked up in all of them
_MAX_TAGS = 50  # each is compared with all of them
# A pattern that looks for mail addresses takes quadratic time: https://github.com/kurtmckee/feedparser/issues/562
_MAX_AUTHOR_CHARS = 1_000
# https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md
_PODCAST = (
    "https://podcastindex.org/namespace/1.0",
    "https://github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md",
)


class Exhausting(Exception):
    """More than any feed has, and more than can be read in a reasonable time."""


class Reading(NamedTuple):
    """What feedparser makes of a feed; ``is_broken`` when it is no well-formed XML."""

    feed: Any
    entries: list[Any]
    is_broken: bool


def read(text: str, url: str) -> Reading:
    """Read a feed strictly, or leniently where it is broken. Raises Exhausting, and whatever it fails with."""
    _, data, entities = replace_doctype(text.encode("utf-8", "replace"))
    strict = _Strict(url, None, "utf-8")
    reader = xml.sax.make_parser()  # noqa: S317 - _feed_trouble refused entities that expand; others are never loaded
    reader.setFeature(xml.sax.handler.feature_namespaces, 1)
    reader.setFeature(xml.sax.handler.feature_external_ges, 0)
    reader.setContentHandler(strict)
    reader.setErrorHandler(strict)
    try:
        reader.parse(io.BytesIO(data))
    except xml.sax.SAXException:
        if len(data) > _MAX_BROKEN_BYTES:
            raise
        loose = _Loose(url, None, "utf-8", entities)
        loose.feed(data.decode("utf-8", "replace"))
        return Reading(loose.feeddata, loose.entries, is_broken=True)
    return Reading(strict.feeddata, strict.entries, is_broken=False)


class _Ours(_FeedParserMixin):  # type: ignore[misc]
    """What is the same for both readers."""

    resolve_relative_uris = False
    sanitize_html = False
    namespaces: ClassVar[dict[str, str]] = {**_FeedParserMixin.namespaces, **dict.fromkeys(_PODCAST, "podcast")}
    _matchnamespaces: ClassVar[dict[str, str]] = {}  # it fills this with the above

    _elements = 0
    _is_permalink = False

    def unknown_starttag(self, tag: str, attributes: list[tuple[str, str]]) -> None:
        """Every element comes by here."""
        self._elements += 1
        if self._elements > _MAX_ELEMENTS or len(attributes) > _MAX_ATTRIBUTES or len(self.baseuri) > MAX_URL_CHARS:
            raise Exhausting
        super().unknown_starttag(tag, attributes)

    def _add_tag(self, term: str, scheme: str, label: str) -> None:
        if len(self._get_context().get("tags", ())) < _MAX_TAGS:
            super()._add_tag(term, scheme, label)

    def _sync_author_detail(self, key: str = "author") -> None:
        if len(self._get_context().get(key) or "") <= _MAX_AUTHOR_CHARS:
            super()._sync_author_detail(key)

    def _start_guid(self, attributes: dict[str, str]) -> None:
        """A guid is a link only if it looks like one: "17" is not https://host/17, whatever isPermaLink says."""
        super()._start_guid({**attributes, "ispermalink": "false"})
        self._is_permalink = attributes.get("ispermalink", "true") == "true"

    def _end_guid(self) -> None:
        super()._end_guid()
        guid = self._get_context().get("id", "")
        link = self.resolve_uri(guid) if guid.startswith("/") else guid
        if self._is_permalink and host(link):
            self._save("link", link)

    _start_id, _end_id = _start_guid, _end_guid

    def _start_enclosure(self, attributes: dict[str, str]) -> None:
        super()._start_enclosure(self._resolved(attributes))

    def _start_media_content(self, attributes: dict[str, str]) -> None:
        super()._start_media_content(self._resolved(attributes))

    def _start_podcast_transcript(self, attributes: dict[str, str]) -> None:
        self._get_context().setdefault("transcripts", []).append(self._resolved(attributes))

    def _resolved(self, attributes: dict[str, str]) -> dict[str, str]:
        return {**attributes, "url": self.resolve_uri(attributes["url"])} if "url" in attributes else attributes

    # Kept apart: otherwise what follows a <description> counts as the whole text, be it the caption of a photograph.

    def _start_media_description(self, attributes: dict[str, str]) -> None:
        self.push_content("media_description", attributes, "text/plain", 1)

    def _end_media_description(self) -> None:
        self.pop_content("media_description")

    def _start_itunes_summary(self, attributes: dict[str, str]) -> None:
        self.push_content("itunes_summary", attributes, "text/plain", 1)

    def _end_itunes_summary(self) -> None:
        self.pop_content("itunes_summary")

    def _end_hour(self) -> None:
        self._keep("skip_hours", self.pop("hour"))

    def _end_day(self) -> None:
        self._keep("skip_days", self.pop("day"))

    def _keep(self, name: str, value: str) -> None:
        kept = self.feeddata.setdefault(name, [])
        if not self.inentry and len(kept) < 24:
            kept.append(value)


class _Strict(_Ours, StrictFeedParser):  # type: ignore[misc]
    def startElementNS(self, name: Any, qname: str, attributes: Any) -> None:  # noqa: N802 - the interface of SAX
        if len(attributes) > _MAX_ATTRIBUTES:
            raise Exhausting
        super().startElementNS(name, qname, attributes)


class _Loose(_Ours, LooseFeedParser):  # type: ignore[misc]
    pass
