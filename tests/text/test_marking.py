"""Where in a sentence something was found."""

import pytest

from pipeline.text.marking import MAX_CHARS, around, mark


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        ("It has 65B parameters.", "65B", "It has »65B« parameters."),
        ("It has 65B parameters.", "It has 65B parameters.", "»It has 65B parameters.«"),
        ("It has\n65B\tparameters.", "65B", "It has »65B« parameters."),
        ("模型有 65B 参数。", "65B", "模型有 »65B« 参数。"),
    ],
)
def test_the_words_are_marked_within_their_sentence(text: str, words: str, shown: str) -> None:
    start = text.index(words)
    assert str(around(text, start, start + len(words))) == shown


@pytest.mark.parametrize("text", ["x" * 2_000, "a " * 1_000, "\ud800" * 2_000])
def test_a_long_text_is_cut_around_them(text: str) -> None:
    shown = str(around(text, 900, 910))
    assert len(shown) <= MAX_CHARS + 20
    assert text[900:910].strip("\ud800 ")[:1] in shown
    assert len(str(around(text, 0, len(text)))) <= MAX_CHARS


@pytest.mark.parametrize(
    ("spans", "shown"),
    [
        ([], "It has 65B."),
        ([(7, 10), (0, 2)], "»It« has »65B«."),
        ([(3, 6), (3, 10)], "It »has 65B«."),
        ([(0, 11)], "It has 65B."),
    ],
)
def test_several_findings_are_marked_in_one_text(spans: list[tuple[int, int]], shown: str) -> None:
    assert mark("It has 65B.", spans) == shown
