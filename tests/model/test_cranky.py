"""Servers that answer in every way that servers answer: each is understood, and a second run makes no refused request.

The wordings are like those of the servers named, after their documentation and issues; they are no recorded answers.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug import Response

from pipeline.errors import ModelError
from pipeline.model.answers import read_object
from pipeline.model.openai_compatible import OpenAICompatible
from pipeline.seams import Prompt
from tests.model.conftest import PROMPT, Loopback, completion, message, refusal

Server = Callable[[dict[str, Any]], object]


def format_of(request: dict[str, Any]) -> str | None:
    """The response_format that it asks for."""
    found: str | None = request.get("response_format", {}).get("type")
    return found


def openai_reasoning(request: dict[str, Any]) -> object:
    if "max_tokens" in request:
        text = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        )
        return refusal(text, code="unsupported_parameter")
    if "temperature" in request:
        return refusal("Unsupported value: 'temperature' does not support 0.2 with this model. Only the default is.")
    return completion()


def azure_strict(request: dict[str, Any]) -> object:
    strict = request.get("response_format", {}).get("json_schema", {})
    if "maxLength" in json.dumps(strict):
        return refusal("Invalid schema for response_format 'summarise': In context=(), 'maxLength' is not permitted.")
    return completion()


def deepseek(request: dict[str, Any]) -> object:
    if format_of(request) == "json_schema":
        return refusal("This response_format type is unavailable now")
    if format_of(request) == "json_object" and "json" not in json.dumps(request["messages"]).lower():
        return refusal("Prompt must contain the word 'json' in some form to use 'response_format'.")
    return completion()


def lm_studio(request: dict[str, Any]) -> object:
    if format_of(request) == "json_object":
        return refusal("'response_format.type' must be 'json_schema' or 'text'")
    return completion()


def groq_older_model(request: dict[str, Any]) -> object:
    if format_of(request) == "json_schema":
        return refusal("This model does not support response format `json_schema`.", type="invalid_request_error")
    if format_of(request) == "json_object":
        return refusal("Failed to generate JSON. See 'failed_generation'", code="json_validate_failed")
    return completion('Here you are:\n```json\n{"a": "b"}\n```\nAnything else?')


def old_server(request: dict[str, Any]) -> object:
    if "max_completion_tokens" in request:
        return refusal("Unrecognized request argument supplied: max_completion_tokens", type="invalid_request_error")
    return completion()


def pydantic_server(request: dict[str, Any]) -> object:
    for name in ("reasoning_effort", "response_format", "max_completion_tokens"):
        if name in request:
            detail = [{"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted"}]
            return Response(json.dumps({"detail": detail}), 422, content_type="application/json")
    return completion()


def gemini_without_thinking(request: dict[str, Any]) -> object:
    if "reasoning_effort" in request:
        return Response(
            json.dumps([{"error": {"code": 400, "message": "Thinking level is not supported for this model."}}]),
            400,
            content_type="application/json",
        )
    return completion()


def openrouter_without_schemas(request: dict[str, Any]) -> object:
    if "response_format" in request:
        return refusal("No endpoints found that can handle the requested parameters.", 404, code=404)
    assert request["provider"] == {"require_parameters": True}
    return completion()


def silent_server(request: dict[str, Any]) -> object:
    """It says 400 to what it does not know, and no more."""
    if "response_format" in request or "temperature" in request or "max_completion_tokens" in request:
        return Response("Bad Request", 400)
    return completion()


def gemma_at_vllm(request: dict[str, Any]) -> object:
    if request["messages"][0]["role"] == "system":
        return refusal("System role not supported")
    assert request["messages"][0]["content"].startswith("Answer in JSON.\n\n")
    return completion()


SERVERS: dict[str, tuple[Server, dict[str, Any], int]] = {  # what it is asked with, and after how many refusals
    "OpenAI's reasoning models": (openai_reasoning, {"temperature": 0.2}, 1),
    "the same behind a proxy that is taken for DeepSeek": (openai_reasoning, {"provider": "deepseek"}, 1),
    "Azure's strict mode": (azure_strict, {}, 1),
    "DeepSeek": (deepseek, {"provider": "deepseek"}, 0),
    "DeepSeek behind a proxy": (deepseek, {}, 1),
    "LM Studio": (lm_studio, {"provider": "lm_studio"}, 0),
    "an older model at Groq": (groq_older_model, {"provider": "groq", "api_key_env": "OPENAI_API_KEY"}, 2),
    "an old server": (old_server, {}, 1),
    "a server that forbids extra fields": (pydantic_server, {"reasoning_effort": "low"}, 4),
    "Gemini without thinking": (gemini_without_thinking, {"reasoning_effort": "high"}, 1),
    "OpenRouter, no endpoint with schemas": (openrouter_without_schemas, {"provider": "openrouter"}, 2),
    "a template without a system message": (gemma_at_vllm, {}, 1),
    "a server that does not say what it refuses": (silent_server, {"temperature": 0.5}, 1),
}


@pytest.mark.parametrize("name", SERVERS)
def test_each_server_is_asked_until_it_answers_and_the_next_run_knows_how(script: Loopback, name: str) -> None:
    server, options, refusals = SERVERS[name]
    kept: dict[str, str] = {}
    model, asked = script(server, **options)
    model.remember(kept.get, kept.__setitem__)
    assert [read_object(model.complete(PROMPT).text, frozenset("a")) for _ in range(2)] == [{"a": "b"}] * 2
    assert len(asked) == refusals + 2, "refusals, the answer, and a second call without any"
    next_run = script.again(**options)
    next_run.remember(kept.get, kept.__setitem__)
    before = len(asked)
    next_run.complete(PROMPT)
    assert len(asked) == before + 1, "the next run makes no refused request"


def test_where_no_schema_is_taken_it_stands_in_the_prompt(script: Loopback) -> None:
    model, asked = script(deepseek, provider="deepseek")
    model.complete(PROMPT)
    assert format_of(asked[0]) == "json_object"
    assert '"maxLength": 9' in asked[0]["messages"][0]["content"]


def test_what_the_preset_knows_to_be_ignored_is_not_sent(script: Loopback) -> None:
    model, asked = script(completion(), provider="anthropic", reasoning_effort="high")
    model.complete(PROMPT)
    assert not {"response_format", "reasoning_effort"} & asked[0].keys()
    assert "JSON Schema" in asked[0]["messages"][0]["content"]


def test_an_effort_goes_where_the_provider_wants_it(script: Loopback) -> None:
    model, asked = script(completion(), provider="openrouter", reasoning_effort="low")
    model.complete(PROMPT)
    assert asked[0]["reasoning"] == {"effort": "low"}
    plain, asked = script(completion(), reasoning_effort="low")
    plain.complete(PROMPT)
    assert asked[0]["reasoning_effort"] == "low"


def test_a_server_that_takes_a_schema_and_does_not_heed_it_is_shown_it(script: Loopback) -> None:
    model, asked = script(completion("I would say: b."), completion())
    assert model.complete(PROMPT).text == "I would say: b."
    model.complete(PROMPT)
    assert [format_of(request) for request in asked] == ["json_schema", "json_schema"]
    shown = ['"maxLength": 9' in request["messages"][0]["content"] for request in asked]
    assert shown == [False, True]


def test_what_was_learnt_holds_for_one_model_at_one_address_and_for_these_wishes(script: Loopback) -> None:
    kept: dict[str, str] = {}
    model, asked = script(pydantic_server, reasoning_effort="low")
    model.remember(kept.get, kept.__setitem__)
    model.complete(PROMPT)
    for other in ({"reasoning_effort": "high"}, {"reasoning_effort": "low", "name": "large"}):
        before = len(asked)
        options: dict[str, Any] = {**other}
        another = script.again(**options)
        another.remember(kept.get, kept.__setitem__)
        another.complete(PROMPT)
        assert len(asked) > before + 1, f"{other} was learnt by itself"


@pytest.mark.parametrize("junk", ["", "{", '{"rung": "ladder", "limit_name": "x"}', "[]"])
def test_what_another_version_kept_is_learnt_anew(script: Loopback, junk: str) -> None:
    model, asked = script(completion())
    model.remember(lambda _: junk, lambda _key, _text: None)
    model.complete(PROMPT)
    assert format_of(asked[0]) == "json_schema"


@pytest.mark.parametrize(
    "answer",
    [
        completion('<think>\nThe user wants {"a": "x"}.\n</think>\n\n{"a": "b"}'),
        message(content='{"a": "b"}', reasoning_content='Perhaps {"a": "x"}?'),
        message(content=None, reasoning_content='{"a": "b"}'),
        message(content="", reasoning='So: {"a": "b"}'),
        message(content=[{"type": "thinking", "thinking": []}, {"type": "text", "text": '{"a": "b"}'}]),
        completion('{"a": "b"} and then it went on and on', "length"),
        completion("```json\n" + '{"a": "b"}' + "\n```"),
        completion(usage={"prompt_tokens": -4, "completion_tokens": None}),
        "\n\n  " + json.dumps(completion()),  # OpenRouter keeps a slow connection alive with blanks
    ],
)
def test_an_answer_is_found_wherever_it_stands(script: Loopback, answer: object) -> None:
    model, _ = script(answer)
    text = model.complete(PROMPT).text
    assert '{"a": "b"}' in text
    assert '"x"' not in text


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (completion("<think>hm, and hm again", "length"), "cut_off", "100 tokens, all of them spent on thinking"),
        (message("length", content=None, reasoning_content="hm"), "cut_off", "all of them spent on thinking"),
        (message(content=None, reasoning_content="I do not know."), "garbage", "thought, then answered with nothing"),
        (completion('{"a": "b', "length"), "cut_off", "Raise model.max_output_tokens"),
        (refusal("maximum context length is 8192 tokens, however you requested 9000"), "too_long", "8192"),
        (refusal("Input exceeds", code="context_length_exceeded"), "too_long", "larger window"),
        (refusal("Your chosen model requires moderation and your input was flagged", 403), "refused", "flagged"),
        (refusal("key limit exceeded", 403), "auth", "model.api_key_env"),
        (refusal("Overloaded", 529), "down", "529"),
        ({"error": {"message": "Slow down", "code": "429"}}, "rate_limited", "Slow down"),
        ({"error": {"message": "No credit", "code": "insufficient_quota"}}, "auth", "No credit"),
        (completion(choices=[{"finish_reason": "error", "message": {"content": ""}}]), "down", "finish_reason"),
        (completion(choices=[{"error": {"code": 429, "message": "upstream"}}]), "rate_limited", "upstream"),
    ],
)
def test_each_trouble_is_told_by_its_name(script: Loopback, answer: object, kind: str, said: str) -> None:
    model, _ = script(answer)
    with pytest.raises(ModelError) as caught:
        model.complete(PROMPT)
    assert caught.value.kind == kind
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "hiccup", [{"error": {"message": "Provider returned error", "code": 502}}, completion(choices=[{"error": "gone"}])]
)
def test_a_hiccup_inside_http_200_is_tried_once_more(script: Loopback, hiccup: object) -> None:
    model, asked = script(hiccup, completion())
    assert model.complete(PROMPT).text
    assert len(asked) == 2


def test_an_account_without_credit_is_not_asked_again(script: Loopback) -> None:
    broke = refusal("You exceeded your current quota", 429, code="insufficient_quota", type="insufficient_quota")
    model, asked = script(broke, max_retries=2)
    with pytest.raises(ModelError, match="credit of the account") as caught:
        model.complete(PROMPT)
    assert caught.value.kind == "auth"
    assert len(asked) == 1


@pytest.mark.parametrize("name", ["retry-after-ms", "retry-after"])
@pytest.mark.parametrize("status", [429, 529])
def test_a_server_that_names_its_time_is_asked_again(script: Loopback, name: str, status: int) -> None:
    busy = refusal("try again", status)
    busy.headers[name] = "2" if name == "retry-after-ms" else "0.002"
    model, asked = script(busy, busy, completion(), max_retries=2)
    assert model.complete(PROMPT).text
    assert len(asked) == 3


def test_a_wait_of_hours_is_not_waited(script: Loopback) -> None:
    busy = refusal("try again tomorrow", 429)
    busy.headers["retry-after"] = "7200"
    model, asked = script(busy, max_retries=2)
    with pytest.raises(ModelError, match="try again tomorrow"):
        model.complete(PROMPT)
    assert len(asked) == 1


ENGLISH = "The company has released a small model with open weights, and says that it runs on a phone. "
CHINESE = "该公司发布了一个开放权重的小型模型，并表示它可以在手机上运行。"


def prompt_of(text: str) -> Prompt:
    return Prompt(id="p", stage="summarise", system="s", user=text, schema=PROMPT.schema, max_output_tokens=100)


def test_a_prompt_that_the_window_does_not_hold_is_not_sent(script: Loopback) -> None:
    model, asked = script(completion(), provider="ollama")
    remedy = r"OLLAMA_CONTEXT_LENGTH=16384.*model\.context_tokens"
    with pytest.raises(ModelError, match=rf"window of 4,096 tokens.*{remedy}") as e:
        model.complete(prompt_of(ENGLISH * 200))
    assert e.value.kind == "too_long"
    assert asked == []
    model.complete(prompt_of(ENGLISH * 100))
    larger = script.again(provider="ollama", context_tokens=16_384)
    larger.complete(prompt_of(ENGLISH * 200))
    assert len(asked) == 2


@pytest.mark.parametrize(("text", "read"), [(ENGLISH * 400, 4096), (CHINESE * 400, 2048)])
def test_a_prompt_that_was_cut_without_a_word_is_noticed(script: Loopback, text: str, read: int) -> None:
    model, _ = script(completion(usage={"prompt_tokens": read, "completion_tokens": 5}))
    with pytest.raises(ModelError, match=f"read {read:,} of about .* tokens and did not say so") as caught:
        model.complete(prompt_of(text))
    assert caught.value.kind == "too_long"


@pytest.mark.parametrize("reported", [0, 1, 11, None])
def test_a_server_that_reports_no_real_count_is_believed_to_have_read_all(script: Loopback, reported: object) -> None:
    model, _ = script(completion(usage={"prompt_tokens": reported, "completion_tokens": 5}))
    assert model.complete(prompt_of(ENGLISH * 400)).text


def counting(request: dict[str, Any]) -> object:
    """Counts a token for five Latin letters, or for a Han character and a half."""
    text = "".join(m["content"] for m in request["messages"])
    han = sum("\u4e00" <= c <= "\u9fff" for c in text)
    tokens = round((len(text) - han) / 5 + han / 1.5)
    return completion(usage={"prompt_tokens": tokens, "completion_tokens": 5})


def fits(model: OpenAICompatible, text: str) -> bool:
    """Whether the model answers a prompt; another trouble than its length is a failure of the test."""
    try:
        return bool(model.complete(prompt_of(text)).text)
    except ModelError as e:
        if e.kind != "too_long":
            raise
        return False


def test_counts_that_the_server_reports_make_room_for_longer_prompts_script_by_script(script: Loopback) -> None:
    """7,000 English characters are 2,000 tokens by our count and 1,400 by this server's; 1,600 fit."""
    model, _ = script(counting, context_tokens=1_700)
    english, chinese = ENGLISH * 75, CHINESE * 55
    assert not fits(model, english)
    assert fits(model, ENGLISH * 10)
    assert fits(model, english), "it was learnt how this model counts"
    assert not fits(model, chinese), "but not for another script"
    assert fits(model, CHINESE * 10)
    assert fits(model, chinese)
    assert not fits(model, english * 2), "what is too long stays too long"


