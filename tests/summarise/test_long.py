"""A story that is too long for one call is read in parts, each noted down in quotes; the summary cites the source."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import ModelError
from pipeline.model.blocks import BUDGET_TOKENS, tokens_of
from pipeline.seams import Prompt
from pipeline.summarise import long
from pipeline.summarise.write import Files, prompts_for, write
from pipeline.text.characters import clean
from pipeline.text.sentences import split
from pipeline.text.tokens import estimate_tokens
from pipeline.types import Story
from tests.summarise.stories import item, story
from tests.summarise.test_write import FILES, ledger

_BLOCK = re.compile(r"^\[B(\d+)\][^\n]*\n(?:Title: [^\n]*\n)?(.*?)(?=\n\n\[B\d+\]|\n=== )", re.MULTILINE | re.DOTALL)
_TOPICS = ("agents", "chips", "data", "evaluation", "safety", "robots", "prices")


def talk(
    minutes: int, each: str = "Ada Byron: So about {topic} number {n}, we measured {n} percent more in our own tests."
) -> str:
    """What somebody says in so many minutes, at about 150 words a minute, in paragraphs of ten sentences."""
    count = minutes * 10
    said = [each.format(n=n, topic=_TOPICS[n % len(_TOPICS)]) for n in range(count)]
    return "\n".join(" ".join(said[i : i + 10]) for i in range(0, count, 10))


def reader(prompt: Prompt) -> str:
    """A model that copies the first two sentences of each block that it is shown."""
    quotes = [
        (number, text[start:end])
        for number, text in _BLOCK.findall(prompt.user)
        for start, end in split(text)[:2]
        if text[start:end] != "[...]"
    ]
    if prompt.id.startswith("notes.md"):
        return json.dumps({"quotes": [{"block": int(n), "text": text} for n, text in quotes[:6]]})
    claims = [{"text": quotes[-1][1], "who": "", "quotes": [1]}]
    return json.dumps({"quotes": [f"B{quotes[-1][0]}: {quotes[-1][1]}"], "claims": claims, "headline": "A talk"})


def read(told: Story) -> tuple[list[Prompt], str | None]:
    desk, model = ledger(reader)
    written = write(told, desk, FILES)
    assert written.by == "model:tester"
    by_id = {i.id: i for i in told.items}
    for claim in written.draft.claims:
        for citation in claim.citations:
            assert by_id[citation.item_id].cited_text[citation.start : citation.end] == citation.quote
    asked = len(model.prompts)
    assert write(told, desk, FILES) == written
    assert len(model.prompts) == asked, "the second time everything is known"
    return model.prompts, written.note


def test_a_talk_of_an_hour_is_read_to_its_end_within_the_budget() -> None:
    body = talk(60)
    assert len(body.split()) > 8_500
    prompts, note = read(story(item(1, "A talk", body, kind="podcast")))
    assert note is None
    assert 4 <= len(prompts) <= 1 + long.MAX_PARTS
    assert all(estimate_tokens(p.user) <= BUDGET_TOKENS + 200 for p in prompts)
    assert [p.id.partition("@")[0] for p in prompts] == ["notes.md"] * (len(prompts) - 1) + ["summarise.md"]
    assert "(part 1 of" in prompts[0].user
    assert body.splitlines()[-1][-40:] in prompts[-2].user, "its last words are read"
    assert "(excerpts)" in prompts[-1].user
    assert "\n[...]\n" in prompts[-1].user


def test_the_same_in_chinese() -> None:
    body = talk(60, "艾达：关于{topic}的第{n}点，我们自己的测试提高了百分之{n}，还有很多工作要做。")
    prompts, _ = read(story(item(1, "访谈", body, language="zh", kind="podcast")))
    assert len(prompts) >= 5
    assert all(estimate_tokens(p.user) <= BUDGET_TOKENS + 200 for p in prompts)


def test_a_story_of_thirty_items_is_shown_in_parts_that_hold_several() -> None:
    told = story(
        *(
            item(n, f"Report {n}", talk(2, f"Lab {n} said that it measured {{n}} points of {{topic}}."))
            for n in range(1, 31)
        )
    )
    prompts, note = read(told)
    assert note is None
    assert len(prompts) < 8
    assert "[B1]" in prompts[0].user
    assert "[B30]" in prompts[-2].user
    assert "[B30] (excerpts)" in prompts[-1].user


def test_what_will_be_asked_is_known_before() -> None:
    told = story(item(1, "A talk", talk(60), kind="podcast"))
    asked, _ = read(told)
    foreseen = prompts_for(told, FILES)
    assert foreseen[:-1] == asked[:-1]
    assert len(foreseen[-1].user) >= len(asked[-1].user)
    assert prompts_for(story(item(1, "A title alone")), FILES) == []


def test_the_longest_real_text_that_we_have_is_read_in_parts(shared_data: Path) -> None:
    rows = (shared_data / "extraction" / "full_text.jsonl").read_text(encoding="utf-8").splitlines()
    body = clean(max((json.loads(row)["text"] for row in rows), key=len))
    assert len(body) > 50_000
    prompts, note = read(story(item(1, "Кино", body, language="ru")))
    assert len(prompts) == 1 + long.MAX_PARTS
    assert note
    assert all(estimate_tokens(p.user) <= BUDGET_TOKENS + 200 for p in prompts)


def test_short_stories_stay_one_call() -> None:
    prompts, _ = read(story(item(1, "Short", talk(5), kind="podcast")))
    assert len(prompts) == 1


def test_of_articles_that_are_not_twice_too_long_the_beginnings_do_in_one_call() -> None:
    told = story(*(item(n, f"Article {n}", talk(10)) for n in (1, 2, 3)))
    (prompt,), note = read(told)
    assert note is None
    assert prompt.user.count("(cut)") == 3
    assert estimate_tokens(prompt.user) <= BUDGET_TOKENS + 200
    prompts, _ = read(story(item(1, "A talk", talk(25), kind="podcast")))
    assert len(prompts) > 2, "what is said at the end of a talk counts as much"


def test_of_what_is_longer_still_the_parts_that_are_about_it_are_read_and_the_rest_is_counted() -> None:
    dull = talk(200)
    about = " ".join(["Zebra processors beat every zebra benchmark, said the zebra team."] * 40)
    prompts, note = read(story(item(1, "Zebra processors", f"{dull}\n{about}\n{dull}", kind="podcast")))
    assert len(prompts) == 1 + long.MAX_PARTS
    assert note
    assert re.fullmatch(r"Its sources are long: \d+ of \d+ parts of them were not read\.", note)
    assert any("Zebra processors beat" in p.user for p in prompts[1:-1])


def test_parts_end_with_a_paragraph_or_a_sentence_and_leave_nothing_out() -> None:
    for body in (talk(60), talk(60).replace("\n", " "), "x" * 90_000, "word " * 20_000, "好。" * 9_000):
        told = story(item(1, "A talk", body))
        parts, total = long.parts_of(told, BUDGET_TOKENS)
        assert all(tokens_of(part.blocks) <= BUDGET_TOKENS for part in parts)
        at = 0
        for part in parts:
            for block, start in zip(part.blocks, part.starts, strict=True):
                assert not body[at:start].strip()
                assert body[start : start + len(block.text)] == block.text
                at = start + len(block.text)
        assert total > len(parts) or at == len(body)
    (first, *_), _ = long.parts_of(story(item(1, "A talk", talk(60).replace("\n", " "))), BUDGET_TOKENS)
    assert first.blocks[0].text.rstrip().endswith("tests.")


def test_notes_are_looked_up_in_their_part() -> None:
    told = story(item(1, "A talk", talk(60)))
    part = long.parts_of(told, BUDGET_TOKENS)[0][1]
    text = part.blocks[0].text
    start, end = split(text)[3]
    good, bad = {"block": 1, "text": text[start:end]}, {"block": 1, "text": "Nobody said this at all."}
    (note,) = long.read_notes(json.dumps({"quotes": [bad, good, {**good, "block": 2}, good]}), part)
    assert told.items[0].body[note.start : note.end] == note.quote
    assert note.start > part.starts[0]
    assert long.read_notes('{"quotes": []}', part) == []
    for wrong, said in (
        (json.dumps({"quotes": [bad]}), "copy quotes letter by letter"),
        ("{}", "no JSON"),
        ('{"quotes": 1}', "list"),
    ):
        with pytest.raises(ValueError, match=said):
            long.read_notes(wrong, part)


def test_a_part_that_the_model_refuses_is_counted_and_the_rest_is_written() -> None:
    told = story(item(1, "A talk", talk(60)))

    def refusing(prompt: Prompt) -> str | Exception:
        return ModelError("no", kind="refused") if "(part 2 of" in prompt.user else reader(prompt)

    written = write(told, ledger(refusing)[0], FILES)
    assert written.by == "model:tester"
    assert written.note
    assert written.note.startswith("Its sources are long: 1 of ")
    nothing = write(told, ledger([ModelError("no", kind="refused")] * 9)[0], FILES)
    assert (nothing.by, nothing.note) == (
        "extract",
        "The model refused to write about this story; these sentences are taken from the sources as they stand.",
    )


def test_only_a_long_story_is_written_anew_when_the_notes_prompt_changes() -> None:
    short, long_one = story(item(1, "Short", "It came out.")), story(item(1, "A talk", talk(60), kind="podcast"))
    other = Files(summary=FILES.summary, notes=replace(FILES.notes, id="notes.md@0"))
    assert FILES.ids(short) == other.ids(short) == FILES.summary.id
    assert FILES.ids(long_one) != other.ids(long_one)


def test_what_does_not_fit_a_small_window_is_read_in_smaller_parts() -> None:
    def small(prompt: Prompt) -> str | Exception:
        full = estimate_tokens(prompt.system + prompt.user) > 2_000
        return ModelError("too much", kind="too_long") if full else reader(prompt)

    desk, model = ledger(small)
    assert write(story(item(1, "A talk", talk(15))), desk, FILES).by == "model:tester"
    assert estimate_tokens(model.prompts[-1].system + model.prompts[-1].user) <= 2_000
