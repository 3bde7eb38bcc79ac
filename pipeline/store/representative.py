"""PURE: which item of a story stands for it: the publisher's own text before those who point at it."""

from collections import Counter
from collections.abc import Iterable

from pipeline.text.urls import host
from pipeline.types import Item, Kind

_KIND_RANK: dict[Kind, int] = {
    "release": 0, "paper": 0, "article": 0, "leaderboard": 1, "video": 1, "podcast": 1, "newsletter": 2, "post": 2,
}  # fmt: skip
_TELLING_BODY_CHARS = 200  # less is a teaser


def order(items: Iterable[Item]) -> tuple[Item, ...]:
    """The items of a story, the representative first.

    Articles, papers and releases stand before recordings, those before newsletters and posts; then who was not
    pointed at by another (``via``); then a text before a teaser; then the host that most of the items link; then time.
    """
    members = list(items)
    links = Counter(host(item.url) for item in members if item.url)

    def key(item: Item) -> tuple[object, ...]:
        return (
            _KIND_RANK[item.kind],
            item.via is not None,
            len(item.body) < _TELLING_BODY_CHARS,
            -links[host(item.url)],
            item.published_at or item.fetched_at,
            item.fetched_at,
            item.id,
        )

    return tuple(sorted(members, key=key))
