"""Newsletters out of a real mailbox: stored first and marked then, whatever happens in between."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import count
from pathlib import Path

import pytest

from pipeline.store import items
from pipeline.store.tables import bodies, payloads
from pipeline.store.tables import items as items_table
from tests.dovecot import PASSWORD, ImapServer
from tests.e2e.test_delivery import RUN_AND_DIE
from tests.e2e.world import World

_users = count()


@pytest.fixture
def user() -> str:
    return f"subscriber{next(_users)}@inbox.example"


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_IMAP_PASSWORD", PASSWORD)


def letter(world: World, number: int, to: str, *, sender: str = "news@one.example", topics: int = 1) -> bytes:
    message = EmailMessage()
    message["From"] = f"Letter <{sender}>"
    message["To"] = to
    message["Subject"] = f"Letter {number}"
    message["Date"] = format_datetime(world.now - timedelta(hours=1))
    message["Message-ID"] = f"<{number}@one.example>"
    html = "".join(
        f"<h2>Topic {number}.{i} of letter {number}</h2><p>Model {number}{i} has {number + 2}{i}B parameters and reads "
        f'<a href="https://one.example/{number}/{i}?e={to}">twice as many words</a> as the one before it.</p>'
        for i in range(topics)
    )
    message.set_content(html, subtype="html")
    return message.as_bytes()


def reads(world: World, **mailbox: object) -> None:
    world.config["sources"] = [{"id": "post", "type": "mail", **mailbox}]


def titles(world: World) -> list[str]:
    with world.context() as ctx, ctx.store.read() as db:
        return sorted(row.title for row in db.execute(items_table.select()))


@pytest.mark.imap
def test_killed_before_the_commit_leaves_the_mail_unmarked_and_the_next_run_takes_it(
    world: World, dovecot: ImapServer, user: str
) -> None:
    dovecot.deliver(user, letter(world, 1, user), letter(world, 2, user))
    reads(world, **dovecot.options(user, mark="seen"), type="tests.e2e.dying_mail")
    with world.context():
        pass  # writes the configuration
    process = subprocess.run(
        [sys.executable, "-c", RUN_AND_DIE, str(world.folder), world.now.isoformat()],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": ".", "DIE": "1"},
        check=False,
    )
    assert process.returncode == -signal.SIGKILL
    assert titles(world) == []
    assert set(dovecot.flags(user).values()) == {""}

    assert world.run(until="fetch").problems == []
    assert titles(world) == ["Letter 1", "Letter 2"]
    assert set(dovecot.flags(user).values()) == {"S"}

    world.pass_(days=1)
    dovecot.deliver(user, letter(world, 3, user))
    assert world.run(until="fetch").done["fetch"] == 1
    assert titles(world) == ["Letter 1", "Letter 2", "Letter 3"]


@pytest.mark.imap
def test_marking_that_fails_is_a_problem_and_loses_nothing(world: World, dovecot: ImapServer, user: str) -> None:
    dovecot.deliver(user, letter(world, 1, user))
    reads(world, **dovecot.options(user, mark="move", move_to="Nowhere"))
    report = world.run(until="fetch")
    assert report.exit_code == 5
    (problem,) = report.problems
    assert (problem.subject, problem.kind) == ("post", "imap_mark")
    assert "does not move what was read" in problem.message
    assert titles(world) == ["Letter 1"]
    world.pass_(days=1)
    assert world.run(until="fetch").problems == [], "it is not read again"


@pytest.mark.imap
def test_the_store_holds_nothing_of_the_subscriber(world: World, dovecot: ImapServer, user: str) -> None:
    dovecot.deliver(user, letter(world, 1, user, topics=3))
    reads(world, **dovecot.options(user))
    assert world.run().problems == []
    assert user.encode() not in b"".join(f.read_bytes() for f in world.folder.glob("digest.db*"))
    with world.context() as ctx, ctx.store.read() as db:
        assert len(db.execute(payloads.select()).all()) == 1
        texts = [row.body for row in db.execute(bodies.select())]
    assert any(text.startswith(b"From: ") and b"twice as many words" in text for text in texts), "the mail itself"
    assert not any(user.encode() in text for text in texts)


def test_what_is_passed_over_is_counted_in_the_issue(world: World, tmp_path: Path) -> None:
    box = tmp_path / "post"
    box.mkdir()
    (box / "1.eml").write_bytes(letter(world, 1, "a@inbox.example"))
    (box / "2.eml").write_bytes(letter(world, 2, "a@inbox.example", sender="spam@two.example"))
    reads(world, path="post", senders=["one.example"])
    for _ in range(2):
        world.run(until="fetch")
        world.pass_(days=1)
    with world.context() as ctx, ctx.store.read() as db:
        counts = items.window_counts(db, world.now - timedelta(days=9), world.now)
    assert counts["dropped_sender_not_allowed"] == 1


def test_one_short_newsletter_after_many_is_no_broken_feed(world: World, tmp_path: Path) -> None:
    box = tmp_path / "post"
    box.mkdir()
    (box / "1.eml").write_bytes(letter(world, 1, "a@inbox.example", topics=8))
    reads(world, path="post")
    world.run(until="fetch")
    assert len(titles(world)) == 8
    world.pass_(days=1)
    (box / "2.eml").write_bytes(letter(world, 2, "a@inbox.example"))
    assert world.run(until="fetch").problems == []
    assert len(titles(world)) == 9
