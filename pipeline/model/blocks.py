"""A story as a model is shown it: its items as numbered blocks, the room shared fairly among them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.text.tokens import estimate_tokens, fitting_chars
from pipeline.types import Citation, Item, Story

BUDGET_TOKENS = 5_000
"""What the text of a story may take of one call, as estimate_tokens counts: about 17,500 letters of English, 3,300
characters of Chinese. With the rules, the schema and the answer the call fits a window of 8,192."""
MAX_BLOCKS = 30  # items of one story that anybody looks at
_MAX_NAMED = 2  # authors
_MOST_AROUND_CHARS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One item, or a part of it, as a model sees it. ``text`` is what is shown of ``item.cited_text``.

    ``note`` says how it is shown: "cut" is its beginning, with the same offsets.
    """

    number: int
    item: Item
    text: str
    note: str = ""

    def __str__(self) -> str:
        note = f" ({self.note})" if self.note else ""
        names = ", ".join(self.item.authors[:_MAX_NAMED]) if self.item.kind == "post" else ""
        by = f"By: {names}\n" if names else ""
        title = f"Title: {self.item.title}\n" if self.item.body else ""
        return f"[B{self.number}]{note}\n{by}{title}{self.text}"


def shown_items(story: Story) -> list[Item]:
    """The items of a story that have anything to show, at most MAX_BLOCKS. Block 1 is the first of them, and so on."""
    return [item for item in story.items if item.cited_text.strip()][:MAX_BLOCKS]


def whole(story: Story) -> list[Block]:
    """Every item from its first to its last word, however long."""
    return [_block(number, item, len(item.cited_text)) for number, item in enumerate(shown_items(story), 1)]


def blocks(story: Story, cited: Sequence[Citation] = (), max_tokens: int = BUDGET_TOKENS) -> list[Block]:
    """The items, as far as ``max_tokens`` goes: of a longer story what stands around what is ``cited``.

    Without citations the beginnings, with the room shared fairly: what short ones leave goes to the longer.
    """
    if cited and tokens_of(whole(story)) > max_tokens:
        return _around(shown_items(story), cited, max_tokens)
    return _beginnings(shown_items(story), max_tokens)


def _around(items: Sequence[Item], cited: Sequence[Citation], max_tokens: int) -> list[Block]:
    side = min(_MOST_AROUND_CHARS, max_tokens // len(cited) // 3)  # both sides in Chinese take no more than the share
    found = []
    for number, item in enumerate(items, 1):
        text, end = "", 0
        for start, stop in sorted((c.start, c.end) for c in cited if c.item_id == item.id):
            begin = max(end, start - side)
            text += ("\n[...]\n" if begin > end else "") + item.cited_text[begin : max(begin, stop + side)]
            end = max(end, stop + side)
        if text:
            found.append(Block(number=number, item=item, text=text, note="excerpts"))
    return found


def _beginnings(items: Sequence[Item], max_tokens: int) -> list[Block]:
    needs = [estimate_tokens(item.cited_text) for item in items]
    left, chars = max_tokens, {}
    for position, index in enumerate(sorted(range(len(items)), key=lambda i: needs[i])):
        share = left // (len(items) - position)
        chars[index] = fitting_chars(items[index].cited_text, share)
        left -= min(needs[index], share)
    return [_block(i + 1, item, chars[i]) for i, item in enumerate(items)]


def tokens_of(shown: Sequence[Block]) -> int:
    """What these blocks take of a prompt, estimated."""
    return estimate_tokens("\n\n".join(map(str, shown)))


def _block(number: int, item: Item, chars: int) -> Block:
    note = "title only" if not item.body else "cut" if chars < len(item.body) else ""
    return Block(number=number, item=item, text=item.cited_text[:chars], note=note)
