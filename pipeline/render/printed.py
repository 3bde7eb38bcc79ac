"""What is to be printed: an issue, and its stories with what the stages found out about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pipeline.types import Check, Issue, Slot, Story, Summary, Told

Approval = Literal["person", "policy", "none"]
"""Who let the issue out: a person, the policy at the deadline, or nobody (yet)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One story of an issue with what is printed about it.

    ``cut`` has the claims that are not printed, counted as in ``types.Check``: -1 the headline, -2 why it matters.
    """

    slot: Slot
    story: Story
    before: Told | None = None  # what it is an update of
    summary: Summary | None = None
    checks: tuple[Check, ...] = ()
    reviewed: bool = False
    cut: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """Everything that an issue prints. ``entries`` stand in the order of the issue; ``title`` is the digest's name.

    ``translations`` are by (story or issue id, language) and by number as in ``types.Check``: (what was translated, its
    translation).
    """

    issue: Issue
    title: str
    entries: Sequence[Entry]
    source_names: Mapping[str, str]  # by source id
    counts: Mapping[str, int] = field(default_factory=dict)
    lead_checks: tuple[Check, ...] = ()
    lead_cut: frozenset[int] = frozenset()  # the sentences of the lead that are not printed
    approval: Approval = "none"
    language: str = "en"
    languages: tuple[str, ...] = ()  # all of them; the page is in ``language``
    layout: Literal["interleaved", "separate"] = "interleaved"
    translations: Mapping[tuple[str, str], Mapping[int, tuple[str, str]]] = field(default_factory=dict)
    translators: Mapping[str, Sequence[str]] = field(default_factory=dict)  # models, by language
    can_translate: bool = False  # whether a model is asked for translations
    previous_issue_id: str | None = None
    unsubscribe: str = ""  # mail.unsubscribe of the configuration
