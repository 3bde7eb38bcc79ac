"""When an issue is opened, and with what window."""

import os
from pathlib import Path

from pipeline.review import stage as review
from pipeline.store import issues
from tests.e2e.conftest import feed
from tests.e2e.world import World


def ids(world: World) -> list[tuple[str, str]]:
    with world.context() as ctx, ctx.store.read() as db:
        return [(i.id, i.status) for i in reversed(issues.recent(db))]


def test_before_the_draft_is_due_a_run_only_reads(world: World) -> None:
    world.now = world.now.replace(day=4, hour=23)  # the next one is of the 5th, drafted from 06:00 on
    report = world.run()
    assert report.done["fetch"] == 4
    assert ids(world) == []


def test_now_drafts_at_once_and_only_with_something_to_print(world: World, www: Path) -> None:
    world.now = world.now.replace(day=4, hour=23)
    world.config["review"] = {"policy": "publish_marked"}
    world.run(at_once=True)
    assert ids(world) == [("2025-12-04", "sent")]
    world.run(at_once=True)
    assert ids(world) == [("2025-12-04", "sent")], "nothing new: no second issue"
    (www / "lab.xml").write_text(
        feed("lab2", [("Another thing entirely", "It happened on a Tuesday.")]), encoding="utf-8"
    )
    world.pass_(minutes=30)
    world.run(at_once=True)
    assert ids(world) == [("2025-12-04", "sent")], "its feed may not be asked yet"


def test_two_issues_of_one_day(world: World, www: Path) -> None:
    world.config["review"] = {"policy": "publish_marked"}
    world.config["fetch"] = {"interval_hours": 1}
    world.run(at_once=True)
    (www / "lab.xml").write_text(
        feed("lab2", [("Another thing entirely", "It happened on a Tuesday.")]), encoding="utf-8"
    )
    os.utime(www / "lab.xml", (2e9, 2e9))  # Last-Modified counts whole seconds
    world.pass_(hours=2)
    world.run(at_once=True)
    assert ids(world) == [("2025-12-03", "sent"), ("2025-12-03-2", "sent")]


def test_now_opens_none_while_another_waits(world: World) -> None:
    world.run()
    assert ids(world) == [("2025-12-03", "in_review")]
    world.run(at_once=True)
    assert ids(world) == [("2025-12-03", "in_review")]
    with world.context() as ctx:
        review.cancel(ctx, "2025-12-03")
    world.run(at_once=True)
    assert ids(world) == [("2025-12-03", "cancelled"), ("2025-12-03-2", "in_review")]


def test_a_cancelled_issue_stays_cancelled_until_the_next_is_due(world: World) -> None:
    world.run()
    with world.context() as ctx:
        review.cancel(ctx, "2025-12-03")
    world.run()
    assert ids(world) == [("2025-12-03", "cancelled")]
    world.pass_(hours=48)
    world.run()
    assert ids(world) == [("2025-12-03", "cancelled"), ("2025-12-05", "in_review")]


def test_a_quiet_window_opens_no_issue(world: World) -> None:
    world.config["review"] = {"policy": "publish_marked"}
    world.run()
    world.pass_(hours=12)
    world.run()
    world.pass_(hours=36)
    report = world.run()
    assert ids(world) == [("2025-12-03", "sent")]
    assert report.skipped["rank", "nothing new to print"] == 1
