"""digest glossary: a reviewer's term goes into a file of their own, whose other lines stay as they are."""

import json
from pathlib import Path

from pipeline.errors import ConfigError
from tests.cli.conftest import Ask
from tests.e2e.world import World


def rows(ask: Ask) -> list[dict[str, str]]:
    return [json.loads(line) for line in ask("glossary", "list", "--json").stdout.splitlines()]


def test_a_term_of_ones_own_stands_first_and_replaces_ours(world: World, ask: Ask, tmp_path: Path) -> None:
    assert {"智能体"} == {row["zh"] for row in rows(ask) if row["en"] == "agent"}
    (tmp_path / "glossary.yaml").write_text("# ours since May\n- {en: lab, zh: 实验室}", encoding="utf-8")
    said = ask("glossary", "add", "agent", "智能代理", "--keep", "--forbid", "特工").stdout
    assert said.startswith("agent is 智能代理 from now on")
    text = (tmp_path / "glossary.yaml").read_text(encoding="utf-8")
    assert text.startswith("# ours since May\n- {en: lab, zh: 实验室}\n")
    lab, agent, *others = rows(ask)
    assert (lab["zh"], lab["by"]) == ("实验室", "you")
    assert agent == {"en": "agent", "zh": "智能代理", "keep": "yes", "forbidden": "特工", "by": "you"}
    assert "agent" not in {row["en"] for row in others}


def test_what_is_there_or_is_no_chinese_changes_nothing(world: World, ask: Ask, tmp_path: Path) -> None:
    ask("glossary", "add", "Agent", "智能体")
    before = (tmp_path / "glossary.yaml").read_bytes()
    for words in (("agent", "代理"), ("智能体", "agent")):
        refused = ask("glossary", "add", *words)
        assert isinstance(refused.exception, ConfigError)
        assert "nothing changed" in str(refused.exception)
    assert (tmp_path / "glossary.yaml").read_bytes() == before


def test_a_glossary_with_a_mistake_is_named_with_its_remedy(world: World, ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "glossary.yaml").write_text("agent: 智能体\n", encoding="utf-8")
    for command in (("list",), ("add", "lab", "实验室")):
        refused = ask("glossary", *command)
        assert isinstance(refused.exception, ConfigError)
        assert "glossary.yaml" in str(refused.exception)
        assert "A term is a line like" in str(refused.exception)


def test_the_doctor_says_whether_a_second_language_can_be_had(world: World, ask: Ask, tmp_path: Path) -> None:
    assert "languages" not in ask("doctor").stdout
    world.config["languages"] = ["en", "zh"]
    with world.context():
        pass
    assert "English, 中文 (interleaved): no model translates" in " ".join(ask("doctor").stdout.split())
    world.config["models"] = {"translate": {"base_url": "http://127.0.0.1:9/v1", "name": "m"}}
    with world.context():
        pass
    assert "terms in the glossary" in " ".join(ask("doctor").stdout.split())
    (tmp_path / "glossary.yaml").write_text("agent: 智能体\n", encoding="utf-8")
    assert "is no glossary" in " ".join(ask("doctor").stdout.split())
