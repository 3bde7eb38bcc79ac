"""Whatever a model or a kill does, the issue comes out whole, says how each story was written, and nothing is lost."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml

from pipeline.run import Report, preview
from pipeline.store import issues, model_calls, runs, summaries
from tests.e2e.conftest import STORIES, feed
from tests.e2e.test_delivery import RUN_AND_DIE
from tests.e2e.world import Post, World, free_port, honest, model_server

ISSUE = "2025-12-03"
ROOT = Path(__file__).parents[2]
WORDS = ["64B parameters", "22 tokens per second", "raised $400 million", "ended the trial"]  # one of each story
PRICE = {"input": 1, "output": 2}  # US dollars for a million tokens
Approve = Callable[..., str]
Reply = tuple[int, dict[str, str], bytes]


def completion(text: str | None, finish_reason: str = "stop", **message: object) -> Reply:
    choice = {"index": 0, "finish_reason": finish_reason, "message": {"role": "assistant", "content": text, **message}}
    usage = {"prompt_tokens": 400, "completion_tokens": 80, "total_tokens": 480}
    answer = {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}
    return 200, {"content-type": "application/json"}, json.dumps(answer).encode()


def good(prompt: str) -> Reply:
    return completion(honest(prompt))


@dataclass
class Cranky:
    """A model server that answers as the test says, or not at all (None)."""

    reply: Callable[[str], Reply | None] = good
    prompts: list[str] = field(default_factory=list)
    base_url: str = ""


def refusal(status: int, message: str) -> Callable[[str], Reply]:
    body = json.dumps({"error": {"message": message}}).encode()
    return lambda _: (status, {"content-type": "application/json", "retry-after-ms": "1"}, body)


def cut_short(prompt: str) -> Reply:
    """An answer whose connection ends in the middle."""
    status, headers, body = good(prompt)
    return status, {**headers, "content-length": str(len(body))}, body[: len(body) // 2]


@contextmanager
def serving(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """Run a web server on the loopback; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def cranky() -> Iterator[Cranky]:
    state = Cranky()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            prompt = "\n".join(m["content"] for m in request["messages"])
            state.prompts.append(prompt)
            reply = state.reply(prompt)
            if reply is None:
                self.rfile.read(1)  # until the other side gives up
                return
            status, headers, body = reply
            with suppress(ConnectionError):  # nobody is there any more
                self.send_response(status)
                for name, value in {"content-length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
            pass

    with serving(Handler) as base:
        state.base_url = f"{base}/v1"
        yield state


def connect(world: World, base_url: str, **more: object) -> None:
    world.config["model"] = {"base_url": base_url, "name": "scribe-1", "price": PRICE, "threads": 1, **more}


def text_of(world: World) -> str:
    with world.context() as ctx:
        return " ".join(preview(ctx, ISSUE)[1]["text"].body.decode().split())


def written_by(world: World) -> Counter[str]:
    with world.context() as ctx, ctx.store.read() as db:
        issue = issues.get(db, ISSUE)
        assert issue is not None
        found = summaries.load(db, [slot.story_id for slot in issue.slots])
        return Counter(found[slot.story_id, slot.revision or 0].written_by for slot in issue.slots)


def goes_out_whole(world: World, approved: Approve, post: Post) -> None:
    approved(world)
    world.pass_(hours=12)
    assert world.run().exit_code == 0, "said once, in the run that met it"
    (mail,) = post.to("ann@example.org")
    body = mail.get_body(("plain",))
    assert body is not None
    text = " ".join(body.get_content().split())
    assert [words for words in WORDS if words in text] == WORDS


def said(report: Report) -> list[str]:
    assert {(p.stage, p.subject) for p in report.problems} <= {("summarise", "scribe-1")}
    return [p.message for p in report.problems]


FAULTS: dict[str, tuple[Callable[[str], Reply | None], str]] = {
    "no key": (refusal(401, "no such key"), "The model did not accept the key"),
    "429 storm": (refusal(429, "slow down"), "The model was asked too often"),
    "500": (refusal(500, "it burns"), "The model could not be reached"),
    "hang": (lambda _: None, "The model took too long to answer"),
    "garbage": (lambda _: completion("I think that models are nice."), "The model gave no usable answer"),
    "a web page": (lambda _: (200, {"content-type": "text/html"}, b"<html>Log in</html>"), "gave no usable answer"),
    "refusal": (lambda _: completion(None, refusal="I cannot help with that."), "The model refused to write"),
    "cut off": (lambda _: completion('{"headline": "Heron', "length"), "The model's answer was cut off"),
    "cut connection": (cut_short, "The model could not be reached"),
    "half an answer": (lambda prompt: completion(honest(prompt)[: len(honest(prompt)) // 2]), "no usable answer"),
    "wrong schema": (lambda _: completion('{"title": "x", "summary": "y"}'), "The model gave no usable answer"),
    "no choices": (lambda _: (200, {"content-type": "application/json"}, b'{"choices": null}'), "no usable answer"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_with_a_model_that_fails_the_issue_goes_out_whole_and_says_so(
    world: World, cranky: Cranky, approved: Approve, post: tuple[Post, int], fault: str
) -> None:
    cranky.reply, note = FAULTS[fault]
    connect(world, cranky.base_url, **({"timeout_s": 0.05, "threads": 4} if fault == "hang" else {}))
    report = world.run()
    assert report.exit_code == 5
    assert 1 <= len(said(report)) <= 3, "a cause is told once, not once for each of four stories"
    assert note.removeprefix("The model").strip() in said(report)[0]
    assert "Look at `model` in config.yaml" in said(report)[0]
    assert written_by(world) == {"extract": 4}
    assert text_of(world).count("[Extract]") == 4
    assert note in text_of(world)
    goes_out_whole(world, approved, post[0])


def test_with_a_model_that_is_down_the_issue_goes_out_whole_and_says_so(
    world: World, approved: Approve, post: tuple[Post, int]
) -> None:
    connect(world, f"http://127.0.0.1:{free_port()}/v1", threads=4)
    report = world.run()
    assert report.exit_code == 5
    assert any("could not be reached" in message for message in said(report))
    assert written_by(world) == {"extract": 4}
    assert text_of(world).count("[Extract]") == 4
    assert "The model could not be reached" in text_of(world)
    goes_out_whole(world, approved, post[0])


@pytest.mark.parametrize("fault", [f for f in FAULTS if f != "hang"])
def test_a_model_that_begins_to_fail_in_the_middle_wrote_what_came_before(
    world: World, cranky: Cranky, approved: Approve, post: tuple[Post, int], fault: str
) -> None:
    wrong, note = FAULTS[fault]
    cranky.reply = lambda prompt: good(prompt) if len(set(cranky.prompts)) <= 2 else wrong(prompt)
    connect(world, cranky.base_url)
    report = world.run()
    assert report.exit_code == 5
    assert note.removeprefix("The model").strip() in said(report)[0]
    assert written_by(world) == {"model:scribe-1": 2, "extract": 2}
    text = text_of(world)
    assert "The language model scribe-1 wrote 2 stories. 2 stories are extracts" in text
    assert text.count("[Extract]") == 2
    assert note in text
    goes_out_whole(world, approved, post[0])


def test_a_model_that_fails_for_one_story_only_writes_the_others(
    world: World, cranky: Cranky, approved: Approve, post: tuple[Post, int]
) -> None:
    filtered = refusal(400, "our filter does not like it")
    cranky.reply = lambda prompt: filtered(prompt) if "Tallinn" in prompt else good(prompt)
    connect(world, cranky.base_url)
    report = world.run()
    assert report.exit_code == 5
    assert written_by(world) == {"extract": 1, "model:scribe-1": 3}
    assert text_of(world).count("The model refused to write about this story") == 1
    goes_out_whole(world, approved, post[0])


@pytest.mark.parametrize("fault", [f for f in FAULTS if f != "hang"])
def test_where_the_first_model_fails_the_next_one_writes_and_the_issue_says_so(
    world: World, cranky: Cranky, fault: str
) -> None:
    cranky.reply = FAULTS[fault][0]
    with model_server() as second:
        connect(world, cranky.base_url, fallback=[{"base_url": second.base_url, "name": "scribe-2", "price": PRICE}])
        report = world.run()
        assert report.exit_code == 5
        assert 1 <= len(said(report)) <= 3
        assert all(message.split(". ")[0].endswith("; scribe-2 answers instead") for message in said(report))
        assert written_by(world) == {"model:scribe-2": 4}
        text, asked = text_of(world), len(second.calls)
        assert "The language model scribe-2 wrote 4 stories." in text
        assert "scribe-1" not in text
        assert "[Extract]" not in text
        assert world.run().problems == []
        assert len(second.calls) == asked, "what another model wrote is written"
    if fault == "no key":
        assert len(cranky.prompts) == 1, "a model that cannot be asked is skipped at once"


@pytest.mark.parametrize("second_writes", [True, False])
def test_the_issue_says_which_model_wrote_how_many_stories(
    world: World, cranky: Cranky, approved: Approve, post: tuple[Post, int], second_writes: bool
) -> None:
    cranky.reply = lambda prompt: completion(None, refusal="No.") if "Tallinn" in prompt else good(prompt)
    with model_server() as second:
        second.answer = honest if second_writes else lambda _: "I think that models are nice."
        down = {"base_url": f"http://127.0.0.1:{free_port()}/v1", "name": "scribe-3"}
        connect(world, cranky.base_url, fallback=[{"base_url": second.base_url, "name": "scribe-2"}, down])
        report = world.run()
    assert report.exit_code == 5
    text = text_of(world)
    assert "The language model scribe-1 wrote 3 stories." in text
    if second_writes:
        assert written_by(world) == {"model:scribe-1": 3, "model:scribe-2": 1}
        assert "The language model scribe-2 wrote 1 story (Tallinn ends its permit trial)." in text
    else:
        assert written_by(world) == {"model:scribe-1": 3, "extract": 1}, "after the last of them stands an extract"
        assert "1 story is an extract" in text
        assert "The model refused to write about this story" in text, "the first model's own reason"
    goes_out_whole(world, approved, post[0])


def test_a_budget_of_tokens_that_ends_in_the_middle_is_never_passed(
    world: World, cranky: Cranky, approved: Approve, post: tuple[Post, int]
) -> None:
    connect(world, cranky.base_url, budget_tokens=3_500, price={"input": 0, "output": 0})
    report = world.run()
    assert report.exit_code == 5
    assert any("the budget for the model was used up" in message for message in said(report))
    by = written_by(world)
    assert by["extract"] > 0
    assert by["model:scribe-1"] > 0
    with world.context() as ctx, ctx.store.read() as db:
        assert sum(u.input_tokens + u.output_tokens for u in model_calls.usage(db)) <= 3_500
    goes_out_whole(world, approved, post[0])


def test_a_budget_that_ends_in_the_middle_is_never_passed_and_the_rest_are_extracts(
    world: World, cranky: Cranky, approved: Approve, post: tuple[Post, int]
) -> None:
    connect(world, cranky.base_url, budget_usd=0.0055)
    report = world.run()
    assert report.exit_code == 5
    assert any("the budget for the model was used up" in message for message in said(report))
    by = written_by(world)
    assert by["extract"] > 0
    assert by["model:scribe-1"] > 0
    assert by.total() == 4
    assert "The budget for the model was used up" in text_of(world)
    with world.context() as ctx, ctx.store.read() as db:
        assert sum(u.cost_usd_micros for u in model_calls.usage(db)) <= 5_500
    goes_out_whole(world, approved, post[0])


def test_a_model_that_works_leaves_nothing_to_tell(world: World, cranky: Cranky) -> None:
    connect(world, cranky.base_url)
    assert world.run().exit_code == 0
    assert written_by(world) == {"model:scribe-1": 4}
    assert "Extract" not in text_of(world)


def test_the_program_itself_leaves_with_5_and_one_line_for_a_cause(world: World, www: Path, cranky: Cranky) -> None:
    for name, stories in STORIES.items():
        undated = feed(name, stories).replace("pubDate", "ignored")  # by its own clock they would be stale
        (www / name).write_text(undated, encoding="utf-8")
    cranky.reply = refusal(401, "no such key")
    connect(world, cranky.base_url)
    world.config["channels"] = []
    (world.folder / "config.yaml").write_text(yaml.safe_dump(world.config), encoding="utf-8")
    command = [sys.executable, "-m", "pipeline", "-c", str(world.folder), "run", "--now", "--until", "summarise"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 5
    told = [line for line in done.stderr.splitlines() if "did not accept the key" in line]
    assert len(told) == 1
    assert told[0].startswith(
        "summarise: scribe-1: the model did not accept the key; an extract stands there instead. "
    )


# --- kill -9 ----------------------------------------------------------------------------------------------------------


def start(world: World) -> subprocess.Popen[bytes]:
    """A run in a process of its own, at the world's time."""
    (world.folder / "config.yaml").write_text(yaml.safe_dump(world.config), encoding="utf-8")
    command = [sys.executable, "-c", RUN_AND_DIE, str(world.folder), world.now.isoformat()]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": "."})


def exit_code_of_last_run(world: World) -> int | None:
    with world.context() as ctx, ctx.store.read() as db:
        last = runs.last(db)
        assert last is not None
        code: int | None = last["exit_code"]
        return code


def test_kill_9_while_sources_are_read_loses_none_of_them(
    world: World, www: Path, approved: Approve, post: tuple[Post, int]
) -> None:
    process: subprocess.Popen[bytes]
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if len(asked) == 2:
                process.send_signal(signal.SIGKILL)
                process.wait()
                return
            super().do_GET()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
            pass

    world.config["fetch"] = {"threads": 1}
    with serving(partial(Handler, directory=str(www))) as base:
        for source in world.config["sources"]:  # type: ignore[attr-defined]
            source["url"] = f"{base}/{source['id']}.xml"
        process = start(world)
        assert process.wait(timeout=60) == -signal.SIGKILL
        assert exit_code_of_last_run(world) is None
        report = world.run()
        assert (report.exit_code, report.done["fetch"]) == (0, 2), "two stories of the first source are there already"
        assert asked == ["/lab.xml", "/press.xml", "/press.xml"]
        assert exit_code_of_last_run(world) == 0
        goes_out_whole(world, approved, post[0])


def test_kill_9_while_stories_are_written_asks_the_model_only_for_those_that_are_missing(
    world: World, cranky: Cranky, approved: Approve, post: tuple[Post, int]
) -> None:
    process: subprocess.Popen[bytes]

    def kill_at_the_third(prompt: str) -> Reply:
        if len(cranky.prompts) == 3:
            process.send_signal(signal.SIGKILL)
            process.wait()
        return good(prompt)

    cranky.reply = kill_at_the_third
    connect(world, cranky.base_url)
    process = start(world)
    assert process.wait(timeout=60) == -signal.SIGKILL
    assert exit_code_of_last_run(world) is None
    report = world.run()
    assert (report.exit_code, report.done["summarise"]) == (0, 3), "two stories that are missing, and the lead"
    asked = Counter(cranky.prompts)
    assert sorted(asked.values()) == [1, 1, 1, 1, 2], "only the one in flight was asked for again"
    assert written_by(world) == {"model:scribe-1": 4}
    goes_out_whole(world, approved, post[0])
    assert len(cranky.prompts) == 6
