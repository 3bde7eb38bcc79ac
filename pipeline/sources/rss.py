"""Feeds: RSS, Atom and JSON Feed."""

from datetime import datetime

from pydantic import Field, SecretStr

from pipeline.config import SecretSection
from pipeline.sources import Fetched, FetchState, Parsed, WebAddress, get
from pipeline.sources._feed import ACCEPT, as_item, newest_entries, read
from pipeline.types import Http, Payload


class Options(SecretSection):
    """A feed. Of more than ``max_items`` entries the newest count.

    A secret in its address (the token of a private feed) stands there as ``{token}``.
    """

    secrets = ("token",)

    url: WebAddress
    allow_private: bool = False
    max_items: int = Field(default=200, ge=1)
    max_bytes: int | None = Field(default=None, ge=1_000)
    token_env: str = "FEED_TOKEN"  # noqa: S105 - the name of a variable
    token_file: str = ""
    token: SecretStr | None = Field(default=None, exclude=True, repr=False)


def fetch(options: Options, state: FetchState, http: Http, now: datetime) -> Fetched:
    """One conditional GET. Raises SourceError or NetworkError."""
    return get(
        http,
        state.url or options.url,
        state,
        now,
        accept=ACCEPT,
        max_bytes=options.max_bytes,
        allow_private=options.allow_private,
        token=options.token.get_secret_value() if options.token else "",
    )


def parse(payload: Payload, options: Options) -> Parsed:
    """The entries of a feed, in its order; of more than ``max_items`` the newest.

    Raises SourceError of kind "not_a_feed", "placeholder" (a well-formed feed that is an error message) or "hostile".
    """
    feed = read(payload)
    entries, dropped = newest_entries(payload, feed.entries, options.max_items)
    return Parsed(items=[as_item(payload, entry) for entry in entries], dropped=dropped, wish=feed.wish)
