"""Words, reading time and model tokens of a text, in Latin and Han script."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"  # with kana
_LETTER = rf"[^\W_{_HAN}]"
# A hyphen or dot binds when a digit follows ("gpt-5", "4.5", "llama-3.1-70b"), a comma before three digits,
# an apostrophe before letters; a possessive 's is left out. Each branch starts with its own character: linear.
_TOKEN = re.compile(
    rf"(?P<han>[{_HAN}]+)"
    rf"|(?P<word>{_LETTER}+(?:[.-](?=\d){_LETTER}+|,(?=\d{{3}}(?!\d)){_LETTER}+|['’](?!s\b){_LETTER}+)*)(?:['’]s\b)?"
)
_LATIN_WORD = re.compile(rf"{_LETTER}(?:{_LETTER}|['’-])*")
_HAN_CHAR = re.compile(f"[{_HAN}]")
_URL = re.compile(r"https?://\S+")

WORDS_PER_MINUTE = 238  # silent English non-fiction: Brysbaert 2019, doi:10.1016/j.jml.2019.104047
HAN_PER_MINUTE = 400  # characters; product convention 300 to 500, read aloud 255 (Trauzettel-Klosinski 2012)


def words(text: str) -> list[str]:
    """The words and numbers of a text in their order, lower case; Han and kana as bigrams; stop words stay.

    Versions and model names stay whole ("4.5", "gpt-5"); "1,000" becomes "1000"; other hyphens part words, so
    that "open-source" and "open source" are the same.
    """
    found: list[str] = []
    for match in _TOKEN.finditer(unicodedata.normalize("NFKC", text).casefold()):
        han = match["han"]
        if han is None:
            found.append(match["word"].replace(",", ""))
        elif len(han) == 1:
            found.append(han)
        else:
            found.extend(han[i : i + 2] for i in range(len(han) - 1))
    return found


def count_words(text: str) -> tuple[int, int]:
    """(Latin words, Han characters) that a reader reads; addresses are not read."""
    shown = _URL.sub(" ", text)
    return len(_LATIN_WORD.findall(shown)), len(_HAN_CHAR.findall(shown))


def reading_minutes(text: str) -> float:
    """Minutes of silent reading: Latin words / 238 + Han characters / 400."""
    latin, han = count_words(text)
    return latin / WORDS_PER_MINUTE + han / HAN_PER_MINUTE


# Tokens for one character, on the high side of byte-pair vocabularies in use, so that a budget is not passed.
# English prose takes 4 to 4.7 characters a token; vocabularies differ most in digits (1 to 3 a token) and in Han.
_LATIN_RATE = 1 / 3.5
_HAN_RATE = 1.5
_SINGLE_RATE = 1.0  # digits, punctuation, new lines, letters of other alphabets
_OVERHEAD_TOKENS = 16  # roles and separators of a chat


def estimate_tokens(text: str) -> int:
    """The most tokens that a model counts for prose: characters by script, no vocabulary needed.

    Beyond the basic plane (emoji) each byte counts as one. Text without words (base64, hashes) can take more.
    """
    return _OVERHEAD_TOKENS + math.ceil(sum(_rate(char) * count for char, count in Counter(text).items()))


def fitting_chars(text: str, max_tokens: int, start: int = 0) -> int:
    """How many characters from ``start`` on are estimated at no more than ``max_tokens``; the rest is not looked at."""
    taken = 0.0
    for count, at in enumerate(range(start, len(text))):
        taken += _rate(text[at])
        if taken > max_tokens:
            return count
    return len(text) - start


def _rate(char: str) -> float:
    if char == " " or (char.isascii() and char.isalpha()):
        return _LATIN_RATE
    if _HAN_CHAR.match(char):
        return _HAN_RATE
    return 4 if ord(char) > 0xFFFF else _SINGLE_RATE


# The other way round: English prose takes 4 to 4.7 characters a token, Chinese up to 2; with room on that side too.
_LEAST_LATIN, _LEAST_HAN, _LEAST_SINGLE = 1 / 6, 1 / 2.5, 1 / 6


def fewest_tokens(text: str) -> int:
    """The fewest tokens that a model counts for prose: one that reports less has not read all of it."""
    latin = sum(char == " " or (char.isascii() and char.isalpha()) for char in text)
    han = len(_HAN_CHAR.findall(text))
    return math.floor(latin * _LEAST_LATIN + han * _LEAST_HAN + (len(text) - latin - han) * _LEAST_SINGLE)


def mentions(text: str, phrases: Iterable[str]) -> bool:
    """Whether a text contains one of these words or phrases, as whole words, in any case; Han text anywhere."""
    return bool(mentioned(text, phrases))


def mentioned(text: str, phrases: Iterable[str]) -> list[str]:
    """Those of the words and phrases that a text contains, as mentions finds them."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    likely = [phrase for phrase in phrases if _may_stand(phrase, folded)]
    if not likely:
        return likely  # most texts name nothing of what is looked for: 3 times as fast as to take them apart
    found = f" {' '.join(words(text))} "
    return [phrase for phrase in likely if f" {' '.join(_words(phrase))} " in found]


@lru_cache(maxsize=1024)
def _words(phrase: str) -> tuple[str, ...]:
    return tuple(words(phrase))


def _may_stand(phrase: str, folded: str) -> bool:
    """Whether the letters of a phrase occur at all; a word with a sign or digit may be written otherwise ("1,000")."""
    wanted = _words(phrase)
    return bool(wanted) and all(word in folded or not word.isalpha() for word in wanted)
