"""PURE: how a server wants to be asked: what a request holds, what a refusal teaches, and how that is kept.

The ladder: a schema that the server enforces, a JSON object with the schema in the prompt, the prompt alone. Below it
stand the repairs (model/ledger.py) and the sources' own sentences (summarise/extract.py).
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

from pydantic import TypeAdapter, ValidationError

from pipeline.config_model import ModelSettings
from pipeline.model.answers import read_object
from pipeline.providers import RUNGS, Provider, Rung
from pipeline.seams import Prompt

_LIMITS = ("maxLength", "minLength", "maxItems", "minItems")  # Azure's strict mode refuses them, others do not
_LIMIT_NAMES = {"max_completion_tokens": "max_tokens", "max_tokens": "max_completion_tokens"}
_NOT_IN_NAMES = re.compile(r"[^\w-]", re.ASCII)
_ABOUT_FORM = re.compile(
    r"response[_ .]?format|json_schema|json_object|json_validate_failed|structured|grammar"
    r"|No endpoints found that (?:can handle|support)",  # OpenRouter's 404 for require_parameters
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    r"unsupported|not support|unrecogni[sz]ed|unknown|unexpected|extra|not permitted|not allowed|instead|deprecated"
    r"|does not (?:accept|exist)|invalid (?:parameter|argument|field)",
    re.IGNORECASE,
)
_ABOUT_SYSTEM = re.compile(  # of Gemma's and Mistral's older templates, and of Gemini for Gemma
    r"system (?:role|message|prompt)s?\b.{0,40}\b(?:support|allow|enable)|developer instruction is not enabled"
    r"|only user and assistant roles|roles must alternate",
    re.IGNORECASE,
)
_ABOUT_EFFORT = re.compile(r"reasoning|thinking|effort", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How one model on one server is asked.

    ``dropped``: fields that it refused. ``shows_schema``: it takes a schema and does not hold to it, so the prompt
    shows it too. ``joins_system``: it takes no system message, so the user's begins with that text. ``latin_ratio`` and
    ``han_ratio``: tokens that it counts for one that we estimate, by script; 0 until it has said so. ``window_tokens``:
    what a probe found out, 0 for nothing.
    """

    rung: Rung
    limit_name: str
    dropped: frozenset[str] = frozenset()
    shows_schema: bool = False
    joins_system: bool = False
    latin_ratio: float = 0.0
    han_ratio: float = 0.0
    window_tokens: int = 0


_STORED = TypeAdapter(Manner)


def first(preset: Provider) -> Manner:
    """Where asking begins, as the preset says."""
    return Manner(rung=preset.rungs[0], limit_name=preset.limit_name, shows_schema=preset.shows_schema)


def plainest(manner: Manner, wishes: Iterable[str]) -> Manner:
    """What any server takes: for one that refuses and does not say what."""
    return replace(manner, rung="none", limit_name="max_tokens", dropped=frozenset(wishes), joins_system=True)


def key(settings: ModelSettings) -> str:
    """What a manner is kept under: it holds for one model at one address, and for what is wished for."""
    parts = [settings.url, settings.name, settings.api, settings.temperature, settings.reasoning_effort]
    return "manner:" + sha256(json.dumps(parts).encode()).hexdigest()


def to_text(manner: Manner) -> str:
    """For the store."""
    return _STORED.dump_json(manner).decode()


def from_text(text: str | None) -> Manner | None:
    """Back from the store; None for what an older or newer version kept."""
    try:
        return _STORED.validate_json(text) if text else None
    except ValidationError:
        return None


def wishes(settings: ModelSettings) -> dict[str, object]:
    """The fields that the operator or the preset wants, and that a server may refuse."""
    fields = dict(settings.preset.extra_body)
    if settings.temperature is not None:
        fields["temperature"] = settings.temperature
    outer, _, inner = settings.preset.effort_key.partition(".")
    if settings.reasoning_effort and outer:
        fields[outer] = {inner: settings.reasoning_effort} if inner else settings.reasoning_effort
    return fields


def request(prompt: Prompt, manner: Manner, wished: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """(system text, the fields of the request that differ between servers)."""
    fields: dict[str, object] = {name: value for name, value in wished.items() if name not in manner.dropped}
    fields[manner.limit_name] = prompt.max_output_tokens
    by_schema = manner.rung.startswith("json_schema")
    if by_schema:
        schema = prompt.schema if manner.rung == "json_schema" else _without_limits(prompt.schema)
        name = _NOT_IN_NAMES.sub("_", prompt.stage)[:64] or "answer"
        described = {"name": name, "strict": True, "schema": schema}
        fields["response_format"] = {"type": "json_schema", "json_schema": described}
    elif manner.rung == "json_object":
        fields["response_format"] = {"type": "json_object"}
    if by_schema and not manner.shows_schema:
        return prompt.system, fields
    shown = json.dumps(prompt.schema, ensure_ascii=False)
    return f"{prompt.system}\n\nAnswer with one JSON object of this JSON Schema, and nothing else:\n{shown}", fields


def humbler(manner: Manner, rungs: tuple[Rung, ...], wished: Iterable[str], refusal: str) -> Manner | None:
    """The next manner to try after a refusal, or None when it is about something else."""
    if not manner.joins_system and _ABOUT_SYSTEM.search(refusal):
        return replace(manner, joins_system=True)
    if _names(refusal, manner.limit_name) and _UNKNOWN.search(refusal):
        return replace(manner, limit_name=_LIMIT_NAMES[manner.limit_name])
    for name in set(wished) - manner.dropped:
        if _is_about(name, refusal):
            return replace(manner, dropped=manner.dropped | {name})
    below = rungs[rungs.index(manner.rung) + 1 :] if manner.rung in rungs else ()
    about_limits = any(word in refusal for word in _LIMITS)
    if not about_limits:
        if not _ABOUT_FORM.search(refusal):
            return None
        below = tuple(rung for rung in below if rung != RUNGS[1])
    return replace(manner, rung=below[0]) if below else None


def after(manner: Manner, prompt: Prompt, answer: str) -> Manner:
    """The manner for the next call: a server that takes a schema and does not hold to it is shown it in the prompt."""
    if manner.shows_schema or not manner.rung.startswith("json_schema") or holds_answer(answer, prompt):
        return manner
    return replace(manner, shows_schema=True)


def holds_answer(text: str, prompt: Prompt) -> bool:
    """Whether there is an object in a text with the keys that the prompt asks for."""
    required = prompt.schema.get("required")
    keys = frozenset(str(name) for name in required) if isinstance(required, list | tuple) else frozenset[str]()
    try:
        read_object(text, keys)
    except ValueError:
        return False
    return True


def _names(refusal: str, field: str) -> bool:
    return re.search(rf"\b{re.escape(field)}\b", refusal) is not None


def _is_about(field: str, refusal: str) -> bool:
    """Whether a refusal is about a field. "provider" and the like are common words: it must be called unknown, too."""
    if field.startswith("reasoning"):
        return _ABOUT_EFFORT.search(refusal) is not None
    return _names(refusal, field) and (field == "temperature" or _UNKNOWN.search(refusal) is not None)


def _without_limits(schema: object) -> object:
    if isinstance(schema, Mapping):
        return {key: _without_limits(value) for key, value in schema.items() if key not in _LIMITS}
    return [_without_limits(each) for each in schema] if isinstance(schema, list | tuple) else schema
