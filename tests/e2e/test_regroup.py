"""A reviewer merges, splits and tells apart: kept, applied to later items, never overruled, and taken back whole."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.context import Context
from pipeline.errors import ReviewError
from pipeline.review import queue
from pipeline.review import stage as review
from pipeline.run import preview
from pipeline.store import doubts, issues, items, repeats, stories
from pipeline.store.tables import doubts as doubts_table
from pipeline.types import Item, Repeat
from tests.e2e.world import BEGIN, World, configuration

ISSUE, NEXT = "2025-12-03", "2025-12-05"
WHO = {"reviewer": "ann", "channel": "cli"}
TEXTS = {
    "heron": (
        "Heron 2 is out with open weights",
        "Heron 2 has 64B parameters and reads 256k tokens. It is under Apache 2.0.",
    ),
    "quay": ("Quayside raises money for chips", "Quayside has raised $400 million. It has 140 people."),
    "tallinn": ("Tallinn ends its permit trial", "Tallinn has ended the trial. Clerks changed 62 % of the drafts."),
    "phone": ("A small model runs on a phone", "The 3B model runs at 22 tokens per second on a phone."),
    "sand": ("Robots sort sand in Lisbon", "Forty robots sort sand by colour. They learned it in a week."),
    "new": ("A cable comes ashore at Narva", "The cable carries 12 terabits. Divers laid its last mile."),
}


def item(world: World, name: str, *, source: str, title: str = "", body: str = "", url: str = "") -> Item:
    """An item of that source; what is not given is that of TEXTS."""
    return Item(
        id=f"{name}-{source}",
        source_id=source,
        guid=f"{name}-{source}",
        url=url or f"https://{source}.example/{name}",
        title=title or TEXTS[name][0],
        body=body or TEXTS[name][1],
        fetched_at=world.now,
    )


def come(world: World, *found: Item) -> None:
    """These items arrive, and are folded."""
    with world.context() as ctx, ctx.store.begin() as db:
        items.add(db, found)
    world.run(until="dedupe")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An issue in review: heron (told by two sources), quay, tallinn, phone."""
    made = World(folder=tmp_path, config=configuration("", [], 9, channels=[], review={}))
    names = ("heron", "quay", "tallinn", "phone")
    come(made, *(item(made, name, source="lab") for name in names), item(made, "heron", source="press"))
    made.run()
    return made


Memberships = dict[str, tuple[str, str, float]]
"""Item id -> story, method, score."""


def memberships_in(ctx: Context) -> Memberships:
    with ctx.store.read() as db:
        return {
            m.item_id: (m.story_id, m.method, m.score)
            for story_id in stories.in_window(db, BEGIN, BEGIN + timedelta(days=99))
            for m in stories.members(db, story_id)
        }


def cards_in(ctx: Context, issue_id: str = ISSUE) -> dict[str, queue.Card]:
    """By story id, in the order of the issue."""
    with ctx.store.read() as db:
        found = queue.load(db, issues.decided(db, issues.require(db, issue_id)))
    return {card.story.id: card for card in found}


def printed_in(ctx: Context, issue_id: str = ISSUE) -> tuple[str, str]:
    """The text of the issue, and its fingerprint."""
    _, made, fingerprint = preview(ctx, issue_id)
    return made["text"].body.decode(), fingerprint


def memberships(world: World) -> Memberships:
    with world.context() as ctx:
        return memberships_in(ctx)


def story_of(world: World, item_id: str) -> str:
    return memberships(world)[item_id][0]


def cards(world: World, issue_id: str = ISSUE) -> dict[str, queue.Card]:
    with world.context() as ctx:
        return cards_in(ctx, issue_id)


def printed(world: World, issue_id: str = ISSUE) -> tuple[str, str]:
    with world.context() as ctx:
        return printed_in(ctx, issue_id)


def undo(world: World, issue_id: str = ISSUE) -> None:
    with world.context() as ctx:
        review.decide(ctx, issue_id, None, "undo", reviewer="ann", channel="cli")


def merge(world: World, story_id: str, other_id: str, issue_id: str = ISSUE) -> str:
    with world.context() as ctx:
        return review.merge(ctx, issue_id, story_id, other_id, **WHO)


def split(world: World, story_id: str, *item_ids: str, issue_id: str = ISSUE) -> str:
    with world.context() as ctx:
        return review.split(ctx, issue_id, story_id, list(item_ids), **WHO)


