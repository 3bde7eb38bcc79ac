"""Words, minutes and tokens."""

import pytest

from pipeline.text.tokens import count_words, estimate_tokens, fewest_tokens, reading_minutes, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GPT-5 and Claude 4.5, v2.1!", ["gpt-5", "and", "claude", "4.5", "v2.1"]),
        ("OpenAI’s open-source gpt-oss-120b", ["openai", "open", "source", "gpt", "oss-120b"]),
        ("1,000 tokens don't cost 1,5", ["1000", "tokens", "don't", "cost", "1", "5"]),
        ("大模型 GPT", ["大模", "模型", "gpt"]),
        ("新", ["新"]),
        ("ＡＢＣ　４．５", ["abc", "4.5"]),
        ("ends 4.5. Next", ["ends", "4.5", "next"]),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_reading_time_counts_each_script_at_its_own_speed_and_skips_addresses() -> None:
    assert reading_minutes("word " * 238) == pytest.approx(1)
    assert reading_minutes("字" * 400) == pytest.approx(1)
    assert reading_minutes("https://example.com/a-b-c") == 0
    assert count_words("It's state-of-the-art 模型") == (2, 2)


def test_tokens_are_estimated_on_the_high_side() -> None:
    english = "The quick brown fox jumps over the lazy dog. "  # 10 tokens in o200k_base
    assert 10 * 20 <= estimate_tokens(english * 20) <= 20 * 20
    assert estimate_tokens("大模型发布" * 100) >= 500
    assert estimate_tokens("1234567890") >= 10
    assert estimate_tokens("😀") >= 4
    assert estimate_tokens("") < 32


@pytest.mark.parametrize("unit", ["a", "a-", "1,000", "字", "a'", "-1", "'s"])
def test_hostile_runs_are_read_in_one_pass(unit: str) -> None:
    assert isinstance(words(unit * 50_000), list)


def test_the_fewest_tokens_are_fewer_than_a_large_vocabulary_takes() -> None:
    english = "The quick brown fox jumps over the lazy dog. "  # 10 tokens in o200k_base
    assert 6 * 20 <= fewest_tokens(english * 20) <= 10 * 20
    for text in (english, "大模型发布会今天举行", "12 %, 4.5; ", "😀", ""):
        assert fewest_tokens(text) < estimate_tokens(text)
