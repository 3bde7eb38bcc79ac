"""PURE: how many tokens a prompt takes in a model, and whether the model has read all of it.

Counted offline (text/tokens.py); what the model reports corrects the count, for Latin and for Han text by itself: their
rates differ between vocabularies, and not alike.
"""

import math
from dataclasses import replace

from pipeline.model.manner import Manner
from pipeline.text.tokens import count_words, estimate_tokens, fewest_tokens

_NEWEST_COUNTS = 0.3  # of the running mean
_MARGIN = 1.1  # a ratio is a mean: texts of one script differ by a tenth
_TELLING_TOKENS = 100
_CUT_BELOW = 0.6  # of the expected count; wider than any two texts of one script differ
_SMALLEST_WINDOW = 512  # a report below it is no window that was filled: some servers report 0, 1, or the last turn


def count(text: str, manner: Manner) -> int:
    """Tokens of a text, on the high side."""
    ratio = _ratio(text, manner)
    return math.ceil(estimate_tokens(text) * (ratio * _MARGIN if ratio else 1.0))


def learnt(manner: Manner, text: str, reported: int) -> Manner:
    """What the report of one call says about the ratio; that of a short text says more about what stands around it."""
    estimate = estimate_tokens(text)
    seen = reported / estimate
    if estimate < _TELLING_TOKENS or not 0.1 < seen < 10:
        return manner
    old = _ratio(text, manner)
    ratio = round(old + _NEWEST_COUNTS * (seen - old) if old else seen, 3)
    return replace(manner, han_ratio=ratio) if _is_han(text) else replace(manner, latin_ratio=ratio)


def is_cut(text: str, reported: int, manner: Manner) -> bool:
    """Whether the model has read much less than it was sent, without an error (Ollama does so)."""
    least = max(fewest_tokens(text), estimate_tokens(text) * _ratio(text, manner) * _CUT_BELOW)
    return _SMALLEST_WINDOW <= reported < least


def differs(manner: Manner, other: Manner | None) -> bool:
    """Whether a manner is worth keeping over another one: not for a ratio that is a little better known."""
    if other is None or replace(manner, latin_ratio=other.latin_ratio, han_ratio=other.han_ratio) != other:
        return True
    return max(abs(manner.latin_ratio - other.latin_ratio), abs(manner.han_ratio - other.han_ratio)) > 0.1


def _ratio(text: str, manner: Manner) -> float:
    return manner.han_ratio if _is_han(text) else manner.latin_ratio


def _is_han(text: str) -> bool:
    latin, han = count_words(text)
    return han > latin
