"""The cards of the desk with what the checks find in translations: looked up when they are shown, and not kept."""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.review.findings import Found
    from pipeline.review.queue import Card


class TranslationChecks:
    """What the checks find in translations. A session shows its cards anew after each decision: what was looked up once
    is not looked up again while the texts stay.
    """

    def __init__(self) -> None:
        self._found: dict[Hashable, tuple[Found, ...]] = {}

    def shown(self, cards: "Sequence[Card]") -> "list[Card]":
        """The same cards; each translation is held against its story's own items, as any printed text."""
        return [replace(card, in_translations=self._in(card)) for card in cards]

    def _in(self, card: "Card") -> "tuple[Found, ...]":
        from pipeline.review.findings import of_translations
        from pipeline.verify.engine import verify_translations

        texts = {key: text for key, text in card.translations.items() if text}
        if not texts:
            return ()
        key = (card.story, tuple(texts.items()))
        if key not in self._found:
            revision = card.summary.revision if card.summary else 0
            checks = verify_translations(texts, (card.story.id, revision), card.story.items)
            self._found[key] = of_translations(card.story, texts, checks)
        return self._found[key]
