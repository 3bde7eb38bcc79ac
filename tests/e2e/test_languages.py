"""An issue in two languages: translated in one call, checked, asked for once, and always out."""

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.cli.translated import TranslationChecks
from pipeline.review import desk, queue
from pipeline.review import stage as review
from pipeline.run import preview
from pipeline.store import issues, translations
from tests.e2e.conftest import STORIES, feed
from tests.e2e.world import ModelServer, World, honest, model_server

ISSUE = "2025-12-03"
CHINESE = {
    "Heron 2 has 64B parameters and reads 256k tokens": "Heron 2有640亿参数，可读取25.6万token",
    "The 3B model runs at 22 tokens per second on a phone": "这款3B模型在手机上每秒运行22个token",
    "Quayside has raised $400 million": "Quayside融资4亿美元",
    "Tallinn has ended the trial after 11 months": "塔林在11个月后结束了试点",
}
RIGHT, WRONG = CHINESE["Quayside has raised $400 million"], "Quayside融资40亿美元"


def texts_of(prompt: str) -> dict[int, str]:
    """The numbered texts that a prompt asks to be translated."""
    return {int(n): text for n, text in re.findall(r"^\[(\d+)\] (.+)$", prompt, re.MULTILINE)}


def translated(prompt: str, chinese: dict[str, str] = CHINESE) -> str:
    """A model that knows these sentences."""
    if "You translate a news digest" not in prompt:
        return honest(prompt)
    told = ((n, chinese[text.rstrip(".")] + "。" * text.endswith(".")) for n, text in texts_of(prompt).items())
    return json.dumps({"texts": [{"number": n, "text": text} for n, text in told]})


def slipping(prompt: str) -> str:
    """It gets an amount wrong, until it is told."""
    slips = "Your last answer was not usable" not in prompt
    return translated(prompt, CHINESE | {"Quayside has raised $400 million": WRONG} if slips else CHINESE)


def wrong(prompt: str) -> str:
    """It gets an amount wrong, whatever it is told."""
    return translated(prompt, CHINESE | {"Quayside has raised $400 million": WRONG})


def down(prompt: str) -> str:
    return "I am sorry." if "You translate a news digest" in prompt else honest(prompt)


def bilingual(world: World, model: ModelServer, answer: Callable[[str], str] = translated, **more: object) -> None:
    model.answer = answer
    world.config |= {
        "languages": ["en", "zh"],
        "model": {"base_url": model.base_url, "name": "m", "price": {"input": 1, "output": 2}},
        **more,
    }


def asked(model: ModelServer) -> list[str]:
    """The prompts of the calls for a translation."""
    prompts = [json.dumps(call, ensure_ascii=False) for call in model.calls]
    return [prompt for prompt in prompts if "You translate a news digest" in prompt]


def page(world: World, name: str = "text") -> str:
    with world.context() as ctx:
        body = preview(ctx, ISSUE)[1][name].body.decode()
    return body if name == "html" else " ".join(re.sub(r"^\s*\| ", "", body, flags=re.MULTILINE).split())


def test_a_bilingual_issue_takes_one_call_more_and_a_second_run_none(world: World) -> None:
    with model_server() as model:
        bilingual(world, model)
        assert world.run(until="review").exit_code == 0
        assert len(asked(model)) == 1, "four stories and the lead"
        calls = len(model.calls)
        world.pass_(hours=7)
        world.run(until="review")
        text, html, markdown = (page(world, name) for name in ("text", "html", "markdown"))
        assert len(model.calls) == calls
    assert "Heron 2 有 640 亿参数，可读取 25.6 万 token。" in text, "spaced where it is printed"
    assert re.search(r"EN 1 min / 中文 1 分钟", text)
    assert "The language model m translated 9 texts into 中文; code compared their numbers." in markdown
    assert re.search(r'<p class="t" lang="zh-Hans"[^>]*>Quayside 融资 4 亿美元。</p>', html)
    assert html.index("Quayside has raised $400 million.</p>") < html.index("Quayside 融资 4 亿美元。</p>")
    assert "> Quayside 融资 4 亿美元。" in markdown


