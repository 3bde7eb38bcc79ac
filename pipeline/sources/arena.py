"""The Arena (LMArena) leaderboard: what changed since it was last read, out of its dataset or an older CSV snapshot.

Dataset: https://huggingface.co/datasets/lmarena-ai/leaderboard-dataset (CC BY 4.0), read a page of rows at a time
through the dataset viewer: https://huggingface.co/docs/dataset-viewer/filter .
"""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from urllib.parse import urlencode

from pydantic import BaseModel, Field, JsonValue

from pipeline.config_section import Section
from pipeline.errors import SourceError
from pipeline.seams import Http
from pipeline.sources import (
    BaseAddress,
    Fetched,
    FetchState,
    Parsed,
    WebAddress,
    as_payload,
    ask,
    get,
    new_item,
    read_answer,
)
from pipeline.sources._board import Board, headline, read_boards, sentences
from pipeline.text.charset import decode
from pipeline.text.dates import parse_date
from pipeline.types import Item, Payload

PAGE = 100  # rows: the most that the dataset viewer gives at once
MAX_PAGES = 12
CREDIT = "Arena (LMArena) leaderboard dataset, CC BY 4.0"
_DAY_IN_NAME = re.compile(r"(20\d\d)-?([01]\d)-?([0-3]\d)")
_REMEDY = "Check the board's name on the page of the dataset; if it is right, the dataset has changed: tell us"


class Options(Section):
    """Which board of the dataset (text, vision, webdev, text_to_image, agent ...), or the ``url`` of a CSV snapshot.

    ``top`` is how many places are watched; ``page`` is where a reader finds the board.
    """

    board: str = Field(default="text", pattern=r"^[a-z0-9_]{1,60}$")
    category: str = Field(default="overall", pattern=r"^[\w -]{1,60}$")
    top: int = Field(default=10, ge=3, le=100)
    url: WebAddress | None = None
    dataset: str = Field(default="lmarena-ai/leaderboard-dataset", pattern=r"^[\w.-]+/[\w.-]+$")
    base_url: BaseAddress = "https://datasets-server.huggingface.co"
    page: WebAddress = "https://arena.ai/leaderboard"
    allow_private: bool = False


class _Row(BaseModel):
    row: dict[str, JsonValue]


class _Page(BaseModel):
    rows: list[_Row]
    num_rows_total: int = 0


def fetch(options: Options, state: FetchState, http: Http, now: datetime) -> Fetched:
    """The board, when it is another than the last one; its payload holds the last one too, so that it can be compared.

    The cursor is JSON: {"rows": [{"row": {...}}]} of the board last read. Raises SourceError or NetworkError.
    """
    if options.url is not None:
        fetched = get(http, options.url, state, now, accept="text/csv, */*;q=0.1", allow_private=options.allow_private)
        return _compared(options, state, fetched) if fetched.payloads else fetched
    pages = _pages(options, state, http, now)
    rows = [row for page in pages for row in read_answer(_Page, page, _REMEDY).rows]
    body = json.dumps({"rows": [row.model_dump() for row in rows]}).encode()
    payload = replace(pages[0], media_type="application/json", body=body)
    return _compared(options, state, Fetched(payloads=(payload,)))


def parse(payload: Payload, options: Options) -> Parsed:
    """An item for each board but the first of its name, with what changed; the only one is told as it stands.

    Raises SourceError of kind "bad_answer" when it is no leaderboard.
    """
    boards = _boards(payload, options)
    items: list[Item] = []
    for name in dict.fromkeys(b.name for b in boards):
        days: Sequence[Board] = [b for b in boards if b.name == name]
        pairs = list(pairwise(days)) if len(days) > 1 else [(None, days[0])]
        items += [_item(payload, options, before, now) for before, now in pairs]
    return Parsed(items=items)


def _pages(options: Options, state: FetchState, http: Http, now: datetime) -> list[Payload]:
    """All rows of the category. Raises SourceError of kind "changed" when a new board came out meanwhile."""
    pages: list[Payload] = []
    for number in range(MAX_PAGES):
        query = {
            "dataset": options.dataset,
            "config": options.board,
            "split": "latest",
            "where": f"\"category\"='{options.category}'",
            "offset": number * PAGE,
            "length": PAGE,
        }
        url = f"{options.base_url}/filter?{urlencode(query)}"
        pages.append(as_payload(ask(http, url, now, allow_private=options.allow_private), state, now))
        if (number + 1) * PAGE >= read_answer(_Page, pages[-1], _REMEDY).num_rows_total:
            break
    days = {b.date for page in pages for b in _boards(page, options)}
    if len(days) > 1:
        raise SourceError("a new board came out while it was read", kind="changed", remedy="It is asked again later")
    return pages


def _compared(options: Options, state: FetchState, fetched: Fetched) -> Fetched:
    """Without a payload where the board is the one that was read last, else with both boards in it."""
    boards = _boards(fetched.payloads[0], options)
    if not boards:
        raise _no_board(fetched.payloads[0])
    newest = boards[-1]
    last = read_boards(state.cursor, name="", date="", category=options.category) if state.cursor else []
    known = [b for b in last if b.name == newest.name]
    if any(b.date == newest.date for b in known):
        return replace(fetched, payloads=(), cursor=state.cursor)
    both = replace(fetched.payloads[0], media_type="application/json", body=_written(*known, newest).encode())
    return replace(fetched, payloads=(both,), cursor=_written(newest))


def _written(*boards: Board) -> str:
    """The rows of boards as JSON, under the dataset's own names."""
    rows = [
        {
            "board": board.name,
            "leaderboard_publish_date": board.date,
            "model_name": s.model,
            "rank": s.rank,
            "rating": s.rating,
            "rating_lower": s.lower,
            "rating_upper": s.upper,
            "vote_count": s.votes,
            "organization": s.organization,
            "license": s.licence,
        }
        for board in boards
        for s in board.standings
    ]
    return json.dumps({"rows": [{"row": row} for row in rows]}, ensure_ascii=False)


def _boards(payload: Payload, options: Options) -> list[Board]:
    """Raises SourceError of kind "bad_answer" for bytes that hold no board."""
    found = _DAY_IN_NAME.search(payload.url)
    day = parse_date("-".join(found.groups())) if found else None
    date = f"{day or payload.fetched_at:%Y-%m-%d}"
    try:
        return read_boards(
            decode(payload.body, payload.media_type),
            name=options.board.replace("_", " "),
            date=date,
            category=options.category,
        )
    except (ValueError, RecursionError) as e:
        raise _no_board(payload) from e


def _no_board(payload: Payload) -> SourceError:
    return SourceError(
        f"{payload.url} holds no leaderboard", subject=payload.source_id, kind="bad_answer", remedy=_REMEDY
    )


def _item(payload: Payload, options: Options, before: Board | None, now: Board) -> Item:
    """A board that changed is news on the day that we saw it; one that is only told as it stands is as old as it is."""
    return new_item(
        payload,
        guid=f"{now.name} {now.date}",
        title=headline(before, now, options.top),
        url=f"{options.page}#{now.date}",
        body="\n".join(sentences(before, now, options.top)),
        kind="leaderboard",
        language="en",
        published_at=parse_date(now.date) if before is None else None,
        credit=CREDIT,
    )
