"""The documentation keeps up: every command has help, every key of the configuration stands in its reference."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from pipeline import config, resources
from pipeline.cli import digest
from pipeline.context import options_of

ROOT = Path(__file__).parents[1]
REFERENCE = (ROOT / "config.yaml").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
NOT_FOR_PEOPLE = {"options", "folder"}


def commands(command: click.Command, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command with its words."""
    name = f"{path} {command.name}".strip()
    yield name, command
    if isinstance(command, click.Group):
        for child in command.commands.values():
            yield from commands(child, name)


COMMANDS = dict(commands(digest))


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_has_help(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, f"{name} {option.opts[0]}"


@pytest.mark.parametrize("name", sorted(n for n in COMMANDS if n != "digest"))
def test_the_readme_names_every_command(name: str) -> None:
    assert all(word in README for word in name.split())
    assert f"digest {name.split()[1]}" in README


@pytest.mark.parametrize("path", sorted(p.name for p in ROOT.iterdir() if not p.name.startswith(".")))
def test_the_readme_names_what_stands_at_the_top(path: str) -> None:
    passing = {"demo", "dist", "build", "README.md", "pyproject.toml", "Makefile"}
    assert path in passing or path in README


def keys(model: type[BaseModel]) -> Iterator[str]:
    """Every key that a person may write in a section, with those of its parts."""
    for name, field in model.model_fields.items():
        if name in NOT_FOR_PEOPLE or field.exclude:
            continue
        yield name
        for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from keys(part)


PLUGINS = [(what, name) for what in ("sources", "channels") for name in resources.type_names(f"pipeline.{what}")]


def test_the_reference_names_every_key() -> None:
    missing = [key for key in keys(config.Settings) if f"{key}:" not in REFERENCE and f"{key} " not in REFERENCE]
    assert missing == []


@pytest.mark.parametrize(("what", "name"), PLUGINS)
def test_the_reference_names_every_option_of_a_plugin(what: str, name: str) -> None:
    assert set(keys(options_of(what, name))) <= set(re.findall(r"\w+", REFERENCE))
