"""Stories are drafted as one batch the night before, at half the price; what is missing is asked for one by one."""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipeline.store import issues, model_calls, summaries
from tests.e2e.world import World, honest

ISSUE = "2025-12-03"
PRICE = {"input": 1, "output": 2}
FULL = 400 + 2 * 80  # millionths of a dollar for one call
Line = dict[str, object]


@dataclass
class Batches:
    """A server with a Batch API. ``status`` is that of the batch; ``spoil`` changes the lines of its answer."""

    base_url: str
    status: str = "in_progress"
    spoil: Callable[[list[Line]], list[Line]] = lambda lines: lines
    refuses: bool = False
    loses: bool = False  # the file with the answers cannot be had
    sent: list[Line] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)  # method and path
    prompts: list[str] = field(default_factory=list)  # asked one by one

    def answer(self, request: Request) -> Response:
        path = request.path.removeprefix("/v1")
        self.asked.append(f"{request.method} {path}")
        if path == "/chat/completions":
            body = request.get_json()
            self.prompts.append("\n".join(m["content"] for m in body["messages"]))
            return _json(_completion(body))
        if self.refuses:
            return _json({"error": {"message": "no batches here"}}, 404)
        if path == "/files":
            file = request.files["file"].read().decode()
            assert request.form["purpose"] == "batch"
            self.sent = [json.loads(line) for line in file.splitlines()]
            return _json({"id": "file-in", "object": "file"})
        if path == "/files/file-out/content" and self.loses:
            return _json({"error": {"message": "gone"}}, 404)
        if path == "/files/file-out/content":
            lines = [{"custom_id": e["custom_id"], "response": _answered(e), "error": None} for e in self.sent]
            Random(1).shuffle(lines)
            return Response("\n".join(json.dumps(line) for line in self.spoil(lines)))
        if path.endswith("/cancel"):
            self.status = "cancelling"
        over = self.status in ("completed", "expired")
        return _json({"id": "batch-1", "status": self.status, "output_file_id": "file-out" if over else None})


def _json(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value), status, content_type="application/json")


def _completion(body: Line) -> Line:
    text = honest("\n".join(m["content"] for m in body["messages"]))  # type: ignore[attr-defined]
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    return {"id": "x", "choices": [choice], "usage": {"prompt_tokens": 400, "completion_tokens": 80}}


def _answered(entry: Line) -> Line:
    body = entry["body"]
    assert isinstance(body, dict)
    return {"status_code": 200, "request_id": "r", "body": _completion(body)}


@pytest.fixture
def batches(httpserver: HTTPServer, world: World) -> Batches:
    state = Batches(base_url=httpserver.url_for("/v1"))
    httpserver.expect_request(re.compile("/v1/.*")).respond_with_handler(state.answer)
    world.config["model"] = {"base_url": state.base_url, "name": "m", "price": PRICE, "batch_hours": 6}
    return state


def written_by(world: World) -> Counter[str]:
    with world.context() as ctx, ctx.store.read() as db:
        slots = issues.require(db, ISSUE).slots
        found = summaries.load(db, [slot.story_id for slot in slots])
    written = (found.get((slot.story_id, slot.revision or 0)) for slot in slots)
    return Counter(summary.written_by for summary in written if summary)


def costs(world: World) -> list[int]:
    with world.context() as ctx, ctx.store.read() as db:
        return sorted(call.cost_usd_micros for call in model_calls.all_calls(db) if not call.from_cache)


def test_stories_wait_for_their_batch_and_cost_half(world: World, batches: Batches) -> None:
    assert world.run().exit_code == 0
    assert len(batches.sent) == 4
    assert {(e["method"], e["url"]) for e in batches.sent} == {("POST", "/v1/chat/completions")}
    assert len({e["custom_id"] for e in batches.sent}) == 4
    world.pass_(hours=1)
    report = world.run()
    assert (report.exit_code, report.skipped["summarise", "waits for its batch"]) == (0, 4)
    assert written_by(world) == {}
    batches.status = "completed"
    world.pass_(hours=1)
    assert world.run().exit_code == 0
    assert written_by(world) == {"model:m": 4}
    assert len(batches.prompts) == 1, "the lead alone is asked for by itself"
    assert costs(world) == [FULL // 2] * 4 + [FULL]
    assert batches.asked.count("POST /files") == 1
    world.run()
    assert len(batches.prompts) == 1


def expired_in_part(lines: list[Line]) -> list[Line]:
    return lines[:2]


def partly_nonsense(lines: list[Line]) -> list[Line]:
    refused = {"status_code": 429, "request_id": "r", "body": {"error": {"message": "too many"}}}
    prose = json.loads(json.dumps(lines[1]).replace("headline", "title"))
    return [{"custom_id": "of nobody", "response": refused}, {**lines[0], "response": refused}, prose, *lines[2:], {}]


@pytest.mark.parametrize(("status", "spoil"), [("expired", expired_in_part), ("completed", partly_nonsense)])
def test_what_a_batch_lacks_is_asked_for_one_by_one(
    world: World, batches: Batches, status: str, spoil: Callable[[list[Line]], list[Line]]
) -> None:
    world.run()
    batches.status, batches.spoil = status, spoil
    world.pass_(hours=2)
    assert world.run().exit_code == 0
    assert written_by(world) == {"model:m": 4}
    assert len(batches.prompts) == 3, "two stories and the lead"


@pytest.mark.parametrize("hangs", [True, False])
def test_a_batch_that_is_late_is_called_off(world: World, batches: Batches, hangs: bool) -> None:
    world.run()
    world.pass_(hours=6)
    batches.refuses = hangs
    assert world.run().exit_code == 0
    assert written_by(world) == {"model:m": 4}
    assert len(batches.prompts) == 5
    assert hangs or "POST /batches/batch-1/cancel" in batches.asked
    assert costs(world) == [FULL] * 5


@pytest.mark.parametrize("hours", [1, 6])
def test_answers_that_cannot_be_had_are_tried_for_again_until_it_is_late(
    world: World, batches: Batches, hours: int
) -> None:
    world.run()
    batches.status, batches.loses = "completed", True
    world.pass_(hours=hours)
    assert world.run().exit_code == 0
    assert len(batches.prompts) == (5 if hours == 6 else 0)
    batches.loses = False
    world.run()
    assert len(batches.prompts) == (5 if hours == 6 else 1)
    assert written_by(world) == {"model:m": 4}


def test_a_server_without_batches_is_asked_at_once(world: World, batches: Batches) -> None:
    batches.refuses = True
    assert world.run().exit_code == 0
    assert written_by(world) == {"model:m": 4}


def test_a_batch_that_could_pass_the_budget_is_not_sent_and_one_under_way_is_set_aside(
    world: World, batches: Batches
) -> None:
    world.config["model"]["budget_usd"] = 0.0055  # type: ignore[index]
    assert world.run().exit_code == 5
    assert batches.sent == []
    assert written_by(world)["extract"] > 0


def test_what_is_under_way_counts_against_the_budget(world: World, batches: Batches) -> None:
    world.run()
    with world.context() as ctx:
        assert 0 < ctx.books.left_usd_micros < 1_000_000 - 4 * FULL // 2
    batches.status = "completed"
    world.pass_(hours=1)
    world.run()
    with world.context() as ctx:
        assert ctx.books.left_usd_micros == 1_000_000 - 4 * FULL // 2 - FULL