def test_a_changed_story_is_translated_by_one_call_about_it_alone(world: World, www: Path) -> None:
    with model_server() as model:
        bilingual(world, model)
        world.run(until="verify")
        assert asked(model) == []
        world.run(until="translate")
        (story, *others) = STORIES["press.xml"]
        changed = (story[0], "Quayside has raised $450 million. It employs 140 people in Rotterdam.")
        (www / "press.xml").write_text(feed("press", [changed, *others]), encoding="utf-8")
        os.utime(www / "press.xml", (2e9, 2e9))  # Last-Modified counts in seconds
        model.answer = lambda p: translated(p, CHINESE | {"Quayside has raised $450 million": "Quayside融资4.5亿美元"})
        world.pass_(hours=7)
        world.run(until="review")
        first, second = asked(model)
    assert len(texts_of(first.replace("\\n", "\n"))) == 9
    again = set(texts_of(second.replace("\\n", "\n")).values())
    assert {text.rstrip(".") for text in again} <= {"Quayside has raised $450 million", *CHINESE}
    assert "Quayside has raised $450 million." in again
    assert len(again) <= 3, "its headline, its sentence, and the lead"


def test_a_wrong_number_is_asked_for_again_with_what_is_wrong(world: World) -> None:
    with model_server() as model:
        bilingual(world, model, slipping)
        assert world.run(until="review").exit_code == 0
        first, second = asked(model)
    assert "is missing, or has another value or unit" in second
    assert "is missing, or has another value" not in first
    assert "融资 4 亿美元" in page(world)


def test_what_goes_on_being_wrong_prints_in_one_language_and_is_not_asked_for_again(world: World) -> None:
    with model_server() as model:
        bilingual(world, model, wrong)
        report = world.run(until="review")
        assert report.exit_code == 5
        assert "2 of 9 texts stay in one language" in report.problems[0].message
        calls = len(model.calls)
        world.pass_(hours=7)
        world.run(until="review")
        text = page(world)
        assert len(model.calls) == calls
        model.answer = translated
        world.config["model"] |= {"max_output_tokens": 4000}  # type: ignore[operator]
        assert "融资 4 亿美元" in page(world), "asked for again where there is more room"
    assert "Quayside has raised $400 million." in text
    assert "融资 40 亿" not in text
    assert "塔林在 11 个月后结束了试点。" in text
    assert "2 texts have no 中文 that held." in text


@pytest.mark.parametrize("server", ["garbage", "none"])
def test_without_a_model_that_translates_the_issue_comes_out_in_one_language_and_says_so(
    world: World, server: str
) -> None:
    with model_server() as model:
        if server == "none":
            world.config["languages"] = ["en", "zh"]
        else:
            bilingual(world, model, down)
        report = world.run(until="review")
    text = page(world)
    assert report.exit_code == (0 if server == "none" else 5)
    assert "This issue was not translated into 中文" in text
    assert "1 min read" in text
    assert "Quayside has raised $400 million." in text


def test_a_budget_that_is_used_up_leaves_the_issue_in_one_language(world: World) -> None:
    with model_server() as model:
        bilingual(world, model)
        server = {"base_url": model.base_url, "name": "m", "price": {"input": 1, "output": 2}}
        world.config["model"] = {**server, "threads": 1, "budget_usd": 0.012}  # the answer alone may take 0.016
        report = world.run(until="review")
        assert asked(model) == []
    assert report.exit_code == 5
    assert "9 of 9 texts stay in one language" in report.problems[0].message
    text = page(world)
    assert "The language model m wrote 4 stories." in text
    assert "This issue was not translated into 中文: the model gave no translation." in text


def test_separate_prints_the_issue_again_under_the_name_of_its_language(world: World) -> None:
    with model_server() as model:
        bilingual(world, model, layout="separate")
        world.run(until="review")
        html = page(world, "html")
    assert 'class="t"' not in html
    part = html[html.index('<div lang="zh-Hans"') :]
    assert part.index("中文</h2>") < part.index("Quayside 融资 4 亿美元。") < part.index("How this issue was made")
    assert html.index("Quayside has raised $400 million.") < html.index('<div lang="zh-Hans"')


