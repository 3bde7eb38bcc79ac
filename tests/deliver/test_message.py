"""Headers of a mail."""

import re

import pytest

from pipeline.config import MailSettings
from pipeline.deliver.message import list_headers, message_id, notice_headers


def test_message_id_is_the_same_each_time_and_hides_the_address() -> None:
    made = message_id("2026-11-23", "ada@example.net", "secret", "example.org")
    assert made == message_id("2026-11-23", "ada@example.net", "secret", "example.org")
    assert re.fullmatch(r"<issue-2026-11-23\.[0-9a-f]{16}@example\.org>", made)
    others = {
        message_id("2026-11-25", "ada@example.net", "secret", "example.org"),
        message_id("2026-11-23", "bob@example.net", "secret", "example.org"),
        message_id("2026-11-23", "ada@example.net", "other", "example.org"),
    }
    assert len(others | {made}) == 4


@pytest.mark.parametrize("domain", ["", "a b", "x>\r\nBcc: y", "bücher.example"])
def test_message_id_is_well_formed_whatever_the_domain(domain: str) -> None:
    assert re.fullmatch(
        r"<[A-Za-z0-9.-]+@[A-Za-z0-9.-]+>", message_id("2026-11-23\r\n", "ada@example.net", "s", domain)
    )


def test_list_headers() -> None:
    settings = MailSettings(
        sender="Every Other Day <digest@example.org>",
        list_id="news.example.org",
        unsubscribe="mailto:leave@example.org?subject=stop",
    )
    assert list_headers(settings, "Every Other Day") == {
        "From": "Every Other Day <digest@example.org>",
        "List-Id": "Every Other Day <news.example.org>",
        "List-Post": "NO",
        "List-Unsubscribe": "<mailto:leave@example.org?subject=stop>",
    }


def test_list_id_comes_from_the_sender_and_an_unknown_way_to_leave_is_not_promised() -> None:
    headers = list_headers(MailSettings(sender="digest@example.org", unsubscribe="call me"), "")
    assert headers["List-Id"] == "<digest.example.org>"
    assert "List-Unsubscribe" not in headers


def test_no_setting_can_bring_another_header() -> None:
    settings = MailSettings(
        sender="A\r\nBcc: x <digest@example.org>", list_id="a>\r\nBcc: <b", unsubscribe="mailto:a@b>\r\nBcc:c"
    )
    for headers in (list_headers(settings, 'T"\r\nBcc: <x>'), notice_headers(settings)):
        assert not [value for value in headers.values() if re.search(r"[\r\n\x00]", value)]
    assert re.fullmatch(r"T Bcc x <[A-Za-z0-9.-]+>", list_headers(settings, 'T"\r\nBcc: <x>')["List-Id"])


def test_only_notices_are_automatic() -> None:
    assert notice_headers(MailSettings())["Auto-Submitted"] == "auto-generated"
    assert "Auto-Submitted" not in list_headers(MailSettings(), "T")
