from datetime import UTC, datetime
from typing import Any

from pipeline.config import RankSettings, SectionSettings
from pipeline.rank.slots import BRIEF_SECTION, PER_SOURCE, Chosen, Scored, choose
from pipeline.types import Item, Story

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def scored(name: str, value: float, source: str = "", title: str = "") -> Scored:
    item = Item(id=name, source_id=source or name, guid=name, url="", title=title or name, body="", fetched_at=NOW)
    return Scored(
        story=Story(id=name, items=(item,), first_seen_at=NOW, last_seen_at=NOW), score=value, parts={"trust": value}
    )


def settings(*sections: tuple[str, int], **fields: Any) -> RankSettings:
    return RankSettings(sections=tuple(SectionSettings(name=n, limit=limit) for n, limit in sections), **fields)


def printed(chosen: Chosen, section: str) -> list[str]:
    return [s.story_id for s in chosen.slots if s.section == section]


def test_the_best_stories_fill_the_sections_and_the_rest_is_brief_or_counted() -> None:
    stories = [scored(n, v) for n, v in (("a", 0.1), ("b", 0.9), ("c", 0.5), ("d", 0.3), ("e", 0.2))]
    chosen = choose(stories, settings(("News", 2), brief_limit=2), lambda _: "News")
    assert printed(chosen, "News") == ["b", "c"]
    assert printed(chosen, BRIEF_SECTION) == ["d", "e"]
    assert [s.position for s in chosen.slots] == [0, 1, 0, 1]
    assert [s.brief for s in chosen.slots] == [False, False, True, True]
    assert chosen.left_out == {"excluded": 0, "below_limit": 1}
    assert chosen.slots[0].parts == {"trust": 0.9}


def test_every_story_is_printed_or_counted() -> None:
    stories = [scored(f"s{n:02}", n / 40, title="ad" if n % 9 == 0 else "") for n in range(40)]
    chosen = choose(
        stories, settings(("A", 3), ("B", 4), brief_limit=5, exclude=("ad",)), lambda s: "AB"[int(s.id[1:]) % 2]
    )
    assert len(chosen.slots) + sum(chosen.left_out.values()) == len(stories)
    assert len({s.story_id for s in chosen.slots}) == len(chosen.slots)


def test_excluded_words_drop_a_story_and_say_so() -> None:
    chosen = choose(
        [scored("a", 0.9, title="A Sponsored story"), scored("b", 0.1)],
        settings(("N", 5), exclude=("sponsored",)),
        lambda _: "N",
    )
    assert [s.story_id for s in chosen.slots] == ["b"]
    assert chosen.left_out["excluded"] == 1


def test_reading_time_ends_the_full_stories_and_the_lead_takes_its_minute() -> None:
    stories = [scored(n, 0.5) for n in "abcdef"]
    chosen = choose(stories, settings(("News", 9), minutes=3), lambda _: "News", lambda _: 1.0)
    assert printed(chosen, "News") == ["a", "b"]
    assert printed(chosen, BRIEF_SECTION) == ["c", "d", "e", "f"]


def test_a_long_story_leaves_its_time_to_shorter_ones() -> None:
    stories = [scored("a", 0.9), scored("long", 0.8), scored("c", 0.7)]
    chosen = choose(
        stories, settings(("News", 9), minutes=3), lambda _: "News", lambda s: 5.0 if s.id == "long" else 1.0
    )
    assert printed(chosen, "News") == ["a", "c"]


def test_one_story_is_printed_however_small_the_budget() -> None:
    chosen = choose([scored("a", 0.9), scored("b", 0.8)], settings(("News", 9), minutes=0.5), lambda _: "News")
    assert printed(chosen, "News") == ["a"]


def test_sections_keep_the_order_of_the_settings_and_an_unknown_one_falls_to_the_first() -> None:
    chosen = choose(
        [scored("a", 0.9), scored("b", 0.8)], settings(("One", 5), ("Two", 5)), lambda s: {"a": "Two"}.get(s.id, "?")
    )
    assert [(s.section, s.story_id) for s in chosen.slots] == [("One", "b"), ("Two", "a")]


def test_one_source_does_not_fill_a_section_unless_nothing_else_is_there() -> None:
    loud = [scored(f"l{n}", 0.9, source="loud") for n in range(PER_SOURCE + 2)]
    alone = choose(loud, settings(("News", 5)), lambda _: "News")
    assert len(printed(alone, "News")) == 5
    mixed = choose([*loud, scored("x", 0.2), scored("y", 0.1)], settings(("News", 5)), lambda _: "News")
    assert printed(mixed, "News") == ["l0", "l1", "l2", "x", "y"]


def test_ties_do_not_hang_on_the_order_given() -> None:
    stories = [scored(n, 0.5) for n in "dacb"]
    one, other = (choose(s, settings(("News", 2)), lambda _: "News") for s in (stories, stories[::-1]))
    assert one == other


def test_nothing_to_choose_from_gives_nothing() -> None:
    assert choose([], settings(("News", 2)), lambda _: "News").slots == ()