def following(world: World) -> None:
    """The issue goes out, two new items arrive, and the next issue is drafted."""
    with world.context() as ctx:
        review.approve(ctx, ISSUE, preview(ctx, ISSUE)[2], **WHO)
    world.pass_(hours=12)
    world.run()
    world.pass_(hours=36)
    come(world, item(world, "new", source="lab"), item(world, "sand", source="press"))
    world.run()


# --- merge ------------------------------------------------------------------------------------------------------------


def test_a_merged_story_has_one_place_and_is_written_anew_out_of_both(world: World) -> None:
    assert merge(world, "quay-lab", "tallinn-lab") == "quay-lab"
    text, _ = printed(world)
    card = cards(world)["quay-lab"]
    assert "tallinn-lab" not in cards(world)
    assert {i.id for i in card.story.items} == {"quay-lab", "tallinn-lab"}
    assert memberships(world)["tallinn-lab"] == ("quay-lab", "reviewer", 1.0)
    assert card.summary is not None
    assert {c.item_id for claim in card.summary.claims for c in claim.citations} == {"quay-lab", "tallinn-lab"}
    assert "Clerks changed 62 % of the drafts" in text


def test_a_copy_of_what_was_merged_joins_the_merged_story(world: World) -> None:
    merge(world, "quay-lab", "tallinn-lab")
    come(
        world,
        item(world, "tallinn", source="press"),
        item(world, "other", source="post", title="Look at this", body="Here.", url="https://lab.example/tallinn"),
    )
    assert story_of(world, "tallinn-press") == story_of(world, "other-post") == "quay-lab"


def test_what_was_decided_before_a_merge_is_void(world: World) -> None:
    with world.context() as ctx:
        review.decide(ctx, ISSUE, "quay-lab", "reject", reviewer="ann", channel="cli")
        review.edit(ctx, ISSUE, "tallinn-lab", headline="No more", sentences=["It ended."], **WHO)
    merge(world, "tallinn-lab", "quay-lab")
    text, _ = printed(world)
    assert cards(world)["tallinn-lab"].decided.decision is None
    assert "No more" not in text
    assert "Quayside has raised" in text


def test_a_merge_into_a_story_in_brief_keeps_the_full_place(world: World) -> None:
    world.config["rank"] = {"sections": [{"name": "News", "limit": 1}]}
    with world.context() as ctx:
        review.reopen(ctx, ISSUE)
    world.run()
    full, short = next(iter(cards(world))), list(cards(world))[-1]
    assert cards(world)[short].decided.slot.brief
    assert merge(world, short, full) == full


def test_a_story_that_ran_takes_in_what_is_merged_with_it_and_is_left_out_until_it_is_brought_back(
    world: World,
) -> None:
    following(world)
    before = memberships(world), printed(world, NEXT)
    assert "2 stories, 2 in full" in before[1][0]
    assert merge(world, "new-lab", "quay-lab", NEXT) == "quay-lab"
    assert list(cards(world, NEXT)) == ["sand-press"]
    assert "1 story, 1 in full, 1 ran before" in " ".join(printed(world, NEXT)[0].split())
    with world.context() as ctx:
        review.bring_back(ctx, NEXT, "quay-lab", **WHO)
    slot = cards(world, NEXT)["quay-lab"].decided.slot
    assert (slot.update_of, slot.ran_in) == ("quay-lab", ISSUE)
    assert "2 stories, 2 in full" in " ".join(printed(world, NEXT)[0].split())
    undo(world, NEXT)
    undo(world, NEXT)
    assert (memberships(world), printed(world, NEXT)) == before


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [("quay-lab", "quay-lab", "is one story"), ("quay-lab", "nowhere", "no such story"), ("x", "y", "no such story")],
)
def test_a_merge_that_does_not_fit_changes_nothing(world: World, one: str, other: str, said: str) -> None:
    before = memberships(world), printed(world)
    with pytest.raises(ReviewError, match=said):
        merge(world, one, other)
    assert (memberships(world), printed(world)) == before


def test_two_stories_that_both_ran_stay_two(world: World) -> None:
    following(world)
    with pytest.raises(ReviewError, match="is not in this issue"):
        merge(world, "quay-lab", "heron-lab", NEXT)


