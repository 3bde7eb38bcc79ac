"""The real openai client against a loopback server that answers well, badly, and not at all."""

import json
import socket

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from pipeline.config_model import ModelSettings
from pipeline.errors import ConfigError, ModelError
from pipeline.model.openai_compatible import OpenAICompatible, connect
from tests.model.conftest import KEY, PROMPT, Loopback, completion, refusal, settings


def test_a_good_answer_with_its_usage(script: Loopback) -> None:
    model, asked = script(completion())
    answer = model.complete(PROMPT)
    assert (answer.text, answer.model) == ('{"a": "b"}', "tiny")
    assert (answer.input_tokens, answer.output_tokens, answer.cached_tokens) == (11, 5, 3)
    request = asked[0]
    assert request["response_format"]["json_schema"]["strict"] is True
    assert request["response_format"]["json_schema"]["schema"] == PROMPT.schema
    assert request["max_completion_tokens"] == 100
    assert [m["role"] for m in request["messages"]] == ["system", "user"]
    assert request["headers"]["Authorization"] == f"Bearer {KEY}"
    assert not {"tools", "temperature", "max_tokens", "stream"} & request.keys()


def test_thinking_is_cut_off_and_missing_usage_estimated(script: Loopback) -> None:
    model, _ = script(completion("<think>Hm {</think>\n{}", usage=None), completion(usage={"prompt_tokens": "many"}))
    answer = model.complete(PROMPT)
    assert answer.text == "{}"
    assert answer.input_tokens > 0
    assert answer.output_tokens > 20, "thinking is paid for, too"
    assert model.complete(PROMPT).input_tokens > 0


def test_a_server_without_schemas_is_asked_for_less_and_that_is_remembered(script: Loopback) -> None:
    no_schema = refusal("This model does not support response format `json_schema`")
    no_object = refusal("'response_format.type' must be 'json_schema' or 'text'", 422)
    model, asked = script(no_schema, no_object, completion(), completion())
    model.complete(PROMPT)
    model.complete(PROMPT)
    formats = [request.get("response_format", {}).get("type") for request in asked]
    assert formats == ["json_schema", "json_object", None, None]
    assert '"maxLength": 9' in asked[2]["messages"][0]["content"]  # then the schema stands in the text


def test_a_strict_server_that_knows_no_lengths_gets_the_schema_without_them(script: Loopback) -> None:
    model, asked = script(refusal("Invalid schema for response_format: 'maxLength' is not permitted"), completion())
    model.complete(PROMPT)
    assert asked[1]["response_format"]["json_schema"]["schema"]["properties"] == {"a": {"type": "string"}}


def test_names_of_parameters_are_learnt(script: Loopback) -> None:
    model, asked = script(
        refusal("Unrecognized request argument supplied: max_completion_tokens"),
        refusal("Unsupported value: 'temperature' does not support 0.2 with this model"),
        completion(),
        completion(),
        temperature=0.2,
    )
    model.complete(PROMPT)
    model.complete(PROMPT)
    assert asked[0]["temperature"] == 0.2
    for request in asked[2:]:
        assert request["max_tokens"] == 100
        assert not {"max_completion_tokens", "temperature"} & request.keys()
    assert len(asked) == 4


def test_a_refusal_about_one_prompt_teaches_nothing(script: Loopback) -> None:
    model, asked = script(refusal("request exceeds the available context size"), completion())
    with pytest.raises(ModelError, match="available context size") as caught:
        model.complete(PROMPT)
    assert caught.value.kind == "too_long"
    model.complete(PROMPT)
    assert asked[1]["response_format"]["type"] == "json_schema"


@pytest.mark.parametrize("answer", [refusal("slow down", 429), refusal("oops", 500), refusal("busy", 503)])
def test_a_passing_trouble_is_tried_again_by_the_client(script: Loopback, answer: Response) -> None:
    answer.headers["Retry-After"] = "0"
    answer.headers["Retry-After-Ms"] = "1"
    model, asked = script(answer, completion(), max_retries=1)
    assert model.complete(PROMPT).text
    assert len(asked) == 2


