"""The main text, title and date of a web page."""

import logging
from dataclasses import dataclass
from datetime import datetime

from pipeline.errors import ExtractError
from pipeline.text.characters import clean, one_line
from pipeline.text.dates import parse_date
from pipeline.text.html import to_text

# The libraries warn about each odd page; what matters to a run is told by ExtractError.
for _name in ("trafilatura", "htmldate", "courlan"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """What a page says. ``published_at`` is midnight UTC of the day that the page names, None when it names none."""

    title: str
    text: str
    published_at: datetime | None


def extract(html: str, url: str) -> Extracted:
    """Find the article in a page; a page where trafilatura finds none gives its whole visible text.

    Raises ExtractError when there is no text at all.
    """
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    # favor_precision: F1 .964 on the scrapinghub benchmark, the best of its settings; comments are not the article.
    page = bare_extraction(html, url=url or None, favor_precision=True, include_comments=False, with_metadata=True)
    page = page if isinstance(page, Document) else Document()
    text = clean(page.text or "")
    if not text:
        text = to_text(html)
    if not text:
        remedy = "It may be drawn by a script, or hidden behind a login: open it in a browser"
        raise ExtractError("holds no text", subject=url, remedy=remedy, kind="empty")
    return Extracted(title=one_line(page.title or ""), text=text, published_at=parse_date(page.date or ""))
