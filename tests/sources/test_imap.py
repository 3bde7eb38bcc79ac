"""A mailbox on a real IMAP server: what is read, without a trace; what is marked, and when; what goes wrong."""

import json
import os
import socket
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from threading import Thread

import pytest

from pipeline.errors import DigestError, NetworkError, SourceError
from pipeline.sources import Fetched, FetchState
from pipeline.sources import mail as source
from tests.dovecot import PASSWORD, ImapServer
from tests.sources.test_mail import NO_HTTP, NOW, letter

pytestmark = pytest.mark.imap
_users = count()


@pytest.fixture
def user() -> str:
    """A reader with an empty mailbox."""
    return f"reader{next(_users)}@inbox.example"


def options(given: dict[str, object], **environ: str) -> source.Options:
    environ = {"DIGEST_IMAP_PASSWORD": PASSWORD, **environ}
    return source.Options.model_validate(given, context={"environ": environ, "folder": Path("/")})


def fetch(given: dict[str, object], cursor: str | None = None, **environ: str) -> Fetched:
    return source.fetch(options(given, **environ), FetchState(source_id="post", cursor=cursor), NO_HTTP, NOW)


def subjects(fetched: Fetched) -> list[str]:
    return [p.body.decode().partition("Subject: Letter ")[2].partition("\n")[0] for p in fetched.payloads]


def letters(*numbers: int, **more: object) -> list[bytes]:
    return [letter(n, **more) for n in numbers]  # type: ignore[arg-type]


def test_each_message_is_read_once_and_stays_unseen(dovecot: ImapServer, user: str) -> None:
    dovecot.deliver(user, *letters(1, 2))
    mailbox = dovecot.options(user)
    first = fetch(mailbox)
    assert subjects(first) == ["1", "2"]
    assert {p.media_type for p in first.payloads} == {"message/rfc822"}
    assert {p.url.partition(";")[0] for p in first.payloads} == {f"imap://127.0.0.1:{dovecot.port}/INBOX"}
    assert set(dovecot.flags(user).values()) == {""}
    again = fetch(mailbox, first.cursor)
    assert (again.payloads, again.cursor) == ((), first.cursor), "a server gives the last message to n:*"
    dovecot.deliver(user, letter(3))
    assert subjects(fetch(mailbox, first.cursor)) == ["3"]
    assert set(dovecot.flags(user).values()) == {""}


def test_an_empty_folder_gives_nothing_and_then_what_comes(dovecot: ImapServer, user: str) -> None:
    dovecot.deliver(user)
    empty = fetch(dovecot.options(user))
    assert empty.payloads == ()
    dovecot.deliver(user, letter(1))
    assert subjects(fetch(dovecot.options(user), empty.cursor)) == ["1"]


def test_the_reader_is_not_named_even_in_the_address_of_a_message(dovecot: ImapServer, user: str) -> None:
    hidden = b64encode(f'{{"email": "{user}"}}'.encode()).decode()
    html = f'<p>Dear {user}, <a href="https://a.example/{hidden}">read</a> <a href="mailto:{user}">write</a></p>'
    dovecot.deliver(user, letter(1, html=html))
    (payload,) = fetch(dovecot.options(user)).payloads
    for kept in (payload.url, payload.body.decode()):
        assert user not in kept
        assert hidden not in kept
    assert source.parse(payload, options(dovecot.options(user))).items[0].media == ()


def test_a_server_that_numbers_anew_is_read_from_the_start(dovecot: ImapServer, user: str) -> None:
    dovecot.deliver(user, *letters(1, 2, 3))
    mailbox = dovecot.options(user)
    first = fetch(mailbox)
    dovecot.number_anew(user)
    dovecot.deliver(user, letter(4))
    again = fetch(mailbox, first.cursor)
    assert sorted(subjects(again)) == ["1", "2", "3", "4"]
    assert json.loads(again.cursor or "")["uidvalidity"] != json.loads(first.cursor or "")["uidvalidity"]
    guids = [{i.guid for p in f.payloads for i in source.parse(p, options(mailbox)).items} for f in (first, again)]
    assert guids[0] < guids[1], "what was read is known by its Message-ID"


