"""What an issue says: its links, marks, counts and how it was made."""

from dataclasses import replace

import pytest

from pipeline.render.render import render
from pipeline.render.templating import environment
from pipeline.render.view import Approval, Entry, IssueView, StoryView, build
from pipeline.types import Claim
from tests.render import samples


def view_of(*entries: Entry, **more: object) -> IssueView:
    return build(samples.printed(list(entries), **more))


def first(view: IssueView) -> StoryView:
    return view.sections[0].stories[0]


def test_links_name_the_publisher_and_who_pointed_at_it() -> None:
    links = first(build(samples.printed())).links
    assert [(link.name, link.url, link.via) for link in links] == [
        ("OpenAI", "https://example.org/arena?week=47&view=all", "TLDR AI"),
        ("The Decoder", "https://the-decoder.example/open-model-leads", ""),
        ("example.net", "https://example.net/talk", ""),
        ("HN", "https://news.ycombinator.com/item?id=41", ""),
    ]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//example.org",
        "https://",
        "https://a b/",
        'https://a.example/"onclick="x',
        "",
    ],
)
def test_only_web_addresses_become_links(url: str) -> None:
    story = samples.story(samples.item("hf", "t", url))
    shown = first(view_of(samples.entry(story, "S", 0, None)))
    assert shown.url == ""
    assert [(link.name, link.url) for link in shown.links] == [("Hugging Face", "")]


def test_cut_claims_are_not_printed_and_a_cut_headline_is_the_sources_own() -> None:
    story = samples.story(samples.item("hf", "The source's title", "https://example.org/"))
    summary = samples.summary(story, "Made up", "Kept.", "Cut.", why_it_matters="Cut as well.")
    shown = view_of(samples.entry(story, "S", 0, summary, cut=frozenset({-1, -2, 1})))
    assert first(shown).headline == "The source's title"
    assert first(shown).sentences == ("Kept.",)
    assert first(shown).why_it_matters == ""
    said = " ".join(shown.how_made)
    assert "2 sentences were cut" in said
    assert "1 headline gave way to the source's own" in said


def test_opinions_stand_apart_from_the_facts_in_every_format() -> None:
    story = samples.story(samples.item("hf", "t", "https://example.org/"))
    claims = (Claim(text="Prices fell."), Claim(text="Ada Byron says: they will fall again.", speaker="Ada Byron"))
    printed = samples.printed([samples.entry(story, "S", 0, replace(samples.summary(story, "H"), claims=claims))])
    shown = first(build(printed))
    assert (shown.sentences, shown.opinions) == (("Prices fell.",), ("Ada Byron says: they will fall again.",))
    assert (
        shown.marks == first(view_of(samples.entry(story, "S", 0, samples.summary(story, "H", "Prices fell.")))).marks
    )
    made = render(printed, environment())
    for body in made.values():
        assert body.decode().index("Prices fell.") < body.decode().index("Ada Byron says")
    assert "Prices fell.\n\n  Ada Byron says: they will fall again." in made["text"].decode()


def test_a_story_that_was_too_long_to_read_is_counted_and_is_no_extract() -> None:
    story = samples.story(samples.item("hf", "t", "https://example.org/"))
    note = "Its sources are long: 3 of 11 parts of them were not read."
    said = " ".join(view_of(samples.entry(story, "S", 0, samples.summary(story, "H", "C.", note=note))).how_made)
    assert "Of 1 story it did not read all: the sources are too long." in said
    assert "extract" not in said


def test_chinese_is_spaced_at_print_and_marked_as_chinese() -> None:
    shown = build(samples.printed()).sections[0].stories[1]
    assert shown.headline == "某实验室把 128K 上下文的价格降低 50%"
    assert shown.language == "zh-Hans"


def test_right_to_left_stories_say_so() -> None:
    story = samples.story(samples.item("hf", "t", "https://example.org/"))
    assert (
        first(view_of(samples.entry(story, "S", 0, samples.summary(story, "نموذج", language="ar")))).direction == "rtl"
    )


@pytest.mark.parametrize(
    ("approval", "reviewed", "said", "marked"),
    [
        ("person", 2, "A person approved this issue and reviewed all 2 stories one by one.", 0),
        ("person", 1, "A person approved this issue; 1 of 2 stories was reviewed one by one.", 0),
        ("person", 0, "A person approved this issue as a whole.", 0),
        ("policy", 1, "so it went out by the rule set for that; a person reviewed 1 of its 2 stories.", 1),
        ("policy", 0, "Nobody reviewed this issue before it went out.", 2),
        ("none", 0, "Nobody reviewed this issue before it went out.", 2),
    ],
)
def test_it_says_who_reviewed(approval: Approval, reviewed: int, said: str, marked: int) -> None:
    stories = [samples.story(samples.item("hf", f"t{n}", f"https://example.org/{n}")) for n in range(2)]
    entries = [
        samples.entry(s, "S", n, samples.summary(s, "H", "One."), reviewed=n < reviewed) for n, s in enumerate(stories)
    ]
    view = view_of(*entries, approval=approval)
    assert view.how_made[0].endswith(said)
    assert sum("Not reviewed" in s.marks for s in view.sections[0].stories) == marked


