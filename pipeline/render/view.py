"""What the templates get: an issue told in plain strings, with nothing left to decide or to look up.

Pure. Prose is on one line, without control characters, Han and Latin spaced; addresses are http(s) or absent.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.render.bilingual import (
    PartSectionView,
    PartView,
    Tally,
    TextsView,
    direction,
    how_translated,
    lead_in,
    reading,
    story_in,
)
from pipeline.render.honesty import count_line, how_made
from pipeline.render.printed import Approval, Entry, Printed
from pipeline.text.addresses import unsubscribe_uri
from pipeline.text.characters import one_line
from pipeline.text.language import base, own_name
from pipeline.text.spacing import space
from pipeline.text.urls import host
from pipeline.types import HEADLINE, WHY_IT_MATTERS, Check, Item, Told

__all__ = ["Approval", "Entry", "IssueView", "LinkView", "Printed", "SectionView", "StoryView", "build", "full_count"]

MAX_PREHEADER_CHARS = 100
_MONTHS: tuple[str, ...] = ("January", "February", "March", "April", "May", "June")
_MONTHS += ("July", "August", "September", "October", "November", "December")
_WEB = re.compile(r"https?://[^\s\x00-\x20\x7f-\x9f<>\"\\^`{|}]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """One source of a story. ``url`` is "" when the source gives none; ``via`` names who pointed at it, or is ""."""

    name: str
    url: str
    via: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierView:
    """What an update continues: the date of the issue that told it, its headline there, and the address of that."""

    date: str
    headline: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """One story. ``label`` stands before the headline ("Update") or is "", as ``language`` and ``direction`` are where
    they are the issue's own.
    """

    anchor: str
    label: str
    headline: str
    url: str
    sentences: tuple[str, ...]
    opinions: tuple[str, ...]  # each names who holds it
    why_it_matters: str
    links: tuple[LinkView, ...]
    earlier: EarlierView | None
    credits: tuple[str, ...]  # what licences of its sources ask us to print
    marks: tuple[str, ...]
    language: str
    direction: Literal["", "ltr", "rtl"]
    translations: tuple[TextsView, ...] = ()  # what stands under its paragraphs, in other languages


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """A section and its stories, in order."""

    anchor: str
    name: str
    stories: tuple[StoryView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueView:
    """A whole issue. ``more`` counts the stories that found no room even in brief."""

    id: str
    title: str
    subject: str
    date: str
    language: str
    direction: Literal["ltr", "rtl"]
    preheader: str
    lead: tuple[str, ...]
    lead_translations: tuple[TextsView, ...]
    sections: tuple[SectionView, ...]
    briefs: tuple[StoryView, ...]
    parts: tuple[PartView, ...]  # the issue again in other languages, where these do not stand under its paragraphs
    more: int
    reading: str
    counts: tuple[str, ...]
    how_made: tuple[str, ...]
    previous_issue_id: str | None
    unsubscribe: str


def build(printed: Printed, *, full: int | None = None, brief: int | None = None) -> IssueView:
    """Tell an issue to the templates.

    At most ``full`` stories (those with the best score) print in full, the others go in brief; at most ``brief``
    stories print there, the others are only counted. None: no limit.
    """
    whole, short = _split(printed.entries, full)
    shown = short if brief is None else short[:brief]
    tally = Tally()
    told = {e.story.id: _tell(printed, e, tally, whole=e in whole) for e in (*whole, *shown)}
    sections = _sections(printed, whole, told)
    briefs = tuple(_story(printed, e, told[e.story.id]) for e in shown)
    kept = (s for i, s in enumerate(printed.issue.lead) if i not in printed.lead_cut)
    lead = tuple(line for sentence in kept if (line := _prose(sentence)))
    leads = {lang: lead_in(printed, lang, tally) for lang in printed.languages if lang != printed.language}
    stories = [*(s for section in sections for s in section.stories), *briefs]
    translated = {lang: (t, *(e.by_language[lang] for e in told.values())) for lang, t in leads.items()}
    minutes = _reading(printed, lead, stories, {lang: t for lang, t in translated.items() if tally.made.get(lang)})
    more = len(short) - len(shown)
    left_out = printed.counts.get("stories_left_out", 0) + more
    interleaved = printed.layout == "interleaved"
    parts = () if interleaved else (_part(lang, texts, [*whole, *shown], told) for lang, texts in leads.items())
    return IssueView(
        id=printed.issue.id,
        title=_prose(printed.title),
        subject=_prose(printed.issue.subject) or _prose(printed.title),
        date=_date(printed.issue.id),
        language=printed.language,
        direction=direction(printed.language),
        preheader=one_line(lead[0] if lead else "; ".join(s.headline for s in stories), MAX_PREHEADER_CHARS),
        lead=lead,
        lead_translations=tuple(t for t in leads.values() if t.texts) if interleaved else (),
        sections=sections,
        briefs=briefs,
        parts=tuple(part for part in parts if part.lead.texts or part.sections),
        more=more,
        reading=minutes,
        counts=count_line(
            {**printed.counts, "stories_left_out": left_out},
            printed=len(whole),
            brief=len(shown),
            reading=minutes.removesuffix(" read"),
        ),
        how_made=(*how_made([*whole, *shown], printed), *how_translated(printed, tally)),
        previous_issue_id=printed.previous_issue_id,
        unsubscribe=unsubscribe_uri(printed.unsubscribe),
    )


def full_count(printed: Printed) -> int:
    """How many stories want to print in full."""
    return sum(not e.slot.brief for e in printed.entries)


def _split(entries: Sequence[Entry], full: int | None) -> tuple[list[Entry], list[Entry]]:
    """The stories that print in full, and those in brief: first the ones that lost their place for want of room."""
    wanted = [e for e in entries if not e.slot.brief]
    ranked = sorted(wanted, key=lambda e: -e.slot.score)
    kept = {e.story.id for e in ranked[:full]}
    whole = [e for e in wanted if e.story.id in kept]
    demoted = [e for e in wanted if e.story.id not in kept]
    return whole, [*demoted, *(e for e in entries if e.slot.brief)]


def _sections(printed: Printed, entries: Sequence[Entry], told: Mapping[str, "_Told"]) -> tuple[SectionView, ...]:
    by_name: dict[str, list[StoryView]] = {}
    for entry in entries:
        by_name.setdefault(entry.slot.section, []).append(_story(printed, entry, told[entry.story.id]))
    return tuple(
        SectionView(anchor=f"section-{i}", name=_prose(name), stories=tuple(stories))
        for i, (name, stories) in enumerate(by_name.items(), start=1)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What is printed of a story: its texts by number as in ``types.Check``, and the same in each language."""

    texts: Mapping[int, str]
    language: str
    by_language: Mapping[str, TextsView]


