"""Prompt files: a YAML head that says what goes in and out, then the system text, then the user text.

The parts are divided by lines of three hyphens. Inputs stand in the text as ``{{ name }}`` (Jinja2, sandboxed).
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal, TypeVar, get_args

import yaml
from jinja2 import StrictUndefined, TemplateError, meta
from jinja2.sandbox import SandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import ConfigError
from pipeline.seams import Prompt

_DIVIDER = re.compile(r"^---[ \t]*$", re.MULTILINE)
_SHAPE = "It is a line ---, a YAML head, a line ---, the system text, a line ---, the user text"

H = TypeVar("H", bound=BaseModel)
AnswerName = Literal["summary", "notes", "lead", "same", "significance", "repair", "check", "translation"]

_HEAD = f"Its head has inputs, answer (one of {', '.join(get_args(AnswerName))}) and max_output_tokens"


class _Head(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    inputs: tuple[str, ...] = Field(min_length=1)
    answer: AnswerName
    max_output_tokens: int = Field(ge=64, le=100_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptFile:
    """A checked prompt file. ``id`` is "<name>@<8 hex of its sha256>": a changed file asks anew."""

    path: Path
    id: str
    inputs: tuple[str, ...]
    answer: AnswerName
    max_output_tokens: int
    system: str
    user: str


def load_prompt(path: Path, max_output_tokens: int | None = None) -> PromptFile:
    """Read and check a prompt file; ``max_output_tokens`` (tokens, thinking included) replaces the one in its head.

    Raises ConfigError for a file without the three parts, an unknown key in the head, an input that the text does not
    use, or a name in the text that is no input.
    """
    text, (head_text, system, user) = read_parts(path, 3, _SHAPE)
    head = read_head(path, head_text, _Head, _HEAD)
    check_inputs(path, head.inputs, system, user)
    return PromptFile(
        path=path,
        id=f"{path.name}@{sha256(text.encode()).hexdigest()[:8]}",
        inputs=head.inputs,
        answer=head.answer,
        max_output_tokens=max_output_tokens or head.max_output_tokens,
        system=system,
        user=user,
    )


def read_parts(path: Path, count: int, shape: str) -> tuple[str, list[str]]:
    """(the whole text, its ``count`` parts). Raises ConfigError, with ``shape`` as its remedy."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise ConfigError(f"cannot be read: {e}", subject=str(path), remedy="Check its permissions and encoding") from e
    before, *parts = _DIVIDER.split(text.replace("\r\n", "\n"), maxsplit=count)
    if before.strip() or len(parts) != count:
        raise ConfigError("is no prompt file", subject=str(path), remedy=shape)
    return text, [part.strip() for part in parts]


def check_inputs(path: Path, inputs: Collection[str], *texts: str) -> None:
    """Raises ConfigError for an input that the texts do not use, or a name in them that is no input."""
    used = set[str]().union(*(_names(path, text) for text in texts))
    for name in sorted(used ^ set(inputs)):
        problem = "is an input but stands nowhere" if name in inputs else "stands in the text but is no input"
        remedy = f"Write {{{{ {name} }}}} into the text and {name} into `inputs`, or neither"
        raise ConfigError(f"{name} {problem}", subject=str(path), remedy=remedy)


def fill(
    file: PromptFile, inputs: Mapping[str, str], *, stage: str, answer: AnswerName, schema: Mapping[str, object]
) -> Prompt:
    """The prompt of a stage with its inputs filled in.

    Raises ConfigError for a file that wants another answer or other inputs.
    """
    missing = sorted(set(file.inputs) - set(inputs))
    if missing or file.answer != answer:
        problem = f"has answer: {file.answer}" if file.answer != answer else f"wants {', '.join(missing)}"
        remedy = f"Here it is asked for answer: {answer}, and given {', '.join(sorted(inputs))}"
        raise ConfigError(problem, subject=str(file.path), remedy=remedy)
    system, user = (render(file.path, part, inputs) for part in (file.system, file.user))
    return Prompt(
        id=file.id,
        stage=stage,
        system=system,
        user=user,
        schema=schema,
        max_output_tokens=file.max_output_tokens,
    )


def render(path: Path, template: str, inputs: Mapping[str, str]) -> str:
    """A part of a prompt file with its inputs filled in. Raises ConfigError."""
    try:
        return _environment().from_string(template).render(inputs)
    except TemplateError as e:
        raise ConfigError(f"cannot be filled in: {e}", subject=str(path), remedy="Mend that expression") from e


def fence(content: str) -> str:
    """A mark around untrusted text that this text cannot hold: it depends on every character of it.

    Random to whoever wrote the text (a page cannot contain the hash of itself), yet the same for the same text, so
    that a second run finds its answer in the cache. After "spotlighting", arXiv:2403.14720.
    """
    return f"=== {sha256(content.encode()).hexdigest()[:16]} ==="


def _environment() -> SandboxedEnvironment:
    # Plain text: nothing is escaped; rendering never evaluates what an input holds.
    return SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


def _names(path: Path, text: str) -> set[str]:
    try:
        return meta.find_undeclared_variables(_environment().parse(text))
    except TemplateError as e:
        raise ConfigError(f"is no template: {e}", subject=str(path), remedy="Mend that expression") from e


def read_head(path: Path, text: str, shape: type[H], remedy: str) -> H:
    """The head of a prompt file. Raises ConfigError, with ``remedy`` saying what a head has."""
    try:
        return shape.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as e:
        raise ConfigError(f"has a head that is not YAML: {e}", subject=str(path), remedy=remedy) from e
    except ValidationError as e:
        first = e.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the head"
        raise ConfigError(f"{where}: {first['msg']}", subject=str(path), remedy=remedy) from e