HTML = Response("<!doctype html><title>Welcome</title>", content_type="text/html")


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (refusal(f"Incorrect API key provided: {KEY}", 401), "auth", "401"),
        (refusal("no credit", 402), "auth", "no credit"),
        (refusal("no such model", 404), "down", "model.name"),
        (refusal("slow down", 429), "rate_limited", "slow down"),
        (refusal("oops", 500), "down", "500"),
        (HTML, "garbage", "an HTML page. Check model.base_url"),
        ("", "garbage", "no chat completion"),
        ("[[[", "garbage", "no chat completion"),
        ("[" * 50_000, "garbage", "no chat completion"),
        ('"text"', "garbage", "no chat completion"),
        ("data: {}", "garbage", "no chat completion"),
        (completion(choices=None), "garbage", "answered with nothing"),
        (completion(choices=[]), "garbage", "answered with nothing"),
        (completion(choices=[{"finish_reason": "stop"}]), "garbage", "answered with nothing"),
        (completion(choices="none"), "garbage", "no chat completion"),
        (completion(None), "garbage", "answered with nothing"),
        (completion("<think>and on it goes"), "garbage", "answered with nothing"),
        (completion("x", "length"), "cut_off", "cut off after 100 tokens"),
        (completion("x", "content_filter"), "refused", "content filter"),
        (
            completion(choices=[{"message": {"content": None, "refusal": "I will not."}, "finish_reason": "stop"}]),
            "refused",
            "I will not.",
        ),
        ({"error": {"message": "Provider returned error", "code": 502}}, "down", "Provider returned error"),
        ({"error": {"message": f"rate for {KEY}", "code": 429}}, "rate_limited", "rate for ***"),
        ({"error": "out of memory"}, "down", "out of memory"),
        (completion(choices=[{"error": {"message": "overloaded"}}]), "down", "overloaded"),
    ],
)
def test_each_failure_has_its_kind_and_a_remedy_and_never_the_key(
    script: Loopback, answer: object, kind: str, said: str
) -> None:
    model, _ = script(answer)
    with pytest.raises(ModelError) as caught:
        model.complete(PROMPT)
    assert caught.value.kind == kind
    assert said in str(caught.value)
    assert str(caught.value).startswith("tiny: ")
    assert caught.value.remedy
    assert KEY not in str(caught.value)


def test_a_server_that_accepts_and_never_answers_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        model = OpenAICompatible(settings(url, timeout_s=0.1), max_retries=1)
        with pytest.raises(ModelError, match=r"did not answer in 0.1 s. Raise model.timeout_s") as caught:
            model.complete(PROMPT)
        model.connection.client.close()
    assert caught.value.kind == "timeout"


def test_a_server_that_is_not_there_is_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}/v1"
    model = OpenAICompatible(settings(url), max_retries=0)
    with pytest.raises(ModelError, match=r"cannot be reached at http://127\.0\.0\.1") as caught:
        model.complete(PROMPT)
    model.connection.client.close()
    assert caught.value.kind == "down"


def test_a_connection_that_breaks_in_the_middle_of_the_answer_is_down(script: Loopback) -> None:
    broken = Response(json.dumps(completion())[:40], content_type="application/json")
    broken.headers["Content-Length"] = "5000"
    broken.automatically_set_content_length = False
    model, _ = script(broken)
    with pytest.raises(ModelError) as caught:
        model.complete(PROMPT)
    assert caught.value.kind in ("down", "garbage")


def test_an_answer_without_end_is_cut_off(script: Loopback) -> None:
    model, _ = script("x" * 4_100_000)
    with pytest.raises(ModelError, match="more than 4000000 bytes"):
        model.complete(PROMPT)


def test_an_answer_that_trickles_is_stopped_at_the_total(script: Loopback) -> None:
    seconds = iter(range(0, 10_000, 40))
    trickle = Response((chunk for chunk in ("{", " ", "}")), content_type="application/json")
    model, _ = script(trickle, clock={"monotonic_s": lambda: next(seconds)}, timeout_s=30)
    with pytest.raises(ModelError, match="did not finish its answer in 30 s") as caught:
        model.complete(PROMPT)
    assert caught.value.kind == "timeout"


def test_a_local_server_needs_no_key(script: Loopback, httpserver: HTTPServer) -> None:
    _, asked = script(completion())
    model = connect(ModelSettings(name="tiny", base_url=httpserver.url_for("/v1")))
    assert isinstance(model, OpenAICompatible)
    assert model.complete(PROMPT).text
    assert asked[0]["headers"]["Authorization"] == "Bearer unused"
    model.connection.client.close()


@pytest.mark.parametrize("url", ["localhost:11434", "ftp://e.com/v1", "http://", "http://[", "http://a:b/v1"])
def test_an_address_that_is_none_is_a_mistake_of_the_configuration(url: str) -> None:
    with pytest.raises(ConfigError, match=r"model\.base_url"):
        connect(ModelSettings(base_url=url))
