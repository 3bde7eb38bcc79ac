"""PURE: what a text says more surely than its sources: a first, a cause, a proof, a plan or charge told as a fact."""

import re
from collections.abc import Iterator

from pipeline.text.characters import one_line
from pipeline.text.sentences import split
from pipeline.verify.clauses import Clause, clauses, of_sources, stems
from pipeline.verify.findings import Finding
from pipeline.verify.nearest import Told, telling, tokens, told
from pipeline.verify.sources import Place, Sources
from pipeline.verify.words import HAN

SHARED = 0.7
"""Of the telling words of a text's clause, the share that a hedged clause has: then they tell of the same thing."""

_LEAST_SHARED = 3
_AFTER_CHARS, _SHOWN_CHARS = 40, 120
_STEM_CHARS = 4
_LEAST_NEW, _MOSTLY = 3, 0.75  # words of a cause that no source has

_FIRST = re.compile(
    r"\b(?:the world['’]s first|the first (?:[\w-]+ ){1,3}(?:to|ever|that)|for the first time|first[- ]ever"
    r"|the (?:world['’]s )?(?:largest|biggest|fastest|smallest|cheapest|best|strongest)|state[- ]of[- ]the[- ]art|sota"
    r"|record[- ](?:breaking|setting)|unprecedented|number one|world[- ]leading|industry[- ]leading"
    r"|best[- ]in[- ]class)\b"
    r"|首个|首次|首款|第一个|唯一|史上|创纪录|世界第一|前所未有|最(?:大|强|快|好|便宜|先进)|最(?![近后终初新高低多少小迟早晚])(?:为)?[\u4e00-\u9fff]{1,2}",
    re.IGNORECASE,
)
_BECAUSE = re.compile(
    r"(?<=\w )(?:because(?: of)?|due to|owing to|caused by|thanks to|prompted by|triggered by|as a result of)\b"
    r"|是?因为|由于|归因于|起因是",
    re.IGNORECASE,
)
_ALIKE = (
    ("largest", "biggest", "greatest", "highest"),
    ("fastest", "quickest"),
    ("cheapest", "lowest"),
    ("best", "strongest", "top"),
)
_MOSTS = {word: row for row in _ALIKE for word in row}
# Who vouches for it, or how sure it is: (what the text says, what a source would have to say).
_PROOF = tuple(
    (re.compile(said, re.IGNORECASE), re.compile(known, re.IGNORECASE))
    for said, known in (
        (r"\bindependent(?:ly)?\b", r"independent|third[- ]party|outside"),
        (r"\b(?:it is|is now|are now) (?:certain|clear|proven|undisputed)\b", r"certain|clear|prove|undisputed"),
        (r"\b(?:sole|only) (?:cause|reason)\b", r"\b(?:sole|only)\b|solely"),
        (r"\bpeer[- ]reviewed\b", r"peer[- ]review"),
        (r"独立(?=测试|评测|审计|机构|研究|验证)", r"独立|第三方"),
        (r"(?<!未)(?:得到|已经?|被)?证实", r"证实|确认|证明"),
    )
)
_HEDGE = re.compile(
    r"\b(?:reportedly|alleg\w+|claim\w*|rumou?r\w*|may|might|could|would|will|possibl[ey]|perhaps|probably|likely"
    r"|expect\w*|plan\w*|aim\w*|hopes?|intend\w*|consider\w*|in talks|seek\w*|propos\w*|appears?|seems?|suggest\w*"
    r"|believ\w*|thinks?|accus\w*|according|says?|said|told|if|should|set to|doubt\w*|suspect\w*|argu\w+|meant"
    r"|perceiv\w+|ask\w*|want\w*|called?)\b"
    r"|据称|据报道|据悉|传闻|可能|或将|或许|有望|计划|拟|打算|预计|考虑|声称|称|疑似|将|会|认为|指控|涉嫌|据|表示",
    re.IGNORECASE,
)
_STRONG_HEDGE = re.compile(
    r"\b(?:reportedly|alleg(?:ing|edly|es|ed)(?: that)?|rumou?r(?:s|ed)?|(?-i:may)|might|possibly|perhaps"
    r"|accus(?:es|ed|ing)|in talks|claims? (?:to|that)|claimed (?:to|that))\b"
    r"|据称|传闻|可能|或许|疑似|声称|涉嫌|指控|称其",
    re.IGNORECASE,
)


