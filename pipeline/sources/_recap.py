"""An issue of AI News as HTML -> its bullets with their links, its essay, and what stands there that is no news."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pipeline.sources._pointing import is_picture
from pipeline.text.characters import one_line
from pipeline.text.html import Block, join
from pipeline.text.sentences import split as sentences
from pipeline.text.urls import canonicalise, host, url_key

_CLAIM_WORDS = 5  # bold words that begin a bullet are its title from so many on; fewer are a label: "Community arena:"
_TITLE_CHARS = 200
_ESSAY_CHARS = 200
_MAX_WORDS = 50  # of links that are looked for in brackets

_RECAP = re.compile(r"\bAI (twitter|reddit|discord)s? recap\b", re.IGNORECASE)
_DETAILS = re.compile(r"\bdetailed by-channel\b", re.IGNORECASE)
_TOP = re.compile(r"\btop tweets\b", re.IGNORECASE)
# Seen in issues of 2025 and 2026, in most of them; none of it is news.
_FURNITURE = (
    ("counts", re.compile(r"^AI News for \d|\bwe checked \d+ subreddits\b", re.IGNORECASE)),
    ("quiet_day", re.compile(r"^(?:an?(?:other)? )?(?:quiet \w+|not much happened(?: today)?)[ .!]*$", re.IGNORECASE)),
    (
        "boilerplate",
        re.compile(
            r"\bdiscord shut down our access\b|\bopt in/out of email\b|\bsearch all past issues\b"
            r"|\btruncated for email\b|^/r/\w+(?:, ?/r/\w+)*$",
            re.IGNORECASE,
        ),
    ),
)
_UNREACHABLE = re.compile(
    r"\b403\b|\bforbidden\b|\binaccessible\b|\bnetwork[- ]security\b|\bnot accessible\b"
    r"|\b(?:unable|failed|impossible) to (?:access|retrieve|fetch|load|view)\b"
    r"|\bcould ?n[o'’]t be (?:accessed|retrieved|fetched|loaded|viewed)\b",
    re.IGNORECASE,
)
_ACTIVITY = re.compile(r"\s?\(Activity: ([\d,]{1,12})\):?\s?", re.IGNORECASE)
_BRACKETS = re.compile(r"\s?\(([^()]{0,600})\)")
_NUMBER = re.compile(r"(\d[\d,]{0,11}(?:\.\d{1,3})?)\s?([kKmM]?)\b")
_BROKEN_BOLD = re.compile(r"(?<!\w)\*{2,}|\*{2,}(?!\w)")
_FACTORS = {"": 1, "k": 1_000, "m": 1_000_000}
_CLOSED = frozenset(("discord.com", "discord.gg", "cdn.discordapp.com", "media.discordapp.net"))  # to all but members


@dataclass(frozen=True, slots=True, kw_only=True)
class Bullet:
    """One claim of an issue. ``url`` is its primary link; ``links`` are the others; ``handles`` of the X posts."""

    title: str
    text: str
    url: str
    links: tuple[str, ...]
    handles: tuple[str, ...]
    points: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """What an issue holds. ``essay`` is its own text, "" without any; ``dropped`` are (text, reason)."""

    bullets: tuple[Bullet, ...]
    essay: str
    essay_links: tuple[str, ...]
    dropped: tuple[tuple[str, str], ...]


def is_issue(blocks: Sequence[Block]) -> bool:
    """Whether a page has the headings of an issue."""
    return any(b.heading and _RECAP.search(b.text) for b in blocks)


def split(blocks: Sequence[Block], own_host: str) -> Issue:
    """Find the bullets. The primary link is the first that does not lead to the issue's ``own_host``, or a picture."""
    outline = _outline(blocks)
    essay = outline.essay
    if sum(len(b.text) for b in essay) < _ESSAY_CHARS:  # a line or two: news where they link something
        outline.drafts = [*(_Draft([b], "", top=False) for b in essay if b.links), *outline.drafts]
        outline.dropped += [(b.text, "short") for b in essay if not b.links]
        essay = []
    dropped, bullets = outline.dropped, []
    for draft in outline.drafts:
        found = _bullet(draft, own_host)
        if isinstance(found, Bullet):
            bullets.append(found)
        else:
            dropped.append((draft.blocks[0].text, found))
    return Issue(
        bullets=tuple(bullets),
        essay=_mended(join(essay)),
        essay_links=tuple(_links(essay)),
        dropped=tuple(dropped),
    )


def furniture(text: str) -> str:
    """Why a line is no news, "" when it may be."""
    return next((reason for reason, pattern in _FURNITURE if pattern.search(text[:1000])), "")


@dataclass(slots=True)
class _Draft:
    """The blocks of a bullet, the comments on a thread included."""

    blocks: list[Block]
    section: str
    top: bool  # in the list of tweets with their engagement


