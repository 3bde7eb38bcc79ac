from collections.abc import Mapping
from typing import Any

import pytest

from pipeline.rank import apply
from pipeline.rank.apply import apply_rank

ROW = {
    "id": "a",
    "source": "reddit/LocalLLaMA",
    "title": "Orca 2",
    "url": "https://www.reddit.com/comments/1a",
    "published_at": "2026-11-23T08:00:00Z",
    "day": "2026-11-23",
    "points": 100,
    "comments": 10,
}


def rank(*rows: Mapping[str, object]) -> list[dict[str, Any]]:
    return list(apply_rank(rows))


def test_every_row_is_answered_in_order_and_days_may_be_mixed() -> None:
    rows = [{**ROW, "id": f"{n}", "day": f"2026-11-{20 + n % 3}", "points": n} for n in range(9)]
    mixed, sorted_ = rank(*rows), rank(*sorted(rows, key=lambda r: str(r["day"])))
    assert [a["id"] for a in mixed] == [r["id"] for r in rows]
    assert {a["id"]: a["score"] for a in mixed} == {a["id"]: a["score"] for a in sorted_}
    assert all(0 <= a["score"] <= 1 and all(0 <= p <= 1 for p in a["parts"].values()) for a in mixed)


def test_rows_of_a_day_with_one_address_are_one_story_with_its_breadth() -> None:
    page = "https://acme.example/orca"
    told = [{**ROW, "id": s, "source": s, "url": page} for s in ("hn", "rss/acme")]
    one, other, alone, later = rank(*told, {**ROW, "id": "c"}, {**told[0], "id": "d", "day": "2026-11-25"})
    assert one["score"] == other["score"]
    assert one["parts"] == other["parts"] != alone["parts"]
    assert later["parts"]["trust"] == one["parts"]["trust"]


def test_two_rows_of_one_id_are_two_rows() -> None:
    low, high = rank({**ROW, "points": 1}, {**ROW, "points": 9_000, "url": "https://www.reddit.com/comments/2b"})
    assert low["score"] < high["score"]


def test_an_undated_row_is_as_fresh_as_its_day_and_needs_no_day() -> None:
    undated, dated = rank({**ROW, "id": "b", "published_at": None, "url": ""}, ROW)
    assert undated["parts"]["freshness"] == dated["parts"]["freshness"] == 1
    bare = rank({"id": 7, "source": "somewhere"})
    assert bare[0]["id"] == 7
    assert "score" in bare[0]


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {**ROW, "id": ""},
        {**ROW, "id": None},
        {**ROW, "source": ""},
        {**ROW, "source": 3},
        {**ROW, "title": ["x"]},
        {**ROW, "published_at": "yesterday"},
        {**ROW, "points": "many"},
        {**ROW, "comments": True},
        {**ROW, "points": float("nan")},
        {**ROW, "points": 1e999},
    ],
)
def test_a_bad_row_is_answered_in_its_place(bad: dict[str, object]) -> None:
    first, wrong, last = rank(ROW, bad, {**ROW, "id": "z"})
    assert (first["id"], last["id"]) == ("a", "z")
    assert set(wrong) == {"id", "error"}
    assert first["score"] == last["score"]


def test_counts_beyond_all_measure_are_only_large() -> None:
    huge, none = rank({**ROW, "points": 10**400}, {**ROW, "id": "b", "points": -(10**400), "url": ""})
    assert huge["parts"]["points"] > 0.99
    assert none["parts"]["points"] < 0.01


def test_more_rows_than_are_held_at_a_time_are_all_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply, "BATCH_ROWS", 4)
    answers = rank(*({**ROW, "id": n} for n in range(10)))
    assert [a["id"] for a in answers] == list(range(10))
    assert all("score" in a for a in answers)
