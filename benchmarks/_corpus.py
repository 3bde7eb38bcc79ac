"""Items like those of a day's news, made up: any number, the same each time, in the memory of one batch.

Words follow Zipf's law: the commonest are English words, the rarer ones are made of syllables and stand for names.
Three items in ten tell an event that another one told shortly before: at the same address, in the same text, or, most
of them, with the same names among other words.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, product

import numpy as np

from pipeline.text.common_words import COMMON, STOP

TOLD_AGAIN = 0.3
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
SOURCES = 400

_BATCH = 5_000
_VOCABULARY = 200_000
_EXPONENT = 1.05
_NAMES_FROM = 2_000  # the rank from which on a word is a name
_NAMES, _TITLE, _BODY = 3, 6, 45  # words; the title holds the names too
_RECENT = 1_000  # events back to which one is told again
_SYLLABLES = [c + v for c, v in product("bdfgklmnprstvz", "aeiou")]

Row = dict[str, str]


def rows(count: int, *, a_day: int | None, seed: int = 0) -> Iterator[Row]:
    """Rows as `digest apply dedupe` takes them, in time order: ``a_day`` of them each day, None for all at once.

    "event" is the id of the row that told it first.
    """
    random = np.random.default_rng(seed)
    told: list[Row] = []
    for i, (names, title, body) in enumerate(islice(_texts(random), count)):
        at = BEGIN + timedelta(days=i / a_day) if a_day else BEGIN
        row = {"id": f"i{i}", "source": f"s{random.integers(SOURCES)}", "published_at": at.isoformat()}
        how = random.random() / TOLD_AGAIN  # below 1: again
        before = told[-1 - int(random.integers(min(len(told), _RECENT)))] if told and how < 1 else None
        if before is not None and how < 0.2:
            row |= {"title": before["title"], "body": before["body"]}
        else:
            names = before["names"].split() if before else names
            row |= {"title": _sentence(names, title), "body": _sentence(names, body)}
        same_address = before is not None and 0.2 <= how < 0.4
        row["event"] = before["id"] if before else row["id"]
        row["url"] = before["url"] if before and same_address else f"https://news{i % 97}.example/{i}"
        if before is None:
            told.append({**row, "names": " ".join(names)})
            del told[: -2 * _RECENT]
        yield row


def _texts(random: np.random.Generator) -> Iterator[tuple[list[str], list[str], list[str]]]:
    """Names, words of a title, words of a body."""
    words = np.array(_vocabulary())
    weights = np.cumsum(np.arange(1, _VOCABULARY + 1) ** -_EXPONENT)
    while True:
        drawn = np.searchsorted(weights, random.random((_BATCH, _TITLE + _BODY)) * weights[-1])
        lowest = weights[_NAMES_FROM]
        names = np.searchsorted(weights, lowest + random.random((_BATCH, _NAMES)) * (weights[-1] - lowest))
        for own, text in zip(words[names].tolist(), words[drawn].tolist(), strict=True):
            yield own, text[:_TITLE], text[_TITLE:]


def _vocabulary() -> list[str]:
    """Real words first, in an order that is always the same; then made-up ones of three syllables and more."""
    real = sorted(STOP) + sorted(COMMON - STOP)
    made = ("".join(p) for size in (3, 4) for p in product(_SYLLABLES, repeat=size))
    return [*real, *islice(made, _VOCABULARY - len(real))]


def _sentence(names: Sequence[str], words: Sequence[str]) -> str:
    return " ".join([*names[:2], *words, *names[2:]]).capitalize()