def _tell(printed: Printed, entry: Entry, tally: Tally, *, whole: bool) -> _Told:
    """Where a source has nothing but a title, the title is the claim; it is not printed twice."""
    summary, first = entry.summary, entry.story.representative
    headline = summary.headline if summary and HEADLINE not in entry.cut else first.title
    texts = {HEADLINE: headline}
    if summary and whole:
        kept = {number: text for number, text in summary.texts.items() if number not in (HEADLINE, *entry.cut)}
        texts |= {n: t for n, t in kept.items() if n == WHY_IT_MATTERS or one_line(t) != one_line(headline)}
    language = summary.language if summary else first.language
    own = printed.language if language == "und" else language
    by_language = {lang: story_in(printed, entry, texts, own, lang, tally) for lang in printed.languages}
    return _Told(texts=texts, language=language, by_language=by_language)


def _story(printed: Printed, entry: Entry, told: _Told) -> StoryView:
    first, claims = entry.story.representative, entry.summary.claims if entry.summary else ()
    links = _links(entry.story.items, printed.source_names)
    kept = [(claims[n], _prose(text)) for n, text in told.texts.items() if n >= 0]
    language = told.language
    other = language not in ("und", printed.language)
    return StoryView(
        anchor=f"story-{entry.story.id}",
        label="Update" if entry.slot.update_of is not None else "",
        headline=_prose(told.texts[HEADLINE]) or (links[0].name if links else "Untitled"),
        url=_web_url(first.url) or next((link.url for link in links if link.url), ""),
        sentences=tuple(text for claim, text in kept if not claim.speaker),
        opinions=tuple(text for claim, text in kept if claim.speaker),
        why_it_matters=_prose(told.texts.get(WHY_IT_MATTERS, "")),
        links=links,
        earlier=_earlier(entry.before) if entry.before else None,
        credits=tuple(dict.fromkeys(_prose(i.credit) for i in entry.story.items if i.credit)),
        marks=_marks(entry, printed.approval, headline_only=entry.summary is not None and not kept),
        language=language if other else "",
        direction=direction(language) if other and direction(language) != direction(printed.language) else "",
        translations=tuple(_under(printed, told)),
    )


