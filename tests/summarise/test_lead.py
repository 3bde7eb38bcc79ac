"""The lead says what its stories say, or is a plain list."""

import json

import pytest

from pipeline.summarise.lead import LeadStory, extract_lead, read_lead

STORIES = [
    LeadStory(headline="OpenAI releases GPT-5.4-mini", text="OpenAI says it costs $0.75 per million tokens."),
    LeadStory(headline="Anthropic opens in Tokyo", text="Anthropic opened an office in Tokyo with 40 people."),
]


def lead(*sentences: tuple[str, list[int]]) -> str:
    return json.dumps({"sentences": [{"text": text, "stories": stories} for text, stories in sentences]})


def test_a_lead_that_its_stories_bear_out_is_taken() -> None:
    text = lead(
        ("OpenAI’s GPT-5.4-mini costs $0.75 per million tokens.", [1]), ("Elsewhere, Anthropic opened in Tokyo.", [2])
    )
    assert read_lead(text, STORIES) == (
        "OpenAI’s GPT-5.4-mini costs $0.75 per million tokens.",
        "Elsewhere, Anthropic opened in Tokyo.",
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
        (lead(*[("a model came " * 10, [1])] * 5), "the lead has 150 words"),
        ("None", "no JSON object"),
    ],
)
def test_a_lead_that_they_do_not_bear_out_says_where(text: str, said: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is held below
        read_lead(text, STORIES)
    assert said in str(caught.value)


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
    assert extract_lead([LeadStory(headline=h, text=t) for h, t in told], total) == said
