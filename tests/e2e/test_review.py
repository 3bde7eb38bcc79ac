"""A person owns the issue: decisions, edits, approvals bound to the bytes, and what happens at the deadline."""

from collections.abc import Callable

import pytest

from pipeline.errors import ReviewError
from pipeline.review import stage as review
from pipeline.run import catch_up, preview
from pipeline.store import issues, summaries
from pipeline.types import Issue
from tests.e2e.world import Post, World

Approve = Callable[..., str]
ISSUE = "2025-12-03"


def issue_of(world: World) -> Issue:
    with world.context() as ctx, ctx.store.read() as db:
        issue = issues.get(db, ISSUE)
        assert issue is not None
        return issue


def text_of(world: World) -> str:
    with world.context() as ctx:
        return preview(ctx, ISSUE)[1]["text"].body.decode()


def decide(world: World, headline: str, action: str, **more: object) -> str:
    """Decide about the story with that title; gives its id."""
    with world.context() as ctx:
        with ctx.store.read() as db:
            from pipeline.review import queue

            cards = queue.load(db, issues.decided(db, issue_of(world)))
        story_id = next(c.story.id for c in cards if headline in c.story.representative.title)
        review.decide(ctx, ISSUE, story_id, action, reviewer="ann", channel="cli", **more)  # type: ignore[arg-type]
    return story_id


def test_a_draft_is_never_sent_without_an_approval(world: World, post: tuple[Post, int]) -> None:
    world.run()
    for _ in range(3):
        world.pass_(hours=12)
        world.run()
    assert {address for address, _ in post[0].mails} == {"boss@example.org"}


def test_a_rejected_story_is_gone_from_text_and_lead_and_undo_brings_it_back(world: World) -> None:
    world.run()
    assert "Quayside" in text_of(world)
    decide(world, "Quayside", "reject", comment="an advert")
    assert "Quayside" not in text_of(world)
    with world.context() as ctx:
        review.decide(ctx, ISSUE, None, "undo", reviewer="ann", channel="cli")
    assert "Quayside" in text_of(world)


def test_a_decision_voids_the_approval(world: World, approved: Approve, post: tuple[Post, int]) -> None:
    world.run()
    approved(world)
    decide(world, "Tallinn", "reject")
    issue = issue_of(world)
    assert (issue.status, issue.approved_sha256) == ("in_review", None)
    world.pass_(hours=12)
    world.run()
    assert [address for address, _ in post[0].mails] == ["boss@example.org"]
    approved(world)
    world.run()
    (mail,) = post[0].to("ann@example.org")
    assert "Tallinn" not in mail.as_string()


def test_an_approval_of_bytes_that_are_no_longer_there_is_void(world: World, approved: Approve) -> None:
    world.run()
    fingerprint = approved(world)
    world.config["title"] = "Another name"  # the bytes would differ now
    report = world.run()
    assert [p.kind for p in report.problems] == ["approval_void"]
    assert issue_of(world).status == "in_review"
    assert approved(world) != fingerprint


def test_an_edit_prints_the_reviewers_words_and_code_checks_them(world: World) -> None:
    world.run()
    story_id = decide(world, "Tallinn", "approve")
    with world.context() as ctx:
        review.edit(
            ctx,
            ISSUE,
            story_id,
            headline="Tallinn stops its trial",
            sentences=["Clerks changed 97 % of the drafts."],
            reviewer="ann",
            channel="cli",
        )
        catch_up(ctx)
        with ctx.store.read() as db:
            found = summaries.checks_of(db, [story_id])[story_id, 2]
    assert any(c.verdict != "supported" and "97" in c.note for c in found), "flagged, never blocked"
    printed = text_of(world)
    assert "Tallinn stops its trial" in printed
    assert "Clerks changed 97 % of the drafts." in printed


def test_a_reorder_changes_the_order_of_print(world: World) -> None:
    world.run()
    names = ("Heron 2 is out", "phone model", "Quayside", "Tallinn")
    before = sorted(names, key=text_of(world).rfind)
    decide(world, before[-1], "reorder", position=0)
    assert sorted(names, key=text_of(world).rfind) == [before[-1], *before[:-1]]


@pytest.mark.parametrize("action", ["approve", "reject"])
def test_what_was_sent_cannot_be_decided_any_more(world: World, approved: Approve, action: str) -> None:
    world.run()
    approved(world)
    world.pass_(hours=12)
    world.run()
    with pytest.raises(ReviewError, match="is sent"):
        decide(world, "Tallinn", action)


def test_at_the_deadline_publish_approved_prints_only_what_was_approved(world: World, post: tuple[Post, int]) -> None:
    world.config["review"] = {"policy": "publish_approved"}
    world.run()
    decide(world, "Tallinn", "approve")
    world.pass_(hours=12)
    world.run()
    (mail,) = post[0].to("ann@example.org")
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Tallinn" in body.get_content()
    assert "Quayside" not in body.get_content()


def test_at_the_deadline_publish_approved_with_nothing_approved_waits(world: World, post: tuple[Post, int]) -> None:
    world.config["review"] = {"policy": "publish_approved"}
    world.run()
    world.pass_(hours=13)
    world.run()
    assert post[0].mails == []
    assert issue_of(world).status == "in_review"


def test_at_the_deadline_publish_marked_prints_everything_and_says_so(world: World, post: tuple[Post, int]) -> None:
    world.config["review"] = {"policy": "publish_marked"}
    world.run()
    decide(world, "Tallinn", "approve")
    world.pass_(hours=12)
    world.run()
    (mail,) = post[0].to("ann@example.org")
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "Quayside" in text
    assert text.lower().count("not reviewed") >= 3


def test_a_held_story_comes_back_in_the_next_issue_and_a_rejected_one_does_not(world: World, approved: Approve) -> None:
    world.run()
    held = decide(world, "Tallinn", "hold")
    rejected = decide(world, "Quayside", "reject")
    approved(world)
    world.pass_(hours=12)
    world.run()
    world.pass_(hours=36)
    world.run()
    with world.context() as ctx, ctx.store.read() as db:
        following = issues.get(db, "2025-12-05")
    assert following is not None
    assert held in {s.story_id for s in following.slots}
    assert rejected not in {s.story_id for s in following.slots}


def test_an_issue_that_nobody_approved_gives_its_stories_to_the_next(world: World) -> None:
    world.run()
    before = {s.story_id for s in issue_of(world).slots}
    world.pass_(hours=48)
    world.run()
    with world.context() as ctx, ctx.store.read() as db:
        following = issues.get(db, "2025-12-05")
    assert following is not None
    assert issue_of(world).status == "cancelled"
    assert before <= {s.story_id for s in following.slots}
