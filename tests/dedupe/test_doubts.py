from pipeline.dedupe.doubts import DOUBTS_OF_A_STORY, MOST_DOUBTS, Doubts
from pipeline.types import Doubt


def _doubt(story: str, other: str, score: float) -> Doubt:
    return Doubt(story_id=story, other_id=other, score=score, reason="likeness")


def test_the_likeliest_come_first_and_of_equal_ones_the_earlier() -> None:
    doubts = Doubts()
    for doubt in (_doubt("a", "x", 0.1), _doubt("b", "y", 0.9), _doubt("c", "z", 0.1)):
        doubts.note(doubt)
    assert [d.story_id for d in doubts.best()] == ["b", "a", "c"]


def test_there_are_only_so_many_of_a_run_and_of_a_story() -> None:
    doubts = Doubts()
    for n in range(2_000):
        doubts.note(_doubt(f"new{n}", f"old{n}", n / 10_000))
        doubts.note(_doubt(f"other{n}", "famous", 0.5 + n / 10_000))
    best = doubts.best()
    assert len(best) <= MOST_DOUBTS
    assert sum(d.other_id == "famous" for d in best) == DOUBTS_OF_A_STORY
