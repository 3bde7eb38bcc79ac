"""A probe asks the real client's way and tells what it met, on servers of each kind."""

import json
import re
import socket
from dataclasses import replace
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from pipeline.errors import ModelError
from pipeline.model.probe import PROMPT, Probe, probe
from tests.model.conftest import KEY, Loopback, completion, refusal, settings

OK = '{"ok": true}'
TRUE = completion(OK, usage={"prompt_tokens": 31, "completion_tokens": 7})


@pytest.fixture
def asked(script: Loopback) -> Loopback:
    """A server that answers the probe."""
    script.answer(TRUE)
    return script


def ask(server: HTTPServer, **options: Any) -> Probe:
    seconds = iter((1.0, 1.25))
    return probe(settings(server.url_for("/v1"), **options), monotonic_s=lambda: next(seconds))


def lists(server: HTTPServer, body: object, path: str = "/v1/models") -> None:
    server.expect_request(path).respond_with_data(json.dumps(body), content_type="application/json")


def test_a_good_server_has_no_trouble(asked: Loopback, httpserver: HTTPServer) -> None:
    lists(httpserver, {"data": [{"id": "tiny", "max_model_len": 32_768}, {"id": "large"}]})
    found = ask(httpserver, temperature=0.5)
    assert found == Probe(
        name="tiny",
        base_url=httpserver.url_for("/v1"),
        rung="json_schema",
        limit_name="max_completion_tokens",
        takes_temperature=True,
        latency_ms=250,
        input_tokens=31,
        output_tokens=7,
        context_tokens=32_768,
        models=("tiny", "large"),
        trouble="",
    )


def test_what_it_does_not_take_is_told(script: Loopback, httpserver: HTTPServer) -> None:
    def picky(request: dict[str, Any]) -> object:
        for name in ("temperature", "reasoning_effort", "max_completion_tokens", "json_schema", "json_object"):
            if name in json.dumps({k: v for k, v in request.items() if k not in ("headers", "messages")}):
                return refusal(f"{name} is not supported")
        return TRUE

    script.answer(picky)
    kept: dict[str, str] = {}
    wanted = settings(httpserver.url_for("/v1"), temperature=0.5, reasoning_effort="low")
    found = probe(wanted, keep=kept.__setitem__)
    assert (found.rung, found.limit_name, found.takes_temperature) == ("none", "max_tokens", False)
    assert (
        found.trouble
        == "It does not take reasoning_effort; it is left out. It does not take temperature; it is left out."
    )
    assert len(kept) == 1, "the runs to come begin there"


@pytest.mark.parametrize(
    ("body", "window"),
    [
        ({"data": [{"id": "tiny", "context_length": 8192, "pricing": {}}]}, 8192),
        ([{"id": "tiny", "context_length": 4096}], 4096),
        ({"data": [{"id": "tiny", "context_window": 131_072}]}, 131_072),
        ({"data": [{"id": "other", "context_length": 8192}]}, None),
        ({"data": [{"id": "tiny", "context_length": 0}]}, None),
        ({"data": "none"}, None),
        ("<html>", None),
    ],
)
def test_the_window_stands_in_the_list_of_models(
    asked: Loopback, httpserver: HTTPServer, body: object, window: int | None
) -> None:
    lists(httpserver, body)
    found = ask(httpserver)
    assert found.context_tokens == window
    assert found.trouble == ""


def test_servers_of_ones_own_tell_their_window_elsewhere(asked: Loopback, httpserver: HTTPServer) -> None:
    lists(httpserver, {"data": [{"id": "tiny", "loaded_context_length": 6000}]}, "/api/v0/models")
    assert ask(httpserver, provider="lm_studio").context_tokens == 6000
    lists(httpserver, {"models": [{"name": "tiny:latest", "context_length": 4096}]}, "/api/ps")
    found = ask(httpserver, provider="ollama", context_tokens=32_768)
    assert found.context_tokens == 4096
    assert "Its window has 4,096 tokens, not 32,768" in found.trouble
    assert "OLLAMA_CONTEXT_LENGTH" in found.trouble
    lists(httpserver, {"default_generation_settings": {"n_ctx": 2048}}, "/props")
    assert ask(httpserver).context_tokens == 2048


def test_the_window_that_it_finds_holds_in_the_next_run(asked: Loopback, httpserver: HTTPServer) -> None:
    lists(httpserver, {"data": [{"id": "tiny", "max_model_len": 2000}]})
    kept: dict[str, str] = {}
    probe(settings(httpserver.url_for("/v1")), keep=kept.__setitem__)
    next_run = asked.again()
    next_run.remember(kept.get, kept.__setitem__)
    with pytest.raises(ModelError, match="has a window of 2,000 tokens"):
        next_run.complete(replace(PROMPT, user="word " * 1_500))
    told_otherwise = asked.again(context_tokens=9_000)
    told_otherwise.remember(kept.get, kept.__setitem__)
    assert told_otherwise.complete(replace(PROMPT, user="word " * 1_500)).text


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (completion("Sure! The answer is yes."), "not in JSON. Take a model that follows a JSON schema"),
        (refusal(f"Incorrect API key {KEY}", 401), "401.*Check the key"),
        (refusal("The model `tiny` does not exist", 404), "does not exist.*It serves small, large"),
        (Response("<html>Log in</html>"), "an HTML page. Check model.base_url"),
    ],
)
def test_a_trouble_is_told_with_its_remedy_and_without_the_key(
    script: Loopback, httpserver: HTTPServer, answer: object, said: str
) -> None:
    script.answer(answer)
    lists(httpserver, {"data": [{"id": "small", "context_length": 9000}, {"id": "large"}]})
    found = ask(httpserver)
    assert found.models == ("small", "large")
    assert not found.trouble or KEY not in found.trouble
    assert re.search(said, found.trouble)


def test_a_server_that_is_not_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}/v1"
    found = probe(settings(url), max_retries=0)
    assert "cannot be reached" in found.trouble
    assert (found.rung, found.models, found.context_tokens) == ("", (), None)


def test_without_a_model_nothing_is_asked() -> None:
    found = probe(settings("", type="extractive"))
    assert found.trouble == "no server is asked: model.type is extractive. Set OPENAI_API_KEY"
