from datetime import UTC, datetime

from pipeline.deliver.alert import subject, text
from pipeline.store.sources import SourceState

SUNDAY = datetime(2026, 11, 22, 6, tzinfo=UTC)
DEAD = SourceState(id="lab", validators={}, failures=5, trouble="answered 500", succeeded_at=SUNDAY)
GONE = SourceState(id="blog", validators={}, failures=1, trouble="answered 410", gone_at=SUNDAY)


def test_an_alert_names_each_source_what_is_wrong_and_since_when() -> None:
    said = text([DEAD, GONE], {"lab": "A Lab", "blog": "blog"})
    assert subject("My digest", [DEAD, GONE]) == "My digest: 2 sources are failing"
    assert "* A Lab (lab): 5 times in a row; last answer: 2026-11-22\n  answered 500\n" in said
    assert "* blog: gone for good; last answer: never\n  answered 410\n" in said
    assert max(map(len, said.splitlines())) <= 72


def test_what_a_source_says_cannot_break_out_of_its_line() -> None:
    hostile = SourceState(id="x", validators={}, failures=9, trouble="a\r\nBcc: all@example.org\u202e")
    assert "\n  a Bcc: all@example.org\n" in text([hostile], {})
    assert "\n" not in subject("T\nBcc: x", [hostile])
