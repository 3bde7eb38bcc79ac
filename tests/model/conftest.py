"""A model server on the loopback that answers as the test says, and the real openai client in front of it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipeline.config_model import ModelSettings
from pipeline.model.openai_compatible import OpenAICompatible
from pipeline.seams import Prompt

KEY = "sk-very-secret-1234567890"
PROMPT = Prompt(
    id="test.md@00000000",
    stage="summarise",
    system="Answer in JSON.",
    user="Hello",
    schema={"type": "object", "properties": {"a": {"type": "string", "maxLength": 9}}, "required": ["a"]},
    max_output_tokens=100,
)
Asked = list[dict[str, Any]]


def settings(base_url: str, **options: object) -> ModelSettings:
    """As config.yaml would say it, with a key in the environment."""
    written = {"name": "tiny", "base_url": base_url, **options}
    keys = dict.fromkeys(("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPENROUTER_API_KEY", "DEEPSEEK_API_KEY"), KEY)
    return ModelSettings.model_validate(written, context={"environ": keys})


def completion(content: object = '{"a": "b"}', finish: str = "stop", **other: object) -> dict[str, object]:
    """A chat completion; ``other`` replaces its fields."""
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": content}}
    usage = {"prompt_tokens": 11, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 3}}
    return {"id": "x", "object": "chat.completion", "model": "m", "choices": [choice], "usage": usage} | other


def message(finish: str = "stop", **fields: object) -> dict[str, object]:
    """A chat completion with a message of these fields."""
    return completion(choices=[{"index": 0, "finish_reason": finish, "message": {"role": "assistant", **fields}}])


def refusal(text: str, status: int = 400, **fields: object) -> Response:
    """An error as OpenAI sends it."""
    return Response(json.dumps({"error": {"message": text, **fields}}), status, content_type="application/json")


@dataclass
class Loopback:
    """Makes models on a server that gives the answers in turn, the last one for ever; ``asked`` holds the requests.

    An answer is a Response, a body, what becomes JSON, or a function of the request that gives one of these.
    """

    server: HTTPServer
    made: list[OpenAICompatible] = field(default_factory=list)

    def __call__(
        self,
        *answers: object,
        max_retries: int = 0,
        clock: Mapping[str, Any] = MappingProxyType({}),
        **options: object,
    ) -> tuple[OpenAICompatible, Asked]:
        asked = self.answer(*answers)
        return self.again(max_retries=max_retries, clock=clock, **options), asked

    def answer(self, *answers: object) -> Asked:
        """Answer so from now on."""
        left, asked = list(answers), []

        def handle(request: Request) -> Response:
            asked.append(json.loads(request.data) | {"headers": request.headers, "path": request.path})
            answer = left.pop(0) if len(left) > 1 else left[0]
            answer = answer(asked[-1]) if callable(answer) and not isinstance(answer, Response) else answer
            if isinstance(answer, Response):
                return answer
            body = answer if isinstance(answer, str) else json.dumps(answer)
            return Response(body, content_type="application/json")

        self.server.clear()
        for path in ("chat/completions", "completions"):
            self.server.expect_request(f"/v1/{path}", method="POST").respond_with_handler(handle)
        return asked

    def again(
        self, *, max_retries: int = 0, clock: Mapping[str, Any] = MappingProxyType({}), **options: object
    ) -> OpenAICompatible:
        """Another model on the same server, as the next run makes it."""
        model = OpenAICompatible(settings(self.server.url_for("/v1"), **options), max_retries=max_retries, **clock)
        self.made.append(model)
        return model


@pytest.fixture
def script(httpserver: HTTPServer) -> Iterator[Loopback]:
    """A Loopback whose clients are closed at the end."""
    loopback = Loopback(httpserver)
    yield loopback
    for model in loopback.made:
        model.connection.client.close()
