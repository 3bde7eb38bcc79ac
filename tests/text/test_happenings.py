import pytest

from pipeline.text.happenings import denies, events, reacts
from pipeline.text.tokens import words


def _tokens(text: str) -> list[str]:
    return [token for word in words(text) for token in word.split("-")]


@pytest.mark.parametrize(
    ("title", "groups"),
    [
        ("Acme open-sources Foo", {"release"}),
        ("Acme is rolling out Foo", {"release"}),
        ("Acme rolls out Foo", {"release"}),
        ("Foo jailbroken within hours", {"breakage"}),
        ("Acme bought Foo and was sued", {"takeover", "court"}),
        ("Acme lays off fifty", {"people"}),
        ("智谱完成融资", {"money"}),
        ("How fine-tuning works", set()),
    ],
)
def test_what_happens(title: str, groups: set[str]) -> None:
    assert events(_tokens(title)) == groups


@pytest.mark.parametrize(
    "title",
    [
        "Acme will not sell Foo",
        "Acme won't sell Foo",
        "Governor vetoes the bill",
        "Italy bans Foo",
        "Acme turns down an offer",
        "Court overturns ruling",
        "法院裁定没有版权",
        "Acme rules out buying Foo",
        "Judge throws out the case",
        "Acme refuses to sell Foo",
    ],
)
def test_denials(title: str) -> None:
    assert denies(_tokens(title))


@pytest.mark.parametrize(
    "title",
    [
        "Italy lifts its ban on Foo",
        "Union will not pause the act",
        "Judge refuses to block the deal",
        "Acme sells Foo",
        "Governor signs the bill",
        "",
    ],
)
def test_no_denials(title: str) -> None:
    assert not denies(_tokens(title))


def test_reactions() -> None:
    assert reacts(_tokens("Acme apologises for Foo"))
    assert not reacts(_tokens("Acme launches Foo"))
