"""The main text, title and date of a web page."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.errors import ExtractError
from pipeline.text.characters import clean, one_line
from pipeline.text.dates import parse_date
from pipeline.text.html import to_text
from pipeline.text.tree import grow, head

if TYPE_CHECKING:
    from trafilatura.settings import Document

_DATES = {"extensive_search": False, "original_date": True}
"""What the page says of itself; no guesses out of its text, and not the day of its last correction."""

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
    html = head(html)
    page = _article(html, url)
    text = clean(page.text or "") or to_text(html)
    if not text:
        remedy = "It may be drawn by a script, or hidden behind a login: open it in a browser"
        raise ExtractError("holds no text", subject=url, remedy=remedy, kind="empty")
    return Extracted(title=one_line(page.title or ""), text=text, published_at=parse_date(page.date or ""))


def _article(html: str, url: str) -> "Document":
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    try:
        # favor_precision: F1 .964 on the scrapinghub benchmark, the best of its settings; comments are not the article.
        found = bare_extraction(
            grow(html),
            url=url or None,
            favor_precision=True,
            include_comments=False,
            with_metadata=True,
            date_extraction_params=_DATES,
        )
    except Exception:  # noqa: BLE001 - whatever a library does with a hostile page, its visible text is left
        found = None
    return found if isinstance(found, Document) else Document()
