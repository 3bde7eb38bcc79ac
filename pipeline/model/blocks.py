"""A story as a model is shown it: its items as numbered blocks, the room shared fairly among them. Pure."""

from dataclasses import dataclass

from pipeline.types import Item, Story

MAX_INPUT_CHARS = 12_000  # about 3,000 tokens: news stands at the top, and a story has several sources
MAX_BLOCKS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One item as a model sees it. ``text`` is the beginning of ``item.cited_text``: offsets are the same in both."""

    number: int
    item: Item
    text: str

    def __str__(self) -> str:
        body = self.item.body
        note = " (title only)" if not body else " (cut)" if len(self.text) < len(body) else ""
        title = f"Title: {self.item.title}\n" if body else ""
        return f"[B{self.number}]{note}\n{title}{self.text}"


def blocks(story: Story, max_chars: int = MAX_INPUT_CHARS) -> list[Block]:
    """The story's first items, with ``max_chars`` shared fairly: what short ones leave goes to the longer."""
    items = [item for item in story.items if item.cited_text.strip()][:MAX_BLOCKS]
    left, share = max_chars, {}
    for position, index in enumerate(sorted(range(len(items)), key=lambda i: len(items[i].cited_text))):
        share[index] = min(len(items[index].cited_text), left // (len(items) - position))
        left -= share[index]
    return [Block(number=i + 1, item=item, text=item.cited_text[: share[i]]) for i, item in enumerate(items)]
