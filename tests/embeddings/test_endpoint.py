"""The real openai client against a loopback server that gives vectors well, badly, and not at all."""

import base64
import json
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipeline.config import DedupeSettings
from pipeline.config_model import ModelSettings
from pipeline.embeddings import endpoint
from pipeline.embeddings.endpoint import Endpoint
from pipeline.errors import BudgetExceeded, ConfigError, ModelError
from pipeline.model.books import Books
from pipeline.model.connection import Connection
from pipeline.types import ModelCall

KEY = "sk-very-secret-1234567890"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
Reply = Callable[[list[str]], object]


class Desk:
    """An embedder on a server that answers with ``reply(texts)``; the requests that came, the rows that were logged."""

    def __init__(self, server: HTTPServer, reply: Reply, *, price_usd: float = 0.0, budget: int = 1_000_000) -> None:
        self.asked: list[dict[str, Any]] = []
        self.rows: list[ModelCall] = []
        self._reply = reply
        server.expect_request("/v1/embeddings", method="POST").respond_with_handler(self._handle)
        connection = Connection(
            "tiny",
            base_url=server.url_for("/v1"),
            api_key=SecretStr(KEY),
            timeout_s=30,
            max_retries=0,
            remedies=endpoint._REMEDIES,
        )
        books = Books(log=self.rows.append, clock=lambda: NOW, budget_usd_micros=budget)
        self.embedder = Endpoint(connection, books=books, price_usd=price_usd)

    def _handle(self, request: Request) -> Response:
        self.asked.append(json.loads(request.data))
        answer = self._reply(self.asked[-1]["input"])
        if isinstance(answer, Response):
            return answer
        body = answer if isinstance(answer, str) else json.dumps(answer)
        return Response(body, content_type="application/json")


@pytest.fixture
def desk(httpserver: HTTPServer) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make(reply: Reply, **options: Any) -> Desk:
        made.append(Desk(httpserver, reply, **options))
        return made[-1]

    yield make
    for each in made:
        each.embedder.connection.client.close()


def vector(text: str) -> list[float]:
    """As a server might give: not of length 1, another for each text."""
    return [float(len(text) + 1), 2.0, -3.0]


