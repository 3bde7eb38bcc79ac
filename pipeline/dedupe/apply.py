"""`digest apply dedupe`: rows in, the story of each out, by the same code that the pipeline runs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice

from pipeline.config import DedupeSettings
from pipeline.dedupe.fold import Candidate, Folder, meaning_text, text_hash
from pipeline.dedupe.meaning import baseline
from pipeline.seams import Embedder
from pipeline.text.characters import clean, one_line
from pipeline.text.urls import url_key

BATCH_ROWS = 500
"""Rows read before the first of them is folded, as a run of the pipeline reads a day's items."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Row = Mapping[str, object]


def apply_dedupe(
    rows: Iterable[Row], settings: DedupeSettings | None = None, embedder: Embedder | None = None
) -> Iterator[dict[str, object]]:
    """Fold ``{"id","source","url","title","body","published_at"}`` rows into ``{"id","story_id","method","score"}``.

    One output per row, in order, BATCH_ROWS at a time; memory is that of the window. A row without a date takes that
    of the row before it; one without an id, or with a date that is not ISO 8601, gives ``{"id","error"}``. With an
    ``embedder`` the meaning counts too. Raises ModelError where that fails.
    """
    settings = settings or DedupeSettings()
    zero = baseline(embedder) if embedder else 0.0
    folder = Folder(threshold=settings.threshold, window_days=settings.window_days, meaning_zero=zero)
    source, now = iter(rows), _EPOCH
    while batch := list(islice(source, BATCH_ROWS)):
        read: list[Candidate | dict[str, object]] = []
        for row in batch:
            try:
                candidate = _candidate(row, now)
            except ValueError as e:
                read.append({"id": row.get("id"), "error": str(e)})
            else:
                read.append(candidate)
                now = candidate.seen_at
        candidates = [c for c in read if isinstance(c, Candidate)]
        folder.learn(candidates)
        folded = _folded(folder, _with_meaning(candidates, embedder) if embedder else candidates)
        for entry in read:
            yield next(folded) if isinstance(entry, Candidate) else entry


def _with_meaning(candidates: Sequence[Candidate], embedder: Embedder) -> list[Candidate]:
    vectors = embedder.embed([meaning_text(c.title, c.body) for c in candidates])
    return [replace(candidate, vector=vector) for candidate, vector in zip(candidates, vectors, strict=True)]


def _folded(folder: Folder, candidates: Iterable[Candidate]) -> Iterator[dict[str, object]]:
    for found in map(folder.fold, candidates):
        yield {"id": found.item_id, "story_id": found.story_id, "method": found.method, "score": found.score}


def _candidate(row: Row, before: datetime) -> Candidate:
    title, body = one_line(_text(row, "title")), clean(_text(row, "body"))
    item_id = _text(row, "id")
    if not item_id:
        raise ValueError("the line is no JSON object with an id")
    return Candidate(
        item_id=item_id,
        source_id=_text(row, "source"),
        url_key=url_key(_text(row, "url")),
        text_hash=text_hash(title, body),
        title=title,
        body=body,
        seen_at=_moment(_text(row, "published_at"), before),
    )


def _text(row: Row, key: str) -> str:
    value = row.get(key)
    return "" if value is None else str(value)


def _moment(text: str, before: datetime) -> datetime:
    if not text:
        return before
    moment = datetime.fromisoformat(text)
    return max(_EPOCH, moment if moment.tzinfo else moment.replace(tzinfo=UTC))
