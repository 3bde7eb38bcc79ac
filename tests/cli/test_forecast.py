"""What a run would cost is told before it: on a dry run, and on the terminal before the model is asked."""

import re
from collections.abc import Iterator

import pytest
import yaml

from pipeline.store import model_calls
from tests.cli.conftest import Ask
from tests.cli.test_terminal import terminal
from tests.e2e.world import ModelServer, World, model_server

PRICE = {"input": 1, "output": 2}


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as found:
        yield found


@pytest.fixture
def paid(world: World, ask: Ask, server: ModelServer) -> World:
    """The world with a model that costs something, and sources that were read."""
    world.config["model"] = {"base_url": server.base_url, "name": "m", "price": PRICE, "budget_usd": 0.5}
    (world.folder / "config.yaml").write_text(yaml.safe_dump(world.config), encoding="utf-8")
    assert ask("run", "--until", "dedupe").exit_code == 0
    return world


def figures(line: str) -> tuple[int, int, float]:
    """(prompt tokens, tokens, US dollars) that a line names."""
    found = re.search(r"about ([\d,]+) prompt tokens, at most ([\d,]+) tokens in all and ([\d.]+) USD", line)
    assert found, line
    return int(found[1].replace(",", "")), int(found[2].replace(",", "")), float(found[3])


def test_a_dry_run_says_what_an_issue_would_cost_and_asks_nobody(paid: World, ask: Ask, server: ModelServer) -> None:
    (line,) = (line for line in ask("run", "--dry-run", "--now").stdout.splitlines() if "model call" in line)
    assert server.calls == []
    assert line.startswith("summarise: 5 model calls; about ")
    assert line.endswith("; 0.5000 USD left")
    prompt_tokens, tokens, usd = figures(line)
    assert ask("run", "--now").exit_code == 0
    assert len(server.calls) == 5, "four stories and the lead"
    with paid.context() as ctx, ctx.store.read() as db:
        (usage,) = model_calls.usage(db)
    assert 0 < usage.cost_usd_micros <= usd * 1_000_000
    assert usage.output_tokens <= tokens - prompt_tokens
    assert usd == pytest.approx((prompt_tokens * 1 + (tokens - prompt_tokens) * 2) / 1_000_000, abs=2e-4)


def test_what_is_written_costs_nothing_more(paid: World, ask: Ask) -> None:
    ask("run", "--now")
    spent = 5 * (400 + 2 * 80) / 1_000_000
    assert f"No model call is in sight; {0.5 - spent:.4f} USD left" in ask("run", "--dry-run").stdout


@pytest.mark.parametrize("budget", [{"budget_usd": 0.001}, {"budget_tokens": 900}])
def test_a_budget_that_will_not_do_is_told_beforehand(paid: World, ask: Ask, budget: dict[str, float]) -> None:
    paid.config["model"] |= budget  # type: ignore[operator]
    (paid.folder / "config.yaml").write_text(yaml.safe_dump(paid.config), encoding="utf-8")
    said = ask("run", "--dry-run", "--now").stdout
    assert "left: what does not fit is printed as extracts" in said
    assert ("900 tokens left" in said) == ("budget_tokens" in budget)


def test_grades_are_forecast_where_there_are_fewer_places_than_stories(paid: World, ask: Ask) -> None:
    paid.config["rank"] = {"sections": [{"name": "News", "limit": 2}]}
    (paid.folder / "config.yaml").write_text(yaml.safe_dump(paid.config), encoding="utf-8")
    said = ask("run", "--dry-run", "--now").stdout
    assert "rank: 1 model call; about" in said
    assert "summarise: 3 model calls; about" in said


def test_without_a_model_nothing_is_said_of_cost(drafted: World, ask: Ask) -> None:
    assert "USD" not in ask("run", "--dry-run").stdout


def test_the_terminal_is_told_before_the_model_is_asked(paid: World) -> None:
    with terminal(paid.folder, "run", "--now") as seen:
        text, code = seen.end()
    assert code == 0
    assert "summarise: 5 model calls; about" in text
    assert text.count("model calls;") == 1
