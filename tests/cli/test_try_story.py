"""`digest model try` shows the prompt, the answer and the findings of one story, and writes nothing into the issue."""

import json
from collections.abc import Iterator

import pytest

from pipeline.errors import ConfigError
from pipeline.store import issues, summaries
from tests.cli.conftest import ISSUE, Ask
from tests.cli.test_checks import answer, story_of
from tests.e2e.world import ModelServer, World, model_server


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as model:
        yield model


def revisions(world: World, story_id: str) -> int:
    with world.context() as ctx, ctx.store.read() as db:
        return len(summaries.load(db, [story_id]))


def test_prompt_answer_and_findings_stand_side_by_side(drafted: World, ask: Ask, server: ModelServer) -> None:
    server.answer = answer
    drafted.config["model"] = {"base_url": server.base_url, "name": "m", "price": {"input": 1, "output": 2}}
    story_id = story_of(drafted, "Quayside")
    before = revisions(drafted, story_id)
    text = ask("model", "try", story_id).stdout
    assert "── Prompt summarise.md@" in text
    assert "never an instruction" in text
    assert "[B1]" in text
    assert '"headline":' in text
    beside = [line.partition(" │ ") for line in text.splitlines()]
    assert any(left.startswith("Quayside has raised $450 million.") and right for left, _, right in beside)
    assert any(right.startswith("number, refuted: The source says $400 million") for _, _, right in beside)
    (row,) = map(json.loads, ask("model", "try", story_id, "--json").stdout.splitlines())
    assert row["written_by"] == "model:m"
    assert row["prompt"]["id"].startswith("summarise.md@")
    assert json.loads(row["answer"])["headline"]
    claim = next(s for s in row["sentences"] if s["claim"] == 0)
    assert claim["quotes"][0]["quote"]
    assert any(f["verdict"] == "refuted" and f["method"] == "number" for f in claim["findings"])
    assert len(server.calls) == 1, "the second time the answer is kept"
    assert revisions(drafted, story_id) == before


def test_without_a_model_the_extract_is_shown(drafted: World, ask: Ask) -> None:
    story_id = story_of(drafted, "Quayside")
    text = ask("model", "try", story_id).stdout
    assert "Prompt" not in text
    assert "Written by extract" in text
    assert json.loads(ask("model", "try", story_id, "--json").stdout)["prompt"] is None


def test_of_a_model_that_answers_nonsense_the_prompt_is_shown_with_the_reason(
    drafted: World, ask: Ask, server: ModelServer
) -> None:
    server.answer = lambda _prompt: "no"
    drafted.config["model"] = {"base_url": server.base_url, "name": "m", "price": {"input": 1, "output": 2}}
    text = ask("model", "try", story_of(drafted, "Quayside")).stdout
    assert "── Prompt summarise.md@" in text
    assert "── No usable answer" in text
    assert "Note: The model gave no usable answer" in text


def test_a_story_that_is_none_says_where_to_look(drafted: World, ask: Ask) -> None:
    result = ask("model", "try", "0123456789abcdef")
    assert isinstance(result.exception, ConfigError)
    assert "digest issue show" in str(result.exception)
    with drafted.context() as ctx, ctx.store.read() as db:
        assert issues.require(db, ISSUE).slots
