"""One tiny real request that says what a model server can do, and what it serves. It prints nothing."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urljoin

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from pipeline.config_model import ModelSettings
from pipeline.errors import ModelError
from pipeline.model.connection import MAX_RETRIES, Connection, address
from pipeline.model.manner import holds_answer
from pipeline.model.openai_compatible import OpenAICompatible
from pipeline.seams import Answer, Prompt
from pipeline.text.characters import one_line

PROMPT = Prompt(
    id="probe",
    stage="probe",
    system="Answer in JSON.",
    user='Answer with {"ok": true} and nothing else.',
    schema={
        "type": "object",
        "properties": {"ok": {"type": "boolean"}},
        "required": ["ok"],
        "additionalProperties": False,
    },
    max_output_tokens=1024,  # room for thinking; an answer takes 6
)
P = TypeVar("P", bound=BaseModel)
_MAX_BYTES = 10_000_000  # OpenRouter's list of models has 1 MB
_MAX_MODELS = 2_000
_SMALLEST_WINDOW = 512  # tokens, as of model.context_tokens
_MAX_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What one endpoint can do; ``trouble`` is empty when it answered well, else it says what is wrong and the remedy.

    ``rung`` is how far it takes a schema (pipeline.providers.RUNGS), ``limit_name`` its name for the most tokens of an
    answer; both empty without an answer. ``latency_ms`` has all requests in it, refused ones too. ``takes_temperature``
    and ``context_tokens`` are None where that was not found out. ``models`` are the names that the server lists.
    """

    name: str
    base_url: str
    rung: str
    limit_name: str
    takes_temperature: bool | None
    latency_ms: int
    input_tokens: int
    output_tokens: int
    context_tokens: int | None
    models: tuple[str, ...]
    trouble: str


def probe(
    settings: ModelSettings,
    *,
    keep: Callable[[str, str], None] | None = None,
    max_retries: int = MAX_RETRIES,
    monotonic_s: Callable[[], float] = time.monotonic,
) -> Probe:
    """Ask the configured server one thing, from the top of the ladder, whatever was learnt before.

    ``keep`` is told, by key, what was learnt, for the runs to come. Raises ConfigError; a server that fails is told in
    ``trouble``.
    """
    if settings.kind != "openai_compatible":
        return _unasked(settings)
    model = OpenAICompatible(settings, max_retries=max_retries)
    if keep:
        model.remember(lambda _: None, keep)
    begun_s, trouble, answer = monotonic_s(), "", None
    try:
        answer = model.complete(PROMPT)
    except ModelError as e:
        trouble = str(e)
    latency_ms = round((monotonic_s() - begun_s) * 1000)
    listed = _listed(model.connection)
    window = next((m.context_tokens for m in listed if m.id == settings.name and m.context_tokens), None)
    window = window or (_own_window(model.connection, settings) if answer else None)
    window = window if window and window >= _SMALLEST_WINDOW else None  # some servers say 0 for "not known"
    if window and answer:
        model.learn_window(window)
    models = tuple(one_line(m.id, 200) for m in listed)
    if answer:
        trouble = " ".join(_troubles(settings, model, answer, window))
    elif models and settings.name not in models:
        trouble += f". It serves {', '.join(models[:_MAX_SHOWN])}{' ...' if len(models) > _MAX_SHOWN else ''}"
    model.connection.client.close()
    return Probe(
        name=settings.name,
        base_url=address(settings),
        rung=model.manner.rung if answer else "",
        limit_name=model.manner.limit_name if answer else "",
        takes_temperature=_takes_temperature(settings, model, answer),
        latency_ms=latency_ms,
        input_tokens=answer.input_tokens if answer else 0,
        output_tokens=answer.output_tokens if answer else 0,
        context_tokens=window or settings.window_tokens,
        models=models,
        trouble=trouble,
    )


