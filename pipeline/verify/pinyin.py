"""PURE: how Chinese is read, so that "Lin Yue" is found in 林悦 (Hanyu Pinyin, ISO 7098, without tones)."""

import re
from itertools import accumulate

from pipeline.verify.words import HAN, Words

_HAN = re.compile(f"{HAN.pattern}+")
_SYLLABLES = re.compile(
    r"(?:(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?(?:iang|iong|uang|iao|ian|ang|eng|ing|ong|uai|uan|ai|ei|ao|ou|an|en|er|ia|ie|iu"
    r"|in|ua|uo|ui|un|ue|ve|[aoeiuv]))+"
)
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


def could_be(word: str) -> bool:
    """Whether a word in lower case could be Chinese so written: "lingfeng", not "netease"."""
    return bool(_SYLLABLES.fullmatch(word))
