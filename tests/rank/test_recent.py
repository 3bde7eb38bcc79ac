"""Repeat, update or new: labelled cases (a third held out), and what decides in each direction."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.rank.recent import Judged, Recent
from pipeline.types import Item, Kind, Story, Told

CASES = Path(__file__).parents[1] / "data" / "rank" / "recent.jsonl"
CLOSED = datetime(2026, 11, 21, 6, tzinfo=UTC)
# (precision, recall) as measured; they may rise. No news is lost: nothing is called a repeat that is none.
FLOORS = {
    "tune": {"repeat": (1.0, 0.95), "update": (1.0, 0.85), "new": (0.84, 1.0)},
    "held": {"repeat": (1.0, 0.72), "update": (0.75, 0.81), "new": (0.84, 1.0)},
}


def item(name: str, title: str, body: str = "", *, kind: Kind = "article", hours: float = 10, url: str = "") -> Item:
    at = CLOSED + timedelta(hours=hours)
    return Item(
        id=name, source_id=name, guid=name, url=url or f"https://{name}.example/a", title=title, body=body, kind=kind,
        fetched_at=max(at, CLOSED) if hours > -1 else at, published_at=at,
    )  # fmt: skip


def story(*items: Item, story_id: str = "") -> Story:
    return Story(id=story_id or items[0].id, items=items, first_seen_at=CLOSED, last_seen_at=CLOSED)


def told(story_id: str, headline: str, sentences: tuple[str, ...], *items: Item) -> Told:
    return Told(
        story_id=story_id, ran_in="2026-11-21", closed_at=CLOSED, headline=headline, sentences=sentences, items=items
    )


def counted(split: str) -> Counter[tuple[str, str]]:
    """(label, verdict) of every case, each held against all printed stories; another story's verdict is "wrong"."""
    rows = [row for row in map(json.loads, CASES.read_text(encoding="utf-8").splitlines()) if row["split"] == split]
    recent = Recent(
        told(
            row["id"], row["headline"], tuple(row["sentences"]),
            *(item(f"{row['id']}-{n}", i["title"], i["body"], hours=-5) for n, i in enumerate(row["items"])),
        )
        for row in rows
    )  # fmt: skip
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        for n, later in enumerate(row["later"]):
            items = [
                item(f"later-{row['id']}-{n}-{k}", i["title"], i["body"], kind=i["kind"], hours=i["hours"])
                for k, i in enumerate(later["items"])
            ]
            judged = recent.judge(story(*items, story_id=row["id"] if later["same_story"] else ""))
            of_another = judged.of is not None and judged.of.story_id != row["id"]
            found[later["label"], "wrong" if of_another else judged.kind] += 1
    return found


@pytest.mark.parametrize("split", FLOORS)
def test_labelled_cases(split: str) -> None:
    found = counted(split)
    for label, (least_precision, least_recall) in FLOORS[split].items():
        right = found[label, label]
        precision = right / sum(n for (_, verdict), n in found.items() if verdict == label)
        recall = right / sum(n for (wanted, _), n in found.items() if wanted == label)
        assert precision >= least_precision, (label, precision)
        assert recall >= least_recall, (label, recall)


HERON = "Heron 2 is out with open weights"
TEXT = "Heron 2 has 64B parameters and reads 256k tokens. Quayside released it under Apache 2.0."
PRINTED = told("heron", HERON, (TEXT,), item("lab", HERON, TEXT, hours=-5))
SUED = "Quayside is sued over Heron 2"
SUED_TEXT = "Three publishers have sued Quayside. They say that Heron 2 was trained on 9,000 novels."


def judged(*items: Item, story_id: str = "heron", cleared: bool = False, printed: Told = PRINTED) -> Judged:
    return Recent([printed]).judge(story(*items, story_id=story_id), cleared=cleared)


def test_one_late_item_with_news_makes_an_update_of_a_story_with_copies() -> None:
    copy, news = item("press", "Heron 2 released", TEXT), item("court", SUED, SUED_TEXT)
    assert judged(copy).kind == "repeat"
    found = judged(copy, news)
    assert (found.kind, found.of) == ("update", PRINTED)


def test_what_two_printed_stories_told_together_is_no_news() -> None:
    again = item("late", SUED, SUED_TEXT, hours=60)
    other = told("suit", SUED, (SUED_TEXT,), item("court", SUED, SUED_TEXT, hours=-2))
    assert judged(again).kind == "update"
    assert Recent([PRINTED, other]).judge(story(again, story_id="heron")).kind == "repeat"


def test_an_address_that_was_printed_tells_nothing_new() -> None:
    again = item("hn", SUED, SUED_TEXT, url="https://lab.example/a")
    assert judged(again).kind == "repeat"


def test_what_was_published_before_the_issue_closed_needs_more_than_names() -> None:
    words, body = "Meet the Heron family from Rotterdam", "The Kestrel desk of Rotterdam looked at Heron last night."
    assert judged(item("a", words, body, hours=5)).kind == "update"
    assert judged(item("a", words, body, hours=-0.5)).kind == "repeat"
    assert judged(item("b", SUED, SUED_TEXT, hours=-0.5)).kind == "update", "a new number"


def test_another_script_counts_by_turns_and_numbers_alone() -> None:
    assert judged(item("zh", "码头边发布 Heron 2 开源模型", "该模型有 64B 参数。")).kind == "repeat"
    assert judged(item("zh", "Heron 2 遭监管调查", "罚款可达 3000 万欧元。")).kind == "update"


def test_a_leaderboard_and_another_version_are_new() -> None:
    assert judged(item("board", HERON, TEXT, kind="leaderboard"), story_id="board").kind == "new"
    assert judged(item("next", "Heron 3 is out with open weights", TEXT), story_id="next").kind == "new"


def test_what_a_reviewer_called_no_repeat_is_printed() -> None:
    copy = item("press", HERON, TEXT)
    assert judged(copy, cleared=True).kind == "update", "it ran under its own id"
    assert judged(copy, story_id="press").kind == "repeat"
    assert judged(copy, story_id="press", cleared=True).kind == "new"


def test_without_recent_issues_everything_is_new() -> None:
    assert Recent([]).judge(story(item("a", HERON, TEXT))) == Judged(kind="new")
