"""A newsletter's HTML -> the parts in it, and what was left out and why."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from statistics import median

from pipeline.sources._private import ADDRESS
from pipeline.text.characters import one_line
from pipeline.text.html import Block, join, read
from pipeline.text.sentences import split as sentences
from pipeline.text.urls import canonicalise, is_tracking

# The words and measures below were found on thirteen real newsletters; tests/sources/test_mail.py holds their floor.
MAX_PARTS = 200
_SHORT_CHARS = 300
_HEADING_CHARS = 200
_BOLD_HEADING_CHARS = 120
_LARGE = 1.2  # a heading's letters against the text's
_PROSE_CHARS = 200  # a paragraph that long is prose
_ESSAY_CHARS = 3_000
_ESSAY_CHARS_PER_LINK = 750  # in prose; digests have 300 to 520, essays 800 to 1,200
_LINKED_SHARE = 0.6  # of a digest's sections carry a link
_ROUNDUP_SHARE = 0.75  # of a round-up's paragraphs carry a link
_ROUNDUP_CHARS = 900
_LEADING_CHARS = 12  # a shorter first link is a word of the sentence, no title
_CAPTION_CHARS = 40
_TEXT_CHARS = 80
_TITLE_CHARS = 140
_PREHEADER_CHARS = 200  # more than that is hidden from readers for another reason (FACTS section 2)

_VIEW = re.compile(
    r"view (?:this |it )?(?:e-?mail|post|issue|newsletter)?\s?(?:in (?:your |the )?browser|online|on (?:the )?web)"
    r"|read (?:online|in app|in browser)|open in (?:app|browser)|^online$|web version|skip to content"
    r"|lire en ligne|im browser|ver en (?:el )?navegador|查看网页版|在浏览器|网页版",
    re.IGNORECASE,
)
# A page that a server makes for one reader, by a key in its address; Mailchimp's "u" is the sender's account.
_ONE_READER = re.compile(r"[?&](?!u=)[^=&]{1,40}=(?=[^&]{0,200}\d)[\w%.~-]{24,}")
_END = re.compile(
    r"unsubscri|(?:manage|change|update|email)[\w ]{0,20} (?:preferences|subscription|settings)|opt[- ]out"
    r"|you(?:'re|’re| are)? (?:are )?(?:receiv|subscribed)|you received this|no longer (?:want|wish|interested)"
    r"|what(?:'d| did|’d) you think of|how did we do|^(?:copyright )?©|mailing address"
    r"|désabonner|désinscri|abbestellen|darse de baja|退订|取消订阅|配信停止",
    re.IGNORECASE,
)
_PROMOTION = re.compile(
    r"forwarded (?:this|to you)|transféré cet|refer (?:your |a )?friends?|\breferrals?\b|copy and paste this link"
    r"|sign up (?:now|here|for free)|subscribe (?:at|here|now|to|for)\b|abonnez-vous|vous avez aimé"
    r"|thanks our (?:partners|sponsors)|advertis(?:e with|ing)|^share \w+|click to share"
    r"|(?:rate|enjoy) (?:this|today)|fan of this email|like (?:this|getting this)|get the (?:ios|android) app"
    r"|listen to posts|in the app$|^estimated read|^photo:|^illustration:|^follow us|^all rights",
    re.IGNORECASE,
)
_SPONSOR = re.compile(
    r"^(?:an? )?(?:message|word|note) from (?!the (?:editor|author|ceo))"
    r"|\b(?:presented|sponsored|brought to you|powered) by\b"
    r"|^(?:together|in partnership|in collaboration) with\b|^en partenariat avec|\(sponsor(?:ed)?\)|^sponsor(?:ed)?\b"
    r"|^(?:our |today(?:'|’)s |from our )(?:sponsor|partner)s?\b|^advertisement\b|^anzeige$|^publicité"
    r"|^(?:广告|赞助|推广)",
    re.IGNORECASE,
)
_SHARE_TEXT = re.compile(
    r"^(?:share|tweet|post to|email this|like|comment|restack|retweet|forward)\b"
    r"|^(?:.{0,20}\bon )?(?:facebook|twitter|x|linkedin|whatsapp|instagram|youtube|threads|mastodon"
    r"|bluesky|tiktok|pinterest|reddit|telegram|rss)(?: logo)?$",
    re.IGNORECASE,
)
_SHARE_URL = re.compile(
    r"facebook\.com/(?:sharer|dialog)|(?:twitter|x)\.com/(?:intent|share)|linkedin\.com/(?:share|sharing|cws)"
    r"|wa\.me/|whatsapp\.com/send|t\.me/share|[?&]action=share|news\.ycombinator\.com/submitlink",
    re.IGNORECASE,
)
_FOOTNOTE = re.compile(r"\[\d{1,3}\]")
_BULLET = re.compile(r"^[^\w\"'“‘«「『《(\[$€£¥]+")
_MINUTES = re.compile(r"\s*\(?\b\d{1,3}[- ]minute (?:read|listen|watch)\)?$", re.IGNORECASE)
_MORE = re.compile(
    r"^(?:read|learn|see|find out|view) (?:more|the|full)|full (?:story|article)|en lire plus|阅读", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One topic of a newsletter. ``links`` are canonical, printable and in order; ``url`` is what it is about."""

    title: str  # "" where the newsletter gives none
    body: str
    url: str  # one of them, "" without any
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The parts of a newsletter; what was left out as (reason, characters); ``view_url`` is the issue on the web."""

    parts: tuple[Part, ...]
    dropped: tuple[tuple[str, int], ...]
    view_url: str


@dataclass(slots=True)
class _Section:
    heading: Block | None
    blocks: list[Block]

    @property
    def all(self) -> list[Block]:
        return [self.heading, *self.blocks] if self.heading else self.blocks


def split(html: str, *, whole: bool = False) -> Split:
    """Find the parts. ``whole``, an essay, or one topic: a single part without a title. No text: no parts."""
    page = read(html)
    views = (u for b in page.blocks for t, u in _addresses(b) if _VIEW.search(t))
    view_url = next((u for u in views if not _ONE_READER.search(u)), "")
    hidden = "hidden_text" if page.hidden_chars > _PREHEADER_CHARS else "preheader"
    dropped = [(hidden, page.hidden_chars)] if page.hidden_chars else []
    blocks = _without_frame(page.blocks, dropped)
    sections = _without_sponsors(_sections(blocks), dropped)
    blocks = [b for s in sections for b in s.all]
    if not any(b.text for b in blocks):
        return Split(parts=(), dropped=tuple(dropped), view_url=view_url)
    topics = _without_title(sections)
    if whole or not _is_digest(topics):
        return Split(parts=(_part(blocks, title=""),), dropped=tuple(dropped), view_url=view_url)
    if len(topics) < len(sections):
        dropped.append(("title", sum(len(b.text) for s in sections if s not in topics for b in s.all)))
    parts = [p for s in topics for p in _parts(s, dropped)]
    dropped += [("over_the_limit", len(p.body)) for p in parts[MAX_PARTS:]]
    return Split(parts=tuple(parts[:MAX_PARTS]), dropped=tuple(dropped), view_url=view_url)


def _without_frame(blocks: Sequence[Block], dropped: list[tuple[str, int]]) -> list[Block]:
    """Without the header's and footer's furniture: navigation, share buttons, promotion, and all after the end."""
    total = sum(len(b.text) for b in blocks)
    kept: list[Block] = []
    seen = 0
    for i, block in enumerate(blocks):
        seen += len(block.text)
        short = len(block.text) <= _SHORT_CHARS
        if short and _END.search(_said(block)) and seen > total / 2:
            dropped.append(("footer", sum(len(b.text) for b in blocks[i:])))
            break
        reason = _furniture(block) if short else ""
        if reason:
            dropped.append((reason, len(block.text)))
        else:
            kept.append(block)
    return kept


def _furniture(block: Block) -> str:
    """Why a short block says nothing to a reader of news; "" when it does."""
    said = _said(block)
    if _END.search(said):
        return "footer"
    if _VIEW.search(said) and len(block.text) < _TEXT_CHARS:
        return "navigation"
    if block.links and all(_SHARE_TEXT.search(link.text) or _SHARE_URL.search(link.url) for link in block.links):
        return "share"
    return "promotion" if _PROMOTION.search(said) else ""


def _said(block: Block) -> str:
    """The text of a block, with the alternative text of an image that is a link."""
    return block.text or " ".join(link.text for link in block.links)


def _sections(blocks: Sequence[Block]) -> list[_Section]:
    """Cut at the headings: <h1>..<h6> and large letters, or, where there are fewer than two, paragraphs in bold.

    A small line in bold that marks a sponsor shows how the newsletter marks its departments: others like it cut too.
    """
    sizes = [b.size_px for b in blocks for _ in range(len(b.text) // _TEXT_CHARS) if b.size_px]
    large = median(sizes) * _LARGE if sizes else float("inf")
    marks = {b.size_px for b in blocks if b.bold and b.size_px and _is_mark(b)}
    bold = {i for i, b in enumerate(blocks) if b.bold and len(b.text) <= _BOLD_HEADING_CHARS and _may_head(b)}
    heads = {i for i, b in enumerate(blocks) if _may_head(b) and (b.heading or b.size_px >= large)}
    heads |= bold if len(heads) < 2 else {i for i in bold if blocks[i].size_px in marks}
    sections = [_Section(None, [])]
    for i, block in enumerate(blocks):
        if i in heads:
            sections.append(_Section(block, []))
        else:
            sections[-1].blocks.append(block)
    return [s for s in sections if s.all]


def _without_title(sections: list[_Section]) -> list[_Section]:
    """Without the letter's own title: its only <h1>, with no text of its own before the next heading."""
    heads = [s for s in sections if s.heading and s.heading.heading == 1]
    alone = len(heads) == 1 and not any(b.text for b in heads[0].blocks) and heads[0] is not sections[-1]
    return [s for s in sections if s is not heads[0]] if alone else sections


