"""config.yaml: every mistake at once, each with its key and a remedy; secrets only from outside."""

from pathlib import Path

import pytest

from pipeline import config, resources
from pipeline.config import Settings
from pipeline.context import options_of
from pipeline.errors import ConfigError

GOOD = """
schedule: {anchor: 2026-11-23}
sources:
  - {id: a, type: rss, url: "https://a.example/feed"}
"""


def load(folder: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return config.load(path, options_of, environ or {})


def complaint(folder: Path, text: str, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load(folder, text, environ)
    assert caught.value.exit_code == 2
    assert "config.yaml" in str(caught.value)
    return str(caught.value)


def test_the_example_that_we_bring_is_right() -> None:
    settings = config.load(resources.config_example(), options_of, {})
    assert len(settings.sources) >= 35
    assert settings.model.kind == "extractive"
    assert settings.review.policy == "hold"


def test_every_mistake_is_named_at_once_with_its_key(tmp_path: Path) -> None:
    text = """
schedule: {anchor: 2026-11-23, time_zone: Mars/Olympus, evry_days: 2}
fetch: {threads: 0}
titel: X
sources:
  - {id: a, type: rss, url: "https://a.example/feed", trusst: 1}
  - {id: "B!", type: rss, url: "ftp://b.example/feed"}
  - {id: c, type: carrier_pigeon}
"""
    said = complaint(tmp_path, text)
    for part in (
        "schedule.evry_days: no such key. Did you mean every_days?",
        "Mars/Olympus",
        "fetch.threads",
        "titel: no such key. Did you mean title?",
        "sources[a].trusst: no such key. Did you mean trust?",
        "sources[B!]",
        "sources[c].type",
        "carrier_pigeon",
        "rss",
    ):
        assert part in said, part


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("schedule: {anchor: 2026-11-23}\nschedule: {anchor: 2026-11-24}\nsources: []\n", "'schedule' stands twice"),
        ("- just\n- a list\n", "holds no settings"),
        ("schedule: [unclosed\n", "is not YAML"),
        ("sources: []\n", "schedule: is missing"),
        (GOOD + '  - {id: a, type: rss, url: "https://b.example/feed"}\n', "two sources are called a"),
        (GOOD + "model: {api_key: sk-123}\n", "is a secret"),
        (GOOD + "model: {api_key_file: nowhere.txt}\n", "cannot read nowhere.txt"),
        (GOOD + "fetch: {host_pause_s: {a.example: 3600}}\n", "fetch.host_pause_s.a.example: "),
    ],
)
def test_a_mistake_is_explained(tmp_path: Path, text: str, part: str) -> None:
    assert part in complaint(tmp_path, text)


def test_a_missing_file_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="digest init"):
        config.load(tmp_path / "config.yaml", options_of, {})


def test_a_secret_is_never_repeated(tmp_path: Path) -> None:
    said = complaint(tmp_path, GOOD + "model: {api_key: sk-very-secret}\n")
    assert "sk-very-secret" not in said


@pytest.mark.parametrize("where", ["environment", "dotenv", "file", "both"])
def test_a_key_makes_the_model_of_auto_and_does_not_show(tmp_path: Path, where: str) -> None:
    text, environ = GOOD, {}
    if where in ("environment", "both"):
        environ = {"OPENAI_API_KEY": "sk-secret"}
    if where in ("dotenv", "both"):
        (tmp_path / ".env").write_text(f"OPENAI_API_KEY={'sk-other' if where == 'both' else 'sk-secret'}\n")
    if where == "file":
        (tmp_path / "key").write_text("sk-secret\n")
        text += "model: {api_key_file: key}\n"
    model = load(tmp_path, text, environ).model
    assert model.kind == "openai_compatible"
    assert model.api_key is not None
    assert model.api_key.get_secret_value() == "sk-secret", "what stands in the environment wins"
    assert "sk-secret" not in repr(model)


def test_without_a_key_the_digest_is_extractive_and_a_base_url_is_enough_for_a_model(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD).model.kind == "extractive"
    local = load(tmp_path, GOOD + "model: {base_url: 'http://localhost:11434/v1'}\n").model
    assert (local.kind, local.is_local) == ("openai_compatible", True)
