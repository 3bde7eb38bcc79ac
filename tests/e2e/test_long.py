"""A talk of an hour is read to its end, a part a call, and printed with citations; the next run asks nothing."""

from pipeline.run import preview
from pipeline.store import issues, items, summaries
from pipeline.types import Item
from tests.e2e.world import World, model_server
from tests.summarise.test_long import talk

ISSUE = "2025-12-03"


def come(world: World, body: str) -> None:
    with world.context() as ctx, ctx.store.begin() as db:
        items.add(
            db,
            [
                Item(
                    id="00000000000000aa",
                    source_id="lab",
                    guid="talk",
                    url="https://lab.example/talk",
                    title="Ada Byron on what a laboratory measures",
                    body=body,
                    fetched_at=world.now,
                    kind="podcast",
                    language="en",
                )
            ],
        )


def asked_for_notes(calls: list[dict[str, object]]) -> int:
    return sum("You read one part" in str(call["messages"]) for call in calls)


def test_an_hour_is_read_in_parts_once(world: World) -> None:
    come(world, talk(60))
    with model_server() as server:
        world.config["model"] = {"base_url": server.base_url, "name": "m", "price": {"input": 1, "output": 2}}
        assert world.run().exit_code == 0
        assert asked_for_notes(server.calls) == 4
        first = len(server.calls)
        assert world.run().exit_code == 0
        assert len(server.calls) == first
    with world.context() as ctx, ctx.store.read() as db:
        (slot,) = (s for s in issues.require(db, ISSUE).slots if s.story_id == "00000000000000aa")
        summary = summaries.load(db, [slot.story_id])[slot.story_id, slot.revision or 0]
        (item,) = items.by_story(db, [slot.story_id])[slot.story_id]
    assert summary.written_by == "model:m"
    assert summary.note is None
    for citation in summary.cited:
        assert item.body[citation.start : citation.end] == citation.quote


def test_what_was_not_read_is_said_in_the_issue(world: World) -> None:
    come(world, talk(180))
    with model_server() as server:
        world.config["model"] = {"base_url": server.base_url, "name": "m", "price": {"input": 1, "output": 2}}
        assert world.run().exit_code == 0
        assert asked_for_notes(server.calls) == 8
    with world.context() as ctx:
        text = " ".join(preview(ctx, ISSUE)[1]["text"].body.decode().split())
    assert "Of 1 story it did not read all: the sources are too long." in text
    assert "are extracts" not in text
