"""Each task asks the model that was named for it, at its own price; what changed is asked for once, the rest never."""

import json
import os
from pathlib import Path

from pipeline.store import model_calls
from tests.e2e.conftest import STORIES, feed
from tests.e2e.test_opinion import doubtful, judge
from tests.e2e.world import ModelServer, World, model_server


def server(model: ModelServer, name: str, output_usd: int) -> dict[str, object]:
    return {"base_url": model.base_url, "name": name, "price": {"input": 0, "output": output_usd}}


def asked(model: ModelServer) -> set[object]:
    return {call["model"] for call in model.calls}


def test_each_task_has_its_own_model_and_price(world: World) -> None:
    with model_server() as any_task, model_server() as writer, model_server() as checker:
        writer.answer, checker.answer = doubtful, judge
        world.config |= {
            "model": server(any_task, "any", 1),
            "models": {"write": server(writer, "writer", 2), "check": server(checker, "checker", 3)},
            "rank": {
                "sections": [{"name": "News", "limit": 2}],
                "interests": ["Quayside"],
            },  # fewer places than stories
        }
        assert world.run().exit_code == 0
        assert (asked(any_task), asked(writer), asked(checker)) == ({"any"}, {"writer"}, {"checker"})
        assert "grade" in json.dumps(any_task.calls), "how much stories matter is asked of the model of every task"
        with world.context() as ctx, ctx.store.read() as db:
            costs = {(u.model, u.stage): u.cost_usd_micros // u.calls for u in model_calls.usage(db)}
        assert costs == {("any", "rank"): 80, ("writer", "summarise"): 160, ("checker", "verify"): 240}


def test_a_second_run_asks_nothing_and_a_changed_story_is_asked_for_once(world: World, www: Path) -> None:
    with model_server() as model:
        world.config["model"] = server(model, "m", 1)
        world.run(until="verify")
        first = len(model.calls)
        assert first == 5, "four stories and the lead"
        world.pass_(hours=7)
        world.run(until="verify")
        assert len(model.calls) == first
        name, (story, *others) = next(iter(STORIES.items()))
        changed = (story[0], story[1] + " Its makers say more next week.")
        (www / name).write_text(feed(name.removesuffix(".xml"), [changed, *others]), encoding="utf-8")
        os.utime(www / name, (2e9, 2e9))  # Last-Modified counts in seconds
        world.pass_(hours=7)
        world.run(until="verify")
        assert len(model.calls) == first + 1
        assert "more next week" in json.dumps(model.calls[-1])
