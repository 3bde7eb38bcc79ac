"""The lead says what its stories say, or is a plain list."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from pipeline import resources
from pipeline.model.prompting import PromptFile, load_prompt
from pipeline.summarise.lead import LeadSentence, LeadStory, extract_lead, lead_prompt, read_lead, write_lead
from pipeline.text.tokens import count_words

STORIES = [
    LeadStory(
        headline="OpenAI releases GPT-5.4-mini",
        text="OpenAI says it costs $0.75 per million tokens.",
        story_id="openai",
    ),
    LeadStory(
        headline="Anthropic opens in Tokyo",
        text="Anthropic opened an office in Tokyo with 40 people.",
        story_id="tokyo",
    ),
]


def texts(found: Iterable[LeadSentence]) -> tuple[str, ...]:
    return tuple(sentence.text for sentence in found)


def lead(*sentences: tuple[str, list[int]]) -> str:
    return json.dumps({"sentences": [{"text": text, "stories": stories} for text, stories in sentences]})


def test_a_lead_that_its_stories_bear_out_is_taken() -> None:
    text = lead(
        ("OpenAI’s GPT-5.4-mini costs $0.75 per million tokens.", [1]), ("Elsewhere, Anthropic opened in Tokyo.", [2])
    )
    assert read_lead(text, STORIES) == (
        LeadSentence(text="OpenAI’s GPT-5.4-mini costs $0.75 per million tokens.", story_ids=("openai",)),
        LeadSentence(text="Elsewhere, Anthropic opened in Tokyo.", story_ids=("tokyo",)),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (lead(("OpenAI charges $0.57.", [1])), "'0.57' is not in story 1"),
        (lead(("Anthropic opened in Tokyo with 40 people.", [1])), "'anthropic' is not in story 1"),
        (lead(("A model called GPT-5.5 came.", [1, 2])), "'gpt-5.5' is not in story 1, story 2"),
        (lead(("The office in Osaka opened.", [2])), "'osaka' is not in story 2"),
        (lead(("A model came.", [3])), "there is no story 3; there are 1 to 2"),
        (lead(("A model came.", [])), "sentences.0.stories"),
        (lead(("See www.evil.example now.", [1])), "holds a web address"),
        (lead(*[("a model came " * 10, [1])] * 5), "the lead has 150 words; at most 120 fit"),
        (lead(*[("模型发布了价格下降。" * 6, [1])] * 5), "the lead has 135 words; at most 120 fit"),
        ("None", "no JSON object"),
    ],
)
def test_a_lead_that_they_do_not_bear_out_says_where(text: str, said: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is held below
        read_lead(text, STORIES)
    assert said in str(caught.value)


SAYS_QUIET = [
    "A quiet day in which OpenAI released GPT-5.4-mini.",
    "Not much happened; OpenAI released GPT-5.4-mini.",
    "OpenAI released GPT-5.4-mini in a slow news week.",
    "平静的两天，OpenAI 发布 GPT-5.4-mini。",
    "没什么大事。OpenAI 发布 GPT-5.4-mini。",
]


@pytest.mark.parametrize("text", SAYS_QUIET)
def test_a_lead_never_says_quiet_unless_the_issue_is(text: str) -> None:
    with pytest.raises(ValueError, match="not quiet"):
        read_lead(lead((text, [1])), STORIES)
    assert read_lead(lead((text, [1])), STORIES, quiet=True)


def test_what_is_done_quietly_is_no_quiet_day() -> None:
    assert read_lead(lead(("OpenAI quietly released a quiet model, GPT-5.4-mini.", [1])), STORIES)


def test_a_quiet_lead_is_short() -> None:
    text = lead(*[("a model came " * 10, [1])] * 3)
    assert len(read_lead(text, STORIES)) == 3
    with pytest.raises(ValueError, match="the lead has 90 words; at most 60 fit"):
        read_lead(text, STORIES, quiet=True)


def test_the_prompt_says_whether_it_was_quiet(write_file: PromptFile) -> None:
    loud, quiet = lead_prompt(write_file, STORIES).system, lead_prompt(write_file, STORIES, quiet=True).system
    assert 'no "a quiet day"' in loud
    assert "Little happened" not in loud
    assert "Little happened" in quiet
    for text in (loud, quiet):
        assert "120 words" in text
        assert "why" in text


@pytest.mark.parametrize("word", ["word ", "模型"])
def test_the_plain_lead_keeps_to_120_words_too(word: str) -> None:
    long = [LeadStory(headline=word * 40, text=f"{word * 38}.") for _ in range(5)]
    said = texts(extract_lead(long, 9))
    latin, han = count_words(" ".join(said))
    assert 38 <= latin + han / 2 <= 120
    assert said[-1].endswith("more stories.")


def test_the_plain_lead_does_not_take_quiet_from_a_source() -> None:
    stories = [LeadStory(headline="Import 9", text="It was a quiet week. A model came."), *STORIES[:1]]
    assert texts(extract_lead(stories, 2)) == ("Import 9.", "Also: OpenAI releases GPT-5.4-mini.")


@pytest.mark.parametrize(
    ("days", "total", "said"), [(1, 1, "A quiet day: 1 story."), (2, 5, "A quiet two days: 5 stories."),
                                (11, 2, "A quiet 11 days: 2 stories.")],
)  # fmt: skip
def test_a_quiet_period_says_so_with_its_number_of_stories(
    days: int, total: int, said: str, write_file: PromptFile
) -> None:
    assert write_lead(STORIES, total, None, write_file, quiet_days=days)[0] == LeadSentence(text=said)
    assert said not in texts(write_lead(STORIES, total, None, write_file))
    assert write_lead([], 0, None, write_file, quiet_days=days) == ()


@pytest.fixture
def write_file() -> PromptFile:
    return load_prompt(resources.find("prompts", "lead.md", Path()))


@pytest.mark.parametrize(
    ("told", "total", "said"),
    [
        ([], 0, ()),
        ([("A", "Foo is out. It is small.")], 1, ("Foo is out.",)),
        ([("A.", "")], 1, ("A.",)),
        ([("A", "Foo is out")], 1, ("Foo is out.",)),
        ([("A", "Foo is out."), ("B", "x")], 3, ("Foo is out.", "Also: B; and 1 more story.")),
        ([("A", "Foo is out."), *((h, "x") for h in "BCDE")], 9, ("Foo is out.", "Also: B; C; D; and 5 more stories.")),
    ],
)
def test_the_plain_lead_opens_with_the_first_story_and_lists_the_next(
    told: list[tuple[str, str]], total: int, said: tuple[str, ...]
) -> None:
    assert texts(extract_lead([LeadStory(headline=h, text=t) for h, t in told], total)) == said
