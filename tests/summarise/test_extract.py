"""The writer without a model: whole, cited sentences and no furniture."""

import pytest

from pipeline.summarise.extract import extract, headline
from pipeline.types import Story, Told
from tests.summarise.stories import RELEASE, item, story


def texts(told: Story) -> list[str]:
    return [claim.text for claim in extract(told).claims]


def test_the_first_sentence_leads_and_what_others_tell_follows() -> None:
    draft = extract(RELEASE)
    assert draft.headline == "OpenAI releases GPT-5.4-mini"
    assert draft.claims[0].text.startswith("OpenAI on Monday released GPT-5.4-mini")
    assert any("replace GPT-5-mini" in claim.text for claim in draft.claims)
    assert 2 <= len(draft.claims) <= 3
    joined = " ".join(claim.text for claim in draft.claims)
    assert "Subscribe" not in joined
    assert "?" not in joined
    assert "It is available" not in joined


def test_every_claim_stands_in_its_source_letter_by_letter() -> None:
    by_id = {i.id: i for i in RELEASE.items}
    for claim in extract(RELEASE).claims:
        for citation in claim.citations:
            assert citation.quote == claim.text
            assert by_id[citation.item_id].cited_text[citation.start : citation.end] == claim.text


GOOD = "Anthropic opened an office in Tokyo on Tuesday with forty people."


@pytest.mark.parametrize(
    "bad",
    [
        "403 Forbidden: you do not have permission to see this page.",
        "He said that the model would be released next week.",
        "This means that prices will fall for everyone soon.",
        "However, the company did not say when it will ship.",
        "Subscribe to our newsletter to get more of these stories.",
        "We use cookies to make this site work better for all.",
        "Will the new model replace every engineer in the world?",
        "Read more about the new model in our engineering blog.",
        "the end of a sentence that began on another line.",
        "Too short.",
        "Anthropic said the model is " + "very " * 70 + "good.",
        "Feed text that was cut in the middle of the story...",
        "A line of a menu without any full stop at its end",
        "Prices fell in the spring.Then they rose again in the autumn.",
        "The result (as reported by the lab was never confirmed by others.",
        "https://example.com/a/long/address is where the report stands.",
        "12 34 56 78 90 12 34 56 78 90 12 34 56 78 a.",
        "Please enable JavaScript and reload to see this whole page.",
        "submitted by /u/somebody to the subreddit on Monday evening.",
        "To address this, Anthropic added a second check before release.",
        "Among programmers it means somebody who writes code at night.",
        "Minutes later, the attendant announced that the doors were open.",
        "At the same time, prices for the older model were cut in half.",
        "Incredibly, as they got closer, they saw that it was a robot.",
        "The company said on Friday that the model will ship in December.",
        "A spokesperson said that nobody had been harmed by the outage.",
        "By Ada Byron and Grace Hopper, special to the Example Times.",
        "Ada Byron is a senior reporter who covers artificial intelligence.",
        "Photo by Ada Byron shows the data centre on Monday at noon.",
        "Image: the new office of the laboratory in the centre of Tokyo.",
        "A view of the new office in Tokyo on Tuesday. (Getty Images)",
        "Follow her on Mastodon to read about chips and large models.",
        "For more information see the page of the project at its host.",
        "Learn about our process of building a data set in this blog post!",
        "We may earn a commission when you buy through links on this site.",
        "“Nobody in the laboratory expected that the model would do so.”",
        "「没有人预料到模型在这个测试里会得到这样高的分数。」",
        "He says he cannot tell how the weights came to be on the web.",
        "此外，该公司还计划在明年春天推出更大的模型和更便宜的接口。",
        "公司表示，新模型将在下个月向所有的付费用户开放使用。",
        "责任编辑：王小明，欢迎关注我们的微信公众号获取更多资讯。",
        "点击阅读原文，了解更多关于这个新开源模型的技术细节内容。",
        "图片来源：月之暗面官方网站，摄于本周一下午的新闻发布会。",
    ],
)
def test_what_cannot_stand_alone_is_left_out(bad: str) -> None:
    assert texts(story(item(1, "Title", f"{bad}\n{GOOD}"))) == [GOOD]


@pytest.mark.parametrize(
    "good",
    [
        "ChatGPT Plus subscribers get the new model a week earlier.",
        "OpenAI will test advertising in the free version of ChatGPT.",
        "xAI opened the weights of an older model on Thursday night.",
        "“The weights are open,” said Dr. Chen of Tsinghua University.",
        "月之暗面周一发布了新一代开源模型，价格下降了一半。",
        "In its latest report, Anthropic counts forty attacks by agents.",
        "Since Monday, Mistral sells its models in Japan and in Korea.",
        "Large language models forget what they read a long time ago.",
        "The company behind ChatGPT has opened an office in Warsaw.",
    ],
)
def test_news_is_not_mistaken_for_furniture(good: str) -> None:
    assert texts(story(item(1, "Title", good))) == [good]


