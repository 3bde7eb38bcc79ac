"""A real SMTP server on loopback, in good and bad moods."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pydantic import ValidationError

from pipeline.channels.smtp import MAX_RECONNECTS, Options, connect
from pipeline.errors import NetworkError
from pipeline.seams import Receipt
from tests.channels.samples import message, options

PASSWORD = "correct horse"


def hang_up(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


class Moods:
    """What the server does, by the local part of the recipient; it keeps every mail that it took."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.sessions: set[int] = set()
        self.mail_answer = ""

    async def handle_MAIL(  # noqa: N802 - aiosmtpd calls it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, mail_options: list[str]
    ) -> str:
        self.sessions.add(id(session))
        if self.mail_answer:
            return self.mail_answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        mood = address.partition("@")[0]
        if mood == "hangup-rcpt":
            hang_up(server)
        answers = {
            "gone": "550 5.1.1 no such mailbox",
            "grey": "451 4.7.1 try again",
            "closing": "421 4.3.2 going down",
        }
        envelope.rcpt_tos.append(address)
        return answers.get(mood, "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        mood = envelope.rcpt_tos[0].partition("@")[0]
        if mood == "hangup-data":
            hang_up(server)
        if mood == "slow-data":
            await server.loop.run_in_executor(None, self.wait)
        self.taken.append(envelope)
        answers = {"full": "452 4.2.2 mailbox full", "spam": "554 5.7.1 looks like spam"}
        return answers.get(mood, "250 2.0.0 queued as 4711")

    def wait(self) -> None:
        """Hold the answer back until the client has left."""
        left, _ = self.gate.accept()
        left.close()

    gate: socket.socket


def authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, auth_data: LoginPassword
) -> AuthResult:
    return AuthResult(success=auth_data.password == PASSWORD.encode(), handled=False)


@contextmanager
def running(moods: Moods, **more: Any) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(moods, hostname="127.0.0.1", port=port, **more)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def settings(port: int, **more: object) -> Options:
    raw = {"host": "127.0.0.1", "port": port, "security": "none", "timeout_s": 5, **more}
    return options(Options, raw, {"SMTP_PASSWORD": PASSWORD})


def send(port: int, *recipients: str, **more: object) -> list[Receipt]:
    with connect(settings(port, **more), Path()) as channel:
        return [channel.send(message(f"{name}@example.net")) for name in recipients]


def test_a_mail_arrives_as_it_was_built() -> None:
    moods = Moods()
    with running(moods) as port:
        receipts = send(port, "ada", "bob")
    assert [(r.status, r.detail) for r in receipts] == [("sent", "250 2.0.0 queued as 4711")] * 2
    assert [e.rcpt_tos for e in moods.taken] == [["ada@example.net"], ["bob@example.net"]]
    assert moods.taken[0].mail_from == "digest@example.org"
    assert len(moods.sessions) == 1, "one connection for a batch"
    content = moods.taken[0].content
    assert isinstance(content, bytes)
    mail = message_from_bytes(content, policy=default)
    assert mail["To"] == "ada@example.net"
    assert mail["Subject"] == message().subject
    assert mail["List-Unsubscribe"] == "<mailto:leave@example.org?subject=unsubscribe>"
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n") == message().text.decode()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("mood", "status", "said"),
    [
        ("gone", "failed", "550 5.1.1"),
        ("grey", "deferred", "451 4.7.1"),
        ("full", "deferred", "452"),
        ("spam", "failed", "554"),
        ("hangup-rcpt", "deferred", "before the mail was sent"),
        ("hangup-data", "unknown", "before the server confirmed"),
    ],
)
def test_one_recipients_trouble_is_theirs_alone(mood: str, status: str, said: str) -> None:
    moods = Moods()
    with running(moods) as port:
        before, receipt, after = send(port, "ada", mood, "bob")
    assert (before.status, after.status) == ("sent", "sent")
    assert receipt.status == status
    assert said in receipt.detail


