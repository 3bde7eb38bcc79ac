"""Runs every check: on a text, on a summary with its citations, and on a row of ``digest apply verify``."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from pipeline.types import Check, CheckMethod, Citation, Issue, Item, Story, Summary
from pipeline.verify import belongs, combine, dates, links, names, numbers, quotes, support, wording
from pipeline.verify.findings import CheckType, Finding
from pipeline.verify.policy import verdict_of
from pipeline.verify.sources import Passage, Sources, around

MAX_SENTENCE_CHARS = 600  # how far a sentence is looked for around a quotation
CHECKS: tuple[CheckType, ...] = (quotes, numbers, dates, names, links, wording, support, belongs)


def verify_text(text: str, sources: Sources) -> list[tuple[CheckMethod, Finding]]:
    """What every check found in a text, in order of place."""
    found = [(c.METHOD, finding) for c in CHECKS for finding in c.check(text, sources)]
    return sorted(found, key=lambda pair: (pair[1].start, pair[1].end))


def verify_summary(summary: Summary, items: Sequence[Item]) -> list[Check]:
    """Checks of the headline, each claim with its citations, and why_it_matters, against the story's items."""
    sources = sources_of(items)
    texts = {item.id: cited_text(item) for item in items}
    checks, key = [], (summary.story_id, summary.revision)
    for number, text in summary.texts.items():
        found = verify_text(text, sources)
        checks += [_check(key, number, method, finding, sources) for method, finding in found]
    for number, finding in belongs.repeats(summary.texts).items():
        checks.append(_check(key, number, belongs.METHOD, finding, sources))
    for number, claim in enumerate(summary.claims):
        for citation in claim.citations:
            if note := _wrong_citation(citation, texts):
                finding = Finding(start=0, end=len(claim.text), verdict="refuted", note=note)
                checks.append(_check(key, number, "quote", finding, sources))
        around = [_around(citation, texts) for citation in claim.citations]
        titles = [item.title for item in items]
        if claim.citations and (unlike := support.uncited(claim.text, [*titles, *around])) is not None:
            checks.append(_check(key, number, support.METHOD, unlike, sources))
    return checks


def verify_translations(
    texts: Mapping[tuple[str, int], str], summary: tuple[str, int], items: Sequence[Item]
) -> list[tuple[str, Check]]:
    """(language, check) of the translations of a summary, by (language, number), against the story's items."""
    sources, checks = sources_of(items), []
    for (language, number), text in texts.items():
        found = verify_text(text, sources)
        checks += [(language, _check(summary, number, method, finding, sources)) for method, finding in found]
    return checks


def verify_lead(issue: Issue, told: Mapping[str, Story]) -> list[Check]:
    """Checks of the lead, each sentence against the items of the stories that it tells of (``told``, by id)."""
    checks = []
    for number, (text, ids) in enumerate(zip(issue.lead, issue.lead_about, strict=False)):
        sources = sources_of([item for story_id in ids if story_id in told for item in told[story_id].items])
        found = verify_text(text, sources) if ids else []
        checks += [_check((issue.id, 0), number, method, finding, sources) for method, finding in found]
    return checks


def sources_of(items: Sequence[Item]) -> Sources:
    """Title and body of each item; who wrote it and on which day, so that a summary may name them; its addresses."""
    passages = []
    for item in items:
        day = item.published_at.date().isoformat() if item.published_at else ""
        texts = (text for text in (item.title, item.body, ", ".join(item.authors), day) if text)
        passages += [Passage(item_id=item.id, text=text, told_at=item.published_at) for text in texts]
    links = [url for item in items for url in (item.url, item.via or "", *item.media) if url]
    return Sources(passages, links)


def cited_text(item: Item) -> str:
    """The text that the spans of a citation are in."""
    return item.body or item.title


def _check(key: tuple[str, int], claim: int, method: CheckMethod, finding: Finding, sources: Sources) -> Check:
    place = finding.source
    return Check(
        story_id=key[0],
        revision=key[1],
        claim=claim,
        method=method,
        verdict=finding.verdict,
        start=finding.start,
        end=finding.end,
        note=finding.note,
        probability=finding.probability,
        source_item_id=place.item_id if place else None,
        source=sources.quoted(place) if place else "",
    )


def _around(citation: Citation, texts: Mapping[str, str]) -> str:
    """The sentences of which a citation quotes something."""
    text = texts.get(citation.item_id, "")
    start, end = around(text, citation.start, citation.end, MAX_SENTENCE_CHARS)
    return text[start:end]


def _wrong_citation(citation: Citation, texts: Mapping[str, str]) -> str:
    text = texts.get(citation.item_id)
    if text is None:
        return f"It cites {citation.item_id}, which is not an item of this story"
    if not citation.quote or text[citation.start : citation.end] != citation.quote:
        return "The words that it cites are not at that place of the source"
    return ""


# --- digest apply verify ---------------------------------------------------------------------------------------------


class _SourceRow(BaseModel):
    model_config = ConfigDict(extra="ignore")
    id: str | int
    text: str


class _Row(BaseModel):
    """One line of input. Other keys may stand beside these: files of cases carry labels."""

    model_config = ConfigDict(extra="ignore")
    id: str | int
    summary: str
    sources: list[_SourceRow]
    links: list[str] | None = None


def apply_verify(row: Mapping[str, object]) -> dict[str, object]:
    """``{"id","summary","sources":[{"id","text"}]}`` to ``{"id","verdict","score","spans":[...]}``.

    Spans are in the whole summary; those that are supported are left out. A summary that is flagged for its probability
    has a span where it is least carried. Without ``links``, the addresses in the sources are the story's
    own. Raises ValueError (pydantic's) for a row of another shape.
    """
    data = _Row.model_validate(row)
    passages = [Passage(item_id=str(s.id), text=s.text) for s in data.sources]
    own = data.links if data.links is not None else links.addresses(s.text for s in data.sources)
    sources = Sources(passages, own)
    found = verify_text(data.summary, sources)
    carried = combine.carried(data.summary, sources)
    likely = combine.probability(data.summary, carried, found)
    flag_below = combine.learned().flag_below
    verdict, score = verdict_of([f for _, f in found], likely, flag_below)
    against = [(method, f) for method, f in found if f.verdict != "supported"]
    if likely is not None and likely < flag_below:
        doubt = (support.METHOD, support.weakest(carried, sources))
        against += [] if doubt in against else [doubt]
    spans = [
        {"start": f.start, "end": f.end, "method": method, "verdict": f.verdict, "note": f.note}
        for method, f in sorted(against, key=lambda pair: (pair[1].start, pair[1].end))
    ]
    return {"id": data.id, "verdict": verdict, "score": score, "spans": spans}
