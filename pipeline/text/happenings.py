"""What a title says that happened, by its verbs: a group of events, whether it was denied, whether it is a reaction.

Written by hand for news of companies and models; a title without any of these words says nothing about it.
"""

from collections.abc import Iterator, Sequence

_DOUBLED = 5  # letters up to which an English verb may double its last one: "ban", "banned"


def _forms(verb: str) -> Iterator[str]:
    """The forms of a regular verb, and some that are no words, which do no harm."""
    yield from (verb, verb + "s")
    if verb.endswith("e"):
        yield from (verb + "d", verb[:-1] + "ing")
    elif verb.endswith("y"):
        yield from (verb[:-1] + "ies", verb[:-1] + "ied", verb + "ing")
    else:
        yield from (verb + "es", verb + "ed", verb + "ing")
        if len(verb) <= _DOUBLED:
            yield from (verb + verb[-1] + "ed", verb + verb[-1] + "ing")


def _table(verbs: str, others: str = "") -> frozenset[str]:
    """Every form of the verbs, and words that stand as they are; "lay_off" is a verb and its particle."""
    found = {word.replace("_", " ") for word in others.split()}
    for entry in verbs.split():
        verb, _, particle = entry.partition("_")
        found.update(f"{form} {particle}" if particle else form for form in _forms(verb))
    return frozenset(found)


# A title of one group and a title of another tell two events. Han words are of two characters, as ``words`` cuts them.
_EVENTS = {
    "release": _table(
        "release launch introduce unveil ship debut preview roll_out",
        "available open_source open_sources open_sourced open_sourcing 发布 推出 上线 开源",
    ),
    "breakage": _table(
        "jailbreak hack breach exploit crash leak patch wipe",
        "jailbroken vulnerable vulnerability vulnerabilities outage outages offline flaw flaws injection"
        " 漏洞 故障 越狱 泄露",
    ),
    "court": _table("sue", "suing lawsuit lawsuits court judge antitrust fines fined trial 起诉 法院"),
    "takeover": _table("acquire buy merge", "bought takeover acquisition merger 收购"),
    "money": _table("raise invest", "funding valuation investment 融资"),
    "people": _table("hire resign quit leave depart lay_off", "layoff layoffs departure 辞职 裁员"),
    "results": _table("", "earnings revenue revenues 财报"),
    "price": _table("price", "pricing 降价 涨价"),
    "rank": _table("top beat surpass outperform score", "benchmark benchmarks"),
}
_EVENT_OF = {word: group for group, words in _EVENTS.items() for word in words}

_DENIES = _table(
    "deny reject bar ban block delay postpone cancel halt pause veto overturn remove refuse scrap suspend decline"
    " withdraw abandon stop lose dismiss fail shelve revoke rescind turn_down back_out pull_out walk_away rule_out"
    " call_off throw_out toss_out strike_down hold_off",
    "not no never cannot without 否认 推迟 取消 暂停 拒绝 没有 不会 禁止 终止 驳回 否决 放弃 撤回 撤销 搁置 叫停",
)
# "lifts the ban", "will not pause", "refuses to delay": what is denied is denied.
_REVERSES = _table("lift end reverse overturn reject refuse decline deny rule_out", "not no never 否认 拒绝 不会")
_REVERSES_WITHIN = 3  # words
_REACTS = _table(
    "criticise criticize apologise apologize respond explain testify refund welcome defend react warn",
    "critics backlash protest protests response aftermath apology 回应 道歉",
)


def events(words: Sequence[str]) -> frozenset[str]:
    """The groups of what happens in a text, by its lower-case words in their order."""
    return frozenset(_EVENT_OF[word] for word in _phrases(words) if word in _EVENT_OF)


def denies(words: Sequence[str]) -> bool:
    """Whether a text says that something is not so, does not happen, or ends."""
    denied, reversed_until, reversing_denied = 0, -1, 0
    for at, word in enumerate(words):
        said = {word, f"{words[at - 1]} {word}" if at else word, "not" if word.endswith("n't") else word}
        is_denial = not said.isdisjoint(_DENIES)
        if is_denial and at <= reversed_until:
            denied -= reversing_denied
            reversed_until = -1
            continue
        denied += is_denial
        if not said.isdisjoint(_REVERSES):
            reversed_until, reversing_denied = at + _REVERSES_WITHIN, int(is_denial)
    return denied > 0


def reacts(words: Sequence[str]) -> bool:
    """Whether a text tells what somebody said or did about an event, and not the event."""
    return not _REACTS.isdisjoint(words)


def _phrases(words: Sequence[str]) -> Iterator[str]:
    before = ""
    for word in words:
        yield word
        yield f"{before} {word}"
        before = word
