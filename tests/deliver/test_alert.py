from dataclasses import replace
from datetime import UTC, datetime

from pipeline.deliver.alert import Failing, subject, text

SUNDAY = datetime(2026, 11, 22, 6, tzinfo=UTC)
DEAD = Failing(id="lab", name="A Lab", failures=5, is_gone=False, trouble="answered 500", succeeded_at=SUNDAY)
GONE = Failing(id="blog", name="blog", failures=1, is_gone=True, trouble="answered 410", succeeded_at=None)


def test_an_alert_names_each_source_what_is_wrong_and_since_when() -> None:
    said = text([DEAD, GONE])
    assert subject("My digest", [DEAD, GONE]) == "My digest: 2 sources are failing"
    assert "* A Lab (lab): 5 times in a row; last answer: 2026-11-22\n  answered 500\n" in said
    assert "* blog: gone for good; last answer: never\n  answered 410\n" in said
    assert max(map(len, said.splitlines())) <= 72


def test_what_a_source_says_cannot_break_out_of_its_line() -> None:
    hostile = replace(DEAD, trouble="a\r\nBcc: all@example.org\u202e")
    assert "\n  a Bcc: all@example.org\n" in text([hostile])
    assert "\n" not in subject("T\nBcc: x", [hostile])
