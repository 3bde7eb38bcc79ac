"""digest sources add, import-opml, export-opml: a real configuration, and a real server where one is asked."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from pytest_httpserver import HTTPServer

from pipeline.context import load_settings
from pipeline.errors import ConfigError, SourceError
from pipeline.text import opml
from tests.cli.conftest import Ask, Typed

CONFIG = """\
# My digest
schedule: {anchor: 2026-11-23}
rank:
  sections: [{name: Labs}, {name: Press}]
sources:
  # --- mine
  - {id: old, name: Old, type: rss, url: "https://old.example/feed", section: Press}   # the first
  - {id: bob, type: bluesky, actor: bob.example}
  # - {id: off, type: rss, url: "https://off.example/"}
model: {type: extractive}
"""
FEED = """<rss version="2.0"><channel><title>Ada's Lab</title>
<item><title>One</title><link>https://ada.example/1</link><pubDate>Sun, 22 Nov 2026 10:00:00 GMT</pubDate></item>
<item><title>Two</title><link>https://ada.example/2</link><pubDate>Sat, 21 Nov 2026 10:00:00 GMT</pubDate></item>
</channel></rss>"""
PAGE = '<html><head><link rel="alternate" type="application/rss+xml" href="/f.xml"></head><body>Hi</body></html>'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The configuration of a small digest."""
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


@pytest.fixture
def site(httpserver: HTTPServer) -> str:
    """A page with a feed."""
    httpserver.expect_request("/").respond_with_data(PAGE, content_type="text/html")
    httpserver.expect_request("/f.xml").respond_with_data(FEED, content_type="application/rss+xml")
    return httpserver.url_for("/")


def with_line(entry: str) -> str:
    return CONFIG.replace("actor: bob.example}\n", f"actor: bob.example}}\n  - {entry}\n")


def test_the_feed_of_a_page_is_added_as_one_line(file: Path, ask: Ask, site: str) -> None:
    said = ask("sources", "add", site, "--allow-private")
    assert said.exception is None
    assert said.stdout == (f"Ada's Lab at {site}f.xml: 2 entries, the newest of 2026-11-22.\nAdded as adas-lab.\n")
    entry = f"""{{id: adas-lab, name: Ada's Lab, type: rss, url: "{site}f.xml", allow_private: true}}"""
    assert file.read_text(encoding="utf-8") == with_line(entry)
    assert "adas-lab" in ask("sources", "list").stdout
    again = ask("sources", "add", f"{site}f.xml", "--allow-private")
    assert isinstance(again.exception, ConfigError)
    assert "is configured already, as adas-lab" in str(again.exception)
    assert file.read_text(encoding="utf-8") == with_line(entry)


def test_a_person_may_say_everything_and_look_first(file: Path, ask: Ask, site: str) -> None:
    args = ["--id", "lab", "--name", "Lab: 1", "--section", "Labs", "--trust", "0.9", "--allow-private"]
    told = ask("sources", "add", f"{site}f.xml", *args, "--dry-run").stdout
    rest = "allow_private: true, trust: 0.9, section: Labs"
    entry = f"""{{id: lab, name: 'Lab: 1', type: rss, url: "{site}f.xml", {rest}}}"""
    assert told.splitlines()[1] == f"- {entry}"
    assert file.read_text(encoding="utf-8") == CONFIG, "a dry run writes nothing"
    file.write_text(with_line(entry), encoding="utf-8")
    assert load_settings(file).sources[-1].trust == 0.9, "the line can be copied"


def test_a_private_address_is_refused_until_it_is_allowed(file: Path, ask: Ask, site: str) -> None:
    refused = ask("sources", "add", site)
    assert isinstance(refused.exception, SourceError)
    assert "Give --allow-private if it is your own server" in str(refused.exception)
    assert file.read_text(encoding="utf-8") == CONFIG


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("https://old.example/feed/",), "is configured already, as old"),
        (("mailto:ann@a.example",), "is no web address"),
        (("https://ann:secret@a.example/",), "password"),
        (("https://a.example/", "--id", "old"), "there is a source called old"),
        (("https://a.example/", "--id", "No!"), "No!"),
        (("https://a.example/", "--section", "Lab"), "there are Labs, Press"),
        (("https://a.example/", "--trust", "2"), "--trust"),
        (("http://127.0.0.1:9/", "--allow-private"), "nothing was added"),
    ],
)
def test_a_refusal_says_why_and_changes_nothing(file: Path, ask: Ask, args: tuple[str, ...], told: str) -> None:
    done = ask("sources", "add", *args)
    assert done.exit_code != 0
    assert told in f"{done.stderr}{done.exception}"
    assert "secret" not in f"{done.stderr}{done.exception}"
    assert file.read_text(encoding="utf-8") == CONFIG


