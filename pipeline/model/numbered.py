"""PURE: many short texts in one prompt, each under its number, and among them a probe: it shows whom not to believe.

A probe is a text of our own whose answer is plain. A text that tells the model to answer everything in one way makes it
answer the probe so too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.model.prompting import fence


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """``shown`` is "[1] ..." and so on; ``numbers`` has that of each text, in order; ``probe`` that of the probe."""

    shown: str
    numbers: tuple[int, ...]
    probe: int

    def check(self, number: int, seen: Mapping[int, object], what: str) -> None:
        """Raises ValueError for a number that nothing has, and for one that was ``seen`` before; ``what`` is a noun."""
        if not 1 <= number <= len(self.numbers) + 1:
            raise ValueError(f"there is no {what} {number}; there are 1 to {len(self.numbers) + 1}")
        if number in seen:
            raise ValueError(f"{what} {number} is answered twice")


def numbered(texts: Sequence[str], probe: str) -> Numbered:
    """Where the probe stands depends on all texts: none of them can foresee it, and it is the same the next time."""
    at = int(fence("\n".join(texts)).strip("= "), 16) % (len(texts) + 1)
    shown = (f"[{n}] {text}" for n, text in enumerate([*texts[:at], probe, *texts[at:]], 1))
    numbers = tuple(n for n in range(1, len(texts) + 2) if n != at + 1)
    return Numbered(shown="\n\n".join(shown), numbers=numbers, probe=at + 1)


def list_schema(name: str, properties: Mapping[str, object], most: int) -> dict[str, object]:
    """JSON schema of ``{name: [{...}, ...]}``, ``most`` entries with all of these properties."""
    entry = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {name: {"type": "array", "items": entry, "maxItems": most}},
        "required": [name],
        "additionalProperties": False,
    }
