"""Which sentences of a source can be printed out of their place: whole, alone, and no furniture of a page. Pure."""

import re

from pipeline.text.sentences import OPENERS

MIN_WIDTH, MAX_WIDTH = 30, 320  # columns: a Han character takes two

_OPEN = r"[\"'“‘(\[「『（【]*"
HEADER = re.compile(
    r"(?:arXiv:\S+ Announce Type: [\w-]+ )?Abstract: |(?:TL;?DR|Summary): |"
    r"[A-Z][\w., ]{1,40}\((?:AFP|AP|CNN|Reuters)\)[ –—-]*|[A-Z]{4,}(?:, [A-Z][\w. ]{1,30})? (?:—|–|--) |"
    r"(?:[-*•·‣▪◦–]|\d{1,2}[.)]) +|[（(【][^）)】。]{2,20}(?:讯|电|消息)[)）】]\s*|"
    r"[^，。]{0,16}\d{1,2} ?月 ?\d{1,2} ?日(?:消息|讯|电)[，,:：]\s*"
)
"""What stands before a sentence and is none of it: the head of an abstract, a dateline, the mark of a list."""

# Words that point back at something: a person, a thing, a thought said before.
_DANGLING = re.compile(
    rf"{_OPEN}(?:(?:he|she|it|its|they|their|his|her|him|them|this|that|these|those|there|here|such|both|neither|"
    r"but|and|or|so|nor|yet|then|thus|hence|also|too|however|instead|meanwhile|moreover|furthermore|therefore|otherwise|"
    r"still|besides|nevertheless|nonetheless|likewise|accordingly|consequently|specifically|rather|later|afterwards?|"
    r"again|finally|lastly|additionally|similarly|conversely|overall|indeed|or|as such|as (?:mentioned|noted|said)|"
    r"(?:for|by|in) (?:example|instance|contrast|addition|turn|particular|short|other words|doing so|response|return|"
    r"theory|practice)|(?:as|on) (?:a result|top of|the other hand|the contrary|the one hand)|at the same time|"
    r"to (?:do|this|that|these|address|bridge|tackle|overcome) (?:so|this|that|these|end|gaps?)|of course|after all|"
    r"(?:since|until|by|before|after) (?:then|that|this)|even (?:so|then|though)|that said|taken together|"
    r"(?:seconds|minutes|hours|days|weeks|months|years|moments) (?:later|earlier|after)|when asked|asked (?:about|if|"
    r"whether)|un?fortunately|sure|well|first(?:ly)?|no|not|yes|second(?:ly)?|third(?:ly)?|another|one of|others?|"
    r"some of|most of|all of|none of|each of|the (?:former|latter|same|other|others|rest|above|following)|"
    r"which|who|because)\b"
    r"|他|她|它|这|那|其|该|此|但|而|并|也|还|又|再|则|却|据此|对此|与此|除此|然而|所以|不过|同时|另外|例如|比如|首先|"
    r"其次|最后|总之|接着|随后|之后|当时|当天|双方|两者|前者|后者|上述|如此|换句话说|更重要的是|值得一提)",
    re.IGNORECASE,
)
_BACK = r"(?:he|she|it|they|him|her|them|his|its|their|theirs|this|these|those)"
# "Among programmers it means ...": what, the sentence before says. "In its latest report, Apple" names it at once.
_OPENS = (
    r"(?:A[st]|After|Against|All|Although|Among|Because|Before|Between|By|Despite|During|For|From|If|In|Inside|Like|Of|On|"
    r"Once|Over|Since|Though|Through|Throughout|To|Under|Unless|Until|Upon|When|Where|While|With|Within|Without|[A-Z]\w+ly)"
)
_DAYS = r"[A-Z][a-z]+day|January|February|March|April|May|June|July|August|September|October|November|December"
_UNNAMED = re.compile(rf"{_OPEN}{_OPENS},?(?: (?:[a-z’'-]+|\d+|{_DAYS}),?){{0,5}}? {_BACK}\b")
_NAMED_AT_ONCE = re.compile(r"(?:As|In|With|After|Before|When|While|Despite|For|By|At|On)\b[^,]{0,90}, [A-Z]")
# "The company said": which one stands in the sentence before.
_LEANING = re.compile(
    rf"{_OPEN}(?:The (?:new |latest |two |three |other )?(?:company|firm|start-?up|group|team|pair|duo|couple|model|"
    r"tool|system|paper|study|report|researchers?|authors?|lab|agency|move|decision|deal|announcement|news|incident|plane|"
    r"aircraft|man|woman|men|women|case|suspect|victims?|law|bill|app|features?|updates?|version|release|method|approach|"
    r"dataset|framework|benchmark|project|service|product|program|plan|changes?|attack|flaw|findings|results?|effort|"
    r"partnership|acquisition|lawsuit|ruling|documents?|statement|post|goal|idea|aim|price|site|building|crew|boy|girl|"
    r"family|police|officers?|officials?|judge|jury|court|driver|student|school|event|show|film|book|song|game|ship|boat)"
    r"\b(?! (?:of|for|from|behind|at) )|A (?:spokes\w+|second|third|separate|similar|further|later|prototype)\b)|"
    rf"(?:该|新|这家|此次)?(?:公司|团队|模型|系统|研究人员|作者|项目|论文|报告|双方)(?:表示|称|说|还|也|计划)"
)
FIRST_PERSON = re.compile(r"\b(?:I|[Ww]e|[Oo]ur|us|my|My|[Yy]ou|[Yy]our|I[’']\w+|[Ww]e[’']\w+)\b|我|你|您")
"""Words of whoever writes a page, to its readers: "we" and "you" are others here."""

