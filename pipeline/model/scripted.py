"""A model that answers from a list: for tests, and for dry runs of an operator with no model at hand."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock

from pipeline.config_model import ModelSettings
from pipeline.errors import ConfigError, ModelError
from pipeline.seams import Answer, Model, Prompt
from pipeline.text.tokens import estimate_tokens

Reply = str | Exception
Answers = Sequence[Reply] | Callable[[Prompt], Reply]


class Scripted:
    """Answers each prompt in turn, or as a function of it; an exception is raised. ``prompts`` keeps what was asked."""

    def __init__(self, answers: Answers, name: str = "scripted", *, repeat_last: bool = False) -> None:
        self.name = name
        self.prompts: list[Prompt] = []
        self._answers = answers
        self._repeat_last = repeat_last
        self._lock = Lock()

    def complete(self, prompt: Prompt) -> Answer:
        """The next answer, with estimated tokens. Raises ModelError when there is none left."""
        with self._lock:
            self.prompts.append(prompt)
            index = len(self.prompts) - 1
        reply = self._next(prompt, index)
        if isinstance(reply, Exception):
            raise reply
        return Answer(
            text=reply,
            model=self.name,
            input_tokens=estimate_tokens(prompt.system + prompt.user),
            output_tokens=estimate_tokens(reply),
        )

    def _next(self, prompt: Prompt, index: int) -> Reply:
        if callable(self._answers):
            return self._answers(prompt)
        if index >= len(self._answers) and not self._repeat_last:
            message = f"has no answer left for {prompt.id} (call {index + 1} of {len(self._answers)})"
            return ModelError(message, subject=self.name, remedy="Script one more answer", kind="down")
        return self._answers[min(index, len(self._answers) - 1)]


def connect(settings: ModelSettings) -> Model:
    """Read the answers out of ``model.name``, a JSON Lines file: a string or an object a line, the last one repeated.

    A relative path starts at the working directory. Raises ConfigError when the file cannot be read or holds nothing.
    """
    path = Path(settings.name)
    remedy = "model.name names a JSON Lines file with one answer a line"
    try:
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        parsed = [json.loads(line) for line in lines]
    except (OSError, ValueError) as e:
        raise ConfigError(f"no scripted answers: {e}", subject=settings.name, remedy=remedy) from e
    if not parsed:
        raise ConfigError("holds no answers", subject=settings.name, remedy=remedy)
    answers = [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in parsed]
    return Scripted(answers, name=f"scripted:{path.name}", repeat_last=True)
