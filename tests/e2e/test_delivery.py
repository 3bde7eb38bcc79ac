"""Nobody is mailed twice and nobody is forgotten: servers that are down, refuse, or die, and runs that are killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import ReviewError, RunLocked
from pipeline.store import deliveries, issues
from tests.e2e.world import Post, World, free_port, post_office

Approve = Callable[..., str]
ISSUE = "2025-12-03"


def statuses(world: World, channel: str = "smtp") -> dict[str, str]:
    with world.context() as ctx, ctx.store.read() as db:
        return {d.recipient: d.status for d in deliveries.of_issue(db, ISSUE) if d.channel == channel}


def status(world: World) -> str:
    with world.context() as ctx, ctx.store.read() as db:
        issue = issues.get(db, ISSUE)
        assert issue is not None
        return issue.status


def test_a_mail_server_that_is_down_loses_nothing_and_the_next_run_sends(world: World, approved: Approve) -> None:
    port = free_port()
    world.config["channels"] = [{"type": "smtp", "host": "127.0.0.1", "port": port, "security": "none"}]
    report = world.run()
    assert report.exit_code == 5, "the notice could not be sent"
    approved(world)
    world.pass_(hours=12)
    assert world.run().exit_code == 5
    assert statuses(world) == {"ann@example.org": "deferred", "bob@example.org": "deferred"}
    assert status(world) == "sending"
    with post_office(port) as (post, _):
        world.pass_(hours=1)
        assert world.run().exit_code == 0
        assert sorted(address for address, _ in post.mails) == [
            "ann@example.org",
            "bob@example.org",
            "boss@example.org",
        ]
    assert status(world) == "sent"


def test_a_refusal_is_that_recipients_alone_and_a_delay_is_tried_again_later(
    world: World, approved: Approve, post: tuple[Post, int]
) -> None:
    post[0].refuse = {"ann@example.org": "550 5.1.1 no such user", "bob@example.org": "451 4.7.1 greylisted"}
    with world.context() as ctx, ctx.store.begin() as db:
        deliveries.add_recipients(db, [("cid@example.org", "")], world.now)
    world.run()
    approved(world)
    world.pass_(hours=12)
    report = world.run()
    assert report.exit_code == 5
    assert "ann@example.org" in report.problems[0].message
    expected = {"ann@example.org": "failed", "bob@example.org": "deferred", "cid@example.org": "sent"}
    assert statuses(world) == expected
    post[0].refuse = {}
    world.run()
    assert statuses(world) == expected, "not before its time"
    world.pass_(minutes=6)
    assert world.run().exit_code == 0
    assert statuses(world)["bob@example.org"] == "sent"
    assert (len(post[0].to("bob@example.org")), len(post[0].to("ann@example.org"))) == (1, 0)
    assert status(world) == "sent"


def test_a_delay_that_lasts_two_days_ends_as_failed(world: World, approved: Approve, post: tuple[Post, int]) -> None:
    post[0].refuse = {"bob@example.org": "451 4.7.1 not now"}
    world.run()
    approved(world)
    world.pass_(hours=12)
    for _ in range(60):
        world.run(until="deliver")
        if statuses(world)["bob@example.org"] == "failed":
            break
        world.pass_(hours=1)
    assert statuses(world)["bob@example.org"] == "failed"
    assert status(world) == "sent"


RUN_AND_DIE = """
import sys
from datetime import datetime
from pathlib import Path
from pipeline.context import load_settings, opened
from pipeline.run import run
now = datetime.fromisoformat(sys.argv[2])
with opened(load_settings(Path(sys.argv[1])), clock=lambda: now) as ctx:
    run(ctx)
"""


def test_kill_9_in_the_middle_of_sending_mails_nobody_twice(
    world: World, approved: Approve, post: tuple[Post, int]
) -> None:
    world.config["channels"] = [world.config["channels"][0]]  # type: ignore[index]
    people = [f"reader{i:02}@example.org" for i in range(20)]
    with world.context() as ctx, ctx.store.begin() as db:
        deliveries.add_recipients(db, [(p, "") for p in people], world.now)
    world.run()
    approved(world)
    world.pass_(hours=12)
    everybody = sorted([*people, "ann@example.org", "bob@example.org"])
    process = subprocess.Popen(
        [sys.executable, "-c", RUN_AND_DIE, str(world.folder), world.now.isoformat()],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": "."},
    )

    def kill_at_the_seventh(_: str) -> None:
        if len(post[0].mails) - 1 == 7:  # the notice came first
            process.send_signal(signal.SIGKILL)
            time.sleep(0.2)  # the mail is kept, its 250 never reaches anybody

    post[0].hook = kill_at_the_seventh
    assert process.wait(timeout=60) == -signal.SIGKILL
    report = world.run()
    assert report.unknown == 1
    assert report.exit_code == 5
    got = [address for address, _ in post[0].mails if address != "boss@example.org"]
    assert sorted(got) == everybody, "each of them once, the one in flight included"
    (unknown,) = (address for address, s in statuses(world).items() if s == "unknown")
    world.run()
    assert len(post[0].mails) == 1 + len(everybody)

    with world.context() as ctx, ctx.store.begin() as db:
        deliveries.settle_unknown(db, ISSUE, unknown, "queued", world.now)
    world.run()
    assert len(post[0].to(unknown)) == 2, "a person asked for it"
    assert len({mail["Message-ID"] for mail in post[0].to(unknown)}) == 1


def test_of_two_overlapping_runs_the_second_leaves_and_touches_nothing(world: World) -> None:
    with world.context() as ctx, ctx.store.run_lock():
        with pytest.raises(RunLocked) as caught:
            world.run()
        assert caught.value.exit_code == 75
        with ctx.store.read() as db:
            assert issues.recent(db) == []
    assert world.run().exit_code == 0


def test_a_byte_that_changes_after_the_freeze_is_not_sent(
    world: World, approved: Approve, post: tuple[Post, int]
) -> None:
    from pipeline.store.tables import renderings

    world.run()
    approved(world)
    world.run()  # frozen, not due
    with world.context() as ctx, ctx.store.begin() as db:
        body = issues.renderings_of(db, ISSUE)["html"].body + b"<!-- -->"
        db.execute(renderings.update().where(renderings.c.format == "html").values(body=body))
    world.pass_(hours=12)
    report = world.run()
    assert [p.message.split(".")[0] for p in report.problems] == ["its bytes are not the approved ones"]
    assert [address for address, _ in post[0].mails] == ["boss@example.org"]


def test_an_issue_without_anybody_to_send_to_waits_and_says_so(world: World, approved: Approve) -> None:
    world.config["channels"] = [world.config["channels"][0]]  # type: ignore[index]
    with world.context() as ctx, ctx.store.begin() as db:
        for address in ("ann@example.org", "bob@example.org"):
            assert deliveries.remove_recipient(db, address, world.now)
    world.run()
    approved(world)
    world.pass_(hours=12)
    report = world.run()
    assert [p.kind for p in report.problems] == ["no_recipients"]
    assert status(world) == "approved"


def test_a_settled_row_needs_an_unknown_one(world: World) -> None:
    world.run()
    with world.context() as ctx, pytest.raises(ReviewError, match="no unknown delivery"), ctx.store.begin() as db:
        deliveries.settle_unknown(db, ISSUE, "ann@example.org", "sent", world.now)
