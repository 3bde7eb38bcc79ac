"""The terms by which two texts are compared: words folded a little, without stop words, weighted by their place."""

from collections.abc import Iterable

from pipeline.text.common_words import COMMON, STOP
from pipeline.text.tokens import words


def terms(parts: Iterable[tuple[str, float]]) -> dict[str, float]:
    """The terms of weighted texts, ``[(title, 1.0), (body, 0.3)]``: a term has the largest weight of its places.

    Stop words are left out; "gpt-5" is "gpt" and "gpt 5", so that "GPT 5" is the same, and a lone digit says nothing
    without the word before it. English plurals fold into their singular. How often a term stands in a text does not
    count: titles are short, and bodies repeat.
    """
    found: dict[str, float] = {}
    for text, weight in parts:
        before = ""
        for part in (p for word in words(text.replace("’", "'")) for p in word.split("-")):
            term = f"{before} {part}" if len(part) == 1 and part.isdecimal() else stem(part)
            before = term
            if part not in STOP:
                found[term] = max(weight, found.get(term, 0.0))
    return found


def stem(word: str) -> str:
    """Fold an English plural into its singular: the S-stemmer of Harman (1991), which hardly ever harms."""
    if len(word) > 4 and word.endswith("ies") and word[-4] not in "ae":
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and word[-2] not in "us" and not word.endswith("is"):
        return word[:-1]
    return word


COMMON_TERMS = frozenset(stem(word) for word in COMMON)
"""Terms that two texts may well share without being about one event."""
