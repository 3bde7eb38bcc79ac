"""The printed issue, as a reader, a mail program and an attacker see it."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt

from pipeline.errors import ConfigError
from pipeline.render.render import MAX_HTML_BYTES, environment, render
from pipeline.render.view import Entry, build
from pipeline.resources import find
from pipeline.text.wrap import width
from tests.render import samples


def soup_of(html: bytes) -> BeautifulSoup:
    return BeautifulSoup(html, "lxml")


def many(count: int, section: str = "News", *, brief: bool = False) -> list[Entry]:
    stories = [
        samples.story(samples.item("hf", f"{section} {n}", f"https://example.org/{section}/{n}")) for n in range(count)
    ]
    text = "The company says that its newest model answers 3.5 times faster than the one before. " * 4
    return [
        samples.entry(s, section, n, samples.summary(s, f"Headline {n}", text, why_it_matters="It is."), brief=brief)
        for n, s in enumerate(stories)
    ]


def test_same_input_same_bytes() -> None:
    assert render(samples.printed(), environment()) == render(samples.printed(), environment())


def test_every_link_of_every_story_stands_in_every_format() -> None:
    printed = samples.printed()
    made = render(printed, environment())
    hrefs = {a["href"] for a in soup_of(made["html"]).find_all("a")}
    markdown = MarkdownIt().render(made["markdown"].decode())
    view = build(printed)
    links = [
        link for s in (*(s for x in view.sections for s in x.stories), *view.briefs) for link in s.links if link.url
    ]
    assert len(links) > 15
    for link in links:
        assert link.url in hrefs
        assert link.url in made["text"].decode().split()
        assert link.url.replace("(", "%28").replace(")", "%29").replace("&", "&amp;") in markdown


def test_html_is_built_for_mail_programs_and_screen_readers() -> None:
    html = render(samples.printed(), environment())["html"]
    soup = soup_of(html)
    assert len(soup.find_all("h1")) == 1
    levels = [int(h.name[1]) for h in soup.find_all(re.compile(r"^h\d$"))]
    assert all(b - a <= 1 for a, b in pairwise(levels)), "a heading level is left out"
    assert soup.html is not None
    assert soup.html["lang"] == "en"
    assert all(table["role"] == "presentation" for table in soup.find_all("table"))
    assert [div["lang"] for div in soup.find_all("div", lang=True)] == ["zh-Hans"]
    for active in ("script", "img", "link", "iframe", "form", "object"):
        assert not soup.find_all(active), active
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for a in soup.find_all("a", href=re.compile("^#"))} <= set(ids)
    assert b"@media (prefers-color-scheme:dark)" in html
    style = html.partition(b"<style>")[2].partition(b"</style>")[0]
    assert 0 < len(style) < 16_000, "Gmail drops larger style sheets"


def test_html_needs_no_style_sheet() -> None:
    soup = soup_of(render(samples.printed(), environment())["html"])
    for name in ("h1", "h2", "h3", "a", "td"):
        assert all(tag.get("style") for tag in soup.find_all(name)), name


def _luminance(color: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", ["issue", "notice"])
def test_text_colours_have_contrast_in_light_and_dark(name: str) -> None:
    template = find("templates", f"email/{name}.html.j2").read_text(encoding="utf-8")
    style, dark = template.split("@media (prefers-color-scheme:dark)")
    for css, paper in ((style, "#fdfcf9"), (dark.split("\n")[0], "#1c1b18")):
        assert f"background:{paper}" in css
        inks = set(re.findall(r"[{;]color:(#[0-9a-f]{6})", css))
        assert len(inks) >= 3
        for ink in inks:
            low, high = sorted((_luminance(ink), _luminance(paper)))
            assert (high + 0.05) / (low + 0.05) >= 4.5, f"{ink} on {paper}"


def test_hostile_text_is_printed_and_never_obeyed() -> None:
    made = render(samples.printed(), environment())
    soup = soup_of(made["html"])
    assert samples.HOSTILE_TITLE in [h.get_text() for h in soup.find_all("h3")]
    assert samples.HOSTILE_TITLE in " ".join(made["text"].decode().split())
    for a in soup.find_all("a"):
        assert re.match(r"https?://|#|mailto:", str(a["href"]))
    assert not [tag for tag in soup.find_all(True) if any(key.startswith("on") for key in tag.attrs)]
    markdown = soup_of(MarkdownIt("commonmark").render(made["markdown"].decode()).encode())
    assert samples.HOSTILE_TITLE in [h.get_text() for h in markdown.find_all("h3")]
    assert not markdown.find_all(["script", "img", "code", "em"])
    assert all(re.match("https?://", str(a["href"])) for a in markdown.find_all("a"))


def test_no_control_character_reaches_the_reader() -> None:
    story = samples.story(samples.item("hf", "x", "https://example.org/x"))
    summary = samples.summary(story, "A\x00B\x1b[31m\u202eC\u200b", "one\r\ntwo\x07")
    made = render(samples.printed([samples.entry(story, "S", 0, summary)]), environment())
    for body in made.values():
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\u200b]", body.decode())


def test_text_is_72_columns_wide_and_keeps_addresses_whole() -> None:
    text = render(samples.printed(), environment())["text"].decode()
    for line in text.split("\n"):
        assert width(line) <= 72 or "://" in line or "mailto:" in line, line
        assert line == line.rstrip()
    assert "\n\n\n\n" not in text


def test_an_issue_that_is_too_long_moves_its_tail_to_brief_and_loses_no_link() -> None:
    made = render(samples.printed(many(200)), environment())
    assert MAX_HTML_BYTES * 0.9 < len(made["html"]) <= MAX_HTML_BYTES
    soup = soup_of(made["html"])
    full = [h.get_text() for h in soup.find_all("h3")]
    assert full == [f"Headline {n}" for n in range(len(full))], "the best scores stay in full"
    assert len(full) > 10
    for n in range(200):
        assert soup.find("a", href=f"https://example.org/News/{n}")
        assert f"https://example.org/News/{n}\n" in made["text"].decode()
    assert f"{len(full)} in full, {200 - len(full)} in brief" in soup.get_text()


def test_a_tail_without_room_is_counted_and_leaves_room_for_stories() -> None:
    made = render(samples.printed([*many(15), *many(2000, "Tail", brief=True)], counts={}), environment())
    assert len(made["html"]) <= MAX_HTML_BYTES
    soup = soup_of(made["html"])
    assert len(soup.find_all("h3")) == 15
    lines = soup.find_all("li")
    more = int(re.findall(r"and (\d+) more", lines[-1].get_text())[0])
    assert len(lines) - 1 + more == 2000
    assert f"{more:,} left out for space" in soup.get_text()
    for body in made.values():
        assert f"and {more} more" in body.decode()


def test_an_empty_issue_prints() -> None:
    made = render(
        samples.printed([], issue=samples.issue(subject="", lead=()), counts={}, approval="none"), environment()
    )
    assert "<h1" in made["html"].decode()
    assert made["text"].decode().startswith("EVERY OTHER DAY\n")


def test_the_operators_template_goes_first(tmp_path: Path) -> None:
    own = tmp_path / "templates" / "email"
    own.mkdir(parents=True)
    (own / "issue.txt.j2").write_text("{{ issue.subject }}!", encoding="utf-8")
    made = render(samples.printed(), environment(tmp_path))
    assert made["text"] == b"Open weights pass a closed model for the first time!\n"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{{ issue.nothing }}", "nothing"),
        (b"\n{% if %}", r"issue\.txt\.j2:2"),
        (b"\xff", "UTF-8"),
        (b"{% include 'email/gone.j2' %}", r"email/gone\.j2"),
    ],
)
def test_a_wrong_template_is_named(tmp_path: Path, body: bytes, said: str) -> None:
    own = tmp_path / "templates" / "email"
    own.mkdir(parents=True)
    (own / "issue.txt.j2").write_bytes(body)
    with pytest.raises(ConfigError, match=said) as caught:
        render(samples.printed(), environment(tmp_path))
    assert "email/" in str(caught.value)
