"""A real model server whose model speaks nonsense: it is understood, and none of the nonsense is printed unflagged."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from pipeline.config_model import ModelSettings
from pipeline.context import utc_now
from pipeline.errors import ModelError
from pipeline.model.answers import read_object
from pipeline.model.books import Books
from pipeline.model.ledger import Ledger
from pipeline.model.openai_compatible import OpenAICompatible
from pipeline.model.probe import PROMPT, probe
from tests.e2e.test_faults import goes_out_whole, text_of, written_by
from tests.e2e.world import Post, World
from tests.llama_server import CONTEXT_TOKENS, llama_server

pytestmark = pytest.mark.llama
Approve = Callable[..., str]
Connect = Callable[..., OpenAICompatible]


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with llama_server(tmp_path_factory.mktemp("llama")) as url:
        yield url


@pytest.fixture
def model(base_url: str) -> Iterator[Connect]:
    """Makes a model on the server, with these settings."""
    made: list[OpenAICompatible] = []

    def make(**options: object) -> OpenAICompatible:
        settings = ModelSettings.model_validate({"provider": "llama_cpp", "name": "m", "base_url": base_url, **options})
        made.append(OpenAICompatible(settings, max_retries=0))
        return made[-1]

    yield make
    for each in made:
        each.connection.client.close()


def test_a_probe_finds_out_what_it_can_do(base_url: str) -> None:
    found = probe(ModelSettings(provider="llama_cpp", name="m", base_url=base_url, temperature=0.5))
    assert found.trouble == ""
    assert (found.rung, found.limit_name, found.takes_temperature) == ("json_schema", "max_tokens", True)
    assert found.context_tokens == CONTEXT_TOKENS
    assert found.input_tokens > 0
    assert found.output_tokens > 0
    assert found.models


def test_its_grammar_holds_nonsense_to_the_schema(model: Connect) -> None:
    answer = json.loads(model().complete(PROMPT).text)
    assert list(answer) == ["ok"]
    assert isinstance(answer["ok"], bool)


def test_what_its_window_does_not_hold_is_refused_by_it_and_once_its_counts_are_known_not_sent(model: Connect) -> None:
    """Its vocabulary has a token for each character, three times as many as we count."""
    long = replace(PROMPT, user="a b c d " * CONTEXT_TOKENS)
    with pytest.raises(ModelError, match=r"answered 400.*--ctx-size") as caught:
        model().complete(long)
    assert caught.value.kind == "too_long"
    careful = model(context_tokens=CONTEXT_TOKENS)
    nearly = replace(PROMPT, user="word " * 1_700)
    with pytest.raises(ModelError, match="answered 400"):
        careful.complete(nearly)
    careful.complete(replace(PROMPT, user="word " * 200))
    with pytest.raises(ModelError, match=f"has a window of {CONTEXT_TOKENS:,} tokens"):
        careful.complete(nearly)


def test_as_a_base_model_it_gives_nothing_that_is_taken_for_an_answer(model: Connect) -> None:
    books = Books(log=lambda _: None, clock=utc_now, budget_usd_micros=0)
    base = model(api="completions")
    ledger = Ledger(base, read_cache=lambda _: None, write_cache=lambda _k, _v: None, books=books, price=None)
    with pytest.raises(ModelError) as caught:
        ledger.ask(PROMPT, lambda text: read_object(text, frozenset({"ok"})))
    assert caught.value.kind in ("cut_off", "garbage")


@pytest.mark.parametrize("api", ["chat", "completions"])
def test_the_issue_comes_out_and_nothing_of_the_nonsense_stands_in_it(
    world: World, base_url: str, approved: Approve, post: tuple[Post, int], api: str
) -> None:
    server = {"provider": "llama_cpp", "base_url": base_url}
    world.config["model"] = {**server, "name": "scribe-1", "api": api, "max_output_tokens": 300}
    report = world.run()
    assert report.exit_code == 5
    assert written_by(world) == {"extract": 4}
    text = text_of(world)
    assert text.count("[Extract]") == 4
    assert "The model" in text, "it says why"
    assert not set("~^`{}|\\\ufffd") & set(text), "what the model said is full of these"
    goes_out_whole(world, approved, post[0])
