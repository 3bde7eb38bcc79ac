"""The writer without a model: whole, cited sentences and no furniture."""

import pytest

from pipeline.summarise.extract import extract, headline
from pipeline.types import Story, Told
from tests.summarise.stories import RELEASE, item, story


def texts(told: Story) -> list[str]:
    return [claim.text for claim in extract(told).claims]


def test_the_first_sentence_leads_and_what_others_tell_follows() -> None:
    draft = extract(RELEASE)
    assert draft.headline == "OpenAI releases GPT-5.4-mini"
    assert draft.claims[0].text.startswith("OpenAI on Monday released GPT-5.4-mini")
    assert any("replace GPT-5-mini" in claim.text for claim in draft.claims)
    assert 2 <= len(draft.claims) <= 3
    joined = " ".join(claim.text for claim in draft.claims)
    assert "Subscribe" not in joined
    assert "?" not in joined
    assert "It is available" not in joined


def test_every_claim_stands_in_its_source_letter_by_letter() -> None:
    by_id = {i.id: i for i in RELEASE.items}
    for claim in extract(RELEASE).claims:
        for citation in claim.citations:
            assert citation.quote == claim.text
            assert by_id[citation.item_id].cited_text[citation.start : citation.end] == claim.text


GOOD = "Anthropic opened an office in Tokyo on Tuesday with forty people."


@pytest.mark.parametrize(
    "bad",
    [
        "403 Forbidden: you do not have permission to see this page.",
        "He said that the model would be released next week.",
        "This means that prices will fall for everyone soon.",
        "However, the company did not say when it will ship.",
        "Subscribe to our newsletter to get more of these stories.",
        "We use cookies to make this site work better for all.",
        "Will the new model replace every engineer in the world?",
        "Read more about the new model in our engineering blog.",
        "the end of a sentence that began on another line.",
        "Too short.",
        "Anthropic said the model is " + "very " * 70 + "good.",
        "Feed text that was cut in the middle of the story...",
        "A line of a menu without any full stop at its end",
        "Prices fell in the spring.Then they rose again in the autumn.",
        "The result (as reported by the lab was never confirmed by others.",
        "https://example.com/a/long/address is where the report stands.",
        "12 34 56 78 90 12 34 56 78 90 12 34 56 78 a.",
        "Please enable JavaScript and reload to see this whole page.",
        "submitted by /u/somebody to the subreddit on Monday evening.",
    ],
)
def test_what_cannot_stand_alone_is_left_out(bad: str) -> None:
    assert texts(story(item(1, "Title", f"{bad}\n{GOOD}"))) == [GOOD]


@pytest.mark.parametrize(
    "good",
    [
        "ChatGPT Plus subscribers get the new model a week earlier.",
        "OpenAI will test advertising in the free version of ChatGPT.",
        "xAI opened the weights of an older model on Thursday night.",
        "“The weights are open,” said Dr. Chen of Tsinghua University.",
        "月之暗面周一发布了新一代开源模型，价格下降了一半。",
    ],
)
def test_news_is_not_mistaken_for_furniture(good: str) -> None:
    assert texts(story(item(1, "Title", good))) == [good]


def test_release_notes_without_full_stops_are_better_than_a_bare_version() -> None:
    good = ["Added fuzzy matching for slash commands", "Fixed a crash when the disk is full"]
    notes = ["Short line", "What is new for you in here?", "A line that its feed has cut in the middle of the"]
    draft = extract(story(item(1, "v2.1.3", "\n".join([good[0], *notes, good[1]]))))
    assert [claim.text for claim in draft.claims] == good
    assert all(claim.citations for claim in draft.claims)


def test_the_header_of_an_abstract_is_no_part_of_the_sentence() -> None:
    body = (
        "arXiv:2512.01234v1 Announce Type: new\nAbstract: Large language models forget what they read long ago. More."
    )
    assert texts(story(item(1, "Forgetting", body))) == ["Large language models forget what they read long ago."]


def test_the_dateline_is_no_part_of_the_sentence() -> None:
    line = "Jerusalem (CNN)The army said on Sunday that it had struck four men."
    assert texts(story(item(1, "Army", line))) == ["The army said on Sunday that it had struck four men."]


def test_the_same_news_is_told_once() -> None:
    other = "On Tuesday Anthropic opened an office in Tokyo with forty people, the company said."
    assert texts(story(item(1, "A", GOOD), item(2, "B", other), item(3, "C", GOOD))) == [GOOD]


def test_a_title_is_the_claim_when_there_is_nothing_else_and_is_cited_where_it_stands() -> None:
    alone = extract(story(item(1, "Mistral raises 2 billion euros")))
    assert alone.claims[0].text == "Mistral raises 2 billion euros"
    assert alone.claims[0].citations[0].quote == "Mistral raises 2 billion euros"
    inside = extract(story(item(1, "Introducing Claude Opus 4.5", "Introducing Claude Opus 4.5")))
    assert inside.claims[0].citations[0].end == 27
    nowhere = extract(story(item(1, "Mistral raises 2 billion euros", "403 Forbidden")))
    assert nowhere.claims[0].text == "Mistral raises 2 billion euros"
    assert nowhere.claims[0].citations == ()


@pytest.mark.parametrize(
    ("title", "printed"),
    [
        ("GPT-5.4 is here now | OpenAI", "GPT-5.4 is here now"),
        ("A bigger context window - Example", "A bigger context window"),
        ("Claude 4.5 - a first review", "Claude 4.5 - a first review"),
        ("Short | Yes", "Short | Yes"),
        ("Prices fall.", "Prices fall"),
        ("word " * 60, "word " * 20 + "word word…"),
    ],
)
def test_the_headline_is_the_title_without_the_name_of_its_site(title: str, printed: str) -> None:
    shown = headline(item(1, title))
    assert shown == printed if "…" not in printed else len(shown) <= 110 and shown.endswith("word…")


def test_an_item_of_nothing_still_prints() -> None:
    draft = extract(story(item(1, "", "")))
    assert draft.headline == "https://www.example.com/1"
    assert draft.claims[0].text


@pytest.mark.parametrize("unit", ["A. ", "(", "“x” ", "Abstract: ", "I’m ", "a" * 400 + ". ", " | "])
def test_hostile_text_is_read_in_one_pass(unit: str) -> None:
    told = story(item(1, (unit * 100)[:300], (unit * 100_000)[:200_000]), item(2, "x", (unit * 100_000)[:200_000]))
    assert extract(told).claims


def test_an_update_passes_over_what_was_told_before() -> None:
    old = item(1, "Heron 2 is out", "Heron 2 has 64 billion parameters and is under the Apache licence.")
    late = item(2, "Heron 2 is withdrawn", f"{old.body} Quayside has withdrawn it after 4,100 chats had leaked.")
    before = Told(
        story_id="s", ran_in="2026-11-21", closed_at=late.fetched_at, headline=old.title, sentences=(), items=(old,)
    )
    update = story(late)
    assert [c.text for c in extract(update, before=before).claims] == [
        "Quayside has withdrawn it after 4,100 chats had leaked."
    ]
    assert extract(update).claims[0].text == old.body
    copy = story(item(3, "Heron 2 is here", old.body))
    assert [c.text for c in extract(copy, before=before).claims] == ["Heron 2 is here"], "nothing else is new"
