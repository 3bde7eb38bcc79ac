import random

import pytest

from pipeline.text.index import Index
from pipeline.text.similarity import stem, terms


def _index(*texts: str) -> Index[str]:
    index: Index[str] = Index()
    for text in texts:
        index.add(text, index.vector(terms([(text, 1.0)])))
    return index


def _best(index: Index[str], text: str) -> list[str]:
    return [match.key for match in index.similar(index.vector(terms([(text, 1.0)])))]


def test_the_most_similar_text_comes_first() -> None:
    index = _index("Micron leaves the memory business", "Bun is bought by Anthropic", "Robots learn to fold laundry")
    assert _best(index, "Anthropic buys Bun")[0] == "Bun is bought by Anthropic"


def test_a_rare_word_says_more_than_a_common_one() -> None:
    index = _index("Google shows a new model", "Bun joins a company")
    found = index.similar(index.vector(terms([("Bun gets a new model", 1.0)])))
    assert [m.key for m in found] == ["Bun joins a company", "Google shows a new model"]


def test_a_text_is_wholly_similar_to_itself_and_not_at_all_to_a_stranger() -> None:
    text = "Micron leaves the Crucial business"
    index = _index(text)
    found = index.similar(index.vector(terms([(text, 1.0)])))
    assert found[0].cosine == pytest.approx(1, abs=0.01)  # the frequencies have moved on since it was added
    assert _best(index, "Bears hibernate") == []


@pytest.mark.parametrize("text", ["", "the of and", "!!! ???"])
def test_a_text_without_terms_is_like_nothing(text: str) -> None:
    index = _index("the of and", "Micron leaves")
    assert _best(index, text) == []


def test_a_group_is_its_average_so_one_weak_neighbour_does_not_pull() -> None:
    index: Index[str] = Index()
    for text in ("Bun runtime joins Anthropic", "Anthropic takes the Bun runtime", "Bun runtime sold"):
        index.add("bun", index.vector(terms([(text, 1.0)])))
    index.add("one", index.vector(terms([("Laundry robot", 1.0)])))
    weak = index.vector(terms([("Laundry robot for a Bun bakery", 1.0)]))
    assert [m.key for m in index.similar(weak)] == ["one", "bun"]


def test_a_group_that_was_removed_is_not_found() -> None:
    index = _index("Micron leaves", "Micron stays")
    index.remove("Micron leaves")
    assert _best(index, "Micron leaves") == ["Micron stays"]
    assert len(index) == 1
    index.remove("never there")


def test_ties_go_to_the_first_whatever_the_words() -> None:
    index = _index("zebra crossing", "apple crossing")
    assert _best(index, "crossing") == ["zebra crossing", "apple crossing"]


def test_a_minimum_leaves_out_only_what_is_below_it() -> None:
    rng = random.Random(7)
    vocabulary = [f"w{n}" for n in range(60)]
    texts = [" ".join(rng.sample(vocabulary, 8)) for _ in range(200)]
    index = _index(*dict.fromkeys(texts))
    for text in texts[:20]:
        vector = index.vector(terms([(text.replace("w1", "other"), 1.0)]))
        every = index.similar(vector)
        assert index.similar(vector, 0.3) == [m for m in every if m.cosine >= 0.3]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GPT-5 and GPT 5", {"gpt", "gpt 5"}),
        ("Opus 4.5", {"opus", "4.5"}),
        ("Models for the models", {"model"}),
        ("I don’t know", {"know"}),
        ("深度求索", {"深度", "度求", "求索"}),
    ],
)
def test_terms(text: str, expected: object) -> None:
    assert set(terms([(text, 1.0)])) == expected


def test_a_term_has_the_weight_of_its_best_place() -> None:
    assert terms([("Bun", 1.0), ("Bun runtime", 0.4)]) == {"bun": 1.0, "runtime": 0.4}


@pytest.mark.parametrize(
    ("word", "stemmed"),
    [
        ("models", "model"),
        ("companies", "company"),
        ("glass", "glass"),
        ("status", "status"),
        ("analysis", "analysis"),
        ("gas", "gas"),
    ],
)
def test_plurals(word: str, stemmed: str) -> None:
    assert stem(word) == stemmed
