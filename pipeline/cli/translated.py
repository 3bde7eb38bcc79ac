"""The cards of the desk with what the checks find in translations: looked up when they are shown, and not kept."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.review.desk import Card


def checked(cards: "Sequence[Card]") -> "list[Card]":
    """The same cards; each translation is held against its story's own items, as any printed text."""
    from pipeline.review.findings import of_translations
    from pipeline.verify.engine import verify_translations

    made = []
    for card in cards:
        texts = {key: text for key, text in card.translations.items() if text}
        revision = card.summary.revision if card.summary else 0
        checks = verify_translations(texts, (card.story.id, revision), card.story.items) if texts else []
        made.append(replace(card, in_translations=of_translations(card.story, texts, checks)))
    return made
