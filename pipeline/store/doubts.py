"""Stories that are perhaps the same, and those of which a reviewer said that they are not.

A pair is kept under the ids that its stories had then. Each is also the id of an item, so that the present stories of
a pair are those of these items: nothing has to be rewritten when a reviewer merges or takes back.
"""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.store.decisions import standing
from pipeline.store.issues import reviews_in
from pipeline.store.rows import chunks, upsert
from pipeline.store.stories import story_of
from pipeline.store.tables import doubts, memberships, reviews
from pipeline.types import Doubt

Pair = frozenset[str]
"""Two story ids."""


def told_apart(db: Connection) -> set[Pair]:
    """The pairs that a reviewer split or called different, in any issue, and that no later merge made one."""
    touched = sa.select(reviews.c.issue_id).where(reviews.c.action.in_(("split", "different"))).distinct()
    pairs = [
        (review.story_id, review.other_id)
        for made in reviews_in(db, touched).values()
        for review in standing(made)
        if review.action in ("split", "different") and review.story_id and review.other_id
    ]
    now = story_of(db, {name for pair in pairs for name in pair})
    found = {frozenset((now[a], now[b])) for a, b in pairs}
    return {pair for pair in found if len(pair) == 2}


def keep(db: Connection, found: Iterable[Doubt], at: datetime) -> None:
    """Keep doubts, answered or open; a pair that is there already stays as it is. Both stories must be there."""
    upsert(db, doubts, [{**asdict(doubt), "at": at} for doubt in found])


def open_of(db: Connection, story_ids: Iterable[str]) -> list[Doubt]:
    """The doubts about these stories that nobody has settled, the likeliest first, under their present ids."""
    mine, other = memberships.alias(), memberships.alias()
    query = (
        sa.select(mine.c.story_id, other.c.story_id.label("other_id"), doubts.c.score, doubts.c.reason)
        .select_from(
            doubts.join(mine, mine.c.item_id == doubts.c.story_id).join(other, other.c.item_id == doubts.c.other_id)
        )
        .where(doubts.c.verdict.is_(None), mine.c.story_id != other.c.story_id)
        .order_by(doubts.c.score.desc(), doubts.c.story_id, doubts.c.other_id)
    )
    apart, found = told_apart(db), dict[Pair, Doubt]()
    for ids in chunks(story_ids):
        for row in db.execute(query.where(sa.or_(mine.c.story_id.in_(ids), other.c.story_id.in_(ids)))).mappings():
            found.setdefault(frozenset((row["story_id"], row["other_id"])), Doubt(**row))
    return [doubt for pair, doubt in found.items() if pair not in apart]
