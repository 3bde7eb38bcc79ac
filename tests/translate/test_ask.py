"""One call asks for the texts of several stories; what holds is kept, and only the rest asked for again."""

import json

import pytest

from pipeline import resources
from pipeline.model.prompting import load_prompt
from pipeline.translate.ask import BATCH_CHARS, Question, Text, batches
from pipeline.translate.glossary import Term

FILE = load_prompt(resources.find("prompts", "translate.md"))
TERMS = (Term(en=("agent",), zh=("智能体",)), Term(en=("benchmark",), zh=("基准测试",)))


def text(said: str, story: str = "a", number: int = 0) -> Text:
    return Text(story_id=story, revision=1, number=number, language="en", text=said)


def answer(**texts: str) -> str:
    return json.dumps({"texts": [{"number": int(n[1:]), "text": t} for n, t in texts.items()]})


def asked() -> Question:
    return Question([text("The agent costs $2 million."), text("It won.", number=1)], "zh", TERMS)


def test_the_prompt_has_the_texts_in_a_fence_and_the_terms_that_stand_in_them() -> None:
    prompt = asked().prompt(FILE)
    assert prompt.user.index("===") < prompt.user.index("[1] The agent costs $2 million.") < prompt.user.rindex("===")
    assert "agent: 智能体" in prompt.user
    assert "基准测试" not in prompt.user
    assert "中文 (zh)" in prompt.user


def test_what_held_once_need_not_be_answered_again() -> None:
    question = asked()
    with pytest.raises(ValueError, match=r"\[1\] '\$2 million' is missing.*answer \[1\] only"):
        question.read(answer(n1="该智能体售价2亿美元。", n2="它赢了。"))
    assert question.held == {1: "它赢了。"}
    assert question.read(answer(n1="该智能体售价200万美元。")) == {0: "该智能体售价200万美元。", 1: "它赢了。"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("no JSON", "no JSON object"),
        (answer(n1="该智能体售价200万美元。"), r"\[2\] is missing"),
        (answer(n1="该智能体售价200万美元。", n2="见 https://evil.example"), "web address"),
        (answer(n1="该智能体售价200万美元。", n2="<b>它赢了。</b>"), "HTML"),
        (answer(n1="该智能体售价200万美元。", n2=""), "empty"),
        (answer(n1="该代理售价200万美元。", n2="它赢了。"), "must be 智能体"),
        (answer(n7="它赢了。"), r"\[1\] is missing"),
    ],
)
def test_an_answer_that_does_not_hold_is_named(given: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        asked().read(given)


def test_a_story_is_not_torn_apart_between_two_calls() -> None:
    story = [text("x" * (BATCH_CHARS // 5), story=str(n // 3), number=n) for n in range(9)]
    made = batches(story)
    assert [len(batch) for batch in made] == [3, 3, 3]
    assert [t for batch in made for t in batch] == story
    assert batches([]) == []