def test_a_refusal_is_one_message_with_an_exit_code(file: Path, typed: Typed) -> None:
    done = typed("sources", "add", "https://old.example/feed")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"digest: https://old.example/feed: is configured already, as old; nothing was added\n"


LIST = """<opml version="2.0"><body>
  <outline text="Labs"><outline text="More"><outline text="The Lab" xmlUrl="https://lab.example/feed?a=1&amp;b=2"/></outline></outline>
  <outline text="Elsewhere"><outline title="量子位" xmlUrl="feed://www.qbitai.example/feed"/></outline>
  <outline text="Old again" xmlUrl="http://old.example/feed/"/>
  <outline text="The Lab" xmlUrl="https://lab.example/other"/>
  <outline text="The Lab twice" xmlUrl="https://lab.example/feed?b=2&amp;a=1"/>
  <outline text="Local" xmlUrl="file:///etc/passwd"/>
  <outline text="Secret" xmlUrl="https://ann:secret@a.example/"/>
</body></opml>"""


def test_a_list_of_another_reader_is_imported_in_one_go(file: Path, ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "list.opml").write_text(LIST, encoding="utf-8")
    said = ask("sources", "import-opml", str(tmp_path / "list.opml"))
    assert (said.exit_code, said.stdout) == (5, "3 added, 2 there already, 2 not taken.\n")
    assert [line.split(" ")[0] for line in said.stderr.splitlines()] == [
        "file:///etc/passwd",
        "https://a.example/",
    ]
    lines = [
        '{id: the-lab, name: The Lab, type: rss, url: "https://lab.example/feed?a=1&b=2", section: Labs}',
        '{id: qbitai.example, name: 量子位, type: rss, url: "https://www.qbitai.example/feed"}',
        '{id: the-lab-2, name: The Lab, type: rss, url: "https://lab.example/other"}',
    ]
    assert file.read_text(encoding="utf-8") == with_line("\n  - ".join(lines))
    assert ask("sources", "import-opml", "-", text=LIST).stdout == "0 added, 5 there already, 2 not taken.\n"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("<html/>", "is no OPML"),
        ("", "is broken XML"),
        ("<!DOCTYPE o [<!ENTITY a 'b'>]><opml><outline xmlUrl='&a;'/></opml>", "defines XML entities"),
        ("<opml>" + " " * opml.MAX_BYTES + "</opml>", "holds more than 5,000,000 bytes"),
    ],
    ids=["page", "empty", "entities", "huge"],
)
def test_a_list_that_cannot_be_read_adds_nothing(file: Path, ask: Ask, body: str, told: str) -> None:
    refused = ask("sources", "import-opml", "-", text=body)
    assert isinstance(refused.exception, ConfigError)
    assert told in str(refused.exception)
    assert file.read_text(encoding="utf-8") == CONFIG


def test_an_exported_list_is_opml_and_gives_the_same_set_back(
    file: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEED_TOKEN", "s3cr3t-of-the-reader")
    added = """  - {id: odd, name: "A & <B>\\e", type: rss, url: "https://odd.example/?a=1&key={token}"}\n"""
    file.write_text(CONFIG.replace("model:", added + "model:"), encoding="utf-8")
    said = ask("sources", "export-opml")
    assert said.stderr == "Not in it, for they have no feed: bob\n"
    assert "s3cr3t" not in said.stdout
    outlines = ET.fromstring(said.stdout_bytes).findall("body//outline[@xmlUrl]")
    assert [(o.get("text"), o.get("xmlUrl")) for o in outlines] == [
        ("Old", "https://old.example/feed"),
        ("A & <B>", "https://odd.example/?a=1&key={token}"),
    ]
    assert (
        ask("sources", "import-opml", "-", text=said.stdout_bytes).stdout == "0 added, 2 there already, 0 not taken.\n"
    )
    file.write_text(
        "schedule: {anchor: 2026-11-23}\nrank: {sections: [{name: Press}]}\nsources: []\n", encoding="utf-8"
    )
    assert ask("sources", "import-opml", "-", text=said.stdout_bytes).exit_code == 0
    assert ask("sources", "export-opml").stdout == said.stdout
    assert load_settings(file).sources[0].section == "Press"
