"""What is shown to a model, and how its answer is held against the sources."""

import json
from typing import Any

import pytest

from pipeline.model.blocks import blocks
from pipeline.summarise.evidence import SCHEMA, locate, read_answer
from tests.summarise.stories import BODY, RELEASE, item, story

GOOD: dict[str, Any] = {
    "headline": "OpenAI releases GPT-5.4-mini.",
    "claims": [
        {
            "text": "OpenAI released GPT-5.4-mini, which it says costs $0.75 per million input tokens.",
            "evidence": [
                {"block": 1, "quote": "the company says costs $0.75 per million input tokens"},
                {"block": 2, "quote": "The price is $0.75 per million input tokens, OpenAI said"},
            ],
        }
    ],
    "why_it_matters": None,
    "tags": {"companies": ["OpenAI", "Google"], "models": ["GPT-5.4-mini", "GPT-5"], "people": [], "topics": [""]},
}


def changed(**parts: object) -> str:
    return json.dumps(GOOD | parts)


def claim(text: str = "OpenAI released a model.", **evidence: object) -> list[dict[str, object]]:
    return [{"text": text, "evidence": [{"block": 1, "quote": "OpenAI on Monday released GPT-5.4-mini"} | evidence]}]


def test_a_good_answer_becomes_a_draft_whose_citations_point_into_the_sources() -> None:
    draft = read_answer(json.dumps(GOOD), RELEASE)
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
        (changed(claims=claim() * 5), "claims: List should have at most 4 items"),
        (changed(claims=[{"text": "A.", "evidence": []}]), "claims.0.evidence: List should have at least 1 item"),
        (changed(headline=""), "headline is empty"),
        (changed(headline="x" * 111), "headline has 111 characters; at most 110 fit"),
        (changed(why_it_matters="x" * 201), "why_it_matters has 201 characters"),
        (
            changed(claims=claim(quote="OpenAI on Monday withdrew GPT-5.4-mini")),
            "claim 1: the quote 'OpenAI on Monday wi",
        ),
        (changed(claims=claim(block=2)), "is not in block 2; copy it letter by letter"),
        (changed(claims=claim(block=7)), "there is no block 7; there are 1 to 2"),
        (changed(claims=claim(quote="GPT-5.4-mini")), "too short to prove it"),
        (changed(claims=claim(quote="")), "is not in block 1"),
        (changed(claims=claim("See https://evil.example/x for it.")), "claim 1 holds a web address"),
        (changed(claims=claim("![x](y) is it.")), "claim 1 holds HTML or Markdown"),
        (changed(claims=claim("An <img src=x> came.")), "claim 1 holds HTML or Markdown"),
        (changed(claims=claim("Go to evil.com today.")), "'evil.com', which is in no source"),
        (changed(claims=claim("&lt;b&gt; came.")), "claim 1 holds HTML or Markdown"),
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
    answer = changed(claims=claim("Character.AI was sold.", quote="Character.AI was sold to Google"))
    assert read_answer(answer, told).claims[0].text == "Character.AI was sold."


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("In OpenAI's own tests", "In OpenAI’s own tests"),
        ("in openai’s  OWN\ntests", "In OpenAI’s own tests"),
        ('"costs $0.75 per million…"', "costs $0.75 per million"),
        ("more stories like this one", "more stories like this one"),
        ("for you? Subscribe to our", "for you?\nSubscribe to our"),
        ("scored 71.2%", "scored 71.2%"),
        ("scored 71.2% on SWE-bench Verified, up", "scored 71.2% on SWE-bench Verified, up"),
        ("scored 1.2% on", None),
        ("million input token", None),
        ("", None),
        ("...", None),
    ],
)
def test_a_quote_is_found_whatever_its_blanks_and_marks(quote: str, found: str | None) -> None:
    span = locate(quote, BODY)
    assert (BODY[slice(*span)] if span else None) == found


def test_offsets_are_those_of_the_original_even_where_folding_changes_lengths() -> None:
    body = "  ﬁrst ＡＢＣ　 Straße № 5 — 模型发布了，价格下降。 end"
    for quote, found in (
        ("abc strasse no 5", "ＡＢＣ　 Straße № 5"),
        ("模型发布了，价格", "模型发布了，价格"),
        ("first", "ﬁrst"),
    ):
        span = locate(quote, body)
        assert span
        assert body[slice(*span)] == found


def test_the_input_is_bounded_and_shared_fairly() -> None:
    told = story(item(1, "Short", "a" * 1_000), item(2, "Long", "b" * 50_000), item(3, "Long too", "c" * 50_000))
    shown = blocks(told, 12_000)
    assert [len(b.text) for b in shown] == [1_000, 5_500, 5_500]
    assert str(shown[1]).startswith("[B2] (cut)\nTitle: Long\nbbb")
    many = story(*(item(i, "T", "x" * 9_000) for i in range(1, 30)))
    assert sum(len(b.text) for b in blocks(many)) <= 12_000
    assert len(blocks(many)) == 8


def test_an_item_of_a_title_alone_says_so_and_its_title_is_what_is_cited() -> None:
    told = story(item(1, "Mistral raises 2 billion euros"))
    assert str(blocks(told)[0]) == "[B1] (title only)\nMistral raises 2 billion euros"
    answer = changed(claims=claim("Mistral raises 2 billion euros.", quote="Mistral raises 2 billion euros"))
    cited = read_answer(answer, told).claims[0].citations[0]
    assert cited.quote == told.items[0].cited_text


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


def test_a_claim_of_two_sentences_is_two_claims_on_the_same_evidence() -> None:
    draft = read_answer(changed(claims=claim("A model came. Its price is known.")), RELEASE)
    assert [c.text for c in draft.claims] == ["A model came.", "Its price is known."]
    assert draft.claims[0].citations == draft.claims[1].citations != ()
