"""config.yaml: every mistake at once, each with its key and a remedy; secrets only from outside."""

from pathlib import Path

import pytest

from pipeline import config, resources
from pipeline.config import Settings
from pipeline.context import options_of
from pipeline.errors import ConfigError
from pipeline.providers import PROVIDERS

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


def test_a_provider_brings_address_key_and_price_and_written_keys_win(tmp_path: Path) -> None:
    keys = {"OPENAI_API_KEY": "sk-openai", "ANTHROPIC_API_KEY": "sk-ant"}
    model = load(tmp_path, GOOD + "model: {provider: anthropic, name: claude-haiku-4-5-20251001}\n", keys).model
    assert model.url == "https://api.anthropic.com/v1/"
    assert model.api_key is not None
    assert model.api_key.get_secret_value() == "sk-ant"
    assert model.price is not None
    assert (model.price.input, model.price.output, model.window_tokens) == (1, 5, 200_000)
    other = "{provider: anthropic, name: x, base_url: 'https://proxy.example/v1', api_key_env: MINE, threads: 9,"
    other += " price: {input: 7, output: 8}, context_tokens: 9000}"
    model = load(tmp_path, GOOD + f"model: {other}\n", keys | {"MINE": "sk-mine"}).model
    assert (model.url, model.threads, model.window_tokens) == ("https://proxy.example/v1", 9, 9000)
    assert model.api_key is not None
    assert model.api_key.get_secret_value() == "sk-mine"
    assert model.price is not None
    assert model.price.input == 7


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_each_provider_is_one_line_of_configuration(tmp_path: Path, name: str) -> None:
    preset = PROVIDERS[name]
    text = GOOD + f"model: {{provider: {name}, name: some-model}}\n"
    keyless = load(tmp_path, text, {"OPENAI_API_KEY": "sk-openai"} if name != "openai" else {}).model
    assert keyless.api_key is None, "the key of another provider never leaves for this one"
    if preset.key_env:
        assert keyless.kind == "extractive"
        model = load(tmp_path, text, {preset.key_env: "sk-x"}).model
        assert (model.kind, model.is_local) == ("openai_compatible", False)
    else:
        assert (keyless.kind, keyless.is_local) == ("openai_compatible", True)
    assert preset.base_url.startswith("http")


def test_an_address_is_enough_to_know_the_provider(tmp_path: Path) -> None:
    model = load(tmp_path, GOOD + "model: {base_url: 'http://127.0.0.1:11434/v1', name: qwen}\n").model
    assert model.window_tokens == 4096
    assert "OLLAMA_CONTEXT_LENGTH" in model.preset.context_remedy


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("{provider: togther, name: x}", r"model\.provider: no such provider; there are anthropic, deepseek, .*vllm"),
        ("{provider: together}", "model: name is missing. Write which of the models at together it is"),
    ],
)
def test_a_provider_that_is_none_and_a_model_without_a_name_are_mistakes(tmp_path: Path, model: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load(tmp_path, GOOD + f"model: {model}\n")


def test_each_task_has_its_own_model_and_chain_or_that_of_all(tmp_path: Path) -> None:
    text = GOOD + (
        "model: {provider: deepseek, name: deepseek-v4-flash, fallback: [{provider: ollama, name: q}, {name: none}]}\n"
        "models:\n  triage: {provider: gemini, name: gemini-3.1-flash-lite}\n"
    )
    settings = load(tmp_path, text, {"DEEPSEEK_API_KEY": "sk-deep", "GEMINI_API_KEY": "sk-gem"})
    assert {task: [m.name for m in found.chain] for task, found in settings.tasks.items()} == {
        "write": ["deepseek-v4-flash", "q"],
        "triage": ["gemini-3.1-flash-lite"],
        "translate": ["deepseek-v4-flash", "q"],
    }, "a model without a key is not in the chain, and nobody checks who was not named for it"
    (flash,) = settings.task("triage").chain
    assert flash.api_key is not None
    assert flash.api_key.get_secret_value() == "sk-gem"
    assert flash.price is not None
    assert flash.price.output == 1.5
    assert settings.task("write").chain[0] == settings.task("translate").chain[0], "one ledger for both"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models: {wirte: {name: x}}\n", "models.wirte: no such key. Did you mean write?"),
        (
            "models: {check: {name: x, budget_usd: 1}}\n",
            "models.check.budget_usd: no such key. Known here: api,",
        ),
        ("model: {fallback: [{nmae: x}]}\n", "model.fallback.0.nmae: no such key. Did you mean name?"),
        ("model: {fallback: [{name: x, fallback: []}]}\n", "model.fallback.0.fallback: no such key"),
        ("verify: {model: {name: x}}\n", "verify.model: no such key"),
    ],
)
def test_a_mistake_in_the_model_of_a_task_is_named(tmp_path: Path, text: str, said: str) -> None:
    assert said in complaint(tmp_path, GOOD + text)


def test_languages_begin_with_the_one_that_is_written_and_language_is_short_for_one(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD).languages == ("en",)
    assert load(tmp_path, f"language: zh\n{GOOD}").languages == ("zh",)
    both = load(tmp_path, f"languages: [zh, en]\n{GOOD}")
    assert (both.language, both.languages, both.layout) == ("zh", ("zh", "en"), "interleaved")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("language: en\nlanguages: [zh, en]", "the first of languages is zh"),
        ("languages: [en, en-GB]", "en stands there twice"),
        ("languages: [English]", "languages"),
        ("languages: en", "languages"),
        ("layout: mixed", "layout"),
    ],
)
def test_a_mistake_in_the_languages_is_named(tmp_path: Path, line: str, said: str) -> None:
    assert said in complaint(tmp_path, f"{line}\n{GOOD}")