@pytest.mark.parametrize("cursor", ["", "not json", "[1]", '{"seen": ["a"]}', '{"uid": "7", "uidvalidity": "x"}'])
def test_the_cursor_of_another_mailbox_counts_for_nothing(dovecot: ImapServer, user: str, cursor: str) -> None:
    dovecot.deliver(user, *letters(1, 2))
    assert subjects(fetch(dovecot.options(user), cursor)) == ["1", "2"]
    other = fetch(dovecot.options(user)).cursor
    stranger = user.replace("inbox", "other")
    dovecot.deliver(stranger, letter(1))
    assert subjects(fetch(dovecot.options(stranger), other)) == ["1"]


def test_many_messages_come_over_several_fetches_the_oldest_first_and_none_is_passed(
    dovecot: ImapServer, user: str
) -> None:
    dovecot.deliver(user, *letters(*range(500)))
    mailbox = dovecot.options(user, max_messages=200, senders=["one.example"])
    seen: list[str] = []
    sizes, cursor = [], None
    for _ in range(4):
        found = fetch(mailbox, cursor)
        seen, cursor = seen + subjects(found), found.cursor
        sizes.append(len(found.payloads))
    assert sizes == [200, 200, 100, 0]
    assert Counter(seen) == Counter(map(str, range(500)))
    assert sorted(seen[:200], key=int) == [str(i) for i in range(200)]


def test_at_first_only_the_mail_of_a_week_is_read(dovecot: ImapServer, user: str) -> None:
    dovecot.deliver(user, *letters(1, 2))
    old = next(f for f in dovecot.inbox(user) if b"Letter 1" in f.read_bytes())
    long_ago = (NOW - timedelta(days=30)).timestamp()
    os.utime(old, (long_ago, long_ago))
    first = fetch(dovecot.options(user))
    assert subjects(first) == ["2"]
    assert fetch(dovecot.options(user), first.cursor).payloads == ()
    assert subjects(fetch(dovecot.options(user, keep_days=60))) == ["1", "2"]


def test_what_is_passed_over_has_a_reason_and_its_body_stays_on_the_server(dovecot: ImapServer, user: str) -> None:
    signed = b"Authentication-Results: mx.inbox.example; dkim=pass header.d=one.example\n"
    dovecot.deliver(
        user,
        signed + letter(1),
        signed + letter(2, days_old=9),
        signed + letter(3, sender="spam@two.example"),
        letter(4),
        signed + letter(5, html="x" * 26_000_000),
    )
    asked = dovecot.options(user, senders=["one.example"], keep_days=7, authserv_id="mx.inbox.example")
    found = fetch(asked)
    assert subjects(found) == ["1"]
    assert {d.guid: d.reason for d in found.dropped} == {
        "2@one.example": "too_old",
        "3@one.example": "sender_not_allowed",
        "4@one.example": "not_authenticated",
        "5@one.example": "too_large",
    }
    assert fetch(asked, found.cursor).dropped == ()
    assert dovecot.bytes_sent(user) < 100_000


@pytest.mark.parametrize(("mark", "flag"), [("none", ""), ("seen", "S"), ("flagged", "F")])
def test_messages_are_marked_only_when_they_are_stored(dovecot: ImapServer, user: str, mark: str, flag: str) -> None:
    dovecot.deliver(user, *letters(1, 2), letter(3, sender="spam@two.example"))
    mailbox = dovecot.options(user, mark=mark, senders=["one.example"])
    found = fetch(mailbox)
    dovecot.deliver(user, letter(4))
    assert set(dovecot.flags(user).values()) == {""}
    source.committed(options(mailbox), found)
    marked = {name.partition("@")[0]: flags for name, flags in dovecot.flags(user).items()}
    assert marked == {"1": flag, "2": flag, "3": "", "4": ""}