_ORDER = re.compile(
    r"(?:Check out|Click|Discover|Download|Explore|Find out|Follow|Get (?:the|your|in|started)|Join|Learn|Listen|"
    r"Read|Register|See (?:also|how|more|the|our)|Share|Sign|Stay|Subscribe|Support|Tap|Visit|Watch|Don[’']t miss|"
    r"Please|Note:|Related|Also read|Editor[’']s note|Update:|Disclosure|Source|Sources|Via)\b"
)
_BYLINE = re.compile(
    r"^(?:Written |Posted |Published |Reported |Photograph(?:ed|y)? |Story )?[Bb]y [A-Z][\w.'’-]+ (?:[A-Z]|and\b)"
    r"[\w.'’, -]{0,60}[.|]?$|"
    r"\b(?:contributed (?:to this|reporting)|is a (?:senior |staff |freelance )?(?:reporter|writer|editor|"
    r"correspondent|journalist|contributor)\b|[Rr]eporting by|[Ee]diting by|originally (?:appeared|published)|"
    r"[Ll]ast (?:updated|modified)|[Uu]pdated (?:on|at|\d))|"
    r"(?:作者|记者|编辑|责编|责任编辑|撰文|文字|来源|图源|编译|校对|审核)\s*[:：/丨|｜]|"
    r"^文\s*[|｜丨/]|图片来源|原标题|本文(?:来自|转载|作者|首发)|转载|未经授权"
)
_BOILERPLATE = re.compile(
    r"\bsubscribe (?:to|now|today|for|here)\b|\bunsubscribe|\bsubscribers? only|"
    r"\bsign (?:up|in) (?:for|to|now|here|with)\b|\blog ?in (?:to|with|here)\b|"
    r"\b(?:our|this|free|daily|weekly) newsletter|\bcookies?\b|\bread (?:more|the full|on)\b|"
    r"\bcontinue reading|\bclick (?:here|on)\b|\blearn more\b|\ball rights reserved|©|"
    r"\b[45]\d\d (?:forbidden|not found|error|bad|unauthori|service|gateway)|\baccess denied|\benable javascript|"
    r"\bprivacy policy|\bterms of (?:use|service)|\bannounce type|\bin (?:your )?browser\b|"
    r"\bsponsored (?:by|post|content)|\badvertisement|\bappeared first on|\baffiliate (?:links?|commission)|"
    r"\bearn a commission|\bsubmitted by\b|\[link\]|\[comments?\]|\b(?:article|comments) url\b|\bvia email\b|"
    r"\bshare this|\bfollow (?:us|me|him|her|them) (?:on|at)|\bfollow us|"
    r"\b(?:photo|image|illustration|photograph|picture|video|screenshot|graphic)s?(?: credit| courtesy)?"
    r"(?: by\b|:| via )|"
    r"\bgetty images|\b(?:AP|AFP|Reuters) photo|^(?:figure|fig\.|table|caption|pictured|above|below)\b.{0,8}[:.]|"
    r"\bmin(?:ute)?s? read\b|\bthanks for reading|\bjoin (?:us|our)\b|\bverify you are|\bskip to (?:main )?content|"
    r"\bin this (?:blog|post|article|episode|video|newsletter|tutorial|guide)\b|\blink in (?:bio|the)|\bstay tuned|"
    r"\bproject page\b|\bhomepage:|^(?:for )?(?:more|further|additional) (?:information|details)\b|"
    r"订阅|阅读全文|点击|关注我们|关注.{0,6}公众号|版权所有|扫码|扫描.{0,4}二维码|阅读原文|点赞|转发|相关阅读|更多精彩|更多内容|广告|"
    r"微信号|欢迎(?:关注|加入|投稿)|下载.{0,6}(?:App|APP|客户端)",
    re.IGNORECASE,
)
CREDIT = re.compile(
    r" ?[(（\[][^()（）\[\]]{0,60}(?:\b(?:Getty|AP|AFP|Reuters|Photo|Image|Credit|Shutterstock)|图)"
    r"[^()（）]{0,40}[)）\]]"
)
"""Behind a caption: who took the picture."""