def _under(printed: Printed, told: _Told) -> Iterator[TextsView]:
    """What stands under the paragraphs of a story: every other language, or only that of the page for a foreign one."""
    own = base(printed.language if told.language == "und" else told.language)
    for language, texts in told.by_language.items():
        if texts.texts and base(language) != own and language in _interleaved(printed):
            yield texts


def _interleaved(printed: Printed) -> Sequence[str]:
    return printed.languages if printed.layout == "interleaved" else (printed.language,)


def _part(language: str, lead: TextsView, entries: Sequence[Entry], told: Mapping[str, _Told]) -> PartView:
    """The issue again in another language, as far as it was translated."""
    by_name: dict[str, list[tuple[TextsView, str]]] = {}
    for entry in entries:
        texts = told[entry.story.id].by_language[language]
        if texts.texts:
            name = "" if entry.slot.brief else _prose(entry.slot.section)
            by_name.setdefault(name, []).append((texts, _web_url(entry.story.representative.url)))
    sections = tuple(PartSectionView(name=name, stories=tuple(stories)) for name, stories in by_name.items())
    return PartView(name=own_name(language), lead=lead, sections=sections)


def _earlier(before: Told) -> EarlierView:
    """An issue has no address of its own yet: the headline leads where it led then."""
    url = next((address for item in before.items if (address := _web_url(item.url))), "")
    return EarlierView(date=_date(before.ran_in), headline=_prose(before.headline), url=url)


def _marks(entry: Entry, approval: Approval, *, headline_only: bool) -> tuple[str, ...]:
    """What a reader must know before reading; a person who approved the issue has seen every story of it."""
    author = entry.summary.written_by if entry.summary else ""
    unseen = entry.summary is not None and not entry.reviewed and approval != "person"
    marks = {
        "Headline only": headline_only,
        "Extract": author == "extract" and not headline_only,
        "Edited by a person": author.startswith("reviewer:"),
        "Not reviewed": unseen,
        "In part not found in its sources": unseen and any(_stands(entry, check) for check in entry.checks),
    }
    return tuple(mark for mark, holds in marks.items() if holds)


def _stands(entry: Entry, check: Check) -> bool:
    """Whether a finding is about a sentence that is printed."""
    return check.verdict != "supported" and check.claim not in entry.cut


def _links(items: Sequence[Item], source_names: Mapping[str, str]) -> tuple[LinkView, ...]:
    """Every source of a story, one link per address: the publisher's name, and who pointed at it.

    ``via`` of an item is a name, or the address of a discussion, which then is a link of its own.
    """
    names: dict[str, str] = {}
    vias: dict[str, list[str]] = {}
    for item in items:
        source = one_line(source_names.get(item.source_id, item.source_id), 60)
        url = _web_url(item.url)
        talk = _web_url(item.via or "")
        pointed = bool(item.via) and bool(url)
        key = url or f"\0{source}"  # a source without addresses is named without a link
        if not pointed or key not in names:
            names[key] = host(url) if pointed else source
        if talk and talk != url:
            names.setdefault(talk, source)
        elif pointed and item.via and not talk:
            via = one_line(item.via, 60)
            if via not in vias.setdefault(key, []):
                vias[key].append(via)
    return tuple(
        LinkView(
            name=name or host(key),
            url="" if key.startswith("\0") else key,
            via=", ".join(v for v in vias.get(key, ()) if v != name),
        )
        for key, name in names.items()
    )


def _web_url(url: str) -> str:
    """The address when it is http or https with a host, else "": no other scheme becomes a link."""
    return url if _WEB.fullmatch(url) and host(url) else ""


def _prose(text: str) -> str:
    return space(one_line(text))


def _reading(
    printed: Printed, lead: Sequence[str], stories: Sequence[StoryView], by_language: Mapping[str, Sequence[TextsView]]
) -> str:
    """Reading time of what is printed: in the page's language all but its translations, in another one what has it."""
    parts = [*lead]
    for s in stories:
        parts += [s.headline, *s.sentences, *s.opinions, s.why_it_matters]
    others = {language: [text for t in texts for text in t.texts] for language, texts in by_language.items()}
    return reading(printed.language, {printed.language: parts, **others})


def _date(issue_id: str) -> str:
    """ "2026-11-23" as "23 November 2026"; another id as it is."""
    year, _, rest = issue_id.partition("-")
    month, _, rest = rest.partition("-")
    day = rest.partition("-")[0]  # a second issue of one day is called 2026-11-23-2
    if not (year.isdecimal() and month.isdecimal() and day.isdecimal() and 1 <= int(month) <= 12):
        return issue_id
    return f"{int(day)} {_MONTHS[int(month) - 1]} {year}"
