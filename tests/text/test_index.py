"""The index of the window: filled at once or text by text, narrowed, and what it finds beside a plain computation."""

import math
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.index import COMMON_TEXTS, PRIOR_TEXTS, Index, pack
from pipeline.text.similarity import COMMON_TERMS

WORDS = [f"heron{n}" for n in range(12)] + sorted(COMMON_TERMS)[:4]
TEXTS = st.lists(
    st.tuples(
        st.sampled_from("abcdef"), st.dictionaries(st.sampled_from(WORDS), st.sampled_from([0.5, 1.0]), min_size=1)
    ),
    min_size=1,
    max_size=25,
)
QUERY = st.dictionaries(st.sampled_from(WORDS), st.sampled_from([0.5, 1.0]), min_size=1)

Texts = Sequence[tuple[str, Mapping[str, float]]]


def plain(texts: Texts, query: Mapping[str, float], kept: set[str]) -> dict[str, float]:
    """Cosines by the definition: groups as sums of unit vectors, weighed by the frequencies in all groups."""
    groups = {key for key, _ in texts}
    frequency = {word: len({key for key, terms in texts if word in terms}) for word in WORDS}

    def unit(terms: Mapping[str, float]) -> dict[str, float]:
        weighed = {
            w: v * math.log(1 + (PRIOR_TEXTS + len(groups)) / (1 + COMMON_TEXTS * (w in COMMON_TERMS) + frequency[w]))
            for w, v in terms.items()
        }
        norm = math.sqrt(sum(v * v for v in weighed.values()))
        return {w: v / norm for w, v in weighed.items()}

    asked, found = unit(query), {}
    for key in kept & groups:
        total = dict.fromkeys(WORDS, 0.0)
        for _, terms in (t for t in texts if t[0] == key):
            for word, value in unit(terms).items():
                total[word] += value
        norm = math.sqrt(sum(v * v for v in total.values()))
        found[key] = sum(value * total[word] for word, value in asked.items()) / norm
    return found


def loaded(texts: Texts) -> Index[str]:
    index: Index[str] = Index()
    index.load([key for key, _ in texts], [pack(terms) for _, terms in texts])
    return index


@settings(deadline=None)
@given(TEXTS, QUERY, st.sets(st.sampled_from("abcdef")))
def test_what_was_loaded_and_narrowed_is_found_by_its_cosine(
    texts: Texts, query: Mapping[str, float], kept: set[str]
) -> None:
    index = loaded(texts)
    index.narrow(kept)
    found = {match.key: match.cosine for match in index.similar(index.vector(query), 0.05)}
    expected = {key: c for key, c in plain(texts, query, kept).items() if c >= 0.051}
    assert expected.keys() <= found.keys() <= kept
    for key, cosine in expected.items():
        assert found[key] == pytest.approx(cosine, abs=2e-3)  # weights are kept with half precision


@settings(deadline=None)
@given(TEXTS, TEXTS, QUERY)
def test_a_removed_group_leaves_no_trace(texts: Texts, others: Texts, query: Mapping[str, float]) -> None:
    clean: Index[str] = Index()
    used: Index[str] = Index()
    for key, terms in others:
        used.add(f"other {key}", used.vector(terms))
    for key, _ in others:
        used.remove(f"other {key}")
    for index in (clean, used):
        for key, terms in texts:
            index.add(key, index.vector(terms))
    assert [m.key for m in clean.similar(clean.vector(query))] == [m.key for m in used.similar(used.vector(query))]
    assert len(clean) == len(used)


def test_many_changes_are_merged_and_nothing_is_lost() -> None:
    index: Index[int] = Index()
    for n in range(3_000):
        index.add(n, index.vector({f"name{n}": 1.0, f"place{n % 7}": 0.5}))
        if n >= 500:
            index.remove(n - 500)
    assert len(index) == 500
    for n in (2_500, 2_999):
        assert index.similar(index.vector({f"name{n}": 1.0}), 0.5)[0].key == n
    assert index.similar(index.vector({"name1": 1.0})) == []
    assert index.shared(2_999, ["name2999", "name1", "place3"]) == ["name2999", "place3"]
