"""A program that folds made-up items into stories, run in a process of its own, so that its memory is its own.

``python -m benchmarks._folding ours|minhash|tfidf ITEMS`` prints what it took as JSON; the latter two want the Python
of an environment where they are installed (`make bench-peers`).
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from sys import argv

from benchmarks._corpus import Row, rows
from benchmarks._measuring import b_cubed, peak_mb, seconds

A_DAY = 5_000
SCORED = 10_000
"""Items up to which what was found is kept and compared with the events: above, the memory is the program's alone."""

# The thresholds at which each peer does best on 10,000 items, of .2, .3 ... .7.
_MINHASH_FROM = 0.6
_TFIDF_FROM = 0.2
_PERMUTATIONS = 128
_BLOCK = 1_000  # rows of the matrix of all cosines


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """``f1`` is B-cubed, 0..1; None above SCORED items."""

    items: int
    wall_s: float
    peak_mb: float
    f1: float | None


def ours(found: Iterable[Row]) -> Iterator[str]:
    """The code behind `digest apply dedupe`."""
    from pipeline.dedupe.apply import apply_dedupe

    return (str(line["story_id"]) for line in apply_dedupe(found))


def minhash(found: Iterable[Row]) -> Iterator[str]:
    """https://github.com/ekzhu/datasketch: the words of a text, and the first story that LSH finds for them."""
    from datasketch import MinHash, MinHashLSH

    index, story_of = MinHashLSH(threshold=_MINHASH_FROM, num_perm=_PERMUTATIONS), dict[str, str]()
    for row in found:
        sketch = MinHash(num_perm=_PERMUTATIONS)
        sketch.update_batch([word.encode() for word in set(_text(row).split())])
        near = index.query(sketch)
        story_of[row["id"]] = min((story_of[n] for n in near), default=row["id"])
        index.insert(row["id"], sketch)
        yield story_of[row["id"]]


def tfidf(found: Iterable[Row]) -> Iterator[str]:
    """scikit-learn: every text against every one before it, and the story of the nearest."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = list(found)
    matrix = TfidfVectorizer(sublinear_tf=True).fit_transform(_text(row) for row in texts)
    story_of: list[str] = []
    for start in range(0, len(texts), _BLOCK):
        cosines = (matrix[start : start + _BLOCK] @ matrix.T).tocsr()
        for i in range(start, min(start + _BLOCK, len(texts))):
            line = cosines[i - start]
            near = [(c, -j) for j, c in zip(line.indices, line.data, strict=True) if j < i and c >= _TFIDF_FROM]
            story_of.append(story_of[-max(near)[1]] if near else texts[i]["id"])
    yield from story_of


def _text(row: Row) -> str:
    return f"{row['title']} {row['body']}".lower()


def spent(program: Callable[[Iterable[Row]], Iterator[str]], items: int) -> Spent:
    """What a program takes for so many items, and how well it finds their events."""
    keep, events, stories = items <= SCORED, list[str](), list[str]()

    def stream() -> Iterator[Row]:
        for row in rows(items, a_day=A_DAY):
            if keep:
                events.append(row["event"])
            yield row

    def run() -> None:
        for story in program(stream()):
            if keep:
                stories.append(story)

    wall_s = seconds(run)
    precision, recall = b_cubed(stories, events) if keep else (0.0, 0.0)
    f1 = 2 * precision * recall / (precision + recall) if keep else None
    return Spent(items=items, wall_s=wall_s, peak_mb=peak_mb(), f1=f1)


if __name__ == "__main__":
    print(json.dumps(asdict(spent({"ours": ours, "minhash": minhash, "tfidf": tfidf}[argv[1]], int(argv[2])))))
