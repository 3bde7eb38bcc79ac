import pytest

from pipeline.text.facts import contradiction, facts_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Claude Opus 5", "Claude Opus 5.1"),
        ("GPT-5.1 is out", "GPT 5.2 is out"),
        ("Qwen3-80B", "Qwen4-80B"),
        ("Gemini 4 Pro tops Arena", "Gemini 4 Flash tops Arena"),
        ("Foo-7B", "Foo-13B"),
        ("llama.cpp v1.4", "llama.cpp v1.5"),
        ("Windsurf 1.12.20", "Windsurf Next 1.12.129"),
        ("Acme raises 40M", "Acme raises $400M"),
        ("Prices cut by 20%", "Prices cut by 80 percent"),
        ("Lays off 50 engineers", "Lays off 500 engineers"),
        ("融资5亿美元", "融资50亿美元"),
        ("Foo v2 released", "Foo v2 jailbroken"),
        ("Apple will license Gemini", "Apple will not license Gemini"),
        ("文心大模型发布", "文心大模型被曝漏洞"),
    ],
)
def test_titles_that_contradict(one: str, other: str) -> None:
    assert contradiction(facts_of(one), facts_of(other)) is not None
    assert contradiction(facts_of(other), facts_of(one)) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme open-sources Foo 7B", "Foo-7B, Apache-2.0, from Acme"),
        ("Foo 2.0 is out", "Foo 2 is out"),
        ("Gemini 4", "Gemini 4 Pro"),
        ("GPT-5.2 scores lower than GPT-5.1", "GPT-5.2 scored"),
        ("$1 billion for OpenAI", "$1B for OpenAI"),
        ("Raises 40M", "Raises $40 million"),
        ("$2.25 billion round", "$2.3B round"),
        ("A loss of $21 billion", "A loss of €14bn"),
        ("ICLR 2025 papers", "ICLR 2026 papers"),
        ("完成 5 亿美元融资", "融资 5 亿美元"),
        ("", "Anything 5"),
    ],
)
def test_titles_that_agree(one: str, other: str) -> None:
    assert contradiction(facts_of(one), facts_of(other)) is None


def test_a_sum_is_another_side_of_the_event_where_the_words_differ_much() -> None:
    one, other = facts_of("Colorado takes $2M"), facts_of("Taxes bring $3.5 million")
    assert contradiction(one, other, alike=0.3) is None
    assert contradiction(facts_of("Opus 5"), facts_of("Opus 5.1"), alike=0.3) is not None


def test_hostile_titles_take_no_time() -> None:
    for title in ("9" * 50_000, "1.1" * 20_000, "a" * 50_000, "$" * 50_000, "n't" * 20_000, " -" * 30_000 + "1"):
        facts_of(title)
