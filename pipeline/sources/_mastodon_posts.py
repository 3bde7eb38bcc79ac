"""Posts of Mastodon as items. https://docs.joinmastodon.org/entities/Status/"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import Field, RootModel

from pipeline.sources import Dropped, Parsed, new_item, read_answer
from pipeline.sources._posts import Told, first_line, names, pictured, read_each, told
from pipeline.text.characters import one_line
from pipeline.text.dates import parse_date
from pipeline.text.html import links, to_text
from pipeline.text.language import settle
from pipeline.text.urls import canonicalise, host
from pipeline.types import Item, Payload

REMEDY = "Check the account or tag on its server; if it is right, the interface has changed: tell us"
_ADDRESS = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which posts become items; ``open_place``: out of a place where anybody can post."""

    replies: bool
    boosts: bool
    min_favourites: int
    open_place: bool


def read_statuses(payload: Payload) -> list[object]:
    """The posts of a page, each to be read by itself. Raises SourceError of kind "bad_answer"."""
    return read_answer(Statuses, payload, REMEDY).root


def parse(payload: Payload, wanted: Wanted) -> Parsed:
    """The posts of a page. Raises SourceError of kind "bad_answer"."""
    statuses, dropped = read_each(Status, read_statuses(payload), payload, REMEDY)
    reasons = [(s, _why_not(s, wanted)) for s in statuses]
    dropped += [Dropped(guid=s.guid, reason=reason) for s, reason in reasons if reason]
    items = [_item(payload, s, open_place=wanted.open_place) for s, reason in reasons if not reason]
    return told(items, dropped)


# --- what we read; everything else is ignored ------------------------------------------------------------------------


class Statuses(RootModel[list[object]]):
    """A page."""


class Account(Told):
    """Who wrote it."""

    id: str = ""
    acct: str = ""
    display_name: str = ""
    url: str = ""


class Media(Told):
    """A picture or video."""

    url: str = ""
    description: str = ""


class Card(Told):
    """A linked page."""

    url: str = ""
    title: str = ""


class Choice(Told):
    """An answer of a poll."""

    title: str = ""


class Poll(Told):
    """A question."""

    options: tuple[Choice, ...] = ()


class Quote(Told):
    """A post in a post; a server may hide it."""

    quoted_status: "Status | None" = None


class Status(Told):
    """A post."""

    id: str = ""
    uri: str = ""
    url: str = ""
    created_at: str = ""
    visibility: str = "public"
    language: str = ""
    spoiler_text: str = ""
    content: str = ""
    favourites: int | None = Field(default=None, alias="favourites_count")
    replies: int | None = Field(default=None, alias="replies_count")
    replied_to: str = Field(default="", alias="in_reply_to_id")
    replied_to_account: str = Field(default="", alias="in_reply_to_account_id")
    account: Account = Account()
    reblog: "Status | None" = None
    quote: Quote | None = None
    card: Card = Card()
    poll: Poll = Poll()
    media: tuple[Media, ...] = Field(default=(), alias="media_attachments")

    @property
    def guid(self) -> str:
        """Its page: the feed knows no other id. An edit changes neither."""
        return self.url or self.uri

    @property
    def handle(self) -> str:
        """user@host, also where the server leaves its own name out."""
        acct, home = self.account.acct, host(self.account.url)
        return f"{acct}@{home}" if acct and home and "@" not in acct else acct

    @property
    def shown(self) -> "Status":
        """The post itself, or the one that it boosts."""
        return self.reblog or self


# --- a post as an item -----------------------------------------------------------------------------------------------


def _why_not(status: Status, wanted: Wanted) -> str:
    """Why a post becomes no item, "" when it does. An answer to oneself goes on with a thread."""
    if not {status.visibility, status.shown.visibility} <= {"public", "unlisted"}:
        return "private"
    if status.reblog and not wanted.boosts:
        return "boost"
    if status.replied_to and status.replied_to_account != status.account.id and not wanted.replies:
        return "reply"
    return "few_votes" if (status.shown.favourites or 0) < wanted.min_favourites else ""


def _item(payload: Payload, status: Status, *, open_place: bool) -> Item:
    shown = status.shown
    body = "\n".join(_lines(shown))
    linked = [link.url for link in links(shown.content) if link.text[:1] not in ("@", "#")]
    media = [canonicalise(shown.card.url), *linked, *(m.url for m in shown.media)]
    return new_item(
        payload,
        guid=shown.guid,
        url=shown.guid,
        title=first_line(body),
        body=body,
        kind="post",
        via=f"@{status.handle}" if status.reblog and status.handle else None,
        authors=names(shown.account.display_name, shown.handle, open_place=open_place),
        language=settle(shown.language, body),
        published_at=parse_date(shown.created_at),
        points=shown.favourites,
        comments=shown.replies,
        media=tuple(dict.fromkeys(media)),
    )


def _lines(status: Status) -> Iterator[str]:
    """All that a reader of the post sees: its warning, its text, a quoted post, a linked page, choices, pictures."""
    yield from filter(None, (one_line(status.spoiler_text), _text(status.content)))
    if status.quote and (quoted := status.quote.quoted_status):
        yield f"@{quoted.handle}: {one_line(_text(quoted.content))} {canonicalise(quoted.guid)}"
    if url := canonicalise(status.card.url):
        yield f"{status.card.title} {url}".strip()
    yield from (f"- {choice.title}" for choice in status.poll.options)
    yield from pictured(m.description for m in status.media)


def _text(content: str) -> str:
    """What a reader sees; addresses, which stand there in full, without what tracks."""
    addresses = {link.text: link.url for link in links(content)}
    return _ADDRESS.sub(lambda found: addresses.get(found[0], found[0]), to_text(content))
