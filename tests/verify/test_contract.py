"""Every check, held to the contract of pipeline/verify/__init__.py and to its own cases."""

import json
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest

from pipeline.resources import type_names
from pipeline.types import CheckMethod, Verdict
from pipeline.verify.engine import CHECKS
from pipeline.verify.findings import CheckType, Finding
from pipeline.verify.sources import Passage, Sources

DATA = Path(__file__).parents[1] / "data" / "verify"


def _name(check: CheckType) -> str:
    return check.__name__.rpartition(".")[2]


CASES = [
    pytest.param(check, json.loads(line), id=f"{_name(check)}-{file.stem}-{n}")
    for check in CHECKS
    for file in sorted((DATA / _name(check)).glob("*.jsonl"))
    for n, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
]


def test_every_check_of_the_folder_runs() -> None:
    modules = [import_module(f"pipeline.verify.{name}") for name in type_names("pipeline.verify") if name != "stage"]
    assert {m.__name__ for m in modules if hasattr(m, "METHOD")} == {f"pipeline.verify.{_name(c)}" for c in CHECKS}


@pytest.mark.parametrize("check", CHECKS, ids=_name)
def test_a_check_names_its_method_and_has_cases(check: CheckType) -> None:
    assert check.METHOD in get_args(CheckMethod)
    assert list((DATA / _name(check)).glob("*.jsonl"))


def _flagged(check: CheckType, case: dict[str, list[str]]) -> list[Finding]:
    passages = [Passage(item_id=f"i{n}", text=text) for n, text in enumerate(case["sources"])]
    text = str(case["text"])
    findings = check.check(text, Sources(passages, case.get("links", [])))
    for finding in findings:
        assert finding.verdict in get_args(Verdict)
        assert 0 <= finding.start < finding.end <= len(text)
        if finding.source:
            passage = passages[finding.source.passage]
            assert passage.item_id == finding.source.item_id
            assert 0 <= finding.source.start < finding.source.end <= len(passage.text)
    assert findings == sorted(findings, key=lambda f: f.start)
    return [f for f in findings if f.verdict != "supported"]


@pytest.mark.parametrize(("check", "case"), CASES)
def test_case(check: CheckType, case: dict[str, list[str]]) -> None:
    flagged = _flagged(check, case)
    assert [str(case["text"])[f.start : f.end] for f in flagged] == case["flags"], case["why"]
    assert all(f.note for f in flagged)
    if "verdict" in case:
        assert [str(f.verdict) for f in flagged] == [str(case["verdict"])]
    if "note" in case:
        assert str(case["note"]) in flagged[0].note


@pytest.mark.parametrize("check", CHECKS, ids=_name)
@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "“",
        '"' * 50,
        "\ud800 1 “\udfff a b c d” http://",
        "1" * 5000,
        "http://[::1",
        "[" * 300,
    ],
)
def test_junk_is_no_reason_to_fail(check: CheckType, text: str) -> None:
    passages = [Passage(item_id="i", text=text), Passage(item_id="j", text="")]
    check.check(text, Sources(passages, [text]))
    check.check(text, Sources([]))
