"""PURE: whether a translation says the numbers and names of its text, in the right script, and about as much."""

import re
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal

from pipeline.text.language import has_script, script_of
from pipeline.text.numbers import Quantity, find
from pipeline.text.tokens import count_words

COUNTABLE = 12  # up to here "a model" may become 一款模型, and "two" 双方
_ALIKE = ({"pp", "points"},)
_HALF_DAY = 720  # minutes: "8 pm" is 晚上 8 点
_HAN_WORDS = 0.6  # how many English words a Han character says
_LEAST_WORDS = 12  # of shorter texts the length says nothing
_SHORTEST, _LONGEST = 0.45, 2.2
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_LATIN = re.compile(r"(?<![A-Za-z0-9_])[A-Za-z][A-Za-z0-9_]*(?:[.+-][A-Za-z0-9]+)*")
_BOUND = re.compile(r"(?:mid|top|pre|post|non|sub|under|over|early|late|multi)-", re.IGNORECASE)
_TAIL = re.compile(r"-[a-z]{2,}$")  # "H100-based"
_QUARTER = re.compile(r"[QH][1-4]", re.IGNORECASE)
_INNER_CAPITAL = re.compile(r"[a-z][A-Z]")
# However a text is spaced: "10点" is a time, and in "发布 GLM-5" there is no 5.
_GAP = re.compile("(?<=[0-9]) (?=[\u3400-\u9fff])")
_NAME_EDGE = re.compile("(?<=[\u3400-\u9fff])(?=[A-Za-z])")
_MIN_INVENTED = 3  # letters: "AI" and "US" stand for many words


def check(source: str, translation: str, language: str, *, names: Collection[str], allowed: str) -> None:
    """Raises ValueError that names what is missing, added, in another script or too short.

    ``names`` are those that must be kept where they stand in ``source``; Latin words of ``allowed`` may be added.
    """
    _check_script(source, translation, language)
    _check_numbers(source, translation)
    _check_names(source, translation, names, allowed)
    there, here = _length(source), _length(translation)
    if there >= _LEAST_WORDS and not _SHORTEST <= here / there <= _LONGEST:
        raise ValueError("it is much shorter than its text" if here < there else "it is much longer than its text")


def _length(text: str) -> float:
    latin, han = count_words(text)
    return latin + han * _HAN_WORDS


def _check_script(source: str, translation: str, language: str) -> None:
    script = script_of(language)
    if script and not has_script(translation, script) and any(word.islower() for word in source.split()):
        raise ValueError(f"it is not in {language}")
    if not script and any(has_script(translation, other) for other in ("zh", "ja", "ko", "ru")):
        raise ValueError(f"it is not in {language}")


# --- numbers ----------------------------------------------------------------------------------------------------------


def _check_numbers(source: str, translation: str) -> None:
    """Each number of the one stands in the other with its value and unit, in whatever form the language has for it."""
    source, translation = _NAME_EDGE.sub(" ", _GAP.sub("", source)), _NAME_EDGE.sub(" ", _GAP.sub("", translation))
    ours, theirs = find(source), find(translation)
    for q in ours:
        if not _is_free(q) and not _stands(q, theirs, translation):
            raise ValueError(f"{q.text.strip()!r} is missing, or has another value or unit")
    for q in theirs:
        if not _is_free(q) and not _stands(q, ours, source):
            raise ValueError(f"{q.text.strip()!r} is not what the text says")


def _is_free(q: Quantity) -> bool:
    """A small number in words, and an ordinal, which a language may need or do without."""
    small = q.value <= COUNTABLE and q.kind in ("number", "ordinal")
    return small and (q.kind == "ordinal" or not any(c.isdigit() for c in q.text))


def _stands(q: Quantity, there: Sequence[Quantity], text: str) -> bool:
    if q.kind == "version":
        return q.version.casefold() in text.casefold() or bool(_QUARTER.fullmatch(q.text))
    if q.kind == "date" and q.unit != "year":
        return any(_same_date(q, other) for other in there) or _names_month(q, text)
    if q.text[-1:].isascii() and q.text[-1:].isalpha() and q.text in text:
        return True  # "64B" as it stands
    found = {pair for other in there for pair in _values(other)}
    return all(any(value == v and _same_unit(unit, u) for v, u in found) for value, unit in _values(q))


def _values(q: Quantity) -> Iterator[tuple[Decimal, str]]:
    if q.low is not None and q.high is not None:
        yield from ((q.low, q.unit), (q.high, q.unit))
    elif q.kind == "date" and q.unit != "time":
        yield q.value / 10_000, ""  # a year, to be found as a number ("2000 GPUs")
    elif q.kind in ("number", "ordinal"):
        yield q.value, q.unit


def _same_unit(a: str, b: str) -> bool:
    return a == b or not a or not b or {a, b} in _ALIKE


def _same_date(a: Quantity, b: Quantity) -> bool:
    if b.kind != "date" or (a.unit == "time") != (b.unit == "time"):
        return False
    return a.value % _HALF_DAY == b.value % _HALF_DAY if a.unit == "time" else a.value == b.value


def _names_month(q: Quantity, text: str) -> bool:
    """A month alone is a date in Chinese ("11 月") and may be a mere word in English ("the November release")."""
    month = int(q.value) // 100
    if q.unit == "time" or q.value % 100 or not 1 <= month <= len(_MONTHS):
        return False
    return _MONTHS[month - 1] in text.casefold() or f"{month}月" in text.replace(" ", "")


# --- names ------------------------------------------------------------------------------------------------------------


def _check_names(source: str, translation: str, names: Collection[str], allowed: str) -> None:
    said, ours = translation.casefold(), source.casefold()
    for name in (*_to_keep(source), *(n for n in names if n.casefold() in ours and n.isascii())):
        if name.casefold() not in said:
            raise ValueError(f"{name!r} must stay as it is")
    if not has_script(translation, "zh"):
        return
    known = ours + allowed.casefold()
    for word in _LATIN.findall(translation):
        if len(word) >= _MIN_INVENTED and word.casefold().removesuffix("s") not in known:
            raise ValueError(f"{word!r} is not in the text")


def _to_keep(source: str) -> Iterator[str]:
    """Of a Chinese text every Latin word; of others what no language translates: OpenAI, gpt-5, H100, max_tokens."""
    chinese = has_script(source, "zh")
    for match in _LATIN.finditer(source):
        word = _TAIL.sub("", match[0])
        if _QUARTER.fullmatch(word) or _BOUND.match(word) or len(word) == 1:
            continue
        shaped = any(c.isdigit() or c == "_" for c in word) or _INNER_CAPITAL.search(word)
        if chinese or shaped:
            yield word
    for q in find(source):
        if q.kind == "version":
            yield from q.unit.split()
