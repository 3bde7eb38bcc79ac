"""What a writer gives, whoever it is: the text of a story with its citations, before it becomes a revision."""

from dataclasses import dataclass, field

from pipeline.types import Claim, Tags


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Headline, claims with citations, why it matters, tags. One claim at least."""

    headline: str
    claims: tuple[Claim, ...]
    why_it_matters: str | None = None
    tags: Tags = field(default_factory=Tags)