def _may_head(block: Block) -> bool:
    """Whether a block is short, has a letter, and is no sentence of its own."""
    ends = block.text.endswith((".", "。", "…")) and not block.heading and not block.links
    return 0 < len(block.text) <= _HEADING_CHARS and not block.item and not ends and any(map(str.isalnum, block.text))


def _without_sponsors(sections: list[_Section], dropped: list[tuple[str, int]]) -> list[_Section]:
    """Without what is paid for: from its mark to the end of its section, which may start right after the mark."""
    kept: list[_Section] = []
    marked = False  # the section before ended with a mark
    for section in sections:
        head = section.heading
        if marked or (head and _SPONSOR.search(head.text)):
            # A mark that is a heading of its own names the section behind it.
            marked = bool(head and _SPONSOR.search(head.text)) and not any(b.text for b in section.blocks)
            dropped.append(("sponsor", sum(len(b.text) for b in section.all)))
            continue
        at = next((i for i, b in enumerate(section.blocks) if _is_mark(b)), None)
        marked = at is not None and not any(len(b.text) > _CAPTION_CHARS for b in section.blocks[at + 1 :])
        banner = at is not None and head is None and not marked  # "Presented by" over the whole newsletter
        if at is not None:
            end = at + 1 if banner else len(section.blocks)
            dropped.append(("sponsor", sum(len(b.text) for b in section.blocks[at:end])))
            section = _Section(head, section.blocks[:at] + section.blocks[end:])
            marked = marked and kept != []
        if section.all:
            kept.append(section)
    return kept


