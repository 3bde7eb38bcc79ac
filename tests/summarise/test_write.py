"""A story is always written: by the model, or out of its own sentences with a note that says why."""

import json
from datetime import UTC, datetime

import pytest

from pipeline.config_model import PriceSettings
from pipeline.errors import ModelError
from pipeline.model import KINDS
from pipeline.model.blocks import whole
from pipeline.model.books import Books
from pipeline.model.chain import Chain
from pipeline.model.ledger import Ledger
from pipeline.model.prompting import load_prompt
from pipeline.model.scripted import Answers, Scripted
from pipeline.resources import find
from pipeline.summarise.evidence import read_answer
from pipeline.summarise.extract import extract
from pipeline.summarise.lead import LeadSentence, LeadStory, write_lead
from pipeline.summarise.write import Files, Written, input_hash, write
from tests.summarise.stories import RELEASE, item, story

FILES = Files(summary=load_prompt(find("prompts", "summarise.md")), notes=load_prompt(find("prompts", "notes.md")))
ANSWER = json.dumps(
    {
        "quotes": ["B1: OpenAI on Monday released GPT-5.4-mini"],
        "claims": [{"text": "OpenAI released GPT-5.4-mini on Monday.", "who": "", "quotes": [1]}],
        "headline": "OpenAI releases GPT-5.4-mini",
    }
)


def ledger(answers: Answers, price: PriceSettings | None = None) -> tuple[Chain, Scripted]:
    cache: dict[str, str] = {}
    model = Scripted(answers, name="tester")
    made = Ledger(
        model,
        read_cache=cache.get,
        write_cache=cache.__setitem__,
        books=Books(log=lambda _: None, clock=lambda: datetime(2026, 11, 23, tzinfo=UTC), budget_usd_micros=1_000),
        price=price,
    )
    return Chain([made]), model


def test_without_a_model_the_sources_speak_and_nothing_is_to_be_excused() -> None:
    assert write(RELEASE, None, FILES) == Written(draft=extract(RELEASE), by="extract")


def test_the_model_writes_once_for_the_same_story() -> None:
    desk, model = ledger([ANSWER])
    first = write(RELEASE, desk, FILES)
    assert (first.draft, first.by, first.note) == (read_answer(ANSWER, whole(RELEASE)), "model:tester", None)
    assert write(RELEASE, desk, FILES) == first
    assert len(model.prompts) == 1


def test_a_quote_that_is_made_up_is_told_to_the_model_and_repaired() -> None:
    desk, model = ledger([ANSWER.replace("OpenAI on Monday released", "OpenAI today launched"), ANSWER])
    assert write(RELEASE, desk, FILES).by == "model:tester"
    assert "is not in block 1; copy it letter by letter" in model.prompts[1].user


@pytest.mark.parametrize("kind", [*KINDS, "something_else"])
def test_a_model_that_fails_never_stops_a_story(kind: str) -> None:
    desk, _ = ledger([ModelError("no", kind=kind)])
    written = write(RELEASE, desk, FILES)
    assert (written.draft, written.by) == (extract(RELEASE), "extract")
    assert written.note
    assert written.note.startswith("The model")
    assert written.note.endswith("taken from the sources as they stand.")


def test_a_title_alone_is_printed_as_it_stands_and_asks_nothing() -> None:
    alone = story(item(1, "Mistral raises 2 billion euros"))
    desk, model = ledger([ANSWER])
    written = write(alone, desk, FILES)
    assert (written.by, written.note, written.draft) == ("extract", None, extract(alone))
    assert model.prompts == []
    write(story(item(1, "Mistral lève 2 milliards", language="fr")), desk, FILES)
    write(
        story(item(1, "Mistral raises 2 billion euros"), item(2, "Two billion for Mistral, says Le Monde")), desk, FILES
    )
    assert len(model.prompts) > 1, "another language, or a second title, is something to write about"


def test_nonsense_and_a_spent_budget_do_not_either() -> None:
    nonsense = ledger(["no", "no", "no"])[0]
    assert write(RELEASE, nonsense, FILES).note == (
        "The model gave no usable answer; these sentences are taken from the sources as they stand."
    )
    poor, model = ledger([ANSWER], PriceSettings(input=10, output=10))
    assert "budget" in (write(RELEASE, poor, FILES).note or "")
    assert model.prompts == []


def test_a_story_is_to_be_written_anew_when_what_it_is_made_of_changes() -> None:
    base = input_hash(RELEASE, "p", "m")
    longer = story(*RELEASE.items, item(3, "A third source"))
    assert base == input_hash(RELEASE, "p", "m")
    others = [input_hash(longer, "p", "m"), input_hash(RELEASE, "q", "m"), input_hash(RELEASE, "p", "n")]
    assert len({base, *others, input_hash(RELEASE, "p", "m", "zh")}) == 5


def test_the_lead_falls_back_to_a_plain_list() -> None:
    file = load_prompt(find("prompts", "lead.md"))
    stories = [LeadStory(headline="OpenAI releases GPT-5.4-mini", text="OpenAI did so on Monday.", story_id="s")]
    good = json.dumps({"sentences": [{"text": "OpenAI released GPT-5.4-mini.", "stories": [1]}]})
    plain = (LeadSentence(text="OpenAI did so on Monday."),)
    assert write_lead(stories, 2, ledger([good])[0], file) == (
        LeadSentence(text="OpenAI released GPT-5.4-mini.", story_ids=("s",)),
    )
    assert write_lead(stories, 2, ledger([ModelError("no", kind="down")])[0], file) == plain
    assert write_lead(stories, 2, None, file) == plain
