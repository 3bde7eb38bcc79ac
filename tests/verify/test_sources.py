"""What a person is shown of a source: the sentence around a place, short and on one line."""

import pytest

from pipeline.verify.sources import MAX_QUOTED_CHARS, Passage, Sources

LONG = "It " + "very " * 200 + "slowly grew to 71.2 points. The end."


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        ("It opened. It scores\n71.2 points. It closed.", "71.2", "71.2 points."),
        ("It opened. It scores 71.2 points. It closed.", "71.2", "It scores 71.2 points."),
        ("得分上升。模型得分 71.2。下一句。", "71.2", "模型得分 71.2。"),
        ("One ends. Two begins here. Three.", "ends. Two", "One ends. Two begins here."),
    ],
)
def test_a_source_is_quoted_by_the_sentence(text: str, words: str, shown: str) -> None:
    sources = Sources([Passage(item_id="i", text="Another one."), Passage(item_id="j", text=text)])
    at = text.index(words)
    assert sources.quoted(sources.place(1, at, at + len(words))) == shown


@pytest.mark.parametrize("text", [LONG, "x" * 1_000_000 + "71.2", "71.2 " + "x" * 1_000_000, "\ud800" * 500 + "71.2"])
def test_a_quotation_is_short_and_holds_the_words(text: str) -> None:
    sources = Sources([Passage(item_id="i", text=text)])
    at = text.index("71.2")
    quoted = sources.quoted(sources.place(0, at, at + 4))
    assert "71.2" in quoted
    assert len(quoted) <= MAX_QUOTED_CHARS
    assert len(sources.quoted(sources.place(0, 0, len(text)))) <= MAX_QUOTED_CHARS