def test_release_notes_without_full_stops_are_better_than_a_bare_version() -> None:
    good = ["Added fuzzy matching for slash commands", "Fixed a crash when the disk is full"]
    notes = ["Short line", "What is new for you in here?", "A line that its feed has cut in the middle of the"]
    draft = extract(story(item(1, "v2.1.3", "\n".join([good[0], *notes, good[1]]))))
    assert [claim.text for claim in draft.claims] == good
    assert all(claim.citations for claim in draft.claims)


def test_the_header_of_an_abstract_is_no_part_of_the_sentence() -> None:
    body = (
        "arXiv:2512.01234v1 Announce Type: new\nAbstract: Large language models forget what they read long ago. More."
    )
    assert texts(story(item(1, "Forgetting", body))) == ["Large language models forget what they read long ago."]


def test_the_dateline_is_no_part_of_the_sentence() -> None:
    line = "Jerusalem (CNN)The army said on Sunday that it had struck four men."
    assert texts(story(item(1, "Army", line))) == ["The army said on Sunday that it had struck four men."]


def test_the_same_news_is_told_once() -> None:
    other = "On Tuesday Anthropic opened an office in Tokyo with forty people, the company said."
    assert texts(story(item(1, "A", GOOD), item(2, "B", other), item(3, "C", GOOD))) == [GOOD]


def test_a_title_is_the_claim_when_there_is_nothing_else_and_is_cited_where_it_stands() -> None:
    alone = extract(story(item(1, "Mistral raises 2 billion euros")))
    assert alone.claims[0].text == "Mistral raises 2 billion euros"
    assert alone.claims[0].citations[0].quote == "Mistral raises 2 billion euros"
    inside = extract(story(item(1, "Introducing Claude Opus 4.5", "Introducing Claude Opus 4.5")))
    assert inside.claims[0].citations[0].end == 27
    nowhere = extract(story(item(1, "Mistral raises 2 billion euros", "403 Forbidden")))
    assert nowhere.claims[0].text == "Mistral raises 2 billion euros"
    assert nowhere.claims[0].citations == ()


@pytest.mark.parametrize(
    ("title", "printed"),
    [
        ("GPT-5.4 is here now | OpenAI", "GPT-5.4 is here now"),
        ("A bigger context window - Example", "A bigger context window"),
        ("Claude 4.5 - a first review", "Claude 4.5 - a first review"),
        ("Short | Yes", "Short | Yes"),
        ("Prices fall.", "Prices fall"),
        ("word " * 60, "word " * 20 + "word word…"),
    ],
)
def test_the_headline_is_the_title_without_the_name_of_its_site(title: str, printed: str) -> None:
    shown = headline(item(1, title))
    assert shown == printed if "…" not in printed else len(shown) <= 110 and shown.endswith("word…")


def test_an_item_of_nothing_still_prints() -> None:
    draft = extract(story(item(1, "", "")))
    assert draft.headline == "https://www.example.com/1"
    assert draft.claims[0].text


@pytest.mark.parametrize("unit", ["A. ", "(", "“x” ", "Abstract: ", "I’m ", "a" * 400 + ". ", " | "])
def test_hostile_text_is_read_in_one_pass(unit: str) -> None:
    told = story(item(1, (unit * 100)[:300], (unit * 100_000)[:200_000]), item(2, "x", (unit * 100_000)[:200_000]))
    assert extract(told).claims


def test_an_update_passes_over_what_was_told_before() -> None:
    old = item(1, "Heron 2 is out", "Heron 2 has 64 billion parameters and is under the Apache licence.")
    late = item(2, "Heron 2 is withdrawn", f"{old.body} Quayside has withdrawn it after 4,100 chats had leaked.")
    before = Told(
        story_id="s", ran_in="2026-11-21", closed_at=late.fetched_at, headline=old.title, sentences=(), items=(old,)
    )
    update = story(late)
    assert [c.text for c in extract(update, before=before).claims] == [
        "Quayside has withdrawn it after 4,100 chats had leaked."
    ]
    assert extract(update).claims[0].text == old.body
    copy = story(item(3, "Heron 2 is here", old.body))
    assert [c.text for c in extract(copy, before=before).claims] == ["Heron 2 is here"], "nothing else is new"


# --- under its headline ------------------------------------------------------------


def test_what_the_headline_says_is_not_said_again_below_it() -> None:
    told = "Anthropic opens an office in Tokyo."
    more = "Forty people will work there on evaluations for Japanese, Anthropic said."
    draft = extract(story(item(1, "Anthropic opens Tokyo office", f"{told} {GOOD} {more}")))
    assert [c.text for c in draft.claims] == [GOOD, more]
    alone = extract(story(item(1, "Anthropic opens Tokyo office", told)))
    assert [c.text for c in alone.claims] == [alone.headline], "printed once, as a headline only"