@dataclass(slots=True)
class _Outline:
    drafts: list[_Draft] = field(default_factory=list)
    essay: list[Block] = field(default_factory=list)
    dropped: list[tuple[str, str]] = field(default_factory=list)


def _outline(blocks: Sequence[Block]) -> _Outline:
    """Give each block its place: bullets, and prose of a recap; the essay before the first recap; no news at all."""
    found = _Outline()
    section, top, thread = "", False, False
    for block in (b for b in blocks if b.text):
        text = _mended(block.text)
        if block.heading or (block.bold and not block.item and section):  # a theme
            recap = _RECAP.search(text)
            section = recap[1].lower() if recap else "details" if _DETAILS.search(text) else section
            top, thread = bool(_TOP.search(text)), False
        elif reason := "discord_details" if section == "details" else furniture(text):
            found.dropped.append((text, reason))
        elif thread and not _is_thread(block):
            found.drafts[-1].blocks.append(block)
        elif section or (block.item and block.links):
            found.drafts.append(_Draft([block], section, top))
            thread = section == "reddit" and _is_thread(block)
        else:
            found.essay.append(block)
    return found


def _is_thread(block: Block) -> bool:
    """Whether a bullet of the Reddit recap is a thread, rather than a comment on the one before."""
    return block.item and bool(
        _ACTIVITY.search(block.text) or (block.links and block.text.startswith(block.links[0].text))
    )


def _bullet(draft: _Draft, own_host: str) -> Bullet | str:
    """The bullet, or why it is none."""
    links = tuple(_links(draft.blocks))
    if not links:
        return "without_link"
    foreign = [u for u in links if host(u) != own_host] or list(links)
    url = next((u for u in foreign if not is_picture(u)), foreign[0])
    title, text, points = _words(draft)
    if not text and _UNREACHABLE.search(draft.blocks[0].text):
        return "fetch_error"
    x_posts = (urlsplit(u).path.split("/")[1] for u in (url, *links) if url_key(u).startswith("x:"))
    return Bullet(
        title=title,
        text=text,
        url=url,
        links=tuple(u for u in links if u != url),
        handles=tuple(dict.fromkeys(f"@{name}" for name in x_posts if name != "i")),
        points=points,
    )


def _words(draft: _Draft) -> tuple[str, str, int | None]:
    """Title, text and points of a bullet."""
    first = draft.blocks[0]
    text, points = _uncluttered(first, engagement=draft.top)
    title = _mended(first.lead).rstrip(" :.–—-")
    if activity := _ACTIVITY.search(text):
        title = title or text[: activity.start()]
        points = int(activity[1].replace(",", "") or 0)
        text = _readable(text[activity.end() :])
    elif len(title.split()) < _CLAIM_WORDS:
        title = first_sentence(text)
    comments = join(draft.blocks[1:])
    return one_line(title, _TITLE_CHARS), "\n".join(filter(None, (text, _mended(comments)))), points


def _readable(summary: str) -> str:
    """A summary up to where it tells that the machine that wrote it could not open the page."""
    spans = sentences(summary)
    end = next((start for start, stop in spans if _UNREACHABLE.search(summary, start, stop)), len(summary))
    return summary[:end].strip()


def first_sentence(text: str) -> str:
    """The first sentence of a text, on one line."""
    line = one_line(text[: _TITLE_CHARS * 10])
    spans = sentences(line)
    return line[slice(*spans[0])] if spans else line


def _uncluttered(block: Block, *, engagement: bool) -> tuple[str, int | None]:
    """The text without the brackets that hold nothing but links; and, in a list of engagement, the first number there.

    "Arena added it ([@arena](...), 4.3k)." is "Arena added it.", 4300.
    """
    words = sorted({link.text for link in block.links[:_MAX_WORDS] if link.text}, key=len, reverse=True)
    points: list[int] = []

    def shorten(match: re.Match[str]) -> str:
        rest = match[1]
        for word in words:
            rest = rest.replace(word, "")
        number = _NUMBER.search(rest) if engagement else None
        if number:
            points.append(round(float(number[1].replace(",", "")) * _FACTORS[number[2].lower()]))
            rest = _NUMBER.sub("", rest)
        return match[0] if any(map(str.isalnum, rest)) else ""

    return _BRACKETS.sub(shorten, _mended(block.text)), next(iter(points), None)


def _mended(text: str) -> str:
    """Without the asterisks that a bold word inside bold words leaves behind."""
    return _BROKEN_BOLD.sub("", text)


def _links(blocks: Sequence[Block]) -> Iterator[str]:
    """The links that anybody can open, canonical, each once; a post on X by its address there."""
    seen: set[str] = set()
    for link in (link for block in blocks for link in block.links):
        url = canonicalise(link.url)
        key = url_key(url)
        if not key or key in seen or host(url) in _CLOSED:
            continue
        seen.add(key)
        if key.startswith("x:"):
            url = f"https://x.com/{urlsplit(url).path.split('/')[1]}/status/{key.removeprefix('x:')}"
        yield url
