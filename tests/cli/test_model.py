"""digest model: who is asked for what, what their servers can do, what they cost; a key is never shown."""

import json
from collections.abc import Iterator

import pytest
import yaml

from tests.cli.conftest import ISSUE, Ask
from tests.e2e.world import ModelServer, World, free_port, model_server

SECRET = "sk-very-secret"
PRICE = {"input": 1, "output": 2}


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as found:
        yield found


def configure(world: World, **sections: object) -> None:
    world.config |= sections
    (world.folder / "config.yaml").write_text(yaml.safe_dump(world.config), encoding="utf-8")


def rows(ask: Ask, *args: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in ask("model", *args, "--json").stdout.splitlines()]


def test_the_list_says_who_is_asked_for_what_and_whether_the_key_is_there_but_never_the_key(
    world: World, ask: Ask
) -> None:
    (world.folder / ".env").write_text(f"DEEPSEEK_API_KEY={SECRET}\nMINE={SECRET}\n", encoding="utf-8")
    configure(
        world,
        model={
            "provider": "deepseek",
            "name": "deepseek-v4-flash",
            "fallback": [{"provider": "ollama", "name": "qwen3"}, {"provider": "groq", "name": "x", "price": PRICE}],
        },
        models={
            "check": {
                "name": "own",
                "base_url": f"https://me:{SECRET}@models.example/v1?key={SECRET}",
                "api_key_env": "MINE",
                "price": PRICE,
            }
        },
    )
    listed = rows(ask, "list")
    assert [(r["task"], r["place"], r["model"], r["key"]) for r in listed if r["task"] in ("write", "check")] == [
        ("write", 1, "deepseek-v4-flash", "there"),
        ("write", 2, "qwen3", "needs none"),
        ("write", 3, "x", "missing: GROQ_API_KEY"),
        ("check", 1, "own", "there"),
    ]
    assert {r["task"] for r in listed} == {"write", "triage", "translate", "check"}
    first = listed[0]
    assert (first["input_usd"], first["output_usd"], first["window_tokens"]) == (0.14, 0.28, 1_000_000)
    assert listed[-1]["server"] == "https://models.example/v1"
    for shown in (ask("model", "list"), ask("model", "list", "--json"), ask("doctor"), ask("model", "check")):
        assert SECRET not in shown.output
        assert SECRET not in str(shown.exception)


def test_the_check_asks_each_model_once_and_books_it(world: World, ask: Ask, server: ModelServer) -> None:
    server.answer = lambda _: '{"ok": true}'
    one = {"base_url": server.base_url, "name": "one", "price": PRICE}
    configure(
        world, model=one | {"threads": 2}, models={"triage": one | {"threads": 2}, "check": one | {"name": "two"}}
    )
    found = ask("model", "check", "--json")
    assert found.exit_code == 0
    checked = [json.loads(line) for line in found.stdout.splitlines()]
    assert [(r["model"], r["tasks"], r["form"], r["answers"]) for r in checked] == [
        ("one", ["write", "triage", "translate"], "json_schema", True),
        ("two", ["check"], "json_schema", True),
    ]
    assert len(server.calls) == 2
    costs = rows(ask, "cost")
    assert [(r["model"], r["stage"], r["calls"], r["usd"]) for r in costs] == [
        ("one", "probe", 1, "0.0006"),
        ("two", "probe", 1, "0.0006"),
    ]


def test_the_check_says_what_is_wrong_and_exits_5(world: World, ask: Ask, server: ModelServer) -> None:
    server.answer = lambda _: '{"ok": true}'
    down = {"base_url": f"http://127.0.0.1:{free_port()}/v1", "name": "gone"}
    configure(world, model={"base_url": server.base_url, "name": "one", "fallback": [down]})
    found = ask("model", "check")
    assert found.exit_code == 5
    (line,) = (line for line in found.stdout.splitlines() if line.startswith("gone"))
    assert "NO" in line
    assert "cannot be reached" in line
    assert {r["model"]: r["failed"] for r in rows(ask, "cost")} == {"one": 0, "gone": 1}


def test_without_a_model_there_is_nothing_to_check(world: World, ask: Ask) -> None:
    found = ask("model", "check")
    assert found.exit_code == 0
    assert "No model is configured" in found.stdout
    (row, *_) = rows(ask, "list")
    assert row["server"] == "none: sentences of the sources"


def test_the_cost_is_told_by_day_and_by_issue(world: World, ask: Ask, server: ModelServer) -> None:
    configure(world, model={"base_url": server.base_url, "name": "m", "price": PRICE})
    world.run()
    total = rows(ask, "cost")
    assert [(r["model"], r["stage"], r["calls"], r["failed"]) for r in total] == [("m", "summarise", 5, 0)]
    assert total[0]["usd"] == f"{5 * (400 + 2 * 80) / 1_000_000:.4f}"
    (day,) = rows(ask, "cost", "--by", "day")
    assert day == {"day": "2025-12-03", **total[0]}
    (issue,) = rows(ask, "cost", "--by", "issue")
    assert issue == {"issue": ISSUE, **total[0]}


def test_the_doctor_names_a_key_that_is_missing_anywhere(world: World, ask: Ask) -> None:
    configure(
        world,
        model={"base_url": "http://127.0.0.1:9/v1", "name": "m", "fallback": [{"provider": "groq", "name": "x"}]},
        models={"check": {"type": "openai_compatible", "name": "y", "price": PRICE}},
    )
    lines = ask("doctor").stdout.splitlines()
    assert any("model: m at http://127.0.0.1:9/v1" in line for line in lines)
    assert any("note" in line and "model.fallback[0]: x is not asked. To have" in line for line in lines)
    assert any("MISSING" in line and "models.check: y needs a key" in line for line in lines)
    assert any("budget: at most 1.00 USD in 24 hours, for all models together" in line for line in lines)
