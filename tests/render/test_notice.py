"""The mail to a reviewer."""

from bs4 import BeautifulSoup

from pipeline.render.render import FindingView, Notice, environment, render_notice
from pipeline.text.marking import Marked
from pipeline.text.wrap import width

NOTICE = Notice(
    title="Every Other Day",
    issue_id="2026-11-23",
    subject="Open weights lead <b>",
    deadline="23 November 2026, 08:00 Europe/Berlin",
    at_deadline="If nobody decides, it waits.",
    stories=12,
    findings=(
        (
            "A 128K <script> headline",
            (
                FindingView(note="99.9 is in no source", printed=Marked("It scored ", "99.9", " <b>points</b>.")),
                FindingView(note="“quote” is in no source", printed=Marked("", "quote", "")),
            ),
        ),
        ("Two", (FindingView(note="N", printed=Marked("", "5 km", ""), source_name="Lab", source="It is 6 km."),)),
    ),
)


def test_it_says_what_waits_until_when_and_where_to_look() -> None:
    made = render_notice(NOTICE, environment())
    text = made["text"].decode()
    page = BeautifulSoup(made["html"], "lxml")
    assert not page.find_all("script")
    assert [mark.text for mark in page.select(".mark")] == ["99.9", "quote", "5 km"]
    assert "It scored »99.9« <b>points</b>." in text
    for shown in (" ".join(text.split()), " ".join(page.get_text(" ").split())):
        for said in ("2026-11-23", "12 stories.", "3 findings", "08:00 Europe/Berlin", "If nobody decides, it waits."):
            assert said in shown
        for said in ("Open weights lead <b>", "A 128K <script> headline", "99.9 is in no source", "5 km", "6 km"):
            assert said in shown
        assert "digest review --terminal" in shown
    assert all(width(line) <= 72 for line in text.split("\n"))


def test_nothing_found_is_said_too() -> None:
    quiet = Notice(title="T", issue_id="x", subject="S", deadline="D", at_deadline="A.", stories=1)
    text = render_notice(quiet, environment())["text"].decode()
    assert "1 story. Code found nothing in them" in " ".join(text.split())
    assert "FINDINGS" not in text
