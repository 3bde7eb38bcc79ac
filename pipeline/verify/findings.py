"""What a check is: sources in, findings out."""

from dataclasses import dataclass
from typing import Protocol

from pipeline.types import CheckMethod, Verdict
from pipeline.verify.sources import Place, Sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check says about ``text[start:end]``; ``source`` is the place that bears it out or contradicts it.

    "refuted" is an error that the check is sure of; "not_enough_info" a place where to look, for no source has it.
    ``probability`` is that the text is supported; None where the method gives none.
    """

    start: int
    end: int
    verdict: Verdict
    note: str = ""
    source: Place | None = None
    probability: float | None = None


class CheckType(Protocol):
    """The shape of a check's module."""

    __name__: str
    METHOD: CheckMethod

    def check(self, text: str, sources: Sources) -> list[Finding]:
        """Hold a text against the sources."""
        ...
