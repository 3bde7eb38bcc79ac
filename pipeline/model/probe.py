"""One tiny real request that says what a model server can do. It prints nothing and keeps nothing."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.config import ModelSettings
from pipeline.errors import ModelError
from pipeline.model.connection import address
from pipeline.model.openai_compatible import connect
from pipeline.seams import Prompt

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
    max_output_tokens=512,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What one endpoint can do; ``trouble`` is empty when it answered well, else it says what is wrong and the remedy.

    ``rung`` is how far it takes a schema, ``limit_name`` its name for the most tokens of an answer; both empty without
    an answer. ``takes_temperature`` and ``context_tokens`` are None where that was not found out. ``models`` are the
    names that the server lists.
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


def probe(settings: ModelSettings, *, monotonic_s: Callable[[], float] = time.monotonic) -> Probe:
    """Ask the configured server one thing. Raises ConfigError; a server that fails is told in ``trouble``."""
    begun_s, trouble, used = monotonic_s(), "", (0, 0)
    try:
        answer = connect(settings).complete(PROMPT)
        used = answer.input_tokens, answer.output_tokens
    except ModelError as e:
        trouble = str(e)
    return Probe(
        name=settings.name,
        base_url=address(settings),
        rung="",
        limit_name="",
        takes_temperature=None,
        latency_ms=round((monotonic_s() - begun_s) * 1000),
        input_tokens=used[0],
        output_tokens=used[1],
        context_tokens=None,
        models=(),
        trouble=trouble,
    )
