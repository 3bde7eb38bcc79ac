"""Which mail is read: a sender who is allowed, and a signature that our own mail server found good."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.sources._sieve import MAX_MESSAGE_BYTES, Sieve, heading

NOW = datetime(2026, 11, 23, tzinfo=UTC)
OURS = "mx.inbox.example"


def refusal(*headers: str, size_bytes: int = 1, **rules: object) -> str:
    mail = "\n".join(
        [*headers, "From: News <news@mail.one.example>", "List-Id: The list <weekly.lists.example>", "", "x"]
    )
    return Sieve(**rules).refusal(heading(mail.encode()), size_bytes)  # type: ignore[arg-type]


def test_size_and_age() -> None:
    assert refusal(size_bytes=MAX_MESSAGE_BYTES) == ""
    assert refusal(size_bytes=MAX_MESSAGE_BYTES + 1) == "too_large"
    assert refusal("Date: Sun, 01 Nov 2026 00:00:00 +0000", oldest=NOW - timedelta(days=7)) == "too_old"
    assert refusal("Date: Sun, 22 Nov 2026 00:00:00 +0000", oldest=NOW - timedelta(days=7)) == ""
    assert refusal("Date: some day", oldest=NOW) == ""


@pytest.mark.parametrize(
    "result",
    [
        f"{OURS}; dkim=pass",
        f"{OURS}; dkim=pass header.d=one.example",
        f"{OURS}; dkim=pass header.i=@mail.one.example header.s=k1 header.b=abc",
        f"{OURS}; spf=fail smtp.mailfrom=x; dkim=pass (2048-bit key; unprotected) header.d=one.example",
        "MX.INBOX.EXAMPLE 1;\n dkim=none;\n dkim=Pass\n header.d=eu.mail.one.example",
        f"{OURS}; dkim=pass header.d=esp.example; dkim=pass header.d=one.example",
        f"{OURS}; dkim=fail header.d=esp.example; dkim = pass header.d = one.example",
    ],
)
def test_a_good_signature_of_the_sender(result: str) -> None:
    assert refusal(f"Authentication-Results: {result}", authserv_id=OURS) == ""


@pytest.mark.parametrize(
    "result",
    [
        "",
        f"{OURS}; none",
        f"{OURS}; dkim=fail header.d=one.example",
        f"{OURS}; spf=pass smtp.mailfrom=news@one.example",
        "mx.one.example; dkim=pass header.d=one.example",
        f"x{OURS}; dkim=pass header.d=one.example",
        f"{OURS}; dkim=pass header.d=evil.example",
        f"{OURS}; dkim=pass header.d=evilone.example",
        f'{OURS}; spf=none smtp.mailfrom="; dkim=pass header.d=one.example"@evil.example; dkim=none',
        f"{OURS}; spf=none (; dkim=pass header.d=one.example); dkim=none",
        f"{OURS}; spf=none (\\); dkim=pass header.d=one.example",
        f'{OURS}; dkim=neutral reason="dkim=pass" header.d=one.example',
        f"{OURS}; xdkim=pass",
    ],
)
def test_anything_else_is_not_authenticated(result: str) -> None:
    headers = [f"Authentication-Results: {result}"] if result else []
    assert refusal(*headers, authserv_id=OURS) == "not_authenticated"


def test_a_result_that_came_with_the_mail_stands_below_ours_and_counts_for_nothing() -> None:
    ours, forged = (f"Authentication-Results: {OURS}; dkim={r} header.d=one.example" for r in ("fail", "pass"))
    assert refusal(ours, forged, authserv_id=OURS) == "not_authenticated"
    spf = f"Authentication-Results: {OURS}; spf=pass smtp.mailfrom=one.example"
    assert refusal(spf, forged, authserv_id=OURS) == "", "a server may say its results one by one"


def test_a_list_that_is_allowed_signs_for_itself() -> None:
    by_list = f"Authentication-Results: {OURS}; dkim=pass header.d=lists.example"
    assert refusal(by_list, authserv_id=OURS, senders=["weekly.lists.example"]) == ""
    assert refusal(by_list, authserv_id=OURS, senders=["one.example"]) == "not_authenticated", (
        "a List-Id is free to write"
    )
    assert refusal(by_list, authserv_id=OURS, senders=["two.example"]) == "sender_not_allowed"
