"""An issue in two languages: what stands where, with which attributes, and what is said of what is missing."""

import re

import pytest

from pipeline.render.render import MAX_HTML_BYTES, environment, render
from pipeline.render.view import Entry, Printed, build
from tests.render import samples

ENV = environment()
ISSUE = "2026-11-23"


def bilingual(entries: list[Entry] | None = None, skip: tuple[str, ...] = (), **more: object) -> Printed:
    """The sample issue with a translation of every text, but for those that begin with one of ``skip``."""
    printed = samples.printed(entries)
    made: dict[tuple[str, str], dict[int, tuple[str, str]]] = {
        (ISSUE, "zh"): {i: (s, f"导语第{i}句，出自OpenAI。") for i, s in enumerate(printed.issue.lead)}
    }
    for e in printed.entries:
        texts = e.summary.texts if e.summary else {-1: e.story.representative.title}
        own = e.summary.language if e.summary else "en"
        said = "Said in English, number {}." if own.startswith("zh") else "用GPT说的第{}句。"
        made[e.story.id, "en" if own.startswith("zh") else "zh"] = {
            n: (text, said.format(n)) for n, text in texts.items() if not text.startswith(skip or ("\0",))
        }
    fields: dict[str, object] = {
        "languages": ("en", "zh"), "translations": made, "translators": {"zh": ["m"], "en": ["m"]}, **more
    }  # fmt: skip
    return samples.printed(entries, **fields)


def printed_as(printed: Printed) -> tuple[str, str, str]:
    made = render(printed, ENV)
    return made["html"].decode(), made["text"].decode(), made["markdown"].decode()


def test_every_paragraph_has_its_translation_right_under_it_in_every_format() -> None:
    html, text, markdown = printed_as(bilingual())
    for page in (html, text, markdown):
        at = page.index("The 70B model stands at")
        assert at < page.index("用 GPT 说的第 0 句。", at) < page.index("Whoever can rent", at)
        assert "导语第 0 句，出自 OpenAI。导语第 1 句" in page
    assert re.search(r'<p class="t tb" lang="zh-Hans"[^>]*>用 GPT 说的第-1 句。</p>', html)
    assert re.search(r'<p class="t" lang="en"[^>]*>Said in English, number 0\. Said in English, number 1\.</p>', html)
    assert "font-style" not in html
    assert "> 用 GPT 说的第" in markdown
    assert "  | 用 GPT 说的第" in text


def test_a_sentence_without_a_translation_leaves_a_mark_and_is_counted() -> None:
    printed = bilingual(skip=("Its makers trained it",))
    html, *_ = printed_as(printed)
    assert "用 GPT 说的第 0 句。 […]" in html
    assert "1 text has no 中文 that held." in " ".join(build(printed).how_made)


def test_what_was_cut_is_not_translated_and_a_translation_of_other_words_is_not_printed() -> None:
    html, *_ = printed_as(bilingual())
    arena = html[html.index("The 70B model") : html.index("Whoever can rent")]
    assert "第 2 句" not in arena, "the third sentence of that story is cut"
    first = samples.full_entries()[0]
    printed = bilingual([first])
    key = (first.story.id, "zh")
    stale = {n: ("It said something else.", text) for n, (_, text) in printed.translations[key].items()}
    html, *_ = printed_as(samples.printed([first], languages=("en", "zh"), translations={key: stale}))
    assert "用 GPT" not in html


def test_separate_has_each_story_again_with_its_own_links_and_no_anchor_twice() -> None:
    html, text, markdown = printed_as(bilingual(layout="separate"))
    part = html[html.index('<div lang="zh-Hans"') :]
    assert "用 GPT 说的第 0 句。" in part
    assert "某实验室把 128K 上下文的价格降低 50%" in part, "a Chinese story stands in the Chinese part as it is"
    assert "The 70B model" not in part
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    for page in (text, markdown):
        assert page.index("The 70B model") < page.index("用 GPT 说的第 0 句。")


@pytest.mark.parametrize("layout", ["interleaved", "separate"])
def test_a_long_bilingual_issue_stays_below_what_mail_programs_clip(layout: str) -> None:
    made = samples.full_entries()[:7]
    many = [
        samples.entry(story, "S", n, samples.summary(story, f"Headline {n}", *("A sentence of a story. " * 5,) * 4))
        for n in range(60)
        for story in [samples.story(samples.item("hf", f"Story {n}", f"https://hf.example/{n}"))]
    ]
    html = render(bilingual([*made, *many], layout=layout), ENV)["html"]
    assert len(html) <= MAX_HTML_BYTES
    assert "用 GPT 说的第 0 句。" in html.decode()


def test_reading_time_is_told_for_each_language() -> None:
    assert re.fullmatch(r"EN \d+ min / 中文 \d+ 分钟", build(bilingual()).reading)
    assert re.fullmatch(r"\d+ min read", build(samples.printed(languages=("en", "zh"))).reading)


def test_hostile_words_of_a_translation_are_text() -> None:
    (first, *_) = samples.full_entries()
    headline = first.summary.headline if first.summary else ""
    evil = {-1: (headline, "<img src=x onerror=alert(1)> [x](javascript:alert(2))")}
    html, _, markdown = printed_as(
        samples.printed([first], languages=("en", "zh"), translations={(first.story.id, "zh"): evil})
    )
    assert "<img" not in html
    assert "[x](javascript" not in markdown