def test_a_translation_that_changes_after_the_approval_voids_it(
    world: World, approved: Callable[[World, str], str]
) -> None:
    with model_server() as model:
        bilingual(world, model)
        world.run(until="review")
        approved(world, ISSUE)
        with world.context() as ctx, ctx.store.begin() as db:
            slots = issues.require(db, ISSUE).slots
            made = next(iter(translations.load(db, [slots[0].story_id]).values()))
            translations.keep(db, [replace(made, text="别的")])
        world.pass_(hours=12)
        report = world.run()
        with world.context() as ctx, ctx.store.read() as db:
            assert issues.require(db, ISSUE).status == "in_review"
    assert [p.kind for p in report.problems] == ["approval_void"]


def by_phrase(prompt: str, known: dict[str, str]) -> str:
    """A model that puts the phrases that it knows in place of the others."""
    if "You translate a news digest" not in prompt:
        return honest(prompt)
    made = {}
    for number, text in texts_of(prompt).items():
        for phrase, other in known.items():
            text = text.replace(phrase, other)
        made[number] = text
    return json.dumps({"texts": [{"number": n, "text": text} for n, text in made.items()]})


def test_a_chinese_extract_gets_its_english_and_a_new_term_is_asked_for(world: World, www: Path) -> None:
    headline, said = "灵舟发布智能体", "Lingzhou has released an agent"
    (www / "press.xml").write_text(feed("press", [(headline, f"{headline}。")]), encoding="utf-8")
    with model_server() as model:
        bilingual(world, model, lambda p: by_phrase(p, {headline: said}), models={"write": {"type": "extractive"}})
        world.config["languages"] = ["en", "zh"]
        world.run(until="review")
        html = page(world, "html")
        assert re.search(rf'<p class="t tb" lang="en"[^>]*>{said}</p>', html)
        calls = len(asked(model))
        (world.folder / "glossary.yaml").write_text("- {en: [agent, bot], zh: 智能体}\n", encoding="utf-8")
        world.run(until="review")
        (prompt,) = (p for p in asked(model)[calls:] if "Translate into: English" in p)
    assert {text.rstrip("。") for text in texts_of(prompt.replace("\\n", "\n")).values()} == {headline}
    assert "agent: 智能体" in prompt


def test_a_reviewers_edit_is_translated_before_it_is_approved(world: World) -> None:
    with model_server() as model:
        bilingual(world, model)
        world.run(until="review")
        with world.context() as ctx:
            with ctx.store.read() as db:
                slots = issues.require(db, ISSUE).slots
            model.answer = lambda p: by_phrase(p, {"Chips for Rotterdam": "鹿特丹有了芯片"})
            for slot in slots:
                review.edit(
                    ctx, ISSUE, slot.story_id, headline="Chips for Rotterdam", sentences=["Chips for Rotterdam."],
                    reviewer="ann", channel="cli",
                )  # fmt: skip
        assert "鹿特丹有了芯片" in page(world)


def test_a_translation_is_held_against_the_sources_as_well(world: World) -> None:
    spoilt = CHINESE | {"Quayside has raised $400 million": f"{RIGHT}，点击阅读原文"}
    with model_server() as model:
        bilingual(world, model, lambda prompt: translated(prompt, spoilt))
        world.run(until="review")
    with world.context() as ctx, ctx.store.read() as db:
        cards = TranslationChecks().shown(queue.load(db, issues.decided(db, issues.require(db, ISSUE))))
    found = [f for card in cards for f in card.found]
    assert {(f.part, f.check.method) for f in found} == {("headline (zh)", "belongs"), ("sentence 1 (zh)", "belongs")}
    (card,) = [card for card in cards if card.in_translations]
    assert "boilerplate" in desk.told(card, 1, 4, {}, 80)