@pytest.mark.parametrize(
    ("approval", "reviewed", "cut", "marked"),
    [
        ("policy", False, (), True),
        ("none", False, (), True),
        ("policy", False, (0,), False),
        ("policy", True, (), False),
        ("person", False, (), False),
    ],
)
def test_a_sentence_that_nobody_saw_and_no_source_bears_out_is_marked(
    approval: Approval, reviewed: bool, cut: tuple[int, ...], marked: bool
) -> None:
    story = samples.story(samples.item("hf", "T", "https://example.org/"))
    checks = (samples.check(story, 0, "not_enough_info"), samples.check(story, 1))
    made = samples.summary(story, "H", "One.", "Two.")
    entry = samples.entry(story, "S", 0, made, checks=checks, reviewed=reviewed, cut=frozenset(cut))
    assert ("In part not found in its sources" in first(view_of(entry, approval=approval)).marks) == marked


def test_it_says_who_wrote_and_what_was_looked_up() -> None:
    assert build(samples.printed()).how_made[1:] == (
        "The language model gpt-5.4-mini wrote 3 stories.",
        "2 stories are extracts: sentences taken from the sources as they stand (the model did not answer in time).",
        "A person wrote or edited 1 story.",
        "Code looked up 5 numbers and quotations in each story's own sources; 1 was not found.",
        "1 sentence was cut, since the sources do not bear it out.",
    )


def test_the_counts_are_what_stands_there_and_zero_is_not_said() -> None:
    assert build(samples.printed()).counts == (
        "42 sources checked, 2 failed",
        "1,312 items, 40 too old, 12 without a date, 95 merged with another report",
        "dropped: 5 excluded word, 2 empty",
        "61 stories, 7 in full, 6 in brief, 30 left out for space, 7 ran before",
        "1 min",
    )
    assert view_of(counts={"sources_checked": 1, "sources_failed": 0}).counts == ("1 source checked", "1 min")


def test_stories_beyond_the_limits_move_to_brief_then_are_counted() -> None:
    view = build(samples.printed(), full=2, brief=4)
    assert first(view).headline.startswith("An open-weight")
    assert sum(len(s.stories) for s in view.sections) == 2
    assert view.briefs[0].headline.startswith("🤗"), "what lost its place goes before what was brief from the start"
    assert (len(view.briefs), view.more) == (4, 7)
    assert "2 in full, 4 in brief, 37 left out for space" in " ".join(view.counts)


def test_an_update_names_what_was_told_before_and_links_only_the_web() -> None:
    stories = [s for section in build(samples.printed()).sections for s in section.stories]
    (update,) = (s for s in stories if s.label)
    assert update.label == "Update"
    assert "Update" not in update.marks
    assert update.earlier is not None
    assert (update.earlier.date, update.earlier.headline, update.earlier.url) == (
        "21 November 2026",
        "A court calls training on scraped books theft",
        "https://the-decoder.example/books",
    )
    entry = next(e for e in samples.full_entries() if e.before)
    assert entry.before is not None
    hostile = replace(entry.before, items=(samples.item("x", "Books", "javascript:alert(1)"),))
    earlier = first(view_of(replace(entry, before=hostile))).earlier
    assert earlier is not None
    assert earlier.url == ""


def test_the_date_the_subject_and_the_preheader_have_a_fallback() -> None:
    view = view_of(*samples.full_entries(), issue=samples.issue(id="demo", subject="", lead=()))
    assert (view.date, view.subject) == ("demo", "Every Other Day")
    assert view.preheader.startswith("An open-weight model leads")
    assert len(view.preheader) <= 100
    assert build(samples.printed()).date == "23 November 2026"


@pytest.mark.parametrize(
    ("setting", "uri"),
    [
        ("leave@example.org", "mailto:leave@example.org?subject=unsubscribe"),
        ("mailto:leave@example.org?subject=stop", "mailto:leave@example.org?subject=stop"),
        ("https://example.org/u", "https://example.org/u"),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_the_unsubscribe_link(setting: str, uri: str) -> None:
    assert view_of(unsubscribe=setting).unsubscribe == uri
