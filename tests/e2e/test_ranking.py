"""What a model says of significance moves the issue, and a quiet period says so; without a usable answer it prints."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.rank.asking import BATCH
from pipeline.run import Report
from pipeline.store import issues, items
from pipeline.types import Issue, Item
from tests.e2e.world import ModelServer, World, configuration, honest, model_server

NUMBERED = re.compile(r"^\[(\d+)\] (.+)$", re.MULTILINE)
TOWNS = [
    "Tallinn", "Turku", "Porto", "Bergen", "Ghent", "Graz", "Brno", "Nantes", "Lugo", "Pecs", "Tartu", "Zadar", "Vigo",
    "Lille", "Kotor", "Malmo",
]  # fmt: skip


def grading(best: str, probe: int = 0) -> dict[str, int]:
    return {best: 4, "A museum in Leeds shows two looms": probe}


def answering(server: ModelServer, grades: dict[str, int], *, usual: int = 1) -> None:
    """It grades by title, and writes as the honest model does."""

    def answer(prompt: str) -> str:
        if "A museum in Leeds shows two looms" not in prompt:
            return honest(prompt)
        told = [(int(n), grades.get(title, usual)) for n, title in NUMBERED.findall(prompt)]
        return json.dumps({"grades": [{"story": n, "grade": g, "reason": "small"} for n, g in told]})

    server.answer = answer


def asked(server: ModelServer) -> int:
    return sum("two looms" in json.dumps(call) for call in server.calls)


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with model_server() as server:
        yield server


@pytest.fixture
def world(tmp_path: Path, model: ModelServer) -> World:
    rank = {"sections": [{"name": "News", "limit": 5}], "brief_limit": 50}
    made = World(folder=tmp_path, config=configuration("", [], 9, channels=[], rank=rank, review={}))
    made.config["model"] = {"base_url": model.base_url, "name": "tiny", "threads": 1}
    made.config["dedupe"] = {"ask_model": False, "threshold": 1.0, "compare_issues": 0}  # each item is a story
    return made


def come(world: World, names: list[str], *, aged_hours: int = 0) -> None:
    arriving = [
        Item(
            id=f"{name}{world.now:%d}",
            source_id=name,
            guid=f"{name}{world.now:%d}",
            url=f"https://{name.lower()}.example/{world.now:%d}",
            title=f"{name} opens its laboratory number {world.now:%d}",
            body=f"The town of {name} opened a laboratory for speech. It has a staff of some people.",
            fetched_at=world.now,
            published_at=world.now - timedelta(hours=hours),
        )
        for hours, name in enumerate(names, aged_hours)
    ]
    with world.context() as ctx, ctx.store.begin() as db:
        items.add(db, arriving)


def draft(world: World) -> tuple[Report, Issue]:
    report = world.run(until="summarise", at_once=True)
    with world.context() as ctx, ctx.store.read() as db:
        return report, issues.recent(db)[0]


def titles(issue: Issue) -> list[str]:
    return [slot.story_id.rstrip("0123456789") for slot in issue.slots if not slot.brief]


def test_what_matters_most_by_the_models_judgement_leads_and_its_part_is_kept(world: World, model: ModelServer) -> None:
    come(world, TOWNS)
    answering(model, grading(f"Malmo opens its laboratory number {world.now:%d}"))
    report, issue = draft(world)
    assert report.problems == []
    assert asked(model) == 1
    assert titles(issue)[0] == "Malmo"
    assert issue.slots[0].parts["significance"] == 1.0


def test_many_stories_take_a_call_for_every_forty(world: World, model: ModelServer) -> None:
    names = [f"{town}{letter}" for town in TOWNS for letter in "abcdefghij"]
    come(world, names)
    answering(model, {})
    _, issue = draft(world)
    assert asked(model) == 3
    assert sum("significance" in slot.parts for slot in issue.slots) > BATCH


@pytest.mark.parametrize("how", ["probe", "garbage", "off", "few"])
def test_without_a_judgement_that_can_be_believed_the_rest_decides(world: World, model: ModelServer, how: str) -> None:
    names = TOWNS[:4] if how == "few" else TOWNS
    come(world, names)
    best = f"{names[-1]} opens its laboratory number {world.now:%d}"
    answering(model, grading(best, probe=4) if how == "probe" else {best: 9} if how == "garbage" else grading(best))
    if how == "off":
        world.config["rank"] = {**world.config["rank"], "ask_model": False}  # type: ignore[dict-item]
    report, issue = draft(world)
    assert titles(issue)[0] == TOWNS[0], "the freshest"
    assert not any("significance" in slot.parts for slot in issue.slots)
    assert [p.stage for p in report.problems] == (["rank"] if how in ("probe", "garbage") else [])
    assert (asked(model) > 0) == (how in ("probe", "garbage"))


def test_a_quiet_period_prints_fewer_stories_and_says_so(world: World) -> None:
    world.config["model"] = {"type": "extractive"}
    for _ in range(3):
        come(world, TOWNS)
        printed(world)
        world.pass_(days=2)
    come(world, TOWNS[4:6], aged_hours=12)
    with world.context() as ctx, ctx.store.read() as db:
        assert not any(i.counts["quiet"] for i in issues.printed(db, 9))
    _, issue = draft(world)
    assert issue.counts["quiet"] == 1
    assert issue.lead[0] == "A quiet two days: 2 stories."


def printed(world: World) -> None:
    """An issue is drafted and approved, as far as ranking can tell."""
    _, issue = draft(world)
    with world.context() as ctx, ctx.store.begin() as db:
        issues.move(db, issue.id, "in_review")
        issues.move(db, issue.id, "approved")
