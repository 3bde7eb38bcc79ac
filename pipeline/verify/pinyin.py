"""PURE: how Chinese is read, so that "Lin Yue" is found in 林悦 (Hanyu Pinyin, ISO 7098, without tones)."""

import re
from itertools import accumulate

from pipeline.verify.words import Words

_HAN = re.compile("[\u4e00-\u9fff]+")
_MOST_CHARS = 20_000  # of one passage: names stand at its top


def read(text: str) -> Words | None:
    """The syllables of the Chinese of a text, as words; None where it has none. Their places are not kept."""
    found = _HAN.findall(text[:_MOST_CHARS])
    if not found:
        return None
    from pypinyin import lazy_pinyin  # 0.15 s: only where there is Chinese

    syllables = tuple(lazy_pinyin(" ".join(found), errors="ignore"))
    offsets = tuple(accumulate(map(len, syllables), initial=0))
    return Words(syllables, ((0, 0),) * len(syllables), "".join(syllables), offsets)
