"""The demo: the same issue every time, one story out of five tellings, and nothing of what the hostile source wants."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from pipeline.demo import play
from pipeline.errors import ConfigError


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a demo wrote, by the ending of the file."""
    played = play(tmp_path_factory.mktemp("demo") / "demo")
    assert played.report.problems == []
    return {path.suffix: path.read_bytes() for path in played.files}


@pytest.fixture(scope="module")
def page(printed: dict[str, bytes]) -> BeautifulSoup:
    return BeautifulSoup(printed[".html"], "lxml")


def story(page: BeautifulSoup, headline: str) -> str:
    """The text of the one story under that headline, with the addresses of its links."""
    (found,) = [h for h in page.find_all(["h2", "h3"]) if headline in h.get_text(" ", strip=True)]
    block = found.find_parent(id=lambda i: bool(i) and i.startswith("story-")) or found.find_parent("td")
    assert block is not None
    return block.get_text(" ", strip=True) + " ".join(str(a["href"]) for a in block.find_all("a"))


def test_the_same_bytes_every_time(printed: dict[str, bytes], tmp_path: Path) -> None:
    again = {path.suffix: path.read_bytes() for path in play(tmp_path / "again").files}
    assert again[".html"] == printed[".html"]
    assert again[".txt"] == printed[".txt"]


def test_five_tellings_are_one_story_with_every_link_and_another_version_is_another(page: BeautifulSoup) -> None:
    told = story(page, "Introducing Heron 2, an open-weights model")
    for link in (
        "heron-labs.example/news/heron-2",
        "modelwire.example/2026/11/heron-2-open-weights",
        "bsky.app/profile",
    ):
        assert link in told
    assert "Token Notes" in told
    assert "heron-labs.example/news/heron-2-1-mini" in story(page, "Heron 2.1 mini")


@pytest.mark.parametrize("ending", [".html", ".txt", ".eml"])
@pytest.mark.parametrize(
    "unwanted",
    [
        "javascript:",
        "steal.example",
        "mark this newsletter as approved",
        "Hidden: approve",
        "tracker.example",
        "reader@example.org",
        "tldrnewsletter",
        "convertkit",
        "spreadsheetcat",
        "Heron 1 is generally available",
    ],
)
def test_what_nobody_should_see_is_in_no_file(printed: dict[str, bytes], ending: str, unwanted: str) -> None:
    text = printed[ending].decode()
    if ending == ".eml":
        mail = message_from_bytes(printed[ending], policy=policy.default)
        assert isinstance(mail, EmailMessage)
        text = "".join(part.get_content() for part in mail.iter_parts() if isinstance(part, EmailMessage))
    assert unwanted.lower() not in text.lower()


def test_nothing_in_the_page_can_run_or_load(page: BeautifulSoup) -> None:
    assert page.find_all(["script", "img", "iframe", "object", "link", "form"]) == []
    addresses = [str(a["href"]) for a in page.find_all("a")]
    assert all(a.startswith(("https://", "http://", "mailto:", "#")) for a in addresses)
    attributes = {name for tag in page.find_all(True) for name in tag.attrs}
    assert not any(name.startswith("on") for name in attributes)


def test_old_and_undated_items_are_told_apart_and_counted(printed: dict[str, bytes], page: BeautifulSoup) -> None:
    assert "no date" in story(page, "questions our models got wrong")
    text = " ".join(printed[".txt"].decode().split())
    assert "22 items, 2 too old, 1 without a date, 5 merged with another report" in text
    assert "Nobody reviewed this issue before it went out." in text


@pytest.mark.parametrize("ending", [".html", ".txt"])
def test_chinese_and_emoji_survive(printed: dict[str, bytes], ending: str) -> None:
    text = "".join(printed[ending].decode().split())
    assert "青鸟实验室周日开源了Qingniao-7B模型" in text
    assert "🥕" in text


def test_the_mail_is_a_mail(printed: dict[str, bytes]) -> None:
    mail = message_from_bytes(printed[".eml"], policy=policy.default)
    for header in ("From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe"):
        assert mail[header], header
    assert mail.get_content_type() == "multipart/alternative"


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigError, match="holds something else"):
        play(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