@pytest.mark.parametrize("cut", ["…", "...", " […]"])
def test_a_title_that_was_cut_is_the_whole_sentence_and_stands_there_once(cut: str) -> None:
    whole = "Figure shows a fleet of autonomous robots assembling the next generation of robots in its new plant"
    title = whole[: whole.index("assem") + 3] + cut
    draft = extract(story(item(1, title, f"{whole}. {GOOD}", kind="post")))
    assert draft.headline == whole
    assert [c.text for c in draft.claims] == [GOOD]
    only = extract(story(item(1, title, f"{whole}.", kind="post")))
    assert (only.headline, only.claims[0].text) == (whole, whole)
    assert only.claims[0].citations[0].quote == whole


def test_a_sentence_that_is_too_long_for_a_headline_does_not_stand_below_its_own_beginning() -> None:
    long = "Figure shows robots " + "that build other robots " * 12 + "in its new plant."
    for title in (f"{long[:80]}...", f"{long[:80]}…", long):
        draft = extract(story(item(1, title, f"{long} {GOOD}", kind="post")))
        assert draft.headline.startswith("Figure shows robots that build")
        assert [c.text for c in draft.claims] == [GOOD]


def test_a_post_without_a_title_is_headed_by_its_own_first_sentence() -> None:
    more = "Prices for the models of the laboratory stay as they are, a note says."
    draft = extract(story(item(1, "", f"{GOOD} {more}", kind="post")))
    assert draft.headline == GOOD.rstrip(".")
    assert [c.text for c in draft.claims] == [more]


def test_the_name_of_a_site_behind_a_title_does_not_make_it_stand_there_twice() -> None:
    draft = extract(story(item(1, "GPT-5.4 is here now for everybody | OpenAI")))
    assert draft.claims[0].text == draft.headline == "GPT-5.4 is here now for everybody"
    assert draft.claims[0].citations[0].quote == draft.headline


# --- what leans, what is wrapped ------------------------------------------------------------


def test_a_sentence_that_leans_on_another_stands_right_behind_it_or_not_at_all() -> None:
    leaning = "The company said that it will hire forty more people by the end of March."
    other = "Rents in the Japanese capital have doubled since the spring of last year."
    assert texts(story(item(1, "Tokyo", f"{GOOD} {leaning}"))) == [GOOD, leaning]
    assert leaning not in texts(story(item(1, "Tokyo", f"{GOOD} {other} What now? {leaning}")))


def test_lines_that_a_feed_has_wrapped_are_whole_sentences() -> None:
    body = "Anthropic opened an office\n in Tokyo on Tuesday\n with forty people. Dangling\nis the rest"
    (claim,) = extract(story(item(1, "News of the day", body))).claims
    assert claim.text == GOOD
    assert claim.citations[0].quote == body[: body.index(" Dangling")]


def test_the_marks_of_a_list_are_no_part_of_its_lines() -> None:
    body = "- Added fuzzy matching for slash commands\n* Fixed a crash when the disk is full\n1. Faster start"
    notes = texts(story(item(1, "v2.1.3", body)))
    assert notes == ["Added fuzzy matching for slash commands", "Fixed a crash when the disk is full"]


def test_the_last_line_of_a_text_that_its_feed_has_cut_is_not_printed() -> None:
    body = "What is that? He did not say.\nA top-ranked professional chess player may well be"
    assert texts(story(item(1, "Mind the Gap", body))) == ["Mind the Gap"]


# --- Chinese ------------------------------------------------------------


def test_chinese_is_read_as_chinese() -> None:
    first = "青鸟实验室周日开源了 Qingniao-7B 模型，采用 MIT 许可证。"
    second = "新模型在单张消费级显卡上的推理速度比上一代提升 40%，上下文长度为 128k。"
    third = "青鸟实验室创始人李明称，训练共使用 1.5 万亿词元。"
    body = f"智言 11 月 22 日消息，{first}{second}此外，他没有透露成本。这意味着什么？{third}"
    draft = extract(story(item(1, "青鸟实验室开源 Qingniao-7B", body, language="zh-CN")))
    assert [c.text for c in draft.claims] == [first, second, third]
    for claim in draft.claims:
        citation = claim.citations[0]
        assert body[citation.start : citation.end] == claim.text
    same = "青鸟实验室开源了 Qingniao-7B 模型。"
    assert same not in texts(story(item(1, "青鸟实验室开源 Qingniao-7B 模型", f"{same}{second}", language="zh-CN")))


def test_what_several_sources_tell_follows_the_first_sentence_of_the_best() -> None:
    shared = "Forty engineers from the Kyoto team of Mistral will move to Anthropic in January."
    dull = [f"Paragraph {n} describes the weather of that week in words of no great weight." for n in range(4)]
    one = item(1, "Anthropic opens Tokyo office", " ".join([GOOD, *dull, shared]))
    two = item(2, "Mistral loses a team", "In January forty engineers of the Kyoto team leave Mistral for Anthropic.")
    three = item(3, "Kyoto", "The Kyoto team of Mistral, forty engineers, goes to Anthropic, as was reported.")
    found = texts(story(one, two, three))
    assert found[0] == GOOD
    assert any("Kyoto" in text for text in found[1:])
