from collections import Counter
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedupe.fold import Candidate, Folder, Known, text_hash
from pipeline.text.urls import url_key

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
LONG = "Acme today introduces Orca 2, an open-weight model that runs on one graphics card at home."


def item(name: str, title: str, *, source: str = "", url: str = "", body: str = "", hours: float = 0) -> Candidate:
    return Candidate(
        item_id=name,
        source_id=source or f"source-{name}",
        url_key=url_key(url),
        text_hash=text_hash(title, body),
        title=title,
        body=body,
        seen_at=MONDAY + timedelta(hours=hours),
    )


def fold(*items: Candidate, known: tuple[Known, ...] = ()) -> list[tuple[str, str]]:
    folder = Folder(known, threshold=0.2, window_days=14)
    folder.learn(items)
    return [(m.story_id, m.method) for m in map(folder.fold, items)]


def test_one_address_is_one_story_whatever_the_titles() -> None:
    found = fold(
        item("a", "Orca 2", url="https://acme.example/orca?utm_source=x"),
        item("b", "What a week for whales", url="http://www.acme.example/orca/"),
    )
    assert found == [("a", "first"), ("a", "same_url")]


@pytest.mark.parametrize("url", ["https://acme.example/", "https://acme.example", "", "mailto:x@acme.example"])
def test_a_home_page_is_no_identity(url: str) -> None:
    assert fold(item("a", "Orca swims", url=url), item("b", "Heron flies", url=url))[1] == ("b", "first")


def test_an_address_that_one_source_gives_to_many_items_is_no_identity() -> None:
    url = "https://acme.example/changelog"
    mine = [item(f"m{n}", title, source="acme", url=url) for n, title in enumerate(("Orca", "Heron", "Badger"))]
    assert fold(*mine) == [("m0", "first"), ("m1", "first"), ("m2", "first")]


def test_two_entries_of_one_source_with_one_address_need_the_same_words() -> None:
    url = "https://acme.example/changelog"
    assert fold(
        item("a", "Orca swims north", source="acme", url=url), item("b", "Heron flies south", source="acme", url=url)
    )[1] == ("b", "first")
    assert fold(
        item("a", "Orca swims far north", source="acme", url=url),
        item("b", "Orca swims farther north", source="acme", url=url),
    )[1] == ("a", "similar")


def test_the_same_text_in_another_spacing_is_one_story() -> None:
    assert fold(item("a", "Orca 2", body=LONG), item("b", "ORCA  2!", body=LONG.upper()))[1] == ("a", "same_text")


def test_the_same_long_title_of_two_sources_is_one_story() -> None:
    title = "Micron announces exit from Crucial"
    assert fold(item("a", title), item("b", title, body=LONG))[1] == ("a", "same_text")


@pytest.mark.parametrize("title", ["Not much happened today", "Weekly update", "This week in robots", "Newsletter #12"])
def test_a_title_of_a_series_is_no_identity(title: str) -> None:
    found = fold(item("a", title, source="s"), item("b", title, source="s", hours=24))
    assert found == [("a", "first"), ("b", "first")]


def test_a_series_with_the_same_body_is_a_repeat() -> None:
    assert fold(item("a", "Weekly update", source="s", body=LONG), item("b", "Weekly update", source="s", body=LONG))[
        1
    ] == ("a", "same_text")


def test_a_source_that_says_nearly_the_same_twice_keeps_two_stories_but_two_sources_one() -> None:
    one, other = "Orca weights on Hugging Face", "Orca weights now also for phones"
    assert fold(item("a", one, source="s"), item("b", other, source="s"))[1][1] == "first"
    assert fold(item("a", one), item("b", other))[1] == ("a", "similar")


def test_stories_that_ran_take_late_items() -> None:
    known = Known(**asdict(item("a", "Micron announces exit from Crucial")), story_id="old")
    late = item("b", "Micron is killing Crucial", hours=30)
    assert fold(late, known=(known,)) == [("old", "similar")]


def test_a_story_is_forgotten_after_the_window() -> None:
    title = "Micron announces exit from Crucial"
    assert fold(item("a", title), item("b", title, hours=24 * 15))[1] == ("b", "first")