def overstated(text: str, sources: Sources) -> Iterator[Finding]:
    """Doubts about everything in a text that is surer than its sources."""
    whole = "\n".join(p.text for p in sources.passages)
    yield from _firsts(text, whole)
    yield from _causes(text, sources.once(told))
    for said, known in _PROOF:
        for m in said.finditer(text):
            if not known.search(whole):
                yield _doubt(m.start(), m.end(), f"No source says “{m[0]}”")
    yield from _hedges(text, sources)


def _doubt(start: int, end: int, note: str, place: Place | None = None) -> Finding:
    return Finding(start=start, end=end, verdict="not_enough_info", note=note, source=place)


def _firsts(text: str, whole: str) -> Iterator[Finding]:
    """A first or a most whose word no source has at all; of a first, with one of the words that follow it."""
    lower = whole.lower()
    for match in _FIRST.finditer(text):
        last = match[0] if HAN.search(match[0]) else re.split(r"[\s-]", match[0])[-1]
        is_first = "first" in match[0].lower()
        core = "first" if is_first else last
        known = (
            any(word in lower for word in _MOSTS.get(core.lower(), (core.lower(),)))
            or match[0].lower() in lower
            or _han_most(match[0], whole)
        )
        if is_first and known and "the first " in match[0].lower():
            known = _is_first_there(text[match.start() : match.end() + _AFTER_CHARS], lower)
        if not known:
            yield _doubt(match.start(), match.end(), f"No source says “{match[0]}”")


def _han_most(match: str, whole: str) -> bool:
    """最严重 stands for 最为严重; of 最 with two characters one may differ."""
    return match.startswith("最") and "最" + match[-1] in whole.replace("最为", "最")


def _is_first_there(said: str, lower: str) -> bool:
    """Whether a source calls the same thing a first: a word that follows it stands near a "first" there too."""
    named = set(telling(tokens(said))) - {"first"}
    around = (
        lower[max(0, m.start() - _AFTER_CHARS) : m.end() + 2 * _AFTER_CHARS] for m in re.finditer(r"\bfirst\b", lower)
    )
    return not named or any(named & set(telling(tokens(part))) for part in around)


def _causes(text: str, known: Told) -> Iterator[Finding]:
    """A cause of which most words stand in no source."""
    beginnings = {root[:_STEM_CHARS] for root in known.every_root}
    for cause in _BECAUSE.finditer(text):
        after = re.split(r"[.,;。，；]", text[cause.end() : cause.end() + _SHOWN_CHARS], maxsplit=1)[0]
        named = telling(tokens(after))
        new = sum(root[:_STEM_CHARS] not in beginnings for root in named)
        if named and (new == len(named) or (new >= _LEAST_NEW and new >= _MOSTLY * len(named))):
            said = one_line(cause[0] + after, _SHOWN_CHARS)
            yield _doubt(cause.start(), cause.end(), f"No source names this cause: “{said}”")


def _hedges(text: str, sources: Sources) -> Iterator[Finding]:
    """What a source says somebody alleges, or that may be, told without any such word in the sentence."""
    sentences = split(text)
    for clause in clauses(text):
        sentence = next((text[a:b] for a, b in sentences if a <= clause.start < b), clause.text)
        if _HEDGE.search(sentence):
            continue
        best, most = None, 0
        for other in sources.once(of_sources):
            shared = len(clause.words & other.words)
            if shared > most:
                best, most = other, shared
        if best and most >= max(_LEAST_SHARED, SHARED * len(clause.words)) and (hedged := _hedge_of(best, clause)):
            note = f"The source says “{hedged}”; this says it as a fact"
            yield _doubt(clause.start, clause.end, note, best.place)


def _hedge_of(clause: Clause, said: Clause) -> str:
    """The word by which a clause hedges what the other one says: it belongs to a word that both have."""
    for m in _STRONG_HEDGE.finditer(clause.text):
        if clause.han or stems(clause.text[m.end() : m.end() + _AFTER_CHARS]) & said.words:
            return m[0]
    return ""