def test_a_story_whose_merge_is_taken_back_prints_again_in_an_issue_that_was_drafted_anew(world: World) -> None:
    merge(world, "quay-lab", "tallinn-lab")
    with world.context() as ctx:
        review.reopen(ctx, ISSUE)
    world.run()
    assert "tallinn-lab" not in cards(world), "the merge is kept"
    undo(world)
    assert {"quay-lab", "tallinn-lab"} <= cards(world).keys()
    assert TEXTS["tallinn"][0] in printed(world)[0]


# --- split ------------------------------------------------------------------------------------------------------------


def test_a_split_gives_two_stories_one_behind_the_other_both_written_anew(world: World) -> None:
    assert split(world, "heron-lab", "heron-press") == "heron-press"
    printed(world)
    order = list(cards(world))
    assert order.index("heron-press") == order.index("heron-lab") + 1
    for name in ("heron-lab", "heron-press"):
        card = cards(world)[name]
        assert [i.id for i in card.story.items] == [name]
        assert card.summary is not None
        assert {c.item_id for claim in card.summary.claims for c in claim.citations} == {name}


def test_a_story_keeps_the_item_that_it_is_named_after(world: World) -> None:
    assert split(world, "heron-lab", "heron-lab") == "heron-press", "the others go instead"
    assert story_of(world, "heron-lab") == "heron-lab"
    assert merge(world, "heron-press", "heron-lab") == "heron-press"
    assert split(world, "heron-press", "heron-lab") == "heron-lab", "its name is free again"
    printed(world)
    assert {"heron-lab", "heron-press"} <= cards(world).keys()


@pytest.mark.parametrize("chosen", [[], ["quay-lab"], ["heron-lab", "heron-press"]])
def test_a_split_of_nothing_everything_or_something_else_changes_nothing(world: World, chosen: list[str]) -> None:
    before = memberships(world)
    with pytest.raises(ReviewError, match=r"holds no item|without items"):
        split(world, "heron-lab", *chosen)
    assert memberships(world) == before


def test_what_was_split_off_is_never_joined_again_and_takes_its_copies(world: World) -> None:
    url, title = "https://lab.example/heron", "The weights of Heron 2 were taken down"
    body = "Hours later the weights of Heron 2 were taken down again; nobody says why."
    world.pass_(hours=1)
    come(world, item(world, "gone", source="post", title=title, body=body, url=url))
    assert story_of(world, "gone-post") == "heron-lab", "by its address"
    assert split(world, "heron-lab", "gone-post") == "gone-post"
    for day in range(1, 4):
        world.pass_(days=1)
        come(
            world,
            item(world, f"copy{day}", source=f"copy{day}", title=title, body=f"Update {day}: {body}", url=url),
            item(world, f"like{day}", source=f"like{day}", title=f"{title} again", body="Nobody says why."),
            item(world, f"other{day}", source=f"other{day}", title=TEXTS["heron"][0], body=TEXTS["heron"][1]),
        )
        assert story_of(world, "gone-post") == "gone-post"
        assert {story_of(world, f"{n}{day}-{n}{day}") for n in ("copy", "like")} == {"gone-post"}
        assert story_of(world, f"other{day}-other{day}") == "heron-lab"
    assert story_of(world, "heron-press") == "heron-lab"


def test_an_item_that_joined_what_was_split_off_goes_back_with_it(world: World) -> None:
    split(world, "heron-lab", "heron-press")
    come(world, item(world, "late", source="post", title="Late", body="Late.", url="https://press.example/heron"))
    assert story_of(world, "late-post") == "heron-press"
    undo(world)
    assert story_of(world, "late-post") == "heron-lab"


# --- undo -------------------------------------------------------------------------------------------------------------

Step = tuple[str, int, int]
STEPS = st.tuples(st.sampled_from(["merge", "split", "reject", "approve"]), st.integers(0, 9), st.integers(0, 9))


def take(ctx: Context, step: Step) -> bool:
    """Decide about some of the stories that are there; whether it fits."""
    action, a, b = step
    found = [card.story for card in cards_in(ctx).values()]
    one, other = found[a % len(found)], found[b % len(found)]
    try:
        if action == "merge":
            review.merge(ctx, ISSUE, one.id, other.id, **WHO)
        elif action == "split":
            review.split(ctx, ISSUE, one.id, [one.items[b % len(one.items)].id], **WHO)
        else:
            review.decide(ctx, ISSUE, one.id, action, reviewer="ann", channel="cli")  # type: ignore[arg-type]
    except ReviewError:
        return False
    return True


