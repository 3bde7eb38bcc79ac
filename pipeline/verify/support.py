"""Support: how well the words of each sentence are carried by the nearest sentences of the sources."""

from collections.abc import Sequence

from pipeline.text.characters import one_line
from pipeline.types import CheckMethod
from pipeline.verify.combine import Carried, carried
from pipeline.verify.findings import Finding
from pipeline.verify.nearest import COMMON_ROOTS, comparable, holds_han, telling, tokens, told
from pipeline.verify.sources import Passage, Place, Sources

METHOD: CheckMethod = "support"

# A sentence of so many telling words, of which the nearest three sentences hold so little: all 8 such rows of RAGTruth
# and 9 of 13 of FaithBench are unfaithful (the other four tell of "the passage"), none of SummEdits and QAGS is there.
LEAST_WORDS = 7
CARRIED = 0.1
CITED = 0.2  # the share of a claim's uncommon words that stands around what it cites; less, and it cites something else
_LEAST_CITED_WORDS = 3
_SHOWN_CHARS = 160


def check(text: str, sources: Sources) -> list[Finding]:
    """Each sentence with its probability and the sentence of a source that is nearest to it; one of which hardly
    anything is in a source is not_enough_info. Nothing is said across languages.
    """
    return [_finding(text, row, sources) for row in carried(text, sources)]


def uncited(claim: str, cited: Sequence[str]) -> Finding | None:
    """A finding where hardly a word of a claim stands in the texts that it cites; None across languages."""
    known = told(Sources([Passage(item_id="", text=text) for text in cited]))
    row = {word for word in telling(tokens(claim)) if word not in COMMON_ROOTS and word.isalpha()}
    if len(row) < _LEAST_CITED_WORDS or not comparable(claim, known) or holds_han(claim, known):
        return None
    if sum(word in known.holding for word in row) >= CITED * len(row):
        return None
    note = "What it cites says something else: hardly a word of this stands there"
    return Finding(start=0, end=len(claim), verdict="not_enough_info", note=note)


def weakest(rows: Sequence[Carried], sources: Sources) -> Finding:
    """Where to look in a summary that is doubtful as a whole: its sentence with the least probability."""
    return _doubt(min(rows, key=lambda row: row.probability or 0.0), sources)


def _finding(text: str, row: Carried, sources: Sources) -> Finding:
    sentence = text[row.start : row.end]
    enough = len(telling(tokens(sentence))) >= LEAST_WORDS and not holds_han(sentence, sources.once(told))
    if row.parts["near"] < CARRIED and enough:
        return _doubt(row, sources)
    return Finding(start=row.start, end=row.end, verdict="supported", source=row.nearest, probability=row.probability)


def _doubt(row: Carried, sources: Sources) -> Finding:
    note = "Little of this is in the sources"
    if row.nearest:
        note += f"; the nearest sentence is “{_shown(row.nearest, sources)}”"
    return Finding(
        start=row.start,
        end=row.end,
        verdict="not_enough_info",
        note=note,
        source=row.nearest,
        probability=row.probability,
    )


def _shown(place: Place, sources: Sources) -> str:
    return one_line(sources.passages[place.passage].text[place.start : place.end], _SHOWN_CHARS)