def _is_mark(block: Block) -> bool:
    """Whether a block says that what follows is paid for; an entry of a list that says so means itself alone."""
    return len(block.text) <= _TEXT_CHARS * 2 and not _leads(block) and bool(_SPONSOR.search(_said(block)))


def _is_digest(sections: Sequence[_Section]) -> bool:
    """Whether the sections are topics of their own: many links, in most of them or in lists. An essay has few."""
    prose = [b for s in sections for b in s.all if len(b.text) > _PROSE_CHARS]
    if sum(len(b.text) for b in prose) > max(_ESSAY_CHARS, _ESSAY_CHARS_PER_LINK * sum(len(b.links) for b in prose)):
        return False
    topics = [s for s in sections if any(b.text for b in s.blocks) or _has_link(s.all)]
    linked = [s for s in topics if _has_link(s.all)]
    return any(_entries(s.blocks) for s in linked) or 2 <= len(linked) >= _LINKED_SHARE * len(topics)


def _entries(blocks: Sequence[Block]) -> list[int]:
    """Where the entries of a list of links start: blocks that begin with a link as their title. [] for no list."""
    starts = [i for i, b in enumerate(blocks) if _leads(b)]
    texts = [b for b in blocks if len(b.text) > _CAPTION_CHARS]
    if len(starts) >= 2 and len(starts) >= len(texts) / 3:
        return starts
    linked = [b for b in texts if b.links]
    if (
        len(linked) >= 3
        and len(linked) >= _ROUNDUP_SHARE * len(texts)
        and median(len(b.text) for b in texts) < _ROUNDUP_CHARS
    ):
        return [i for i, b in enumerate(blocks) if len(b.text) > _CAPTION_CHARS and not _FOOTNOTE.match(b.text)]
    return []


