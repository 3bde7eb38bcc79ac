"""How well two items are told one event or two: a hard set of AI news of our own, and what people said about pairs."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import correlation

import pytest

from pipeline.dedupe.apply import apply_dedupe
from pipeline.dedupe.likeness import Evidence, likeness
from pipeline.dedupe.meaning import baseline
from pipeline.seams import Embedder
from pipeline.text.index import Index
from pipeline.text.similarity import terms
from tests.eval.test_stories import FLOORS, read

HARD = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "dedupe" / "pairs.jsonl").read_text(encoding="utf-8").splitlines()
]
NEVER_MERGED = ("version", "amount", "negation")
ONE, TWO = 4, 2  # the human score from which, and up to which, the pairs of pairs.jsonl count as one event and as two

Pair = Mapping[str, object]


def _is_one(a: Pair, b: Pair, embedder: Embedder | None = None) -> bool:
    rows = [{"id": side, "source": side, **row} for side, row in (("a", a), ("b", b))]
    return len({found["story_id"] for found in apply_dedupe(rows, embedder=embedder)}) == 1


def _wrong_and_recall(part: str, embedder: Embedder | None = None) -> tuple[Counter[str], float]:
    """(pairs of two events that were merged, by kind; the share of pairs of one event that was)."""
    wrong: Counter[str] = Counter()
    merged: list[bool] = []
    for pair in HARD:
        if part in ("all", "held_out" if pair["held_out"] else "tuned"):
            one = _is_one(pair["a"], pair["b"], embedder)
            if pair["same"]:
                merged += [one] if pair["kind"] != "translation" else []  # words cannot know those
            else:
                wrong[pair["kind"]] += one
    return wrong, sum(merged) / len(merged)


def _holds(wrong: Counter[str], recall: float, floors: Mapping[str, float]) -> None:
    assert not any(wrong[kind] for kind in NEVER_MERGED), f"merged: {+wrong}"
    assert recall >= floors["recall"], f"recall fell to {recall:.3f}"
    assert wrong.total() <= floors["most_wrong"], f"{wrong.total()} pairs of two events were merged: {+wrong}"


@pytest.mark.parametrize("part", ["tuned", "held_out", "all"])
def test_hard_pairs_of_ai_news(part: str) -> None:
    _holds(*_wrong_and_recall(part), FLOORS["hard"][part])


@pytest.mark.parametrize("part", ["tuned", "held_out", "all"])
def test_hard_pairs_with_the_local_model(part: str, embedder: Embedder) -> None:
    _holds(*_wrong_and_recall(part, embedder), FLOORS["hard"][f"{part}_local"])


def test_the_hard_set_is_what_it_says() -> None:
    kinds = Counter(pair["kind"] for pair in HARD)
    assert len(HARD) == FLOORS["hard"]["rows"]
    assert min(kinds[k] for k in ("version", "amount", "negation", "follow_up", "same_company")) >= 25
    assert sum(pair["same"] for pair in HARD) >= 60
    assert sum(pair["held_out"] for pair in HARD) >= len(HARD) / 3
    assert len({(pair["a"]["title"], pair["b"]["title"], pair["b"]["body"]) for pair in HARD}) == len(HARD)


def _scores(rows: Iterable[Mapping[str, str]], embedder: Embedder | None) -> list[float]:
    """Our likeness of each pair before a fact or a missing name speaks against it."""
    rows = list(rows)
    index: Index[int] = Index()
    for n, row in enumerate(rows):
        index.add(n, index.vector(terms([(row["a"], 1.0)])))
    meanings: list[float | None] = [None] * len(rows)
    if embedder:
        zero = baseline(embedder)
        one, other = embedder.embed([r["a"] for r in rows]), embedder.embed([r["b"] for r in rows])
        meanings = [(float(a @ b) - zero) / (1 - zero) for a, b in zip(one, other, strict=True)]
    found = []
    for n, row in enumerate(rows):
        words = {m.key: m.cosine for m in index.similar(index.vector(terms([(row["b"], 1.0)])))}.get(n, 0.0)
        found.append(likeness(Evidence(words=words, meaning=meanings[n]), 0.2).score)
    return found


def _human(shared_data: Path) -> list[dict[str, str]]:
    return read(shared_data / "stories" / "pairs.jsonl", FLOORS["pairs"])


def test_likeness_is_what_people_find_alike(shared_data: Path) -> None:
    rows = _human(shared_data)
    found = correlation(_scores(rows, None), [float(row["score"]) for row in rows])
    assert found >= FLOORS["pairs"]["pearson"], f"fell to {found:.4f}"


def test_likeness_is_what_people_find_alike_with_the_local_model(shared_data: Path, embedder: Embedder) -> None:
    rows = _human(shared_data)
    found = correlation(_scores(rows, embedder), [float(row["score"]) for row in rows])
    assert found >= FLOORS["pairs"]["pearson_local"], f"fell to {found:.4f}"


def test_what_people_find_the_same_is_one_story(shared_data: Path) -> None:
    merged: Counter[bool] = Counter()
    total: Counter[bool] = Counter()
    for row in _human(shared_data):
        if float(row["score"]) >= ONE or float(row["score"]) <= TWO:
            same = float(row["score"]) >= ONE
            total[same] += 1
            merged[same] += _is_one({"title": row["a"]}, {"title": row["b"]})
    precision, recall = merged[True] / merged.total(), merged[True] / total[True]
    assert precision >= FLOORS["pairs"]["precision"], f"fell to {precision:.4f}"
    assert recall >= FLOORS["pairs"]["recall"], f"fell to {recall:.4f}"
