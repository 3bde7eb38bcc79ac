"""Few-shot file: how a base model is asked, which only goes on with a text: rules, worked examples, then the question.

Two parts, divided by lines of three hyphens: a YAML head (inputs, stop), then the text, in which ``{{ rules }}`` is the
system text of the task, ``{{ schema }}`` the JSON Schema of its answer and ``{{ question }}`` its user text.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from pipeline.errors import ConfigError
from pipeline.model.prompting import check_inputs, read_head, read_parts, render
from pipeline.seams import Prompt

_SHAPE = "It is a line ---, a YAML head, a line ---, the text"
_HEAD = "Its head has inputs (rules, schema, question) and stop (1 to 4 texts that end an answer)"


class _Head(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    inputs: tuple[Literal["rules", "schema", "question"], ...] = Field(min_length=1)
    stop: tuple[str, ...] = Field(min_length=1, max_length=4)  # OpenAI takes four


@dataclass(frozen=True, slots=True, kw_only=True)
class FewShot:
    """A checked few-shot file. ``stop``: texts that end an answer."""

    path: Path
    stop: tuple[str, ...]
    template: str

    def text(self, prompt: Prompt) -> str:
        """What the model shall go on with. Raises ConfigError."""
        schema = json.dumps(prompt.schema, ensure_ascii=False)
        inputs = {"rules": prompt.system, "schema": schema, "question": prompt.user}
        return render(self.path, self.template, inputs)


def load_few_shot(path: Path) -> FewShot:
    """Read and check a few-shot file. Raises ConfigError for a wrong shape or head, or an input that is not used."""
    _text, (head_text, template) = read_parts(path, 2, _SHAPE)
    head = read_head(path, head_text, _Head, _HEAD)
    check_inputs(path, head.inputs, template)
    if "question" not in head.inputs:
        raise ConfigError("question is no input: the model would never see it", subject=str(path), remedy=_HEAD)
    return FewShot(path=path, stop=head.stop, template=template)