def _unasked(settings: ModelSettings) -> Probe:
    remedy = f"Set {settings.api_key_env or 'model.base_url'}" if settings.kind == "extractive" else ""
    return Probe(
        name=settings.name,
        base_url=address(settings),
        rung="",
        limit_name="",
        takes_temperature=None,
        latency_ms=0,
        input_tokens=0,
        output_tokens=0,
        context_tokens=settings.window_tokens,
        models=(),
        trouble=f"no server is asked: model.type is {settings.kind}. {remedy}".strip(),
    )


def _takes_temperature(settings: ModelSettings, model: OpenAICompatible, answer: Answer | None) -> bool | None:
    if answer is None or settings.temperature is None:
        return None
    return "temperature" not in model.manner.dropped


def _troubles(settings: ModelSettings, model: OpenAICompatible, answer: Answer, window: int | None) -> Iterator[str]:
    """What is wrong although it answered."""
    if not holds_answer(answer.text, PROMPT):
        yield f"{settings.name} answered, but not in JSON. Take a model that follows a JSON schema."
    for field in sorted(model.manner.dropped):
        yield f"It does not take {field}; it is left out."
    if settings.reasoning_effort and not settings.preset.effort_key:
        yield "It heeds no reasoning_effort; it is left out."
    if window and settings.context_tokens and window < settings.context_tokens:
        remedy = settings.preset.context_remedy or f"Write model.context_tokens: {window}"
        yield f"Its window has {window:,} tokens, not {settings.context_tokens:,} (model.context_tokens). {remedy}."


class _Listed(BaseModel):
    """One model of a list. Each provider has its own name for the window."""

    model_config = ConfigDict(extra="ignore")

    id: str
    context_tokens: int | None = Field(
        default=None,
        validation_alias=AliasChoices("max_model_len", "context_length", "context_window", "loaded_context_length"),
    )


class _List(BaseModel):
    model_config = ConfigDict(extra="ignore")

    data: list[_Listed]


class _Props(BaseModel):
    """llama-server's /props."""

    class Settings(BaseModel):
        """Those of one of its slots."""

        n_ctx: int

    default_generation_settings: Settings


class _Running(BaseModel):
    """Ollama's /api/ps: the models that are loaded."""

    class Loaded(BaseModel):
        """One of them."""

        name: str
        context_length: int

    models: list[Loaded]


_LISTS: TypeAdapter[_List | list[_Listed]] = TypeAdapter(_List | list[_Listed])  # Together sends the list by itself


def _listed(connection: Connection) -> list[_Listed]:
    """The models that the server lists; none where it does not, or not so that we can read it."""
    client = connection.client.with_options(max_retries=0)
    try:
        with connection.failures(), client.models.with_streaming_response.list() as response:
            found = _LISTS.validate_json(connection.read(response, _MAX_BYTES))
    except (ModelError, ValidationError):
        return []
    return (found.data if isinstance(found, _List) else found)[:_MAX_MODELS]


def _own_window(connection: Connection, settings: ModelSettings) -> int | None:
    """The window that a server of one's own has given the model, which its list of models at /v1 does not tell."""
    if not settings.is_local:
        return None
    wanted = {settings.name, f"{settings.name}:latest"}
    if props := _page(connection, settings, "/props", _Props):
        return props.default_generation_settings.n_ctx
    if running := _page(connection, settings, "/api/ps", _Running):
        return next((loaded.context_length for loaded in running.models if loaded.name in wanted), None)
    if listed := _page(connection, settings, "/api/v0/models", _List):  # LM Studio
        return next((m.context_tokens for m in listed.data if m.id in wanted), None)
    return None


def _page(connection: Connection, settings: ModelSettings, path: str, shape: type[P]) -> P | None:
    """A page of the server that is no part of OpenAI's interface; None where there is none of this shape."""
    import httpx2

    client = connection.client.with_options(max_retries=0)
    try:
        with connection.failures():
            page = client.get(urljoin(address(settings), path), cast_to=httpx2.Response)
        return shape.model_validate_json(page.content)
    except (ModelError, ValidationError):
        return None
