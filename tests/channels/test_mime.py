"""Mail as a mail program reads it."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from typing import cast

import pytest

from pipeline.channels._mime import build
from pipeline.errors import ConfigError
from tests.channels.samples import HEADERS, message


def read(body: bytes) -> EmailMessage:
    return message_from_bytes(body, policy=default)


def test_a_mail_program_reads_back_what_was_put_in() -> None:
    made = message()
    body = build(made).as_bytes()
    mail = read(body)
    assert mail["From"] == "Every Other Day <digest@example.org>"
    assert mail["To"] == "ada@example.net"
    assert mail["Subject"] == made.subject
    assert parsedate_to_datetime(mail["Date"]) == made.date
    assert mail["Message-ID"] == made.message_id
    assert mail["List-Id"] == HEADERS["List-Id"]
    assert mail["List-Unsubscribe"] == HEADERS["List-Unsubscribe"]
    assert mail.get_content_type() == "multipart/alternative"
    parts = cast("list[EmailMessage]", list(mail.iter_parts()))
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert parts[0].get_content().replace("\r\n", "\n") == made.text.decode()
    assert parts[1].get_content().replace("\r\n", "\n").rstrip("\n") == made.html.decode()
    assert all(len(line) <= 998 for line in body.split(b"\r\n"))
    assert body.isascii()
    for name in ("From", "To", "Subject", "Date", "Message-ID"):
        assert len(mail.get_all(name, [])) == 1


def test_the_same_message_gives_the_same_bytes() -> None:
    assert build(message()).as_bytes() == build(message()).as_bytes()


@pytest.mark.parametrize(
    ("text", "encoding"), [("plain — English\n" * 9, "quoted-printable"), ("全是中文。\n" * 9, "base64")]
)
def test_the_shorter_encoding_is_taken(text: str, encoding: str) -> None:
    mail = read(build(message(text=text.encode())).as_bytes())
    assert next(iter(mail.iter_parts()))["Content-Transfer-Encoding"] == encoding


def test_no_header_can_bring_another() -> None:
    hostile = message(
        subject="Hello\r\nBcc: everybody@example.org\u202e",
        headers={
            **HEADERS,
            "From": "A\r\nBcc: x@example.org <digest@example.org>",
            "List-Id": "x\r\nBcc: y <z.example>",
        },
    )
    with pytest.raises(ConfigError, match=r"mail\.sender"):
        build(hostile)
    mail = read(build(hostile, "Digest <digest@example.org>").as_bytes())
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Hello Bcc: everybody@example.org"
    assert mail["From"] == "Digest <digest@example.org>"


def test_long_headers_come_through() -> None:
    link = "<mailto:" + "leave+" + "x" * 40 + "@example.org?subject=" + "y" * 120 + ">"
    mail = read(build(message(subject="长" * 200, headers={**HEADERS, "List-Unsubscribe": link})).as_bytes())
    assert mail["Subject"] == "长" * 200
    assert mail["List-Unsubscribe"] == link


def test_an_international_domain_goes_as_punycode_and_a_name_as_it_is() -> None:
    mail = read(build(message("ada@bücher.example"), "每两天 <digest@bücher.example>").as_bytes())
    assert mail["To"] == "ada@xn--bcher-kva.example"
    assert mail["From"].addresses[0].display_name == "每两天"
    assert mail["From"].addresses[0].addr_spec == "digest@xn--bcher-kva.example"


def test_an_archive_is_not_named() -> None:
    assert "archive" not in build(message("archive")).as_string()


@pytest.mark.parametrize("sender", ["", "nobody", "阿达@example.org"])
def test_a_missing_or_wrong_sender_names_its_key(sender: str) -> None:
    with pytest.raises(ConfigError, match=r"mail\.sender"):
        build(message(headers={"From": sender}))
