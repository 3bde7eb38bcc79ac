"""The file of worked examples for base models is checked before any call, and may be the operator's own."""

from pathlib import Path

import pytest

from pipeline.config_model import ModelSettings
from pipeline.errors import ConfigError
from pipeline.model.few_shot import load_few_shot
from pipeline.model.openai_compatible import OpenAICompatible
from pipeline.resources import find
from tests.model.conftest import PROMPT, Loopback

HEAD = '---\ninputs: [question]\nstop: ["###"]\n---\n'


def test_ours_ends_where_the_answer_begins_and_shows_rules_schema_and_question() -> None:
    text = load_few_shot(find("prompts", "few_shot.md")).text(PROMPT)
    assert text.endswith("QUESTION:\nHello\nANSWER:")
    assert "RULES: Answer in JSON." in text
    assert '"maxLength": 9' in text


def test_what_a_question_holds_is_never_evaluated() -> None:
    from dataclasses import replace

    text = load_few_shot(find("prompts", "few_shot.md")).text(replace(PROMPT, user="{{ 7 * 7 }}"))
    assert "{{ 7 * 7 }}" in text


def test_the_operators_own_file_wins(script: Loopback, tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "few_shot.md").write_text(HEAD + "Q {{ question }} A")
    asked = script.answer({"choices": [{"text": "{}"}]})
    options = {"name": "base", "base_url": script.server.url_for("/v1"), "api": "completions"}
    model = OpenAICompatible(ModelSettings.model_validate(options, context={"folder": tmp_path, "environ": {}}))
    script.made.append(model)
    model.complete(PROMPT)
    assert (asked[0]["prompt"], asked[0]["stop"]) == ("Q Hello A", ["###"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no head", "is no prompt file"),
        ("---\ninputs: [question]\n---\n{{ question }}", "stop: Field required"),
        ('---\ninputs: [question, told]\nstop: ["#"]\n---\n{{ question }}', r"inputs\.1: Input should be 'rules'"),
        ('---\ninputs: [rules]\nstop: ["#"]\n---\n{{ rules }}', "question is no input"),
        (HEAD + "{{ question }} {{ rules }}", "rules stands in the text but is no input"),
        (HEAD + "nothing", "question is an input but stands nowhere"),
        (HEAD + "{{ question", "is no template"),
    ],
)
def test_a_mistake_in_it_names_the_file_and_the_remedy(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "few_shot.md"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said) as caught:
        load_few_shot(path)
    assert caught.value.subject == str(path)
    assert caught.value.remedy
