"""PURE: what an answer of a server is worth: a text, or a word that says why there is none."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from pipeline.errors import ExtractError, NetworkError
from pipeline.seams import Response
from pipeline.text import transcripts
from pipeline.text.characters import clean
from pipeline.text.charset import decode
from pipeline.text.extract import extract
from pipeline.types import PageOutcome

ACCEPT = "text/html, application/xhtml+xml, text/vtt;q=0.9, application/x-subrip;q=0.9, text/plain;q=0.8, */*;q=0.1"

_STATUS: dict[int, PageOutcome] = {
    401: "refused", 402: "refused", 403: "refused", 451: "refused",
    404: "gone", 410: "gone", 408: "later", 429: "later",
}  # fmt: skip
_TROUBLE: dict[str, PageOutcome] = {
    "timeout": "later", "connection": "later", "dns": "later", "tls": "later", "decoding": "later",
    "too_large": "too_large", "private_address": "private",
}  # fmt: skip
_HTML = ("text/html", "application/xhtml+xml")
_PLAIN = ("text/plain", "text/markdown")
_NO_TRANSCRIPT = ("audio/", "video/", "image/", "application/pdf", "application/zip")
_LOGIN = re.compile(r"(?:^|[/.-])(?:log-?in|sign-?in|consent|captcha|paywall)(?:[/.?-]|$)", re.IGNORECASE)

# What stands in place of an article; in a long text these words are about something else.
_WALL_CHARS = 1_000
_WALL = re.compile(
    r"enable (?:javascript|cookies)|javascript is (?:disabled|required)|\brobot\?|(?:not|aren.t) a (?:robot|bot)"
    r"|you are (?:a )?human|checking (?:your browser|if the site connection)|unusual (?:traffic|activity)"
    r"|access (?:to this (?:page|site) )?(?:is |has been )?denied|accept (?:all )?cookies|(?:we|uses?) cookies"
    r"|before you continue to|subscribe to (?:continue|read|keep)|(?:sign|log) in to (?:continue|read|view|your)"
    r"|请(?:先)?(?:登录|启用)|(?:人机|安全)验证",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What came of one address. ``published_at`` is midnight UTC of the day that the page names."""

    outcome: PageOutcome
    text: str = ""
    published_at: datetime | None = None


def of_trouble(error: NetworkError) -> Page:
    """What a request that got no answer comes to."""
    return Page(outcome=_TROUBLE.get(error.kind, "failed"))


def read(url: str, response: Response, *, transcript: bool, least_chars: int) -> Page:
    """What the answer for ``url`` holds. A text that is not longer than ``least_chars`` says no more than we know."""
    if response.status != 200:
        return Page(outcome="later" if response.status >= 500 else _STATUS.get(response.status, "failed"))
    if elsewhere := _elsewhere(url, response.url):
        return Page(outcome=elsewhere)
    page = _transcript(response) if transcript else _article(response)
    if page.outcome != "read":
        return page
    if len(page.text) < _WALL_CHARS and _WALL.search(page.text):
        return Page(outcome="refused")
    return page if len(page.text) > least_chars else replace(page, outcome="no_text", text="")


def _elsewhere(asked: str, came_from: str) -> PageOutcome | None:
    """Where a redirect to another page tells that this one is not to be had."""
    old, new = urlsplit(asked), urlsplit(came_from)
    if asked == came_from:
        return None
    if _LOGIN.search(f"{new.netloc}{new.path}") and not _LOGIN.search(f"{old.netloc}{old.path}"):
        return "refused"
    return "gone" if new.path in ("", "/") and not new.query and old.path not in ("", "/") else None


def _article(response: Response) -> Page:
    text, media_type = _decoded(response)
    if media_type in _PLAIN:
        return Page(outcome="read", text=clean(text))
    if media_type in _HTML or (not media_type and text.lstrip().startswith("<")):
        return _extracted(text, response.url)
    return Page(outcome="not_text")


def _transcript(response: Response) -> Page:
    """Servers name the types of transcripts as they like, so it is looked at; a web page around one is an article."""
    text, media_type = _decoded(response)
    if media_type.startswith(_NO_TRANSCRIPT) or "\0" in text[:1_000]:
        return Page(outcome="not_text")
    if text.lstrip().startswith("<") and "<cite" not in text.lower():
        return _extracted(text, response.url)
    return Page(outcome="read", text=transcripts.read(text))


def _extracted(html: str, url: str) -> Page:
    try:
        found = extract(html, url)
    except ExtractError:
        return Page(outcome="no_text")
    return Page(outcome="read", text=found.text, published_at=found.published_at)


def _decoded(response: Response) -> tuple[str, str]:
    """The text, and the media type without its parameters."""
    whole = response.headers.get("content-type", "")
    return decode(response.body, whole), whole.partition(";")[0].strip().lower()