# Two sentences or a heading and a sentence that lost what stood between them; addresses and marks of a page.
_GLUED = re.compile(
    r"[a-z]{2}[.!?][A-Z][a-z]|[a-z]{3}(?:This|The|These|We|It|In|For|Our|When|With|Can|Support|Takes|New)\b|"
    r"[a-z](?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d|\d{4}[A-Z(]|https?://|[<>{}|]|\.\.\.|…"
)
# A new line that ends no sentence, before a small letter; in a text that has several of them, before any.
_SOFT = re.compile(r"(?<=[^\s.!?:;。！？：；])\n(?= ?[a-z(])")
_HARD = re.compile(r"(?<=[^\s.!?:;。！？：；])\n(?! ?(?:[-*•·‣▪◦–]|\d{1,2}[.)]|\n))")
_LAST = frozenset(".!。！")
CLOSERS = "\"'”’»)]）」』】"
_WIDE = re.compile("[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]")
_PAIRS = ("()", "[]", "“”", "「」", "（）", "《》", "【】")
_LETTERS_SHARE = 0.6
_SAID = re.compile(r"[\"“「『][^\"“”「」『』]*[\"”」』][.。]?")  # and nobody who says it


def unwrapped(text: str) -> str:
    """The text with a blank for each new line inside a sentence (some feeds wrap their lines): all offsets stay."""
    if len(_SOFT.findall(text)) > 1:
        return _HARD.sub(" ", text)
    return _SOFT.sub(" ", text)


def readable(text: str) -> bool:
    """Whether a sentence or line says something by itself: whole, not too long, no furniture of a page."""
    if not MIN_WIDTH <= width(text) <= MAX_WIDTH:
        return False
    first = text.lstrip("\"'“‘([「『（【").partition(" ")[0]
    if not first or (first[:1].islower() and first == first.lower()):
        return False
    balanced = all(text.count(pair[0]) == text.count(pair[1]) for pair in _PAIRS) and text.count('"') % 2 == 0
    letters = sum(char.isalpha() for char in text)
    if not balanced or letters < _LETTERS_SHARE * len(text.replace(" ", "")):
        return False
    if text.rstrip(CLOSERS)[-1:] in "?？:：,，;；":
        return False
    if _SAID.fullmatch(text):
        return False
    furniture = _ORDER.match(text) or _BYLINE.search(text) or _BOILERPLATE.search(text) or _GLUED.search(text)
    return not (furniture or _dangles(text))


def _dangles(text: str) -> bool:
    """Whether a sentence begins with a word for something that only the sentence before it names."""
    if _DANGLING.match(text):
        return True
    return bool(_UNNAMED.match(text)) and not _NAMED_AT_ONCE.match(text)


def leans(text: str) -> bool:
    """Whether a sentence is only understood behind the one before it: "The company said ..."."""
    return bool(_LEANING.match(text))


def ends(text: str) -> bool:
    """Whether it ends as a sentence does; a question does not count."""
    return text.rstrip(CLOSERS)[-1:] in _LAST


def is_note(text: str) -> bool:
    """Whether a line without a full stop is whole: a text cut by its feed ends in "for" or "the"."""
    last = text.rsplit(maxsplit=1)[-1].lower()
    return not (ends(text) or last in OPENERS or last == "of" or FIRST_PERSON.search(text))


def width(text: str) -> int:
    """In columns."""
    return len(text) + len(_WIDE.findall(text))