def answer(texts: list[str], **other: object) -> dict[str, object]:
    data = [{"object": "embedding", "index": i, "embedding": vector(text)} for i, text in enumerate(texts)]
    return {"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 7, "total_tokens": 7}} | other


def expected(texts: list[str]) -> Any:
    rows = np.array([vector(text) for text in texts])
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def backwards(texts: list[str]) -> dict[str, object]:
    whole = answer(texts)
    return whole | {"data": list(reversed(whole["data"]))}  # type: ignore[call-overload]


def unnumbered(texts: list[str]) -> dict[str, object]:
    return answer(texts, data=[{"embedding": vector(text)} for text in texts], usage=None)


def packed(texts: list[str]) -> dict[str, object]:
    data = [
        {"index": i, "embedding": base64.b64encode(np.array(vector(text), "<f4").tobytes()).decode()}
        for i, text in enumerate(texts)
    ]
    return answer(texts, data=data)


@pytest.mark.parametrize("reply", [answer, backwards, unnumbered, packed])
def test_vectors_come_in_the_order_of_the_texts_and_one_long(desk: Callable[..., Desk], reply: Reply) -> None:
    texts = ["one", "the second", "大模型"]
    vectors = desk(reply).embedder.embed(texts)
    assert vectors.dtype == np.float32
    assert np.abs(vectors - expected(texts)).max() < 1e-6


def test_many_texts_go_in_bounded_requests(desk: Callable[..., Desk]) -> None:
    one = desk(answer)
    texts = [f"text {i}" for i in range(70)] + ["大" * 5_000] * 30
    vectors = one.embedder.embed(texts)
    assert vectors.shape == (100, 3)
    assert [len(request["input"]) for request in one.asked] == [64, 16, 10, 10]
    assert max(len(text) for request in one.asked for text in request["input"]) == 1_000
    assert np.abs(vectors[:70] - expected(texts[:70])).max() < 1e-6


def test_hostile_and_empty_texts_reach_the_server_as_text(desk: Callable[..., Desk]) -> None:
    one = desk(answer)
    one.embedder.embed(["", "\x00\ud800", "a\u202eb"])
    assert one.asked[0]["input"] == ["-", "-", "ab"]
    assert one.embedder.embed([]).shape[0] == 0


def test_every_request_is_booked_at_its_price(desk: Callable[..., Desk]) -> None:
    one = desk(answer, price_usd=0.5)
    one.embedder.embed(["a"] * 65)
    assert [(r.stage, r.prompt, r.model, r.input_tokens, r.cost_usd_micros, r.error) for r in one.rows] == [
        ("dedupe", "embeddings", "tiny", 7, 4, "")
    ] * 2


def test_the_budget_stops_before_the_request_that_could_pass_it(desk: Callable[..., Desk]) -> None:
    one = desk(answer, price_usd=1, budget=1_500)
    with pytest.raises(BudgetExceeded, match=r"tiny: the next call may cost"):
        one.embedder.embed(["word " * 190] * 64)
    assert (one.asked, one.rows) == ([], [])


def refusal(status: int, message: str) -> Response:
    return Response(json.dumps({"error": {"message": message}}), status, content_type="application/json")


HTML = Response("<!doctype html><title>Welcome</title>", content_type="text/html")


def replaced(**fields: object) -> Reply:
    """An answer whose last vector has these fields."""
    return lambda texts: answer(texts, data=[{"index": 0, "embedding": vector("")}, {"index": 1} | fields])


@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        (lambda texts: answer(texts[1:]), "garbage", "1 vectors to 2 texts"),
        (lambda texts: answer([*texts, "more"]), "garbage", "3 vectors to 2 texts"),
        (lambda texts: answer(texts, data=[]), "garbage", "0 vectors to 2 texts"),
        (lambda texts: answer(texts, data=None), "garbage", "0 vectors to 2 texts"),
        (replaced(embedding=vector("a"), index=0), "garbage", "numbered them otherwise"),
        (replaced(embedding=vector("a"), index=7), "garbage", "numbered them otherwise"),
        (replaced(embedding=[1.0, 2.0]), "garbage", "different lengths"),
        (replaced(embedding=[]), "garbage", "no list of embeddings"),
        (replaced(embedding=["x"]), "garbage", "no list of embeddings"),
        (replaced(embedding="!!"), "garbage", "no list of embeddings"),
        (replaced(embedding=base64.b64encode(b"odd").decode()), "garbage", "no list of embeddings"),
        (replaced(embedding=[0, 0, 0]), "garbage", "zero or not finite"),
        (replaced(embedding=[float("nan"), 1, 1]), "garbage", "zero or not finite"),
        (replaced(embedding=[float("inf"), 1, 1]), "garbage", "zero or not finite"),
        (replaced(embedding=[1e300, 1e300, 1]), "garbage", "zero or not finite"),
        (lambda _: HTML, "garbage", "an HTML page. Check model.base_url"),
        (lambda _: "[" * 50_000, "garbage", "no list of embeddings"),
        (lambda _: "x" * 16_100_000, "garbage", "more than 16000000 bytes"),
        (lambda _: {"error": {"message": "overloaded", "code": 429}}, "rate_limited", "overloaded"),
        (lambda _: refusal(429, "slow down"), "rate_limited", "slow down"),
        (lambda _: refusal(401, f"Incorrect API key provided: {KEY}"), "auth", "401"),
        (lambda _: refusal(400, "this model does not embed"), "refused", "an embedding model"),
        (lambda _: refusal(404, "no such model"), "down", "dedupe.embeddings"),
        (lambda _: refusal(500, "oops"), "down", "500"),
    ],
)
def test_each_failure_has_its_kind_and_a_remedy_and_never_the_key(
    desk: Callable[..., Desk], reply: Reply, kind: str, said: str
) -> None:
    one = desk(reply)
    with pytest.raises(ModelError) as caught:
        one.embedder.embed(["a", "b"])
    assert caught.value.kind == kind
    assert said in str(caught.value)
    assert str(caught.value).startswith("tiny: ")
    assert caught.value.remedy
    assert KEY not in str(caught.value)
    assert [row.error for row in one.rows] == [kind]


def test_a_server_that_hangs_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        connection = Connection("tiny", base_url=url, timeout_s=0.1, max_retries=0, remedies=endpoint._REMEDIES)
        books = Books(log=lambda _: None, clock=lambda: NOW, budget_usd_micros=0)
        with pytest.raises(ModelError, match=r"did not answer in 0.1 s. Raise model.timeout_s"):
            Endpoint(connection, books=books).embed(["a"])
        connection.client.close()


BOOKS = Books(log=lambda _: None, clock=lambda: NOW, budget_usd_micros=0)


def test_a_server_elsewhere_needs_a_price_and_one_here_does_not() -> None:
    dedupe = DedupeSettings(embeddings="text-embedding-3-small")
    with pytest.raises(ConfigError, match=r"dedupe\.embeddings_price: the price of text-embedding-3-small"):
        endpoint.connect(dedupe, ModelSettings(), BOOKS)
    local = ModelSettings(base_url="http://127.0.0.1:11434/v1")
    assert endpoint.connect(dedupe, local, BOOKS).name == "text-embedding-3-small"
    priced = dedupe.model_copy(update={"embeddings_price": 0.02})
    assert endpoint.connect(priced, ModelSettings(), BOOKS).name == "text-embedding-3-small"
    with pytest.raises(ConfigError, match=r"model\.base_url"):
        endpoint.connect(priced, ModelSettings(base_url="localhost:11434"), BOOKS)
