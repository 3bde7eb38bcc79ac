"""How a model's answer is held against the sources."""

import json
from typing import Any

import pytest

from pipeline.model.blocks import whole
from pipeline.model.prompting import load_prompt
from pipeline.resources import find
from pipeline.summarise.draft import Draft
from pipeline.summarise.evidence import SCHEMA
from pipeline.summarise.evidence import read_answer as read
from pipeline.summarise.write import summary_prompt
from pipeline.text.tokens import estimate_tokens
from pipeline.types import Story, Tags
from tests.summarise.stories import RELEASE, item, story


def read_answer(text: str, told: Story, language: str = "en") -> Draft:
    return read(text, whole(told), language)


GOOD: dict[str, Any] = {
    "quotes": [
        "B1: the company says costs $0.75 per million input tokens",
        "[B2] The price is $0.75 per million input tokens, OpenAI said",
    ],
    "claims": [
        {
            "text": "OpenAI released GPT-5.4-mini, which it says costs $0.75 per million input tokens.",
            "who": "",
            "quotes": [1, 2],
        }
    ],
    "headline": "OpenAI releases GPT-5.4-mini.",
    "why_it_matters": "",
    "tags": [
        "company: OpenAI",
        "company: Google",
        "model: GPT-5.4-mini",
        "Model：GPT-5",
        "topic: ",
        "GPT-5",
        "fact: API",
    ],
}


def changed(**parts: object) -> str:
    return json.dumps(GOOD | parts)


def saying(
    text: str = "OpenAI released a model.",
    *,
    quote: str = "OpenAI on Monday released GPT-5.4-mini",
    block: int = 1,
    who: str = "",
) -> dict[str, object]:
    """The parts of an answer of one claim and its quote."""
    return {"quotes": [f"B{block}: {quote}"], "claims": [{"text": text, "who": who, "quotes": [1]}]}


def test_a_good_answer_becomes_a_draft_whose_citations_point_into_the_sources() -> None:
    draft = read_answer(json.dumps(GOOD), RELEASE)
    assert draft.why_it_matters is None
    assert draft.headline == "OpenAI releases GPT-5.4-mini"
    by_id = {i.id: i for i in RELEASE.items}
    cited = draft.claims[0].citations
    assert [c.item_id for c in cited] == [i.id for i in RELEASE.items]
    for citation in cited:
        assert by_id[citation.item_id].cited_text[citation.start : citation.end] == citation.quote
    assert draft.tags.companies == ("OpenAI",)  # Google stands in no source
    assert draft.tags.models == ("GPT-5.4-mini", "GPT-5")
    assert draft.tags.topics == ()