def test_a_base_model_goes_on_with_a_text_of_worked_examples(script: Loopback) -> None:
    def base(request: dict[str, Any]) -> object:
        assert request["path"] == "/v1/completions"
        text = ' {"a": "b"}\n\nAnd so on, for as long as it may' if request["prompt"].endswith("ANSWER:") else "?"
        return {"choices": [{"text": text, "finish_reason": "length"}], "usage": {"prompt_tokens": 9}}

    model, asked = script(base, api="completions", temperature=0.3)
    assert '{"a": "b"}' in model.complete(PROMPT).text
    request = asked[0]
    assert request["max_tokens"] == 100
    assert request["temperature"] == 0.3
    assert not {"messages", "response_format", "max_completion_tokens"} & request.keys()
    assert request["prompt"].count("ANSWER:") >= 3, "two worked examples and the question"
    assert request["prompt"].index("RULES: Answer in JSON.") < request["prompt"].index("QUESTION:\nHello")
    assert "\n=====" in request["stop"]


def test_a_base_model_that_does_not_come_to_an_end_is_cut_off(script: Loopback) -> None:
    model, _ = script({"choices": [{"text": ' {"a": "and then', "finish_reason": "length"}]}, api="completions")
    with pytest.raises(ModelError, match="cut off after 100 tokens"):
        model.complete(PROMPT)
