"""What is printed in another language than it was written in: one row a text and language, with what it translates."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.store.rows import chunks, upsert
from pipeline.store.tables import translations

Key = tuple[str, int, str, int]  # story_id, revision, language, number


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """``source`` in another language; ``text`` is "" where no answer held, so that it is not asked for again.

    ``story_id`` is the id of the issue for a sentence of its lead. ``number`` counts as ``Check.claim`` does;
    ``input_hash`` is of all that the answer depends on.
    """

    story_id: str
    revision: int
    language: str
    number: int
    source: str
    text: str
    input_hash: str
    written_by: str

    @property
    def key(self) -> Key:
        """Which text it is, in which language."""
        return self.story_id, self.revision, self.language, self.number


def keep(db: Connection, made: Sequence[Translation]) -> None:
    """Write translations, each in the place of an older one of the same text."""
    update = ("source", "text", "input_hash", "written_by")
    upsert(db, translations, [asdict(t) for t in made], update=update)


def load(db: Connection, ids: Iterable[str]) -> dict[Key, Translation]:
    """Every translation of these stories (any revision), and of the leads of these issues."""
    found = {}
    for some in chunks(ids):
        for row in db.execute(sa.select(translations).where(translations.c.story_id.in_(some))).mappings():
            made = Translation(**row)
            found[made.key] = made
    return found
