from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.config import RankSettings, SectionSettings
from pipeline.rank.slots import (
    BRIEF_SECTION,
    PER_SOURCE,
    STORY_MINUTES,
    Chosen,
    Scored,
    choose,
    is_quiet,
    makers_of,
    minutes_to_read,
    places,
    section_for,
)
from pipeline.types import Item, Kind, Slot, Story

OPENAI = ("OpenAI hires", "GPT in schools: ChatGPT", "Codex for all", "OpenAI pays", "Sora in Kenya")
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
    mixed = choose([*loud, scored("x", 0.5), scored("y", 0.45)], settings(("News", 5)), lambda _: "News")
    assert printed(mixed, "News") == ["l0", "l1", "l2", "x", "y"]


def test_ties_do_not_hang_on_the_order_given() -> None:
    stories = [scored(n, 0.5) for n in "dacb"]
    one, other = (choose(s, settings(("News", 2)), lambda _: "News") for s in (stories, stories[::-1]))
    assert one == other


def test_nothing_to_choose_from_gives_nothing() -> None:
    assert choose([], settings(("News", 2)), lambda _: "News").slots == ()


def test_what_is_worth_less_prints_in_brief_and_one_story_always_prints() -> None:
    stories = [scored("a", 0.5), scored("b", 0.39), scored("c", 0.1)]
    chosen = choose(stories, settings(("News", 5)), lambda _: "News")
    assert (printed(chosen, "News"), printed(chosen, BRIEF_SECTION)) == (["a"], ["b", "c"])
    assert printed(choose(stories[1:], settings(("News", 5)), lambda _: "News"), "News") == ["b"]


def test_a_section_is_not_about_one_company() -> None:
    same = [scored(f"o{n}", 0.9 - n / 100, title=title) for n, title in enumerate(OPENAI)]
    chosen = choose([*same, scored("x", 0.5)], settings(("News", 9), ("Press", 9), per_company=2), lambda _: "News")
    assert printed(chosen, "News") == ["o0", "o1", "x"]
    assert printed(chosen, BRIEF_SECTION) == ["o2", "o3", "o4"]


def test_the_days_story_may_have_more_places() -> None:
    same = [scored(f"o{n}", 0.9 - n / 100, title=title) for n, title in enumerate(OPENAI)]
    same[0] = replace(same[0], parts={"breadth": 2 / 3})
    other = [scored(f"c{n}", 0.6, title=f"Claude {n}") for n in range(3)]
    chosen = choose([*same, *other], settings(("News", 9), per_company=2), lambda _: "News")
    assert printed(chosen, "News") == ["o0", "o1", "o2", "o3", "o4", "c0", "c1"]


def test_who_makes_it_is_told_by_the_title_or_else_by_the_site() -> None:
    first = scored("a", 0.5, title="ChatGPT in Kenya").story
    assert makers_of(first) == {"openai"}
    item = replace(first.items[0], title="Introducing the agent", url="https://www.anthropic.com/news/agent")
    assert makers_of(replace(first, items=(item,))) == {"anthropic"}
    assert makers_of(scored("b", 0.5, title="A cursory look").story) == frozenset()


SECTIONS = (
    SectionSettings(name="Labs"),
    SectionSettings(name="Robots", topics=("robotics", "机器人")),
    SectionSettings(name="Papers", kinds=("paper",)),
)


@pytest.mark.parametrize(
    ("title", "source", "kind", "section"),
    [
        ("Robotics at Acme", "lab", "paper", "Robots"),
        ("新机器人发布", "lab", "article", "Robots"),
        ("A paper", "lab", "paper", "Labs"),
        ("A paper", "else", "paper", "Papers"),
        ("A post", "else", "post", "Labs"),
        ("A post", "gone", "post", "Labs"),
    ],
)
def test_a_story_goes_by_what_it_is_about_then_by_its_source_then_by_its_kind(
    title: str, source: str, kind: Kind, section: str
) -> None:
    story = scored("a", 0.5, source=source, title=title).story
    story = replace(story, items=(replace(story.items[0], kind=kind),))
    assert section_for(story, SECTIONS, {"lab": "Labs", "gone": "A section of last year"}) == section


def test_a_story_of_a_title_alone_is_read_faster() -> None:
    bare = scored("a", 0.5, title="Acme releases Orca 2").story
    told = replace(bare, items=(replace(bare.items[0], body="It is a model."),))
    assert minutes_to_read(bare) < 0.1 < minutes_to_read(told) == STORY_MINUTES


def test_places_are_what_sections_and_minutes_have_room_for() -> None:
    assert places(settings(("A", 3), ("B", 4), minutes=60)) == 7
    assert places(settings(("A", 30), minutes=3)) == 4
    assert places(settings(("A", 30), minutes=0.5)) == 1


def issue_of(*scores: float, breadth: float = 0.0) -> list[Slot]:
    parts = {"breadth": breadth}
    return [Slot(section="N", position=i, story_id=f"s{i}", score=s, parts=parts) for i, s in enumerate(scores)]


USUAL = [issue_of(0.7, *[0.5] * 9), issue_of(0.6, *[0.5] * 8), issue_of(0.8, *[0.5] * 10)]


def test_a_quiet_period_prints_half_of_the_usual_and_nothing_that_would_usually_lead() -> None:
    brief = [Slot(section="In brief", position=9, story_id="x", score=0.9, brief=True)]
    assert is_quiet([*issue_of(0.6, 0.5, 0.5), *brief], USUAL)
    assert not is_quiet(issue_of(0.75, 0.5, 0.5), USUAL), "a headline ran"
    assert not is_quiet(issue_of(0.6, 0.5, breadth=2 / 3), USUAL), "three voices tell it"
    assert not is_quiet(issue_of(*[0.6] * 6), USUAL)
    assert not is_quiet(issue_of(0.6), USUAL[:2]), "nobody knows yet what is usual"
    assert not is_quiet([], USUAL)
