"""New entries in the text of config.yaml: the rest keeps every byte, and a mistake changes nothing."""

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline import config, resources
from pipeline.config_edit import add_sources, line, new_id, with_sources
from pipeline.context import options_of
from pipeline.errors import ConfigError

ENVIRON = {"FEED_TOKEN": "s3cr3t-of-the-reader"}
NEW = {"id": "n", "name": "A: B", "type": "rss", "url": "https://n.example/f?a=1&k={token}#x", "trust": 0.9}
LINE = """{id: n, name: 'A: B', type: rss, url: "https://n.example/f?a=1&k={token}#x", trust: 0.9}"""
GOOD = 'schedule: {anchor: 2026-11-23}\nsources:\n  - {id: a, type: rss, url: "https://a.example/feed"}\n'

# The line with @ is the new one.
TEXTS = [
    "sources:\n  - {id: a}\n  @\n",
    "sources:\n  - {id: a}   # the first\n  @\n# the end\n",
    "sources:\n  - {id: a}\n  @\n  # - {id: off}\n\nfetch: {}\n",
    "sources:\n  - {id: a}\n  @\n\n\n# --- other things\nfetch: {}\n",
    "sources:\n- id: a\n  keep: [x,\n    y]\n@\nfetch: {}\n",
    "sources:\n    - id: a\n      keep:\n        - x\n    @\n    # off\nfetch: {}\n",
    "sources:\n  - id: a\n    name:\n  @\n  # nothing\n",
    "sources:\n  - id: a\n    name: |\n      long\n\n  @\n  # off\nfetch: {}\n",
    'sources:\n  - id: "a\n     b"\n  @\n...\n',
    "title: 李 𝒳 é\nsources:\n  - {id: 量子位}\n  @\nx: 1\n",
    "\ufefftitle: é\nsources:\n  - {id: a}\n  @\nx: 1\n",
]


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("text", TEXTS)
def test_an_entry_is_one_line_after_the_last_one(text: str, newline: str) -> None:
    before = re.sub(r"(?m)^ *@\n", "", text).replace("\n", newline)
    assert with_sources(before, [NEW]) == text.replace("@", f"- {LINE}").replace("\n", newline)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("sources:\n  - {id: a}", f"sources:\n  - {{id: a}}\n  - {LINE}\n"),
        ("sources: []", f"sources:\n  - {LINE}\n"),
        ("sources: []   # none yet\nx: 1\n", f"sources:   # none yet\n  - {LINE}\nx: 1\n"),
        ("sources: [ ]\r\nx: 1", f"sources:\r\n  - {LINE}\r\nx: 1"),
        ("sources: [{id: a}]  # c\nx: 1\n", f"sources: [{{id: a}}, {LINE}]  # c\nx: 1\n"),
        ("sources: [{id: a}, ]\n", f"sources: [{{id: a}}, {LINE}, ]\n"),
        ("sources: [\n  {id: a},\n  {id: b}\n]\n", f"sources: [\n  {{id: a}},\n  {{id: b}},\n  {LINE}\n]\n"),
    ],
)
def test_every_kind_of_list_can_be_added_to(before: str, after: str) -> None:
    assert with_sources(before, [NEW]) == after


@pytest.mark.parametrize(
    "text",
    [
        "other: &x {id: a}\nsources:\n  - *x\n",
        "other: &x [{id: a}]\nsources: *x\n",
        "sources: [\n  # off\n]\n",
        "{sources: [], x: 1}\n",
        "sources:\n",
        "title: x\n",
        "- x\n",
        "sources: [",
    ],
)
def test_what_is_not_safe_to_add_to_is_left_to_a_person(text: str) -> None:
    with pytest.raises(ConfigError, match="not safe to add to") as caught:
        with_sources(text, [NEW])
    assert f"- {LINE}" in caught.value.remedy


def test_the_example_keeps_every_comment() -> None:
    path = resources.config_example()
    before = path.read_text(encoding="utf-8")
    after = with_sources(before, [NEW, {**NEW, "id": "m"}])
    assert after.startswith(before)
    assert after.removeprefix(before).count("\n") == 2
    assert [s.id for s in config.parse(after, path, options_of, ENVIRON).sources[-2:]] == ["n", "m"]


@given(st.text(min_size=1), st.text(), st.lists(st.text(), max_size=2))
@example("on", "- x: {y}, # z\u2028\x85", ["~", "1e3"])
def test_whatever_an_entry_says_it_is_read_as_it_was_meant(name: str, url: str, words: list[str]) -> None:
    entry = {"id": "n", "name": name, "url": f"https://{url}", "keep": words, "allow_private": True}
    try:
        edited = with_sources(GOOD, [entry])
    except ConfigError:
        assert not (name + url + "".join(words)).isprintable()
        return
    assert yaml.safe_load(edited)["sources"][1] == entry
    assert edited.count("\n") == GOOD.count("\n") + 1 == len(edited.splitlines())


def check(text: str) -> object:
    return config.parse(text, Path("config.yaml"), options_of, ENVIRON)


def test_the_file_is_replaced_with_its_permissions_and_a_link_stays_one(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "config.yaml"
    real.write_bytes(GOOD.replace("\n", "\r\n").encode())
    real.chmod(0o640)
    link.symlink_to(real)
    add_sources(link, [NEW], check)
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert real.read_bytes() == (GOOD + f"  - {LINE}\n").replace("\n", "\r\n").encode()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["config.yaml", "real.yaml"]


@pytest.mark.parametrize("entry", [{**NEW, "id": "a"}, {**NEW, "nosuch": 1}, {**NEW, "url": "ftp://n.example"}])
def test_a_mistake_changes_nothing(tmp_path: Path, entry: dict[str, object]) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(GOOD)
    stamp = path.stat()
    with pytest.raises(ConfigError):
        add_sources(path, [NEW, entry], check)
    assert path.read_text() == GOOD
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (stamp.st_ino, stamp.st_mtime_ns)
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_read_is_told_with_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be changed: No such file") as caught:
        add_sources(tmp_path / "config.yaml", [NEW] * 9, check)
    assert f"- {LINE}" in caught.value.remedy
    assert "and 4 more" in caught.value.remedy


@pytest.mark.parametrize(
    ("name", "url", "wanted"),
    [
        ("Simon Willison’s Weblog", "", "simon-willisons-weblog"),
        ("Café — Zürich!", "", "cafe-zurich"),
        ("量子位", "https://www.qbitai.com/feed", "qbitai.com"),
        ("", "https://[::1]:8000/", "1"),
        ("", "https://b\u00fccher.example/", "b-cher.example"),
        ("?", "", "source"),
        ("taken", "", "taken-3"),
        ("x" * 99, "", "x" * 40),
    ],
)
def test_an_id_is_made_of_the_name_or_the_host(name: str, url: str, wanted: str) -> None:
    assert new_id(name, url, {"taken", "taken-2"}) == wanted


@given(st.text(), st.text(), st.sets(st.sampled_from(["source", "a", "a.example"])))
def test_every_id_is_valid_and_new(name: str, url: str, taken: set[str]) -> None:
    made = new_id(name, f"https://{url}a.example/", taken)
    assert made not in taken
    assert re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,63}", made)


def test_a_line_is_written_as_in_the_example() -> None:
    assert line({"id": "a", "subreddits": ["x", "y"], "allow_private": True}) == (
        "{id: a, subreddits: [x, y], allow_private: true}"
    )
