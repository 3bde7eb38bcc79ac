"""digest recipients, sources, model, status: listings for people and for programs, and the list of readers."""

import json
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.text.wrap import width
from tests.cli.conftest import ISSUE, Ask
from tests.e2e.world import World


def test_recipients_come_and_go(world: World, ask: Ask) -> None:
    assert "`digest recipients add you@example.org`" in ask("recipients", "list").stdout
    assert ask("recipients", "list", "--json").stdout == ""
    assert ask("recipients", "add", "ann@EXAMPLE.org", "--name", "Ann 李").stdout == "1 added; 1 get the digest.\n"
    assert ask("recipients", "add", "Ann@example.org", "bob@example.org").stdout == "1 added; 2 get the digest.\n"
    rows = [json.loads(line) for line in ask("recipients", "list", "--json").stdout.splitlines()]
    assert rows == [{"address": "ann@example.org", "name": "Ann 李"}, {"address": "bob@example.org", "name": ""}]
    assert ask("recipients", "remove", "BOB@example.org").stdout == "BOB@example.org gets no more issues.\n"
    assert ask("recipients", "export").stdout == "address,name\nann@example.org,Ann 李\n"


def test_one_wrong_name_removes_nobody(world: World, ask: Ask) -> None:
    ask("recipients", "add", "ann@example.org")
    refused = ask("recipients", "remove", "ann@example.org", "bob@example.org")
    assert isinstance(refused.exception, ConfigError)
    assert "ann@example.org" in ask("recipients", "list").stdout


def test_an_exported_list_can_be_imported(world: World, ask: Ask, tmp_path: Path) -> None:
    ask("recipients", "add", "ann@example.org", "--name", "Ann, the first")
    (tmp_path / "list.csv").write_text(ask("recipients", "export").stdout, encoding="utf-8-sig")
    ask("recipients", "remove", "ann@example.org")
    assert ask("recipients", "import", str(tmp_path / "list.csv")).stdout == "1 added; 1 get the digest.\n"
    assert json.loads(ask("recipients", "list", "--json").stdout)["name"] == "Ann, the first"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"ann@example.org\nno address,Bob\n", "list.csv, line 2: 'no address' is no mail address"),
        (b"address\nann@example.org\n\nbob@\n", "list.csv, line 4: 'bob@' is no mail address"),
        (b"a\nb c@example.org\n", "line 2"),
        (b"\xff\xfea\x00", "Save it as CSV in UTF-8"),
    ],
)
def test_a_list_with_a_mistake_adds_nobody(world: World, ask: Ask, tmp_path: Path, body: bytes, told: str) -> None:
    (tmp_path / "list.csv").write_bytes(body)
    refused = ask("recipients", "import", str(tmp_path / "list.csv"))
    assert isinstance(refused.exception, ConfigError)
    assert told in str(refused.exception)
    assert ask("recipients", "list", "--json").stdout == ""


def test_columns_stand_under_each_other_whatever_the_script(world: World, ask: Ask) -> None:
    world.config["sources"] = [
        {"id": "a", "type": "mail", "path": "a"},
        {"id": "much-longer", "type": "bluesky", "actor": "x.example"},
    ]
    with world.context():
        pass
    head, *lines = ask("sources", "list").stdout.splitlines()
    at = head.index("type")
    assert [line[at:].split()[0] for line in lines] == ["mail", "bluesky"]
    assert "trouble" not in head, "a column that says nothing is left out"
    ask("recipients", "add", "a@example.org", "--name", "李雷")
    ask("recipients", "add", "bb@example.org", "--name", "Bo")
    head, first, second = ask("recipients", "list").stdout.splitlines()
    assert width(first.split("李雷")[0]) == width(second.split("Bo")[0]) == head.index("name")


def test_sources_and_status_tell_what_is_wrong_and_what_comes_next(world: World, ask: Ask) -> None:
    assert "Nothing has run yet: `digest run`." in ask("status").stdout
    (world.folder / "www" / "lab.xml").unlink()
    world.run()
    assert "answered 404" in ask("sources", "list").stdout
    status = ask("status").stdout
    assert "exit 5" in status
    assert "fetch: lab: answered 404" in status
    assert f"The draft of {ISSUE} waits for you: `digest review --terminal`." in status
    kinds = {json.loads(line)["what"] for line in ask("status", "--json").stdout.splitlines()}
    assert kinds == {"run", "issue", "problem", "source"}


def test_cost_is_nothing_where_no_model_writes(drafted: World, ask: Ask) -> None:
    assert ask("model", "cost").stdout == "No model was asked yet.\n"


def test_a_dry_run_says_what_is_to_do_and_does_nothing(world: World, ask: Ask) -> None:
    first = ask("run", "--dry-run", "--now").stdout
    assert "fetch: 2 to do (lab, press)" in first
    assert ask("run", "--dry-run", "--now").stdout == first
