"""Two stories that a reviewer told apart: a copy goes to the one that it is a copy of, and none joins both."""

from dataclasses import asdict

import pytest

from pipeline.dedupe.fold import Candidate, Folder, Known
from tests.dedupe.test_fold import item

OUT = (
    "Heron 2 is out with open weights",
    "Lab opens the weights of Heron 2",
    "Heron 2: open weights out today",
    "Open weights for Heron 2 from the lab",
    "The lab puts out Heron 2 with open weights",
)
DOWN = "Heron 2 open weights taken down by the lab"
URL = "https://lab.example/heron-2"
APART = [frozenset(("out0", "down"))]


def known(candidate: Candidate, story_id: str) -> Known:
    return Known(**asdict(candidate), story_id=story_id)


@pytest.fixture
def folder() -> Folder:
    """Five reports of the one, and later one of the other, which links the same page."""
    told = [known(item(f"out{n}", title, url=URL if n == 0 else ""), "out0") for n, title in enumerate(OUT)]
    down = known(item("down", DOWN, url=URL, hours=1), "down")
    return Folder([*told, down], threshold=0.2, window_days=14, apart=APART)


@pytest.mark.parametrize(
    ("title", "url", "story"),
    [
        (DOWN, URL, "down"),
        (OUT[0], URL, "out0"),
        ("The lab took down the open weights of Heron 2", "", "down"),
        ("The lab took down the open weights of Heron 2", URL, "down"),
        ("Heron 2 with open weights is out now", URL, "out0"),
        ("A cable comes ashore at Narva", URL, "new"),
    ],
)
def test_a_copy_joins_the_one_that_it_is_like_however_much_larger_the_other_is(
    folder: Folder, title: str, url: str, story: str
) -> None:
    new = item("new", title, url=url, hours=2)
    folder.learn([new])
    assert folder.fold(new).story_id == story