def _leads(block: Block) -> bool:
    """Whether a block starts with a link that is long enough to be a title."""
    title = block.links[0].text if block.links else ""
    return len(title) >= _LEADING_CHARS and _BULLET.sub("", block.text).startswith(_BULLET.sub("", title))


def _parts(section: _Section, dropped: list[tuple[str, int]]) -> Iterator[Part]:
    starts = _entries(section.blocks)
    if not starts:
        yield from _one(section.blocks, section.heading, dropped)
        return
    yield from _one(section.blocks[: starts[0]], section.heading, dropped)
    for start, end in zip(starts, [*starts[1:], len(section.blocks)], strict=True):
        entry = section.blocks[start:end]
        if _SPONSOR.search(entry[0].text):
            dropped.append(("sponsor", sum(len(b.text) for b in entry)))
            continue
        title = entry[0].links[0].text if _leads(entry[0]) else _first_sentence(entry[0].text)
        yield _part(entry, title=title)


def _one(blocks: list[Block], heading: Block | None, dropped: list[tuple[str, int]]) -> Iterator[Part]:
    """One part, unless it is a heading over others, a greeting or a logo: short, and without a link in its text."""
    both = [heading, *blocks] if heading else blocks
    chars = sum(len(b.text) for b in blocks)
    titled = heading is not None and any(link.text and link.text in heading.text for link in heading.links)
    if titled or chars > (_CAPTION_CHARS if _has_link(both) else _SHORT_CHARS):
        yield _part(both, title=heading.text if heading else "")
    elif both:
        dropped.append(("short", sum(len(b.text) for b in both)))


def _part(blocks: Sequence[Block], title: str) -> Part:
    links = _links(blocks)
    body = join(blocks[1:]) if title and blocks[0].text == title else ""
    body = body or join(blocks)
    return Part(
        title=_MINUTES.sub("", _BULLET.sub("", one_line(title))), body=body, url=_main(blocks, links), links=links
    )


def _main(blocks: Sequence[Block], links: tuple[str, ...]) -> str:
    """What a part is about: the link of its title, else one that says "read more", else the first."""
    if blocks and not _leads(blocks[0]):
        more = next((u for b in blocks for t, u in _addresses(b) if _MORE.search(t) and u in links), "")
        return more or next(iter(links), "")
    return next(iter(links), "")


def _first_sentence(text: str) -> str:
    line = one_line(_BULLET.sub("", text[: _TITLE_CHARS * 10]))
    spans = sentences(line)
    first = line[spans[0][0] : spans[0][1]] if spans else line
    return one_line(first if len(first) > _CAPTION_CHARS else line, _TITLE_CHARS)


def _has_link(blocks: Iterable[Block]) -> bool:
    """Whether there is a link to somewhere, opaque ones too."""
    return any(canonicalise(link.url) for b in blocks for link in b.links)


def _links(blocks: Iterable[Block]) -> tuple[str, ...]:
    found = (u for b in blocks for t, u in _addresses(b) if not _SHARE_URL.search(u) and not _END.search(t))
    return tuple(dict.fromkeys(found))


def _addresses(block: Block) -> Iterator[tuple[str, str]]:
    """(words, canonical address) of the links that may be printed: no opaque redirect, which names the subscriber."""
    for link in block.links:
        url = canonicalise(link.url)
        if url and not is_tracking(url):
            yield link.text, url


def from_text(text: str) -> Split:
    """The same for a newsletter in plain text: one part, with the addresses that it names."""
    paragraphs = (ADDRESS.sub(r'<a href="\g<0>">\g<0></a>', escape(p, quote=False)) for p in text.split("\n\n"))
    return split("".join(f"<p>{p}</p>".replace("\n", "<br>") for p in paragraphs), whole=True)
