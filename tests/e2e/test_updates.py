"""What ran does not run again: a late copy is left out, and an update tells what is new and what it adds to."""

import os
from pathlib import Path

from pipeline.review import stage as review
from pipeline.store import issues, repeats
from pipeline.types import Issue
from tests.e2e.conftest import feed
from tests.e2e.world import World, model_server

EVENT = (
    "Quayside opens Heron 2 to the public",
    "Quayside has opened its model Heron 2 to the public. Heron 2 has 64B parameters and costs 9 euros a month.",
)
COPY = ("Heron 2 by Quayside is open to the public", "Anyone can use Heron 2 of Quayside now, for 9 euros a month.")
REVERSAL = (
    "Quayside withdraws Heron 2 after a leak",
    "4,100 chats leaked out of Heron 2, and Quayside has withdrawn it. Heron 2 has 64B parameters and costs 9 euros.",
)
RETURN = (
    "Quayside restores Heron 2 and pays back two months",
    "Heron 2 of Quayside is back after 30 days of audits, and everybody gets 18 euros back.",
)
OTHER = (
    "Tallinn ends its permit trial",
    "Tallinn has ended the trial after 11 months. Clerks changed 62 % of the drafts.",
)


def publish(www: Path, world: World, **stories: tuple[str, str]) -> None:
    """Have these feeds tell one new thing each, now."""
    for name, told in stories.items():
        path = www / f"{name}.xml"
        path.write_text(feed(f"{name}{world.now:%d}", [told], f"{world.now:%a, %d %b %Y %H:%M:%S} GMT"), "utf-8")
        os.utime(path, (world.now.timestamp(), world.now.timestamp()))


def next_issue(world: World) -> Issue:
    """Draft what is due, let it go out, and turn the clock to the next one; gives the issue as it went."""
    world.run()
    world.pass_(hours=12)
    world.run()
    with world.context() as ctx, ctx.store.read() as db:
        (found,) = issues.printed(db, 1)
    assert found.status == "sent"
    world.pass_(hours=36)
    return found


def printed(world: World, issue: Issue, suffix: str = "txt") -> str:
    return (world.folder / "issues" / issue.id / f"issue.{suffix}").read_text(encoding="utf-8")


def flat(text: str) -> str:
    return " ".join(text.split())


def begin(world: World) -> None:
    world.config |= {"review": {"policy": "publish_marked"}, "fetch": {"interval_hours": 1}}


def test_a_copy_is_left_out_and_updates_tell_only_what_is_new(world: World, www: Path) -> None:
    begin(world)
    publish(www, world, lab=EVENT, press=OTHER)
    first = next_issue(world)
    publish(www, world, press=COPY, lab=("Riga prices bread by model", "Bread in Riga costs less at dusk."))
    second = next_issue(world)
    assert "Heron" not in printed(world, second)
    assert "1 ran before" in flat(printed(world, second))
    with world.context() as ctx, ctx.store.read() as db:
        (left,) = repeats.of_issue(db, second.id)
    assert (left.ran_in, left.repeat_of in {s.story_id for s in first.slots}) == (first.id, True)

    publish(www, world, lab=REVERSAL)
    third = next_issue(world)
    (slot,) = third.slots
    assert (slot.update_of, slot.ran_in) == (left.repeat_of, first.id)
    text = flat(printed(world, third))
    assert "* Update: Quayside withdraws Heron 2 after a leak" in text
    assert "4,100 chats" in text
    assert "64B" not in text, "it was told before"
    assert f"Told before in the issue of 3 December 2025: {EVENT[0]}" in text
    assert "1 update" in text

    publish(www, world, lab=RETURN)
    fourth = next_issue(world)
    text = flat(printed(world, fourth))
    assert "* Update: Quayside restores Heron 2" in text
    assert f"Told before in the issue of 7 December 2025: {REVERSAL[0]}" in text


def test_html_and_markdown_label_the_update_and_link_what_was_told(world: World, www: Path) -> None:
    begin(world)
    publish(www, world, lab=EVENT, press=OTHER)
    first = next_issue(world)
    publish(www, world, lab=REVERSAL)
    second = next_issue(world)
    (address,) = (line.strip() for line in printed(world, first).splitlines() if "lab03.example" in line)
    html = printed(world, second, "html")
    with world.context() as ctx, ctx.store.read() as db:
        markdown = issues.renderings_of(db, second.id)["markdown"].body.decode()
    assert ">Update:</span>" in html
    assert f'Told before in the issue of 3 December 2025: <a class="q" href="{address}"' in html
    assert "### Update: [Quayside withdraws" in markdown
    assert f"3 December 2025: [{EVENT[0]}]({address})" in markdown


def test_a_model_is_told_what_was_printed_within_the_fence(world: World, www: Path) -> None:
    begin(world)
    with model_server() as model:
        world.config["model"] = {"base_url": model.base_url, "name": "honest", "price": {"input": 1, "output": 2}}
        publish(www, world, lab=EVENT)
        next_issue(world)
        publish(www, world, lab=REVERSAL)
        model.calls.clear()
        next_issue(world)
        asked = str(model.calls[0]["messages"][-1]["content"])  # type: ignore[index]
    begins, ends = (i for i, line in enumerate(asked.splitlines()) if line.startswith("=== "))
    inside = asked.splitlines()[begins:ends]
    assert "Told before:" in inside
    assert not any("opened its model" in line for line in inside[: inside.index("Told before:")])


def test_what_a_cancelled_issue_held_did_not_run(world: World, www: Path) -> None:
    begin(world)
    publish(www, world, lab=EVENT)
    world.run()
    with world.context() as ctx:
        review.cancel(ctx, "2025-12-03")
    world.pass_(hours=48)
    publish(www, world, lab=COPY)
    found = next_issue(world)
    assert "Heron 2" in printed(world, found)
    assert {slot.update_of for slot in found.slots} == {None}
