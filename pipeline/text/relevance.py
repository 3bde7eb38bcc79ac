"""Whether an item is news for this desk: it gets no story when it is old, or when the operator's words say so."""

from collections.abc import Sequence
from datetime import timedelta

from pipeline.text.tokens import mentions
from pipeline.types import Item


def why_not(item: Item, *, stale_after: timedelta, keep: Sequence[str] = (), drop: Sequence[str] = ()) -> str | None:
    """Why an item gets no story: "stale" (published so long before it was first seen that it is not news; an undated
    one never is), or "filtered" (by the words that its source keeps and drops); None when it gets one.
    """
    if item.published_at is not None and item.fetched_at - item.published_at > stale_after:
        return "stale"
    if not (keep or drop):
        return None
    text = f"{item.title}\n{item.body}"
    wanted = not keep or mentions(text, keep)
    return None if wanted and not mentions(text, drop) else "filtered"
