"""Sentences end where a reader sees them end."""

import pytest

from pipeline.text.sentences import split


def pieces(text: str) -> list[str]:
    return [text[a:b] for a, b in split(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["OpenAI shipped GPT-5.4 today.", "It costs $4.50."],
        ["Claude 4.5 beats v2.1 by 3.2 points.", "Nobody expected it!", "Did you?"],
        [
            "The U.S. Senate met Dr. Chen, i.e. the author, and Prof. J. K. Lee of Apple Inc. in Boston.",
            "Next.",
        ],
        ["It moved to the U.S.", "The company said so."],
        ["Prices fell, e.g. for tokens (vs. words).", "See No. 5 and Fig. 2."],
        ["Was it true?", "No.", "It was not."],
        ["See https://example.com/a.b?c=d!e for more.", "Then go."],
        ["“We did it.”", "She left."],
        ['"Really?" he asked.', "Nobody answered (they had gone.)", "Silence."],
        ["Wait... what?", "Yes… maybe."],
        ["It is fast.", "vLLM is faster.", "xAI agrees."],
        ["模型发布了。", "价格下降了！", "真的吗？", "“是的。”", "结束"],
        ["GPT-5.4版本发布了。", "它支持4.5万字！"],
        ["1. First point."],
        ["On Jan. 5 they met at 5 p.m. in Paris.", "All came."],
        ["It works with llama.cpp and node.js.", "Try it."],
        ["Kimi et al. (2025) show this.", "Good."],
    ],
)
def test_a_text_falls_into_its_sentences(sentences: list[str]) -> None:
    chinese = "\u4e00" <= sentences[0][0] <= "\u9fff" or "版本" in sentences[0]
    assert pieces(("" if chinese else " ").join(sentences)) == sentences


def test_a_new_line_ends_a_sentence_and_blanks_belong_to_none() -> None:
    assert pieces("  A headline \n\n The text. \r\nMore\n") == ["A headline", "The text.", "More"]


def test_nothing_gives_nothing() -> None:
    assert split("") == split(" \n ") == []
    assert pieces("...") == ["..."]


@pytest.mark.parametrize("unit", [".", "a.", ". ", '?"', "A. ", "。", "U.S. ", "x", "\n"])
def test_long_hostile_text_keeps_every_visible_character(unit: str) -> None:
    text = unit * 60_000
    assert sum(b - a for a, b in split(text)) <= len(text)
    assert "".join("".join(pieces(text)).split()) == "".join(text.split())