def test_messages_are_moved_only_when_they_are_stored_and_nothing_is_expunged(dovecot: ImapServer, user: str) -> None:
    dovecot.deliver(user, *letters(1, 2))
    dovecot.deliver(user, letter(3, sender="spam@two.example"), flags="T")  # somebody may still want it back
    dovecot.make_folder(user, "Gelesen & fertig")
    mailbox = dovecot.options(user, mark="move", move_to="Gelesen & fertig", senders=["one.example"])
    found = fetch(mailbox)
    assert len(dovecot.flags(user)) == 3
    source.committed(options(mailbox), found)
    assert dovecot.flags(user) == {"3@one.example": "T"}
    assert set(dovecot.flags(user, "Gelesen &- fertig")) == {"1@one.example", "2@one.example"}
    assert fetch(mailbox, found.cursor).payloads == ()


def test_marking_that_fails_says_so(dovecot: ImapServer, user: str) -> None:
    dovecot.deliver(user, letter(1))
    mailbox = dovecot.options(user, mark="move", move_to="Nowhere")
    found = fetch(mailbox)
    with pytest.raises(SourceError, match=r"does not move what was read: .*Is there a folder Nowhere\?"):
        source.committed(options(mailbox), found)
    dovecot.number_anew(user)
    dovecot.deliver(user, letter(2))
    with pytest.raises(SourceError, match="numbered its messages anew"):
        source.committed(options(mailbox), found)
    assert len(dovecot.flags(user)) == 2


def test_a_wrong_password_is_one_clear_line_without_it(dovecot: ImapServer, user: str) -> None:
    with pytest.raises(SourceError) as caught:
        fetch(dovecot.options(user), DIGEST_IMAP_PASSWORD="hunter2")
    told = str(caught.value)
    assert caught.value.kind == "imap_auth"
    assert told.startswith(f"imap 127.0.0.1:{dovecot.port} INBOX: refuses the login: ")
    assert "Check username and password" in told
    assert "hunter2" not in told
    assert "\n" not in told


@pytest.mark.parametrize("password", ["", "pass\r\nA1 DELETE INBOX"])
def test_without_a_password_nobody_is_asked(user: str, password: str) -> None:
    mailbox = {"host": "127.0.0.1", "port": 1, "security": "none", "username": user}
    with pytest.raises(SourceError, match=r"there is no password\. Write DIGEST_IMAP_PASSWORD=\.\.\. into \.env"):
        fetch(mailbox, DIGEST_IMAP_PASSWORD=password)


def test_a_password_beyond_ascii_reaches_the_server(dovecot: ImapServer, user: str) -> None:
    with pytest.raises(SourceError, match="refuses the login"):
        fetch(dovecot.options(user), DIGEST_IMAP_PASSWORD="пароль")


