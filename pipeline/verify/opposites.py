"""Words with their opposites, English and Chinese: a line each, its two sides parted by a bar. Pure data.

After a ~ both sides are true of the same event, told from its two ends: who one beats, loses.
"""

import re
from collections import defaultdict
from collections.abc import Mapping

_PAIRS = """
rise rises rose risen rising increase increases increased increasing | fall falls fell fallen falling decline declines
grew grows grow climb climbs climbed gain gains gained | decrease decreases decreased decreasing shrank drop drops
rise rises rose risen increase increases increased gain gains gained | decrease decreases decreased drop drops dropped
grew grows grow climb climbs climbed | fall falls fell fallen decline declines declined
higher more above exceed exceeds exceeded | lower less fewer below
~ win wins won winning beat beats | lose loses lost losing
accept accepts accepted approve approves approved | reject rejects rejected refuse refuses refused deny denied
allow allows allowed permit permitted | ban bans banned block blocks blocked forbid forbids forbidden
admit admits admitted concede conceded | deny denies denied
~ buy buys bought acquire acquires acquired | sell sells sold
hire hires hired join joins joined appoint appoints appointed | fire fires fired quit quits resign resigned laid
support supports supported praise praised | oppose opposes opposed criticise criticised criticize criticized
start starts started begin began | stop stops stopped end ends ended cancel cancelled cancels
succeed succeeds succeeded success successfully | fail fails failed failure
add adds added | drop drops dropped remove removes removed
raise raises raised | lower lowers lowered cut cuts
open opens opened | close closes closed
fewest least | most
lengthened | shortened
~ before earlier | after later
~ ahead | behind
faster quick quicker | slower slow
cheaper | costlier dearer
best strongest | worst weakest
largest biggest | smallest
free | paid
public open-source | private proprietary closed-source
true | false
guilty | innocent
import imports | export exports
上涨 上升 增长 增加 提高 提升 | 下跌 下降 减少 降低 下滑
上调 | 下调
延长 变长 | 缩短 变短
~ 高于 超过 多于 | 低于 少于 不足
~ 收购 买入 | 出售 卖出
支持 赞成 | 反对
批准 接受 允许 同意 | 拒绝 禁止 驳回
承认 | 否认
加入 聘请 | 离职 离开 辞职
推迟 延后 | 提前
成功 | 失败
开源 | 闭源
免费 | 收费 付费
~ 胜诉 获胜 赢得 | 败诉 落败 输掉
更快 | 更慢
更便宜 | 更贵
~ 之前 | 之后
启动 开始 上线 | 停止 终止 下线 取消
"""

Side = tuple[int, int]
"""A line, and 0 or 1 for its side there."""


def _read() -> Mapping[str, frozenset[Side]]:
    sides: defaultdict[str, set[Side]] = defaultdict(set)
    for number, line in enumerate(_PAIRS.strip().splitlines()):
        for side, words in enumerate(line.removeprefix("~").split("|")):
            for word in words.split():
                sides[word].add((number, side))
    return {word: frozenset(found) for word, found in sides.items()}


def _either(words: list[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


SIDES = _read()
"""Where each word stands; a word of two meanings stands twice."""

OPPOSITE = re.compile(
    rf"\b(?:{_either([w for w in SIDES if w.isascii()])})\b|{_either([w for w in SIDES if not w.isascii()])}",
    re.IGNORECASE,
)


CONVERSE = frozenset(n for n, line in enumerate(_PAIRS.strip().splitlines()) if line.startswith("~"))
"""The lines of which both sides are true of one event."""


def turned_round(side: Side) -> Side:
    """The other side of the line."""
    return side[0], 1 - side[1]
