"""What the sample world of the demo asks of a model: calls and tokens of a first run, and of the run that publishes."""

import json
import re
import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
import yaml

from benchmarks._measuring import Row
from pipeline.demo import SAMPLES, STANDSTILL, served
from pipeline.store import issues, stories
from pipeline.store.tables import items
from pipeline.text.sentences import split
from pipeline.text.tokens import estimate_tokens
from pipeline.types import Story
from tests.e2e.world import ModelServer, World, honest, model_server

REVIEW_HOURS = 12  # of the demo's schedule: the draft is made so long before the issue is due
_FIRST_BLOCK = re.compile(r"^\[B1\][^\n]*\n(?:Title: [^\n]*\n)?(.*?)(?=\n\n\[B2\]|\n=== )", re.MULTILINE | re.DOTALL)


def measure(small: bool) -> list[Row]:
    """Calls and tokens of both runs; counted, not timed, so that ``small`` changes nothing."""
    del small
    with TemporaryDirectory() as folder, served(SAMPLES / "feeds") as base, model_server() as server:
        server.answer = _usable
        world = _world(Path(folder), base, server)
        _run(world)
        first = [_prompt_tokens(call) for call in server.calls]
        world.pass_(hours=REVIEW_HOURS)
        _run(world)
        second = len(server.calls) - len(first)
        read, told, status = _printed(world)
    if status != "sent" or not told:
        raise RuntimeError(f"the second run should have published; the issue is {status}")
    text = sum(estimate_tokens(f"{i.title}\n{i.body}") for story in told for i in story.items)
    return _rows(first, second, read, len(told), text)


def _rows(first: Sequence[int], second: int, read: int, told: int, text: int) -> list[Row]:
    each = f"{len(first)} calls for {told} stories out of {read} items"
    tokens = f"{sum(first):,} tokens, {text:,} of them are what the sources say"
    return [
        _row("calls a printed story", len(first) / told, "calls", "1 a story and 1 for the lead", each),
        _row("calls an item read", len(first) / read, "calls", "1 an item", each),
        _row("prompt tokens a printed story", sum(first) / told, "tokens", f"{text / told:,.0f}: its sources", tokens),
        _row("prompt against its sources", sum(first) / text, "x", "the text of the printed stories' items", tokens),
        _row("calls of the second run", second, "calls", "0", "it asks every source again, and publishes"),
    ]


def _row(name: str, figure: float, unit: str, baseline: str, note: str) -> Row:
    return Row(name=f"model: {name}", figure=figure, unit=unit, baseline=baseline, note=note)


def _world(folder: Path, base: str, server: ModelServer) -> World:
    """The world of the demo at the moment of the draft, with a model server."""
    shutil.copytree(SAMPLES / "newsletters", folder / "newsletters")
    config = yaml.safe_load((SAMPLES / "config.yaml").read_text(encoding="utf-8").replace("{BASE}", base))
    config["model"] = {"base_url": server.base_url, "name": "honest"}
    return World(folder=folder, config=config, now=STANDSTILL - timedelta(hours=REVIEW_HOURS))


def _usable(prompt: str) -> str:
    """An answer that needs no repair: the longest sentence of the first block that holds no address, cited."""
    block = _FIRST_BLOCK.search(prompt)
    if block is None:
        return honest(prompt)  # the lead
    sentences = [block[1][start:end] for start, end in split(block[1])]
    best = max((s for s in sentences if "://" not in s), key=len)
    return json.dumps({"quotes": [f"B1: {best}"], "claims": [{"text": best, "quotes": [1]}], "headline": best[:110]})


def _run(world: World) -> None:
    report = world.run()
    if report.problems:
        raise RuntimeError(f"the run had problems: {report.problems}")


def _prompt_tokens(call: dict[str, object]) -> int:
    messages = call["messages"]
    if not isinstance(messages, list):
        raise TypeError("the server got no messages")
    return sum(estimate_tokens(message["content"]) for message in messages)


def _printed(world: World) -> tuple[int, list[Story], str]:
    """How many items were read, the stories that print in full, and the status of the issue."""
    with world.context() as ctx, ctx.store.read() as db:
        issue = issues.recent(db)[0]
        read = db.scalar(sa.select(sa.func.count()).select_from(items)) or 0
        return read, list(stories.load(db, [s.story_id for s in issue.slots if not s.brief]).values()), issue.status
