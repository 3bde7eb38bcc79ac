"""The bytes of a page or a transcript -> its text. Pure; runs in another process: a page may be built to exhaust."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.text.charset import decode
from pipeline.text.extract import extract
from pipeline.text.transcripts import is_transcript, plain
from pipeline.types import Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What an address holds; ``text`` is "" where that is no text."""

    text: str
    published_at: datetime | None = None


def read(response: Response) -> Page:
    """The article of a web page with its date, or a transcript. Raises ExtractError for a page without text."""
    media_type = response.headers.get("content-type", "")
    text = decode(response.body, media_type)
    if is_transcript(media_type, response.url):
        return Page(text=plain(text, media_type, response.url))
    if not _is_page(media_type, text):
        return Page(text="")
    found = extract(text, response.url)
    return Page(text=found.text, published_at=found.published_at)


def _is_page(media_type: str, text: str) -> bool:
    kind = media_type.partition(";")[0].strip().lower()
    untold = kind in ("", "text/plain", "application/octet-stream")
    return "html" in kind or (untold and "<html" in text[:2_000].lower())
