"""The pairs of stories that are perhaps one: the most likely of them are kept, a few for each story."""

from collections import Counter
from heapq import heappush, heappushpop

from pipeline.types import Doubt

MOST_DOUBTS = 60
"""Of one run: what a model reads in one call and a reviewer on one page."""

DOUBTS_OF_A_STORY = 3

_HELD = 10 * MOST_DOUBTS  # while it runs: enough that those of one story do not crowd out the others


class Doubts:
    """Takes any number of pairs, in memory of _HELD."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Doubt]] = []  # the least likely first, of equal ones the last
        self._count = 0

    def note(self, doubt: Doubt) -> None:
        """Take a pair, unless there are many likelier ones."""
        self._count += 1
        (heappush if len(self._heap) < _HELD else heappushpop)(self._heap, (doubt.score, -self._count, doubt))

    def best(self) -> tuple[Doubt, ...]:
        """The likeliest first, at most MOST_DOUBTS, and at most DOUBTS_OF_A_STORY with any one story."""
        taken: list[Doubt] = []
        of_story: Counter[str] = Counter()
        for _, _, doubt in sorted(self._heap, reverse=True):
            pair = (doubt.story_id, doubt.other_id)
            if len(taken) < MOST_DOUBTS and all(of_story[story] < DOUBTS_OF_A_STORY for story in pair):
                taken.append(doubt)
                of_story.update(pair)
        return tuple(taken)