def test_no_answer_in_time_after_the_mail_is_unknown() -> None:
    moods = Moods()
    with (
        socket.create_server(("127.0.0.1", 0)) as moods.gate,
        running(moods) as port,
        connect(settings(port, data_timeout_s=0.2), Path()) as channel,
    ):
        receipt = channel.send(message("slow-data@example.net"))
        socket.create_connection(moods.gate.getsockname()).close()
        after = channel.send(message("ada@example.net"))
    assert receipt.status == "unknown"
    assert after.status == "sent"


def test_421_puts_the_rest_of_the_batch_off() -> None:
    moods = Moods()
    with running(moods) as port:
        receipts = send(port, "ada", "closing", "bob")
    assert [r.status for r in receipts] == ["sent", "deferred", "deferred"]
    assert "421" in receipts[2].detail
    assert len(moods.taken) == 1


def test_a_refused_sender_gives_nobody_up() -> None:
    moods = Moods()
    moods.mail_answer = "553 5.7.1 sender not owned"
    with running(moods) as port:
        receipts = send(port, "ada", "bob")
    assert [r.status for r in receipts] == ["deferred", "deferred"]
    assert "553" in receipts[0].detail
    assert "mail.sender" in receipts[0].detail


def test_a_server_that_keeps_hanging_up_is_left_alone() -> None:
    moods = Moods()
    with running(moods) as port:
        receipts = send(port, *["hangup-rcpt"] * 10)
    assert {r.status for r in receipts} == {"deferred"}
    assert len(moods.sessions) <= MAX_RECONNECTS + 1
    assert "next run" in receipts[-1].detail


def test_a_server_that_is_down_says_so_before_anything_is_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(NetworkError, match=f"smtp 127.0.0.1:{port}") as caught, connect(settings(port), Path()):
        pass
    assert caught.value.kind == "smtp_down"
    assert "Check host and port" in caught.value.remedy


def test_the_login_is_used_and_a_wrong_one_is_named_without_its_password() -> None:
    moods = Moods()
    with running(moods, authenticator=authenticate, auth_require_tls=False) as port:
        assert send(port, "ada", username="digest")[0].status == "sent"
        wrong = options(
            Options,
            {"host": "127.0.0.1", "port": port, "security": "none", "username": "digest", "password_env": "OTHER"},
            {"OTHER": "battery staple"},
        )
        with pytest.raises(NetworkError) as caught, connect(wrong, Path()):
            pass
    assert caught.value.kind == "smtp_auth"
    assert "OTHER" in str(caught.value)
    assert "battery" not in str(caught.value) + repr(wrong)


def test_a_missing_password_names_where_to_write_it() -> None:
    bare = options(Options, {"host": "127.0.0.1", "security": "none", "username": "digest"})
    with pytest.raises(NetworkError, match=r"SMTP_PASSWORD=\.\.\. into \.env"), connect(bare, Path()):
        pass


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_without_encryption_nothing_is_sent(security: str) -> None:
    moods = Moods()
    with (
        running(moods) as port,
        pytest.raises(NetworkError) as caught,
        connect(settings(port, security=security), Path()),
    ):
        pass
    assert caught.value.kind == "smtp_tls"
    assert not moods.sessions


def test_addresses_that_no_server_takes_fail_alone() -> None:
    moods = Moods()
    with running(moods) as port, connect(settings(port), Path()) as channel:
        receipts = [channel.send(message(a)) for a in ("阿达@example.net", "nobody", "ada@bücher.example")]
    assert [r.status for r in receipts] == ["failed", "failed", "sent"]
    assert "SMTPUTF8" in receipts[0].detail
    assert moods.taken[0].rcpt_tos == ["ada@xn--bcher-kva.example"]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"password": "x"}, "put it into .env"),
        ({"security": "none", "username": "u"}, "unencrypted"),
        ({"password_file": "/nowhere/at/all"}, "cannot read /nowhere/at/all"),
        ({"hosts": "x"}, "Extra inputs"),
    ],
)
def test_mistakes_in_the_configuration_are_told(raw: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        options(Options, {"host": "mail.example.org", **raw})
