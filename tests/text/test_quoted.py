"""A quotation is found where it stands, whatever its blanks and marks."""

import pytest

from pipeline.text.quoted import locate, stands_in
from tests.summarise.stories import BODY


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("In OpenAI's own tests", "In OpenAI’s own tests"),
        ("in openai’s  OWN\ntests", "In OpenAI’s own tests"),
        ('"costs $0.75 per million…"', "costs $0.75 per million"),
        ("more stories like this one", "more stories like this one"),
        ("for you? Subscribe to our", "for you?\nSubscribe to our"),
        ("scored 71.2%", "scored 71.2%"),
        ("scored 71.2% on SWE-bench Verified, up", "scored 71.2% on SWE-bench Verified, up"),
        ("scored 1.2% on", None),
        ("million input token", None),
        ("", None),
        ("...", None),
    ],
)
def test_a_quote_is_found_whatever_its_blanks_and_marks(quote: str, found: str | None) -> None:
    span = locate(quote, BODY)
    assert (BODY[slice(*span)] if span else None) == found


def test_offsets_are_those_of_the_original_even_where_folding_changes_lengths() -> None:
    body = "  ﬁrst ＡＢＣ　 Straße № 5 — 模型发布了，价格下降。 end"
    for quote, found in (
        ("abc strasse no 5", "ＡＢＣ　 Straße № 5"),
        ("模型发布了，价格", "模型发布了，价格"),
        ("first", "ﬁrst"),
    ):
        span = locate(quote, body)
        assert span
        assert body[slice(*span)] == found


def test_a_name_stands_in_a_text_as_whole_words() -> None:
    assert stands_in("GPT-5", "openai’s gpt-5 is out")
    assert not stands_in("GPT", "openai’s gpts are out")
    assert not stands_in("", "openai")
