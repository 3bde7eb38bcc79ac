"""What is known of model providers, as data: address, key, how they differ, what their models cost.

Only where asking begins: what a server refuses is learnt (model/manner.py), and config.yaml overrides each value.
Sources: the providers' documentation of Chat Completions; prices and windows from https://models.dev, July 2026.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

Rung = Literal["json_schema", "json_schema_without_limits", "json_object", "none"]
RUNGS: tuple[Rung, ...] = ("json_schema", "json_schema_without_limits", "json_object", "none")
"""How an answer's form is asked for, from the strictest on. Below json_schema the schema stands in the prompt."""

_DATED = re.compile(r"-\d{4}-?\d{2}-?\d{2}$")
_SCHEMA_ONLY: tuple[Rung, ...] = ("json_schema", "json_schema_without_limits", "none")
_OBJECT_ONLY: tuple[Rung, ...] = ("json_object", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What one model costs (US dollars for a million tokens), and how many tokens it reads and writes at once."""

    input: float
    cached: float
    output: float
    context_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One provider, or one program that serves models on a machine of one's own (``key_env`` is empty then).

    ``rungs``: those that it heeds. ``effort_key``: where model.reasoning_effort goes ("a.b" is b inside a; empty: it
    heeds none, so none is sent). ``shows_schema``: the schema belongs into the prompt even where response_format
    carries it. ``context_tokens``: the window of every model there; ``context_remedy``: what to do about a small one.
    """

    base_url: str = ""
    key_env: str = ""
    rungs: tuple[Rung, ...] = RUNGS
    limit_name: str = "max_completion_tokens"
    effort_key: str = "reasoning_effort"
    extra_body: Mapping[str, object] = field(default_factory=dict)
    shows_schema: bool = False
    threads: int = 20  # the stories of an issue at once: it waits for one of them, and then for the lead
    context_tokens: int | None = None
    context_remedy: str = ""
    models: Mapping[str, Known] = field(default_factory=dict)

    def known(self, model: str) -> Known | None:
        """What is known of a model, which may carry a date behind its name ("claude-haiku-4-5-20251001")."""
        return self.models.get(model) or self.models.get(_DATED.sub("", model))


PROVIDERS: Mapping[str, Provider] = {
    "openai": Provider(
        base_url="https://api.openai.com/v1",
        key_env="OPENAI_API_KEY",
        models={
            "gpt-5.5": Known(input=5, cached=0.5, output=30),
            "gpt-5.4-mini": Known(input=0.75, cached=0.075, output=4.5),
            "gpt-5.4-nano": Known(input=0.2, cached=0.02, output=1.25),
        },
    ),
    "gemini": Provider(
        base_url="https://generativelanguage.googleapis.com/v1beta/openai/",
        key_env="GEMINI_API_KEY",
        models={
            "gemini-3.5-flash": Known(input=1.5, cached=0.15, output=9),
            "gemini-3.1-flash-lite": Known(input=0.25, cached=0.025, output=1.5),
        },
    ),
    # https://platform.claude.com/docs/en/api/openai-sdk : response_format, strict and reasoning_effort are ignored
    "anthropic": Provider(
        base_url="https://api.anthropic.com/v1/",
        key_env="ANTHROPIC_API_KEY",
        rungs=("none",),
        effort_key="",
        models={
            "claude-opus-4-8": Known(input=5, cached=0.5, output=25),
            "claude-sonnet-5": Known(input=2, cached=0.2, output=10),
            "claude-haiku-4-5": Known(input=1, cached=0.1, output=5, context_tokens=200_000),
        },
    ),
    "deepseek": Provider(
        base_url="https://api.deepseek.com",
        key_env="DEEPSEEK_API_KEY",
        rungs=_OBJECT_ONLY,
        limit_name="max_tokens",
        models={
            "deepseek-v4-flash": Known(input=0.14, cached=0.0028, output=0.28, context_tokens=1_000_000),
            "deepseek-v4-pro": Known(input=0.435, cached=0.0036, output=0.87),
        },
    ),
    # https://openrouter.ai/docs/structured-outputs : without require_parameters a schema may be dropped silently
    "openrouter": Provider(
        base_url="https://openrouter.ai/api/v1",
        key_env="OPENROUTER_API_KEY",
        limit_name="max_tokens",
        effort_key="reasoning.effort",
        extra_body={"provider": {"require_parameters": True}},
    ),
    "groq": Provider(base_url="https://api.groq.com/openai/v1", key_env="GROQ_API_KEY", threads=2),
    "together": Provider(base_url="https://api.together.xyz/v1", key_env="TOGETHER_API_KEY", limit_name="max_tokens"),
    "fireworks": Provider(
        base_url="https://api.fireworks.ai/inference/v1", key_env="FIREWORKS_API_KEY", limit_name="max_tokens"
    ),
    "hyperbolic": Provider(
        base_url="https://api.hyperbolic.xyz/v1", key_env="HYPERBOLIC_API_KEY", limit_name="max_tokens"
    ),
    "lm_studio": Provider(
        base_url="http://127.0.0.1:1234/v1",
        rungs=_SCHEMA_ONLY,
        limit_name="max_tokens",
        effort_key="",
        threads=1,
        context_remedy="Load the model with a longer context length in LM Studio",
    ),
    # https://github.com/ollama/ollama/blob/main/docs/context-length.mdx : 4k below 24 GiB, cut without a word
    "ollama": Provider(
        base_url="http://localhost:11434/v1",
        limit_name="max_tokens",
        threads=1,
        context_tokens=4096,
        context_remedy="Start Ollama with OLLAMA_CONTEXT_LENGTH=16384 and write the same into model.context_tokens",
    ),
    "llama_cpp": Provider(
        base_url="http://127.0.0.1:8080/v1",
        limit_name="max_tokens",
        threads=1,
        context_remedy="Start llama-server with a larger --ctx-size (it is shared among --parallel)",
    ),
    # https://github.com/vllm-project/vllm/blob/main/docs/features/structured_outputs.md advises to show the schema
    "vllm": Provider(
        base_url="http://localhost:8000/v1",
        shows_schema=True,
        context_remedy="Start vLLM with a larger --max-model-len",
    ),
}


def find(name: str, base_url: str) -> Provider | None:
    """The provider of that name; without a name the one at that address, OpenAI without either; None for no such name.

    An address that is nobody's gives a Provider of which nothing is known.
    """
    if name:
        return PROVIDERS.get(name)
    if not base_url:
        return PROVIDERS["openai"]
    return next((p for p in PROVIDERS.values() if _place(p.base_url) == _place(base_url)), Provider(threads=4))


def is_loopback(base_url: str) -> bool:
    """Whether that address is on this machine."""
    try:
        return urlsplit(base_url).hostname in ("localhost", "127.0.0.1", "::1")
    except ValueError:  # no address at all: whoever connects says so
        return False


def _place(base_url: str) -> str:
    """Host and port, all names of this machine being one."""
    try:
        parts = urlsplit(base_url)
        host = "localhost" if is_loopback(base_url) else parts.hostname
        return f"{host}:{parts.port or ''}"
    except ValueError:
        return base_url
