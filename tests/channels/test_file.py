"""The folder of issues."""

import os
from email import message_from_bytes
from pathlib import Path

from pipeline.channels.file import Options, connect
from tests.channels.samples import message, options


def test_an_issue_is_three_files_and_writing_it_again_changes_nothing(tmp_path: Path) -> None:
    made = message("archive")
    for _ in range(2):
        with connect(options(Options, {}), tmp_path) as channel:
            assert channel.send(made).status == "sent"
        folder = tmp_path / "issues" / "2026-11-23"
        assert sorted(p.name for p in folder.iterdir()) == ["issue.eml", "issue.html", "issue.txt"]
        assert (folder / "issue.html").read_bytes() == made.html
        assert (folder / "issue.txt").read_bytes() == made.text
        assert message_from_bytes((folder / "issue.eml").read_bytes())["Message-ID"] == made.message_id


def test_the_folder_can_be_chosen(tmp_path: Path) -> None:
    with connect(options(Options, {"folder": str(tmp_path / "out")}), Path("/nowhere")) as channel:
        assert channel.send(message("archive")).status == "sent"
    assert (tmp_path / "out" / "2026-11-23" / "issue.html").is_file()


def test_a_place_that_cannot_be_written_puts_the_issue_off_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "issues").write_text("a file where the folder should be", encoding="utf-8")
    with connect(options(Options, {}), tmp_path) as channel:
        receipt = channel.send(message("archive"))
    assert receipt.status == "deferred"
    assert "issues" in receipt.detail
    assert "next run" in receipt.detail


def test_a_full_disk_puts_the_issue_off_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    folder = tmp_path / "issues" / "2026-11-23"
    folder.mkdir(parents=True)
    (folder / f".issue.html.{os.getpid()}.part").symlink_to("/dev/full")
    (folder / "issue.html").write_bytes(b"the old one")
    with connect(options(Options, {}), tmp_path) as channel:
        receipt = channel.send(message("archive"))
    assert receipt.status == "deferred"
    assert "No space left" in receipt.detail
    assert [p.name for p in folder.iterdir()] == ["issue.html"]
    assert (folder / "issue.html").read_bytes() == b"the old one"


def test_a_missing_sender_is_told_in_the_receipt(tmp_path: Path) -> None:
    with connect(options(Options, {}), tmp_path) as channel:
        receipt = channel.send(message("archive", headers={}))
    assert receipt.status == "deferred"
    assert "mail.sender" in receipt.detail