@pytest.mark.parametrize(
    "around",
    [
        "JSON",
        "```json\nJSON\n```",
        '<think>{"headline": "no", "claims": []}</think>JSON',
        "Sure! {here} it is: JSON Anything else?",
        '{"answer": JSON}',
    ],
)
def test_what_stands_around_the_json_does_not_matter(around: str) -> None:
    assert read_answer(around.replace("JSON", json.dumps(GOOD)), RELEASE).headline == "OpenAI releases GPT-5.4-mini"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("I cannot help with that.", "there is no JSON object with claims, headline"),
        ('{"a":' * 90_000, "no JSON object"),
        ("{" * 90_000, "no JSON object"),
        ("[" * 90_000, "no JSON object"),
        ('{"headline": "x", "claims": ' + "[" * 90_000, "no JSON object"),
        (changed(claims=[]), "claims: List should have at least 1 item"),
        (changed(claims=[{"text": "A.", "quotes": [1]}] * 5), "claims: List should have at most 4 items"),
        (changed(claims=[{"text": "A.", "quotes": []}]), "claims.0.quotes: List should have at least 1 item"),
        (changed(claims=[{"text": "A.", "quotes": [3]}]), "claim 1: there is no quote 3"),
        (changed(**saying() | {"quotes": ["no number"]}), "does not begin with its block"),
        (changed(headline=""), "headline is empty"),
        (changed(headline="x" * 111), "headline has 111 characters; at most 110 fit"),
        (changed(why_it_matters="x" * 201), "why_it_matters has 201 characters"),
        (
            changed(**saying(quote="OpenAI on Monday withdrew GPT-5.4-mini")),
            "claim 1: the quote 'OpenAI on Monday wi",
        ),
        (changed(**saying(block=2)), "is not in block 2; copy it letter by letter"),
        (changed(**saying(block=7)), "there is no block 7; there are 1, 2"),
        (changed(**saying(quote="GPT-5.4-mini")), "too short to prove it"),
        (changed(**saying(quote="")), "is not in block 1"),
        (changed(**saying("See https://evil.example/x for it.")), "claim 1 holds a web address"),
        (changed(**saying("![x](y) is it.")), "claim 1 holds HTML or Markdown"),
        (changed(**saying("An <img src=x> came.")), "claim 1 holds HTML or Markdown"),
        (changed(**saying("Go to evil.com today.")), "'evil.com', which is in no source"),
        (changed(**saying("&lt;b&gt; came.")), "claim 1 holds HTML or Markdown"),
    ],
)
def test_an_unusable_answer_says_what_is_wrong_with_it(answer: str, said: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is held below
        read_answer(answer, RELEASE)
    assert said in str(caught.value)


def test_emphasis_and_invisible_characters_do_not_reach_the_reader() -> None:
    draft = read_answer(changed(headline="**OpenAI**\u200b releases\n`GPT-5.4-mini`"), RELEASE)
    assert draft.headline == "OpenAI releases GPT-5.4-mini"


def test_a_dotted_name_that_a_source_uses_is_no_address() -> None:
    told = story(item(1, "Character.AI", "Character.AI was sold to Google on Monday."))
    answer = changed(**saying("Character.AI was sold.", quote="Character.AI was sold to Google"))
    assert read_answer(answer, told).claims[0].text == "Character.AI was sold."


def test_the_schema_is_what_strict_servers_take() -> None:
    def walk(node: object) -> None:
        if isinstance(node, dict):
            if node.get("type") == "object":
                assert node["additionalProperties"] is False
                assert node["required"] == list(node["properties"])
            if node.get("type") == "string":
                assert node["maxLength"] <= 500
            assert not {"$ref", "oneOf", "anyOf", "pattern", "format"} & node.keys()
            for value in node.values():
                walk(value)

    walk(SCHEMA)


def test_a_short_story_is_asked_about_in_less_than_800_tokens() -> None:
    prompt = summary_prompt(load_prompt(find("prompts", "summarise.md")), whole(RELEASE))
    assert estimate_tokens(prompt.system + prompt.user) < 800
    assert estimate_tokens(json.dumps(SCHEMA)) < 410
    assert '{"' not in prompt.system, "the schema goes with it, once"


def test_an_opinion_comes_after_the_facts_with_who_holds_it() -> None:
    told = story(item(1, "Prices", "Prices fell by half. Analyst Ada Byron expects them to fall further, she said."))
    quotes = ["B1: Ada Byron expects them to fall further", "B1: Prices fell by half."]
    claims = [
        {"text": "prices will fall further.", "who": "Ada  Byron", "quotes": [1]},
        {"text": "Prices fell by half.", "who": None, "quotes": [2]},
    ]
    answer = changed(quotes=quotes, claims=claims, headline="Prices fall", tags=[])
    said = [(c.text, c.speaker) for c in read_answer(answer, told).claims]
    assert said == [("Prices fell by half.", ""), ("Ada Byron says: prices will fall further.", "Ada Byron")]
    assert read_answer(answer, told, "zh-Hans").claims[1].text == "Ada Byron表示：prices will fall further."
    assert read_answer(answer, told, "fr").claims[1].text == "Ada Byron: prices will fall further."
    named = answer.replace("prices will", "Ada Byron expects that prices will")
    assert read_answer(named, told).claims[1].text == "Ada Byron expects that prices will fall further."
    goes_on = answer.replace("prices will fall", "expects that prices will fall")
    assert read_answer(goes_on, told).claims[1].text == "Ada Byron expects that prices will fall further."
    han = answer.replace("prices will fall further.", "认为价格会继续下降。")
    assert read_answer(han, told, "zh").claims[1].text == "Ada Byron认为价格会继续下降。"
    with pytest.raises(ValueError, match="claim 1: who 'Ada Lovelace' is named in no block"):
        read_answer(answer.replace("Ada  Byron", "Ada Lovelace"), told)


def test_who_holds_an_opinion_is_named_by_the_source_that_is_cited_for_it() -> None:
    told = story(item(1, "A", "Prices will fall, analysts expect."), item(2, "B", "Ada Byron disagrees with them."))
    answer = changed(
        **saying("prices will fall.", quote="Prices will fall, analysts expect", who="Ada Byron"), headline="X"
    )
    with pytest.raises(ValueError, match="who 'Ada Byron' is named in no block that it cites"):
        read_answer(answer, told)


def test_who_wrote_a_post_may_hold_an_opinion() -> None:
    told = story(item(1, "", "I think that agents are overrated by far.", kind="post", authors=("Andrej K (@ak)",)))
    assert str(whole(told)[0]).startswith("[B1]\nBy: Andrej K (@ak)\n")
    answer = changed(
        **saying("agents are overrated.", quote="agents are overrated by far", who="Andrej K"), headline="X"
    )
    assert read_answer(answer, told).claims[0].text == "Andrej K says: agents are overrated."


@pytest.mark.parametrize("tags", [None, {"companies": ["OpenAI"]}, "company: OpenAI", [None, 1, {}]])
def test_tags_of_another_shape_are_left_out(tags: object) -> None:
    assert read_answer(changed(tags=tags), RELEASE).tags == Tags()


def test_quotes_may_be_counted_from_0() -> None:
    claims = [{"text": "A price.", "quotes": [1]}, {"text": "It is out.", "quotes": [0]}]
    first, second = read_answer(changed(claims=claims), RELEASE).claims
    assert (first.citations[0].item_id, second.citations[0].item_id) == (RELEASE.items[1].id, RELEASE.items[0].id)


def test_a_claim_of_two_sentences_is_two_claims_on_the_same_evidence() -> None:
    draft = read_answer(changed(**saying("A model came. Its price is known.")), RELEASE)
    assert [c.text for c in draft.claims] == ["A model came.", "Its price is known."]
    assert draft.claims[0].citations == draft.claims[1].citations != ()