def state(ctx: Context) -> tuple[Memberships, tuple[str, str], list[tuple[str, int | None, str | None]]]:
    made = printed_in(ctx)
    slots = [(name, card.decided.slot.revision, card.decided.decision) for name, card in cards_in(ctx).items()]
    return memberships_in(ctx), made, slots


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=6))
def test_undoing_everything_gives_the_issue_byte_for_byte(world: World, plan: list[Step]) -> None:
    with world.context() as ctx:
        before, made = state(ctx), 0
        for step in plan:
            made += take(ctx, step)
            now = memberships_in(ctx)
            assert now.keys() == before[0].keys()
            assert all(now[name][0] == name for name, _, _ in now.values()), "each holds what it is named after"
            assert cards_in(ctx).keys() == {name for name, _, _ in now.values()}, "each prints once"
        printed_in(ctx)
        for _ in range(made):
            review.decide(ctx, ISSUE, None, "undo", reviewer="ann", channel="cli")
        assert state(ctx) == before


@pytest.mark.parametrize("action", ["merge", "split", "different"])
def test_each_decision_voids_an_approval_and_so_does_taking_it_back(world: World, action: str) -> None:
    def approved() -> None:
        with world.context() as ctx:
            review.approve(ctx, ISSUE, preview(ctx, ISSUE)[2], **WHO)

    def status() -> str:
        with world.context() as ctx, ctx.store.read() as db:
            return issues.require(db, ISSUE).status

    approved()
    with world.context() as ctx:
        if action == "merge":
            review.merge(ctx, ISSUE, "quay-lab", "tallinn-lab", **WHO)
        elif action == "split":
            review.split(ctx, ISSUE, "heron-lab", ["heron-press"], **WHO)
        else:
            review.tell_apart(ctx, ISSUE, "quay-lab", "tallinn-lab", **WHO)
    assert status() == "in_review"
    approved()
    undo(world)
    assert status() == "in_review"


# --- perhaps the same, and no repeat ----------------------------------------------------------------------------------


def doubt(world: World, story_id: str, other_id: str, score: float = 0.2) -> None:
    row = {"story_id": story_id, "other_id": other_id, "score": score, "reason": "the versions differ", "at": world.now}
    with world.context() as ctx, ctx.store.begin() as db:
        db.execute(doubts_table.insert(), [row])


def open_doubts(world: World) -> set[frozenset[str]]:
    with world.context() as ctx, ctx.store.read() as db:
        return {frozenset((d.story_id, d.other_id)) for d in doubts.open_of(db, cards_in(ctx))}


def test_a_doubt_is_settled_by_a_merge_and_by_calling_them_different(world: World) -> None:
    one, two = frozenset(("quay-lab", "tallinn-lab")), frozenset(("phone-lab", "tallinn-lab"))
    doubt(world, "quay-lab", "tallinn-lab")
    doubt(world, "tallinn-lab", "phone-lab")
    assert open_doubts(world) == {one, two}
    with world.context() as ctx:
        review.tell_apart(ctx, ISSUE, "tallinn-lab", "quay-lab", **WHO)
    assert open_doubts(world) == {two}
    undo(world)
    merge(world, "quay-lab", "tallinn-lab")
    assert open_doubts(world) == {frozenset(("quay-lab", "phone-lab"))}, "of the merged story now"
    undo(world)
    assert open_doubts(world) == {one, two}


def test_a_repeat_that_is_none_prints_and_is_never_left_out_again(world: World) -> None:
    new = item(world, "new", source="lab")
    come(world, new)
    with world.context() as ctx, ctx.store.begin() as db:
        repeats.replace(db, ISSUE, [Repeat(story_id=new.id, repeat_of="quay-lab", ran_in="2025-12-01", score=0.6)])
    before = printed(world)
    with world.context() as ctx:
        review.bring_back(ctx, ISSUE, new.id, **WHO)
        with ctx.store.read() as db:
            assert repeats.cleared(db).keys() == {new.id}
    assert TEXTS["new"][0] in printed(world)[0]
    assert cards(world)[new.id].summary is not None
    with world.context() as ctx, pytest.raises(ReviewError, match="no repeat"):
        review.bring_back(ctx, ISSUE, new.id, **WHO)
    undo(world)
    assert printed(world) == before