def test_a_folder_that_is_not_there_is_named(dovecot: ImapServer, user: str) -> None:
    dovecot.deliver(user, letter(1))
    with pytest.raises(SourceError, match=r"does not open the folder: .*Is there a folder Newsletters\?"):
        fetch(dovecot.options(user, folder="Newsletters"))


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_encrypted_connection_wants_a_certificate_that_is_trusted(
    dovecot: ImapServer, user: str, security: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if dovecot.certificate is None:
        pytest.skip("there is no openssl here to make a certificate")
    dovecot.deliver(user, letter(1))
    port = dovecot.port if security == "starttls" else dovecot.tls_port
    mailbox = dovecot.options(user, security=security, port=port)
    with pytest.raises(NetworkError, match=r"no encrypted connection: .*certificate") as caught:
        fetch(mailbox)
    assert caught.value.kind == "imap_tls"
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    assert subjects(fetch(mailbox)) == ["1"]


# --- servers that are none, on a socket of ours -----------------------------------------------------------------------

Talk = Callable[[socket.socket], None]


@contextmanager
def listening(talk: Talk) -> Iterator[int]:
    """A server that treats every caller in the same way; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    caller, _ = server.accept()
                    with caller, suppress(OSError):
                        talk(caller)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=5)


def silent(caller: socket.socket) -> None:
    caller.recv(1)


def endless(caller: socket.socket) -> None:
    caller.sendall(b"* OK here\r\n")
    while True:
        caller.sendall(b"* OK still here\r\n")


def of_the_web(caller: socket.socket) -> None:
    caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def boundless(caller: socket.socket) -> None:
    caller.sendall(b"* OK here\r\n* LIST {99999999999}\r\n")


def hanging_up(caller: socket.socket) -> None:
    caller.sendall(b"* BYE too many connections\r\n")


@pytest.mark.parametrize(
    ("talk", "told"),
    [
        (silent, r"does not answer within 0\.1 s"),
        (endless, r"does not answer within 1 s in all"),
        (of_the_web, "cannot be read"),
        (boundless, "it announces 99999999999 bytes"),
        (hanging_up, "cannot be read: .*too many connections"),
    ],
)
def test_a_server_that_hangs_or_talks_nonsense_is_left(talk: Talk, told: str) -> None:
    with listening(talk) as port, pytest.raises(NetworkError, match=told) as caught:
        fetch({"host": "127.0.0.1", "port": port, "security": "none", "username": "ann", "timeout_s": 0.1})
    assert caught.value.remedy
    assert PASSWORD not in str(caught.value)


def test_nobody_there_is_a_line_with_a_remedy() -> None:
    with pytest.raises(NetworkError, match=r"cannot be read: Connection refused\. Check host and port"):
        fetch({"host": "127.0.0.1", "port": 1, "security": "none", "username": "ann"})


def test_a_connection_that_breaks_keeps_what_came_before(dovecot: ImapServer, user: str) -> None:
    dovecot.deliver(user, *letters(1, 2, 3, 4, 5), letter(6, html="<p>" + "long " * 40_000))

    def relay(caller: socket.socket) -> None:
        """Between the caller and dovecot, for so many bytes."""
        with socket.create_connection(("127.0.0.1", dovecot.port)) as real:
            there = Thread(target=pump, args=(caller, real, 1_000_000), daemon=True)
            there.start()
            pump(real, caller, 40_000)
            caller.shutdown(socket.SHUT_RDWR)
            there.join(timeout=5)

    def pump(one: socket.socket, other: socket.socket, limit: int) -> None:
        with suppress(OSError):
            while limit > 0 and (data := one.recv(4096)):
                other.sendall(data)
                limit -= len(data)

    with listening(relay) as port:
        broken = fetch(dovecot.options(user, port=port))
    assert subjects(broken) == ["1", "2", "3", "4", "5"]
    assert isinstance(broken.trouble, SourceError)
    assert broken.trouble.kind == "imap_down"
    cursor = {
        **json.loads(broken.cursor or ""),
        "mailbox": json.loads(fetch(dovecot.options(user)).cursor or "")["mailbox"],
    }
    assert subjects(fetch(dovecot.options(user), json.dumps(cursor))) == ["6"]


def test_a_token_is_given_as_xoauth2() -> None:
    heard: list[bytes] = []

    def server(caller: socket.socket) -> None:
        lines = caller.makefile("rb")
        caller.sendall(b"* OK here\r\n")
        for line in lines:
            tag, command = line.split()[:2]
            if command == b"AUTHENTICATE":
                assert line.split()[2] == b"XOAUTH2"
                caller.sendall(b"+ \r\n")
                heard.append(b64decode(lines.readline()))
                caller.sendall(tag + b" NO [AUTHENTICATIONFAILED] token tok-123 has expired\r\n")
            else:
                caller.sendall(b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n" + tag + b" OK done\r\n")

    with listening(server) as port, pytest.raises(DigestError, match=r"refuses the login: .*expired") as caught:
        fetch(
            {"host": "127.0.0.1", "port": port, "security": "none", "username": "ann@inbox.example"},
            DIGEST_IMAP_TOKEN="tok-123",
        )
    assert heard == [b"user=ann@inbox.example\1auth=Bearer tok-123\1\1"]
    assert "tok-123" not in str(caught.value)
    assert "Check username and token" in str(caught.value)
