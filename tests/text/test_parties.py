import pytest

from pipeline.text.parties import parties
from pipeline.text.tokens import words


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("AWS and Amazon buy chips", {"amazon"}),
        ("ChatGPT comes to India, says OpenAI", {"openai", "india"}),
        ("腾讯混元开源世界模型", {"tencent"}),
        ("Let us tell you", set()),
        ("", set()),
    ],
)
def test_the_parties_of_a_title(title: str, named: set[str]) -> None:
    assert parties(words(title)) == named
