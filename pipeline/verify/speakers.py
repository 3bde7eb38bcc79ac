"""PURE: who is said to say it: "X said", "according to X", "X表示", in a text and in the sentence of its source."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.verify.words import unquoted

_SAYS = (
    r"(?:said|says|wrote|writes|told|tells|called|calls|added|adds|argued|argues|warned|warns|noted|notes|explained"
    r"|explains|believes|believed|thinks|claimed|claims|stated|states|tweeted|posted|commented|remarked|asked|admitted"
    r"|insisted)"
)
_NAME = (
    r"(?:(?:Dr|Mr|Ms|Mrs|Prof|Sen|Gov)\.\s)?[A-Z][\w'’.-]*"
    r"(?:\s(?:(?:of|de|van|von|der|bin|al|the)\s)?[A-Z][\w'’.-]*){0,4}"
)
_BEFORE = re.compile(rf"(?P<who>{_NAME})(?:,[^,\n]{{1,60}},)?\s(?:also\s|has\s|later\s)?{_SAYS}\b")
_AFTER = re.compile(rf"\b{_SAYS}\s(?:[a-z][\w'’-]*\s){{0,5}}?(?P<who>{_NAME})")
_ACCORDING = re.compile(rf"\b[Aa]ccording to (?:[a-z][\w'’-]*\s){{0,4}}?(?P<who>{_NAME})")
_NOBODY = frozenset(["the", "it", "he", "she", "they", "we", "i", "this", "that", "in", "on", "at", "a", "an"])

_HAN_SAYS = r"(?:表示|指出|认为|强调|写道|透露|坦言|回应|补充|警告|说|称)"
_HAN_SPEAKER = re.compile(
    rf"(?:^|(?<=[。！？；，、：\n]))(?P<who>[\u4e00-\u9fffA-Za-z·]{{2,16}}?)(?:在[^，。]{{1,8}})?{_HAN_SAYS}[，：:“「]"
)
# Words of a role that many hold: of no use to tell two speakers apart.
_HAN_ROLES = re.compile(
    r"公司|该|其|一位|有|部分|业内|人士|专家|分析师|研究员|研究者|作者|创始人|联合|负责人|首席|执行官|科学家|总裁|董事长"
    r"|发言人|经理|主任|团队|官方|记者|用户|导演|教授|博士|先生|女士|律师|代理|项目|还|也|并|则|CEO|CTO"
)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who says it: ``text[start:end]``, and the last part of the name, which a second mention keeps."""

    start: int
    end: int
    name: str
    short: str


def speakers(text: str) -> Iterator[Speaker]:
    """Those of whom a text says that they say something, outside of quotation marks."""
    own = unquoted(text, "“")
    for pattern in (_BEFORE, _AFTER, _ACCORDING):
        for m in pattern.finditer(own):
            name = m["who"].removesuffix("'s").removesuffix("’s").strip(" .")
            if name.lower().split()[0] not in _NOBODY or " " in name:
                yield Speaker(m.start("who"), m.end("who"), name, name.split()[-1])
    for m in _HAN_SPEAKER.finditer(own):
        short = _HAN_ROLES.sub("", m["who"]).removesuffix("的").strip("的")
        if len(short) >= 2:
            yield Speaker(m.start("who"), m.end("who"), m["who"], short)


def is_named(speaker: Speaker, text: str) -> bool:
    """Whether a text names the speaker: by the last part of the name, in Chinese by two neighbouring characters."""
    if speaker.short.isascii():
        return speaker.short.lower() in text.lower()
    return any(speaker.short[i : i + 2] in text for i in range(len(speaker.short) - 1))
