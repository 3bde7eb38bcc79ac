"""Belongs: a text is about this story at all, is whole, repeats nothing, and holds nothing that is no news."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from pipeline.text.characters import one_line
from pipeline.text.sentences import split
from pipeline.types import CheckMethod, Verdict
from pipeline.verify.findings import Finding
from pipeline.verify.nearest import COMMON_ROOTS, comparable, holds_han, telling, tokens, told
from pipeline.verify.sources import Sources
from pipeline.verify.words import unquoted

METHOD: CheckMethod = "belongs"

# Of 977 summaries (RAGTruth, SummEdits, FaithBench, QAGS) none has so few of its own words in its source; of the same
# summaries held against the source of another, 98 % have fewer.
CROSSED = 0.25
_SURELY_CROSSED_WORDS = 8  # of fewer, with one that a source has, the others may be other words for the same
_CROSSED_WORDS = 5  # fewer may be a remark that its writer made up, which `support` and the others look at
_FOREIGN_WORDS = 3
_LONG_WORD = re.compile(r"[A-Za-z]{30,}")  # "pneumonoultramicroscopic..." has 45; of AI News' words none has 30
REPEATED = 0.9  # of the telling words that two sentences have together, the share that both have
_REPEATED_WORDS = 6
_MOST_SENTENCES = 200
_HEADLINE_CHARS = 160  # up to here a text may be a headline, which has no full stop
_SHOWN_CHARS = 60


@dataclass(frozen=True, slots=True)
class _Phrase:
    pattern: re.Pattern[str]
    says: str
    may_be_told: bool = True  # a story may be about it: nothing is said where a source has the same words


def _phrase(says: str, *patterns: str, may_be_told: bool = True) -> _Phrase:
    return _Phrase(re.compile("|".join(patterns), re.IGNORECASE | re.MULTILINE), says, may_be_told)


_STATUS = (
    r"(?:401 unauthorized|403 forbidden|404 not found|429 too many requests|50[0234] (?:internal server error|bad "
    r"gateway|service (?:temporarily )?unavailable|gateway time-?out))"
)
# Not "site" or "service": that these are down is news.
_PAGE = r"\b(?:video|media|asset|clip|article|link|url|image|gallery|content|post|tweet|thread)s?\b[^\n]{0,120}?"
_PHRASES = (
    _phrase(
        "A model talks about itself",
        r"\bas an? (?:AI|artificial intelligence)(?: language)?(?: model| assistant)?,",
        r"\bas an? (?:large )?language model\b",
        r"\bI(?: am|'m|’m) (?:just |only )?an? (?:AI|(?:large )?language model)\b",
        r"\bI (?:cannot|can't|can’t|could not|couldn't|couldn’t|am unable to|"
        r"was unable to|was not able to|am not able to|have no way to) "
        r"(?:access|open|browse|view|read|retrieve|verify|confirm|find|provide|determine|summari[sz]e|assist|help)\b",
        r"\bI (?:do not|don't|don’t) have (?:access|enough (?:information|context)|any information)\b",
        r"\bI apologi[sz]e\b[, ]|\bI(?: am|'m|’m) sorry,? but I\b|\bmy apologies\b[, ]",
        r"\bmy (?:training data|knowledge cut-?off|last update)\b",
        r"作为一(?:个|名|款)?(?:AI|人工智能|大?语言模型|大模型)",
        r"我(?:无法|不能|没有办法|未能)(?:访问|打开|浏览|查看|读取|获取|核实|确认|提供|总结)",
        r"(?:很抱歉|抱歉|对不起)，(?:我|作为)",
    ),
    _phrase(
        "The writer talks about the text that it was given",
        r"\b(?:in|from|by|of) the (?:provided|supplied) (?:passage|text|article|context|source|document)s?\b",
        r"\boriginal prompt\b|(?:^|(?<=[.!?] ))\(?note: (?:I|the|this|it)\b",
        r"(?:所给|提供|给定)的?(?:文章|文本|材料|原文)(?:中|里|未|没有)|原文(?:中)?(?:未|没有)(?:提及|提到|说明)",
    ),
    _phrase(
        "The writer's doubt was left in",
        r"\[(?:citation needed|source\??|unclear|verify|check|tbd|tbc)\](?!\()",
        r"\?\s?[—–]\s?(?:the|it|this|that)\b",
        r"\bI(?:'m| am|’m) not (?:sure|certain)\b",
        r"（(?:存疑|待核实|来源不明|待确认)）",
    ),
    _phrase(
        "An instruction or a mark of the prompt was left in",
        r"<\|?(?:im_start|im_end|endoftext|eot_id|assistant|system)\|?>",
        r"\[/?INST\]",
        r"^#{1,3} ?(?:Instruction|Response|System|Answer)\b:?",
        r"\{\{[^{}\n]{0,80}\}\}|\{%[^{}\n]{0,80}%\}",
        r"\[(?:insert|your|name of)\b[^\]\n]{0,60}\](?!\()",
        r"\b(?:ignore|disregard) (?:all |any )?(?:of )?(?:the |your )?(?:previous|prior|above) instructions\b",
        r"\bsummari[sz]e the (?:following|above) (?:article|text|passage|story|items?)\b",
        r"\bin no more than \d{1,4} (?:words|sentences|characters)\b",
        r"\bword count: ?\d",
        r"忽略(?:之前|以上|上述)(?:的)?(?:所有)?(?:指令|指示|内容)",
        r"请(?:用中文|根据以上|根据下文|将以下|对以下)[^。\n]{0,20}(?:总结|概括|摘要|翻译)",
        r"(?:总)?字数：\s?\d",
    ),
    _phrase(
        "It reads like an error page, not like news",
        rf"{_PAGE}\b(?:{_STATUS}|(?:return|give)(?:s|ed)?\W{{1,4}}(?:an? )?(?:HTTP\W{{1,3}})?(?:401|403|404|429)\b)",
        rf"^\W{{0,9}}(?:error:? |http )?{_STATUS}",
        rf"{_PAGE}\b(?:is|was|are|were)(?: currently| itself)? (?:inaccessible|not accessible)\b",
        rf"{_PAGE}\bcannot be (?:accessed|viewed|loaded|verified)\b",
        r"\b(?:enable|turn on) (?:javascript|cookies)\b",
        r"\bverify (?:that )?you are (?:a )?human\b|\bchecking your browser before\b|\bcloudflare ray id\b",
        r"(?:请|需要)(?:启用|开启) ?(?:JavaScript|Cookie)",
        r"(?:页面|网页|链接|视频)[^。\n]{0,12}(?:无法访问|不存在|已被删除|加载失败)",
        may_be_told=False,
    ),
    _phrase(
        "It is boilerplate of a page, not news",
        r"\b(?:subscribe to|sign up for) (?:our|the|my) (?:free )?(?:daily |weekly )?(?:newsletter|mailing list)\b",
        r"\b(?:click|tap) here (?:to|for)\b|\b(?:read more|continue reading) ?(?:»|→|>)",
        r"\ball rights reserved\b|^\W{0,3}advertisement\W{0,3}$|\bthis (?:site|website) uses cookies\b",
        r"\b(?:share|leave|tell us|let us know) [^.!?\n]{0,60}\bin the comments\b|\bcomments below\b",
        r"\bthank(?:s| you) for (?:your (?:support|time|interest)|reading|watching|subscribing|listening)\b|评论区",
        r"\bshare this (?:article|story|post|page)\b|\bstory continues below\b|\bsend this page to\b",
        r"版权所有|点击(?:阅读)?(?:原文|全文|这里|此处)|(?:扫码|长按|欢迎)关注|(?:关注|订阅)(?:我们|本)的?(?:公众号|频道)",
        may_be_told=False,
    ),
)  # fmt: skip
_ANNOUNCED = r"(?:summar|headline|claim|translation|answer|article|passage|text|news|version|bullet|key points)"
_ANNOUNCING = re.compile(
    r"\W{0,3}(?:(?:sure|certainly|of course|okay|absolutely)(?: thing)?[!,.:]\s?)?"
    r"(?:(?:here(?:'s|’s| is| are)|below is|the following is|based (?:solely |only )?on)\b"
    rf"[^:\n]{{0,200}}\b{_ANNOUNCED}[^:\n]{{0,200}}:)?"
    r"|\W{0,3}(?:好的|当然)?[，,！!]?(?:以下|下面)是[^：:\n]{0,60}(?:摘要|总结|概括|翻译|译文|标题|要点)[^：:\n]{0,20}[：:]",
    re.IGNORECASE,
)
_BROKEN_MARKDOWN = re.compile(r"\*{4,}|\]\((?![^()\s]{1,2000}\))|(?<!!)\[[^\[\]\n]{1,200}\]\(\s*\)|```")
_BOLD = re.compile(r"(?<!\*)\*\*(?!\*)")
_POWER = re.compile(r"(?<=[\w)])(?: \*\* |\*\*)(?=[\w(])")
_END_MARKS = ".!?…。！？｡:;\"'”’»)]}」』）】》*"
_NO_END = re.compile(
    r"(?:[,，、(（\[“「‘]|[ ][-–—]|(?<![\w-])(?:a|an|the|of|and|or|but|nor|from|by|its|their|his|your|our|my|than|"
    r"because|although|while|whereas|if|via|per|into|with|that|which|who|whose|(?<!it )(?<!that )(?<!what )(?<!they )"
    r"(?:is|are|was|were|has|have)|at (?:full|least|most))|[和与及或把被将]|(?:量|数|额|率|价|值)为)"
    r"[\s\"'”’*)\]]{0,3}$",
    re.IGNORECASE,
)


def check(text: str, sources: Sources) -> list[Finding]:
    """Find what does not belong into a printed text. Quotations are let be, and most of what a source says itself."""
    found = [*_phrases(text, sources), *_markdown(text), *_repeated(text), *_run_together(text, sources)]
    if (cut := _cut_off(text)) is not None:
        found.append(cut)
    if not found and (crossed := _crossed(text, sources)) is not None:
        found.append(crossed)
    if not found:
        found += _foreign(text, sources)
    return sorted(found, key=lambda f: (f.start, f.end))


def announces(sentence: str) -> bool:
    """Whether a sentence only says that a summary follows ("Here is a summary in 50 words:")."""
    return any(c.isalpha() for c in sentence) and bool(_ANNOUNCING.fullmatch(sentence.strip()))


def repeats(texts: Mapping[int, str]) -> dict[int, Finding]:
    """The texts of one summary, by claim, that say what an earlier one said; a headline (below 0) may."""
    found: dict[int, Finding] = {}
    before: list[tuple[int, frozenset[str]]] = []
    for claim, text in sorted(texts.items()):
        if claim < 0:
            continue
        roots = frozenset(telling(tokens(text)))
        if text.strip() and any(_alike(roots, other) for _, other in before):
            found[claim] = Finding(start=0, end=len(text), verdict="refuted", note="An earlier sentence says this")
        before.append((claim, roots))
    return found


def _phrases(text: str, sources: Sources) -> Iterator[Finding]:
    """An answer may come in an envelope: its first line announces what follows, and is not printed."""
    own = unquoted(text)
    lowered = sources.read(str.lower)

    @cache
    def is_told(words: str) -> bool:
        return any(words in passage for passage in lowered)

    for phrase in _PHRASES:
        for m in phrase.pattern.finditer(own):
            if not (phrase.may_be_told and is_told(m[0].strip(" ,").lower())):
                yield _refuted(m.start(), m.end(), f"{phrase.says}: “{one_line(m[0], _SHOWN_CHARS)}”")
    opening, _, rest = text.lstrip().partition("\n")
    envelope = bool(rest.strip()) and all(announces(opening[a:b]) for a, b in split(opening))
    for start, end in split(text):
        if announces(text[start:end]) and not (envelope and end <= len(text) - len(rest)):
            yield _refuted(start, end, "It announces a summary instead of telling the news")


def _markdown(text: str) -> Iterator[Finding]:
    for m in _BROKEN_MARKDOWN.finditer(text):
        yield _refuted(m.start(), m.end(), f"Broken Markdown: “{one_line(m[0], _SHOWN_CHARS)}”")
    powers = {m.start() + m[0].index("*") for m in _POWER.finditer(text)}
    bold = [m.start() for m in _BOLD.finditer(text)]
    if len(bold) % 2 and not set(bold) <= powers:
        yield _refuted(bold[-1], bold[-1] + 2, "Broken Markdown: “**” that opens or closes nothing")


def _repeated(text: str) -> Iterator[Finding]:
    before: list[frozenset[str]] = []
    for start, end in split(text)[:_MOST_SENTENCES]:
        roots = frozenset(telling(tokens(text[start:end])))
        if any(_alike(roots, other) for other in before):
            yield _refuted(start, end, "An earlier sentence says this")
        before.append(roots)


def _alike(roots: frozenset[str], other: frozenset[str]) -> bool:
    shared = len(roots & other)
    return shared >= _REPEATED_WORDS and shared >= REPEATED * len(roots | other)


def _cut_off(text: str) -> Finding | None:
    """A text that ends on a word or mark that nothing ends on, or without the full stop that all else has."""
    sentences = split(text)
    if not sentences:
        return None
    start, end = sentences[-1]
    last = text[start:end]
    hanging = _NO_END.search(last[-40:])
    others_end = len(sentences) > 1 and all(text[b - 1] in _END_MARKS for _, b in sentences[:-1])
    whole = text[sentences[0][0] : end]
    unfinished = others_end and last[-1] not in _END_MARKS and len(whole) > _HEADLINE_CHARS and "\n" not in whole
    if (hanging and len(tokens(last)) > 1) or unfinished:
        return _refuted(max(start, end - _SHOWN_CHARS), end, "It is cut off: the sentence has no end")
    return None


def _crossed(text: str, sources: Sources) -> Finding | None:
    known = sources.once(told)
    row = {word for word in telling(tokens(text)) if word not in COMMON_ROOTS}
    if len(row) < _CROSSED_WORDS or not comparable(text, known):
        return None
    held = sum(word in known.holding for word in row)
    if held >= CROSSED * len(row):
        return None
    if holds_han(text, known):
        return None
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    note = "This is about something else: hardly any of its words are in the sources"
    verdict: Verdict = "not_enough_info" if held and len(row) < _SURELY_CROSSED_WORDS else "refuted"
    return Finding(start=start, end=end, verdict=verdict, note=note)


def _foreign(text: str, sources: Sources) -> Iterator[Finding]:
    """The sentences of which no uncommon word is in a source: not_enough_info, for they may be other words."""
    known = sources.once(told)
    if not comparable(text, known):
        return
    for start, end in split(text):
        row = {word for word in telling(tokens(text[start:end])) if word not in COMMON_ROOTS and word.isalpha()}
        foreign = len(row) >= _FOREIGN_WORDS and not row & known.holding.keys()
        if foreign and not announces(text[start:end]) and not holds_han(text[start:end], known):
            note = "None of its telling words is in the sources"
            yield Finding(start=start, end=end, verdict="not_enough_info", note=note)


def _run_together(text: str, sources: Sources) -> Iterator[Finding]:
    for m in _LONG_WORD.finditer(text):
        if not any(m[0].lower() in passage for passage in sources.read(str.lower)):
            yield _refuted(m.start(), m.end(), f"Words run together: “{one_line(m[0], _SHOWN_CHARS)}”")


def _refuted(start: int, end: int, note: str) -> Finding:
    return Finding(start=start, end=end, verdict="refuted", note=note)
