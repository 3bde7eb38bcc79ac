"""The addresses that one source gives to many of its items (its home page, a tracker): they identify none of them."""

MOST_LINKS = 50_000
"""Remembered, those learned last: as many as there are stories in the window."""

_SHARED_BY = 3  # items


class Links:
    """Which items of a source have an address."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str], tuple[str, ...]] = {}  # the one learned last stands last

    def learn(self, source_id: str, address: str, item_id: str) -> None:
        """Take in the address of an item."""
        items = self._items.pop((source_id, address), ())
        if len(items) < _SHARED_BY and item_id not in items:
            items = (*items, item_id)
        self._items[source_id, address] = items
        if len(self._items) > MOST_LINKS:
            del self._items[next(iter(self._items))]

    def is_shared(self, source_id: str, address: str) -> bool:
        """Whether a source gave an address to so many items that it says nothing."""
        return len(self._items.get((source_id, address), ())) >= _SHARED_BY
