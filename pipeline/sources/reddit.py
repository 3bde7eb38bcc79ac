"""Reddit: the posts of one or more subreddits; with a registered app with their votes, else by feed, without.

Either way a post has the same guid. Reddit lets a client read about one feed a minute (``fetch.host_pause_s``), so one
source names all subreddits (a "multireddit"); its robots.txt forbids all of them, so the operator decides.
"""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Annotated, Literal, Self
from urllib.parse import urlencode

from pydantic import BaseModel, Field, SecretStr, StringConstraints, ValidationError, model_validator

from pipeline.config_section import SecretSection
from pipeline.errors import SourceError
from pipeline.seams import Http, Response
from pipeline.sources import PLACE_OF_TOKEN, BaseAddress, Fetched, FetchState, Parsed, as_payload, get, refusal, rss
from pipeline.sources._reddit_posts import of_feed, of_listing
from pipeline.text.dates import parse_retry_after
from pipeline.types import Payload

Subreddit = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{2,30}$")]


class Options(SecretSection):
    """Which posts. ``client_id`` and the client secret of an app of your own (https://www.reddit.com/prefs/apps) give
    votes; ``feed_user`` and the token of https://www.reddit.com/prefs/feeds/ give a feed that is throttled less.

    A feed does not tell votes, nor what is for adults: ``min_score`` and ``nsfw`` count with an app alone.
    """

    secrets = ("client_secret", "feed_token")

    subreddits: tuple[Subreddit, ...] = Field(min_length=1, max_length=50)
    listing: Literal["top", "hot", "new"] = "top"
    time: Literal["day", "week"] = "day"
    limit: int = Field(default=50, ge=1, le=100)
    min_score: int = Field(default=0, ge=0)
    nsfw: bool = False
    username: str = Field(default="", pattern=r"^[A-Za-z0-9_-]{0,30}$")
    client_id: str = ""
    client_secret_env: str = "REDDIT_CLIENT_SECRET"  # noqa: S105 - the name of a variable
    client_secret_file: str = ""
    client_secret: SecretStr | None = Field(default=None, exclude=True, repr=False)
    feed_user: str = Field(default="", pattern=r"^[A-Za-z0-9_-]{0,30}$")
    feed_token_env: str = "REDDIT_FEED_TOKEN"  # noqa: S105 - the name of a variable
    feed_token_file: str = ""
    feed_token: SecretStr | None = Field(default=None, exclude=True, repr=False)
    base_url: BaseAddress = "https://www.reddit.com"
    api_url: BaseAddress = "https://oauth.reddit.com"
    allow_private: bool = False

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        for name, secret in (("client_id", "client_secret"), ("feed_user", "feed_token")):
            if getattr(self, name) and not getattr(self, secret):
                raise ValueError(f"{name} needs its secret: put it into .env as {getattr(self, secret + '_env')}")
        if self.min_score and not self.client_id:
            raise ValueError("min_score needs client_id: a feed says nothing of votes")
        return self

    @property
    def path(self) -> str:
        """Of the listing, on either host."""
        return f"/r/{'+'.join(self.subreddits)}/{self.listing}"


def fetch(options: Options, state: FetchState, http: Http, now: datetime) -> Fetched:
    """One listing with an app, else one feed. Raises SourceError (``wait_s`` when it is too soon) or NetworkError."""
    query = urlencode({"t": options.time, "limit": options.limit})
    if options.client_id and options.client_secret:
        headers = {"authorization": f"Bearer {_access_token(options, http, now)}"}
        response = _asked(options, http, now, f"{options.api_url}{options.path}?{query}&raw_json=1", headers)
        return Fetched(payloads=(as_payload(response, state, now),), headers=response.headers)
    token = options.feed_token.get_secret_value() if options.feed_user and options.feed_token else ""
    query += f"&feed={PLACE_OF_TOKEN}&user={options.feed_user}" if token else ""
    url = f"{options.base_url}{options.path}/.rss?{query}"
    return get(http, url, state, now, accept=rss.ACCEPT, allow_private=options.allow_private, token=token)


def parse(payload: Payload, options: Options) -> Parsed:
    """The posts of a listing or feed. Raises SourceError of kind "bad_answer", or as ``rss.parse`` does."""
    if payload.body.lstrip()[:1] in (b"{", b"["):
        return of_listing(payload, min_score=options.min_score, nsfw=options.nsfw)
    return of_feed(payload)


class _Token(BaseModel):
    access_token: str = Field(pattern=r"^[!-~]{1,4000}$")


def _access_token(options: Options, http: Http, now: datetime) -> str:
    """A token for this fetch, in exchange for the secret of the app; it is kept nowhere.

    https://github.com/reddit-archive/reddit/wiki/OAuth2#application-only-oauth
    """
    secret = options.client_secret.get_secret_value() if options.client_secret else ""
    headers = {"authorization": "Basic " + b64encode(f"{options.client_id}:{secret}".encode()).decode()}
    url = f"{options.base_url}/api/v1/access_token"
    response = _asked(options, http, now, url, headers, form={"grant_type": "client_credentials"})
    try:
        return _Token.model_validate_json(response.body).access_token
    except ValidationError:
        remedy = "Check client_id and the client secret, and that Reddit has approved your app"
        raise SourceError(f"{url} gives no token", kind="no_token", remedy=remedy) from None  # its cause may hold one


def _asked(
    options: Options,
    http: Http,
    now: datetime,
    url: str,
    headers: Mapping[str, str],
    form: Mapping[str, str] | None = None,
) -> Response:
    """One request with the name that Reddit wants (https://github.com/reddit-archive/reddit/wiki/API), a 200.

    When it is one too many, x-ratelimit-reset says how many seconds to wait.
    """
    by = f" (by /u/{options.username})" if options.username else ""
    agent = f"python:every-other-day:{version('every-other-day')}{by}"
    headers = {"accept": "application/json", "user-agent": agent, **headers}
    response = http.get(url, headers=headers, allow_private=options.allow_private, form=form)
    if response.status != 200:
        reset = response.headers.get("x-ratelimit-reset", "").partition(".")[0]
        raise refusal(url, response, now, wait_s=parse_retry_after(reset, now) if response.status == 429 else 0.0)
    return response
