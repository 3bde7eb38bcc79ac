"""One file = one kind of model server. Its file name is its ``type:`` in config.yaml; nothing has to be listed.

A model server is a module with one name:

``connect(settings) -> Model``
    cheap, no I/O: the server is asked for the first time by ``complete``. Raises ConfigError. What it gives has a
    ``name`` (which the issue prints) and ``complete(prompt) -> Answer``; that raises ModelError and nothing else, with
    a ``kind`` out of KINDS. Time-outs and retries end inside.

No servers are ``prompting.py``, ``few_shot.py``, ``blocks.py``, ``numbered.py`` and ``answers.py`` (what goes in, how
it is shown, and how to read what comes out), ``ledger.py`` (stands before each of them and caches), ``chain.py`` (asks
the next one where one fails), ``batch.py`` (asks ahead, at half the price), ``books.py`` (counts, and stops at the
budget), ``connection.py`` (the openai client), ``manner.py``, ``reply.py`` and ``window.py`` (how a server wants to be
asked, what it answers, how much it reads), ``pace.py`` and ``probe.py`` (how often it may be asked, what it can do).
Nor is ``extractive``: it means that none is asked (summarise/extract.py writes then).
"""

from collections.abc import Callable
from typing import Literal, Protocol, cast, get_args, runtime_checkable

from pipeline.config_model import ModelSettings
from pipeline.errors import ConfigError
from pipeline.resources import find_type, type_names
from pipeline.seams import Model, Prompt

Failure = Literal["down", "timeout", "auth", "rate_limited", "refused", "cut_off", "garbage", "too_long"]
KINDS: tuple[str, ...] = get_args(Failure)
"""What a ModelError of this package may say as its kind."""

_NO_SERVERS = frozenset(
    {
        "answers",
        "batch",
        "blocks",
        "books",
        "chain",
        "connection",
        "few_shot",
        "ledger",
        "manner",
        "numbered",
        "pace",
        "probe",
        "prompting",
        "reply",
        "window",
    }
)


class ModelType(Protocol):
    """The shape of a module in this folder."""

    def connect(self, settings: ModelSettings) -> Model:
        """Give a model that connects when it is asked."""
        ...


@runtime_checkable
class Learner(Protocol):
    """A model that learns how its server wants to be asked, and can begin where the last run ended."""

    def most_tokens(self, prompt: Prompt) -> int:
        """The most tokens that it reads for a prompt, with all that it adds to it."""
        ...

    def remember(self, read_kept: Callable[[str], str | None], write_kept: Callable[[str, str], None]) -> None:
        """Where to look up, by key, what was learnt, and where to keep it."""
        ...


def names() -> list[str]:
    """The model servers that we bring."""
    return [name for name in type_names(__name__) if name not in _NO_SERVERS]


def find(type_name: str) -> ModelType:
    """The model server of that name, or the operator's own module. Raises ConfigError that names those there are."""
    if "." not in type_name and type_name not in names():
        known = ", ".join(["auto", "extractive", *names()])
        remedy = f"There are {known}; a name with a dot is your own module"
        raise ConfigError(f"no such type: {type_name!r}", subject="model.type", remedy=remedy)
    return cast("ModelType", find_type(__name__, type_name))


def without_thinking(text: str) -> str:
    """An answer without the ``<think>...</think>`` that reasoning models put before it; unclosed: nothing is left."""
    text = text.lstrip()
    return text.partition("</think>")[2].lstrip() if text.startswith("<think>") else text
