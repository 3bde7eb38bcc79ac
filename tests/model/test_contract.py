"""Every kind of model server is found by its file name."""

import json
from pathlib import Path

import pytest

from pipeline.config_model import ModelSettings
from pipeline.errors import ConfigError, ModelError
from pipeline.model import find, names, without_thinking
from pipeline.seams import Prompt

PROMPT = Prompt(id="p", stage="test", system="", user="", schema={}, max_output_tokens=64)


def test_each_file_but_the_ledger_is_a_type_with_connect() -> None:
    assert names() == ["openai_compatible", "scripted"]
    for name in names():
        assert callable(find(name).connect)


@pytest.mark.parametrize("name", ["gpt", "ledger", "extractive", ""])
def test_another_name_is_a_mistake_that_lists_the_types(name: str) -> None:
    with pytest.raises(ConfigError, match="There are auto, extractive, openai_compatible, scripted"):
        find(name)


def test_scripted_answers_come_from_a_file_and_the_last_one_repeats(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text('"first"\n\n{"headline": "é"}\n', encoding="utf-8")
    model = find("scripted").connect(ModelSettings(type="scripted", name=str(path)))
    assert model.name == "scripted:answers.jsonl"
    assert [model.complete(PROMPT).text for _ in range(3)] == [
        "first",
        *[json.dumps({"headline": "é"}, ensure_ascii=False)] * 2,
    ]


@pytest.mark.parametrize("content", [None, "", "not json"])
def test_a_file_without_answers_is_a_mistake_of_the_configuration(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "answers.jsonl"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match="JSON Lines"):
        find("scripted").connect(ModelSettings(type="scripted", name=str(path)))


def test_a_script_that_has_run_out_says_so() -> None:
    from pipeline.model.scripted import Scripted

    with pytest.raises(ModelError, match="no answer left for p"):
        Scripted([]).complete(PROMPT)


@pytest.mark.parametrize(
    ("text", "left"),
    [("<think>a {}</think>\n{}", "{}"), ("  <think>never ends", ""), ('{"q": "</think>"}', '{"q": "</think>"}')],
)
def test_thinking_is_cut_at_the_front_only(text: str, left: str) -> None:
    assert without_thinking(text) == left
