"""Feeds: RSS, Atom and JSON Feed."""

import re
from datetime import datetime
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import Field, SecretStr, model_validator

from pipeline.config_section import SecretSection
from pipeline.seams import Http
from pipeline.sources import PLACE_OF_TOKEN, Fetched, FetchState, Parsed, WebAddress, get
from pipeline.sources._feed import ACCEPT, as_item, hidden_texts, newest_entries, read
from pipeline.types import Payload

__all__ = ["ACCEPT", "Options", "fetch", "parse"]


class Options(SecretSection):
    """A feed. Of more than ``max_items`` entries the newest count.

    A secret in its address (the token of a private feed) stands there as ``{token}``; each source may name its own
    ``token_env``. A secret written out is a mistake.
    """

    secrets = ("token",)

    url: WebAddress
    allow_private: bool = False
    max_items: int = Field(default=200, ge=1)
    max_bytes: int | None = Field(default=None, ge=1_000)
    token_env: str = "FEED_TOKEN"  # noqa: S105 - the name of a variable
    token_file: str = ""
    token: SecretStr | None = Field(default=None, exclude=True, repr=False)

    @model_validator(mode="before")
    @classmethod
    def _keep_secrets_out(cls, data: object) -> object:
        """Raises ValueError here, where no message shows the address, and not beside ``url``, where it would."""
        if isinstance(data, dict) and (name := _secret_in(str(data.get("url")))):
            raise ValueError(
                f"url holds a secret ({name}): write {PLACE_OF_TOKEN} in its place, and put it into .env as "
                f"{data.get('token_env', 'FEED_TOKEN')} (token_env names another variable), or name a file with "
                "token_file"
            )
        return data

    @model_validator(mode="after")
    def _find_token(self) -> Self:
        if PLACE_OF_TOKEN in self.url and not self.token:
            raise ValueError(
                f"url holds {PLACE_OF_TOKEN}, but {self.token_env} is set neither in .env nor in the environment; "
                "write the secret there, or name its variable with token_env, or a file with token_file"
            )
        return self


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

    Raises SourceError of kind "not_a_feed", "placeholder" (an error message in the shape of a feed, or a page that
    keeps programs out) or "hostile".
    """
    feed = read(payload)
    entries, dropped = newest_entries(payload, feed.entries, options.max_items)
    dropped += hidden_texts(entries)
    return Parsed(items=[as_item(payload, entry) for entry in entries], dropped=dropped, wish=feed.wish)


# --- secrets in an address -------------------------------------------------------------------------------------------

_SECRET_NAMES = re.compile(r"(?:access_?|auth_?|api_?)?(?:token|key)|auth|secret|password|passwd|pwd", re.IGNORECASE)
_LONG_CHARS = 16  # a shorter value is more likely the name of something


def _secret_in(url: str) -> str:
    """The part of an address that is most likely a secret written out; "" where there is none.

    The token of https://www.reddit.com/prefs/feeds/ opens a person's own front page and saved posts.
    """
    try:
        parts = urlsplit(url)
        parameters = parse_qsl(parts.query)
    except ValueError:
        return ""
    before_host = parts.netloc.rpartition("@")[0]
    if before_host and PLACE_OF_TOKEN not in before_host:
        return "before the @"
    is_reddit = "reddit.com" in url.partition("?")[0]
    for name, value in parameters:
        if PLACE_OF_TOKEN in value:
            continue
        if (is_reddit and name == "feed") or (len(value) >= _LONG_CHARS and _SECRET_NAMES.fullmatch(name)):
            return name
    return ""
