"""What an issue says about itself: how much was read and left out, who wrote, who reviewed, what was cut. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pipeline.render.printed import Approval, Entry, Printed
from pipeline.text.characters import one_line
from pipeline.types import Check

_NAMED = 3  # headlines of those that another model wrote
_LOOKED_UP = {
    "number": "numbers",
    "quote": "quotations",
    "name": "names",
    "date": "dates",
    "link": "links",
    "wording": "strong words",
    "support": "sentences",
}


def count_line(counts: Mapping[str, int], *, printed: int, brief: int, reading: str) -> tuple[str, ...]:
    """The honest counts, part by part; what is zero is not said.

    ``counts`` may hold sources_checked, sources_failed, items_fetched, items_stale, items_filtered, undated,
    items_merged, pages_read, pages_refused, pages_failed, stories, stories_updated, stories_ran_before,
    stories_left_out and dropped_<reason>; ``printed`` and ``brief`` are what really stands there, and
    ``reading`` is how long that takes ("6 min").
    """
    parts = [
        _part(counts, ("sources_checked", "source checked", "sources checked"), ("sources_failed", "failed", "")),
        _part(
            counts,
            ("items_fetched", "item", "items"),
            ("items_stale", "too old", ""),
            ("items_filtered", "filtered by your words", ""),
            ("undated", "without a date", ""),
            ("items_merged", "merged with another report", ""),
        ),
        _part(
            counts,
            ("pages_read", "page read", "pages read"),
            ("pages_refused", "page refused", "pages refused"),
            ("pages_failed", "page failed", "pages failed"),
        ),
        _dropped(counts),
        _part(
            {**counts, "printed": printed, "brief": brief},
            ("stories", "story", "stories"),
            ("printed", "in full", ""),
            ("brief", "in brief", ""),
            ("stories_updated", "update", "updates"),
            ("stories_left_out", "left out for space", ""),
            ("stories_ran_before", "ran before", ""),
        ),
        reading,
    ]
    return tuple(part for part in parts if part)


def _part(counts: Mapping[str, int], *keys: tuple[str, str, str]) -> str:
    """ "42 sources checked, 2 failed": each key with its word for one and its word for many (or the same)."""
    said = []
    for key, one, many in keys:
        if n := counts.get(key, 0):
            said.append(f"{n:,} {one if n == 1 or not many else many}")
    return ", ".join(said)


def _dropped(counts: Mapping[str, int]) -> str:
    reasons = {key.removeprefix("dropped_"): n for key, n in counts.items() if key.startswith("dropped_") and n}
    if not reasons:
        return ""
    ranked = sorted(reasons.items(), key=lambda r: (-r[1], r[0]))
    return "dropped: " + ", ".join(f"{n:,} {one_line(reason.replace('_', ' '), 60)}" for reason, n in ranked)


def how_made(entries: Sequence[Entry], printed: Printed) -> tuple[str, ...]:
    """How this issue was made, in sentences: who reviewed, who wrote, what was looked up, what was cut and why.

    ``entries`` are those that are told of; the approval and the lead are those of ``printed``.
    """
    written = [e for e in entries if e.summary]
    checks = [*printed.lead_checks, *(c for e in written for c in e.checks)]
    said = [_approval(written, printed.approval), *_authors(written), _checks(checks), *_cuts(written, printed)]
    return tuple(sentence for sentence in said if sentence)


def _approval(written: Sequence[Entry], approval: Approval) -> str:
    total, reviewed = len(written), sum(e.reviewed for e in written)
    if approval == "person":
        if not reviewed:
            return "A person approved this issue as a whole."
        if reviewed == total:
            return f"A person approved this issue and reviewed {_all(total)} one by one."
        return f"A person approved this issue; {reviewed} of {total} stories {_were(reviewed)} reviewed one by one."
    if not reviewed:
        return "Nobody reviewed this issue before it went out."
    ruled = " in time, so it went out by the rule set for that" if approval == "policy" else ""
    return f"Nobody approved this issue as a whole{ruled}; a person reviewed {reviewed} of its {_stories(total)}."


def _authors(written: Sequence[Entry]) -> list[str]:
    by = Counter(e.summary.written_by.partition(":")[0] for e in written if e.summary)
    notes = sorted(
        {one_line(s.note, 120) for e in written if (s := e.summary) and s.note and s.written_by == "extract"}
    )
    in_part = sum(bool(s.note) for e in written if (s := e.summary) and s.written_by.startswith("model:"))
    said = list(_models(written))
    if in_part:
        said.append(f"Of {_stories(in_part)} it did not read all: the sources are too long.")
    if n := by["extract"]:
        why = f" ({'; '.join(notes[:3])})" if notes else ""
        are = "is an extract" if n == 1 else "are extracts"
        said.append(f"{_stories(n).capitalize()} {are}: sentences taken from the sources as they stand{why}.")
    if n := by["reviewer"]:
        said.append(f"A person wrote or edited {_stories(n)}.")
    return said


def _models(written: Sequence[Entry]) -> Iterator[str]:
    """Who wrote how many stories; where several models did, also which, but for the one that wrote most."""
    titles: dict[str, list[str]] = {}
    for entry in written:
        if entry.summary and entry.summary.written_by.startswith("model:"):
            title = one_line(entry.story.representative.title, 80)
            titles.setdefault(entry.summary.written_by.removeprefix("model:"), []).append(title)
    for rank, (name, told) in enumerate(sorted(titles.items(), key=lambda m: (-len(m[1]), m[0]))):
        shown = "; ".join(told[:_NAMED]) + (" ..." if len(told) > _NAMED else "")
        yield f"The language model {one_line(name, 80)} wrote {_stories(len(told))}{f' ({shown})' if rank else ''}."


def _checks(made: Sequence[Check]) -> str:
    """A model's opinion is not counted here: only what code looked up."""
    checks = [c for c in made if c.method in _LOOKED_UP]
    if not checks:
        return ""
    words = [word for method, word in _LOOKED_UP.items() if any(c.method == method for c in checks)]
    listed = ", ".join(words[:-1]) + " and " + words[-1] if len(words) > 1 else words[0]
    missing = sum(c.verdict != "supported" for c in checks)
    found = f"{missing:,} {_were(missing)} not found" if missing else "all were found"
    if len(checks) == 1:
        return (
            f"Code looked up one of the {listed} in its story's own sources; it was {'not ' if missing else ''}found."
        )
    return f"Code looked up {len(checks):,} {listed} in each story's own sources; {found}."


def _cuts(written: Sequence[Entry], printed: Printed) -> list[str]:
    sentences = sum(c != -1 for e in written for c in e.cut) + len(printed.lead_cut)
    headlines = sum(-1 in e.cut for e in written)
    because = "since the sources do not bear {} out"
    said = []
    if sentences:
        one = sentences == 1
        noun = "1 sentence was cut" if one else f"{sentences} sentences were cut"
        said.append(f"{noun}, {because.format('it' if one else 'them')}.")
    if headlines:
        noun = "1 headline gave" if headlines == 1 else f"{headlines} headlines gave"
        said.append(f"{noun} way to the source's own, {because.format('it' if headlines == 1 else 'them')}.")
    return said


def _stories(n: int) -> str:
    return "1 story" if n == 1 else f"{n:,} stories"


def _all(n: int) -> str:
    return "its story" if n == 1 else f"all {n} stories"


def _were(n: int) -> str:
    return "was" if n == 1 else "were"
