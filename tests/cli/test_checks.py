"""What code found is told with both spans, and what the reviewer made of it is counted."""

import json
from collections.abc import Iterator

import pytest

from pipeline.review import queue
from pipeline.review import stage as review
from pipeline.run import catch_up, preview
from pipeline.store import issues
from tests.cli.conftest import ISSUE, Ask
from tests.e2e.world import World, honest, model_server

WRONG = {"$400 million": "$450 million", "11 months": "12 weeks", "256k": "512k"}


def answer(prompt: str) -> str:
    """A model that is wrong about a figure of three stories."""
    found = json.loads(honest(prompt))
    for claim in found.get("claims", ()):
        for right, wrong in WRONG.items():
            claim["text"] = claim["text"].replace(right, wrong)
    return json.dumps(found)


@pytest.fixture
def flagged(world: World) -> Iterator[World]:
    with model_server() as model:
        model.answer = answer
        world.config |= {
            "model": {"base_url": model.base_url, "name": "m", "price": {"input": 1, "output": 2}},
            "verify": {"refuted": "show"},
        }
        world.run()
        yield world


def story_of(world: World, words: str) -> str:
    with world.context() as ctx, ctx.store.read() as db:
        cards = queue.load(db, issues.decided(db, issues.require(db, ISSUE)))
        return next(c.story.id for c in cards if words in c.story.representative.title)


def test_show_checks_tells_each_finding_with_both_spans(flagged: World, ask: Ask) -> None:
    text = ask("issue", "show", ISSUE, "--checks").stdout
    assert "! sentence 1, number: The source says $400 million, not $450 million" in text
    assert "Quayside has raised »$450 million«." in text
    assert "press: “Quayside has raised $400 million.”" in text
    rows = [json.loads(line) for line in ask("issue", "show", ISSUE, "--checks", "--json").stdout.splitlines()]
    (money,) = (row for row in rows if "$450 million" in row["note"])
    assert money["text"][money["start"] : money["end"]] == "$450 million"
    assert (money["verdict"], money["source"]) == ("refuted", "Quayside has raised $400 million.")
    assert money["story_id"] == story_of(flagged, "Quayside")


def test_show_checks_of_a_clean_issue_says_so(drafted: World, ask: Ask) -> None:
    text = ask("issue", "show", ISSUE, "--checks").stdout
    assert text == "Issue 2025-12-03 is in review. 4 stories: 4 undecided.\n"


def counted(ask: Ask) -> dict[str, str]:
    rows = [json.loads(line) for line in ask("status", "--json").stdout.splitlines()]
    return {row["which"]: f"{row['state']}: {row['detail']}" for row in rows if row["what"] == "check"}


def test_status_counts_how_often_the_reviewer_agreed(flagged: World, ask: Ask) -> None:
    assert counted(ask)["number"] == "3 findings: agreed 0, disagreed 0"
    with flagged.context() as ctx:
        quayside, heron = story_of(flagged, "Quayside"), story_of(flagged, "Heron 2 is")
        review.decide(ctx, ISSUE, quayside, "reject", reviewer="ann", channel="cli")
        mended = ["Heron 2 has 64B parameters and reads 256k tokens."]
        review.edit(ctx, ISSUE, heron, headline="Heron 2", sentences=mended, reviewer="ann", channel="cli")
        catch_up(ctx)
    assert counted(ask)["number"] == "3 findings: agreed 2, disagreed 0"
    with flagged.context() as ctx:
        review.approve(ctx, ISSUE, preview(ctx, ISSUE)[2], reviewer="ann", channel="cli")
    assert counted(ask)["number"] == "3 findings: agreed 2, disagreed 1"
    shown = ask("status").stdout
    assert "Findings in the last 30 issues" in shown
    assert ["number", "3", "2", "1"] in [line.split() for line in shown.splitlines()]