def test_likeness_fades_with_time() -> None:
    one, other = "Micron leaves Crucial memory", "Micron and its Crucial plan of five years"
    assert fold(item("a", one), item("b", other))[1] == ("a", "similar")
    assert fold(item("a", one), item("b", other, hours=24 * 10))[1] == ("b", "first")


def test_stories_do_not_grow_by_chains() -> None:
    found = fold(
        item("a", "Kestrel Labs opens office in Nairobi"),
        item("b", "Nairobi office of Kestrel Labs trains teachers"),
        item("c", "Teachers in Oslo strike over pay and train timetables"),
    )
    assert [story for story, _ in found] == ["a", "a", "c"]


def test_a_story_about_two_versions_does_not_bridge_them() -> None:
    found = fold(item("a", "Acme Orca 5 review"), item("b", "Acme Orca 5.1 review"))
    assert [story for story, _ in found] == ["a", "b"]


def test_everyday_words_alone_make_no_story() -> None:
    found = fold(
        item("a", "What AI platforms have the best deals right now?"), item("b", "I call these people right now")
    )
    assert found[1] == ("b", "first")


def test_items_without_any_text_stay_apart() -> None:
    assert fold(item("a", ""), item("b", "")) == [("a", "first"), ("b", "first")]


def test_what_is_perhaps_one_stays_apart_and_is_told() -> None:
    folder = Folder(threshold=0.2, window_days=14)
    one = item("a", "Borealis raises $40M for chips that run neural networks at home")
    other = item("b", "Borealis raises $400M for chips that run neural networks at home")
    folder.learn([one, other])
    assert [folder.fold(i).story_id for i in (one, other)] == ["a", "b"]
    (doubt,) = folder.doubts()
    assert (doubt.story_id, doubt.other_id, doubt.verdict) == ("b", "a", None)
    assert 0 < doubt.score < 1
    assert doubt.reason.endswith("the amounts differ: 400M and 40M")


def test_items_that_mean_the_same_are_one_story_without_a_word_in_common() -> None:
    meaning = np.eye(8, dtype=np.float32)[0]
    one = replace(item("a", "OpenAI buys a browser maker"), vector=meaning)
    other = replace(item("b", "人工智能公司收购浏览器厂商"), vector=meaning)
    unlike = replace(item("c", "Bears hibernate"), vector=np.eye(8, dtype=np.float32)[1])
    assert [story for story, _ in fold(one, other, unlike)] == ["a", "a", "c"]


def test_the_address_is_asked_before_the_text() -> None:
    url = "https://acme.example/orca"
    assert fold(item("a", "Orca 2", url=url, body=LONG), item("b", "Orca 2", url=url, body=LONG))[1][1] == "same_url"


def test_one_title_over_two_versions_is_two_stories() -> None:
    title = "Acme ships its flagship Orca model"
    found = fold(item("a", title, body="Orca 2 is here."), item("b", title, body="Orca 2.5 is here."))
    assert [story for story, _ in found] == ["a", "b"]


def test_a_late_item_joins_the_story_that_it_belongs_to_before_or_after() -> None:
    told, late = "Micron announces exit from Crucial", "Micron is killing Crucial"
    for hours in (-50, 50):
        assert fold(item("a", told), item("b", late, hours=hours))[1] == ("a", "similar")


@given(
    links=st.integers(1, 4),
    own=st.integers(1, 4),
    length=st.integers(8, 20),
    vectors=st.booleans(),
)
def test_a_chain_of_weak_neighbours_is_not_one_story(links: int, own: int, length: int, vectors: bool) -> None:
    """Each title shares ``links`` names with the one before it and the same with the one after, and none beyond."""
    items = []
    for n in range(length):
        names = [f"link{m}x{k}" for m in (n, n + 1) for k in range(links)] + [f"own{n}x{k}" for k in range(own)]
        direction = np.zeros(length + 1, dtype=np.float32)
        direction[n : n + 2] = np.sqrt(0.5)
        items.append(replace(item(str(n), " ".join(names)), vector=direction if vectors else None))
    stories = [story for story, _ in fold(*items)]
    assert max(Counter(stories).values()) <= 6  # of neighbours whose cosine is nearly .5
    assert all(
        max(places) - min(places) < 6 for s in set(stories) if (places := [n for n, t in enumerate(stories) if t == s])
    )
