"""digest issue: why a story is there, what would be sent, and an approval that binds to it."""

import json

from click.testing import Result

from pipeline.errors import ReviewError
from tests.cli.conftest import ISSUE, Ask
from tests.e2e.world import World


def fingerprint(result: Result) -> str:
    return result.stderr.split()[-1]


def test_show_tells_why_each_story_is_there(drafted: World, ask: Ask) -> None:
    text = ask("issue", "show", ISSUE).stdout
    assert text.startswith("Issue 2025-12-03 is in review; due 2025-12-03 18:00 UTC.")
    assert "Heron 2 is out with open weights" in text
    assert text.count("undecided · extract · 1 report · nothing flagged") == 4
    assert text.count("score 0.") == 4
    rows = [json.loads(line) for line in ask("issue", "show", ISSUE, "--json").stdout.splitlines()]
    assert len(rows) == 4
    assert all(0 <= part <= 1 for row in rows for part in row["parts"].values())


def test_times_are_told_in_the_time_zone_of_the_schedule(drafted: World, ask: Ask) -> None:
    config = drafted.folder / "config.yaml"
    config.write_text(config.read_text().replace("time_zone: UTC", "time_zone: Asia/Shanghai"), encoding="utf-8")
    assert "2025-12-04 02:00 CST" in ask("issue", "list").stdout
    assert "due 2025-12-04 02:00 CST" in ask("issue", "show", ISSUE).stdout
    assert json.loads(ask("issue", "list", "--json").stdout)["publish_at"] == "2025-12-03T18:00:00+00:00"


def test_preview_prints_what_would_be_sent_in_each_format(drafted: World, ask: Ask) -> None:
    texts = {f: ask("issue", "preview", ISSUE, "--format", f) for f in ("text", "html", "markdown")}
    assert all("Quayside" in result.stdout for result in texts.values())
    assert "<html" in texts["html"].stdout
    assert len({fingerprint(result) for result in texts.values()}) == 1
    out = drafted.folder / "issue.html"
    assert ask("issue", "preview", ISSUE, "--format", "html", "--out", str(out)).stdout == ""
    assert out.read_text(encoding="utf-8") == texts["html"].stdout


def test_an_approval_needs_the_fingerprint_that_was_seen(drafted: World, ask: Ask) -> None:
    seen = fingerprint(ask("issue", "preview", ISSUE))
    for wrong in ("", "abcdef", seen[:7], "0" * 64):
        refused = ask("issue", "approve", ISSUE, "--fingerprint", wrong)
        assert isinstance(refused.exception, ReviewError)
        assert seen in str(refused.exception)
    said = ask("issue", "approve", ISSUE, "--fingerprint", seen[:8]).stdout
    assert f"Issue {ISSUE} is approved ({seen[:12]})" in said
    assert "approved" in ask("issue", "list").stdout


def test_an_issue_can_be_reopened_and_cancelled_but_not_twice(drafted: World, ask: Ask) -> None:
    ask("issue", "approve", ISSUE)
    assert ask("issue", "reopen", ISSUE).stdout == f"Issue {ISSUE} is a draft again: `digest run`.\n"
    assert ask("issue", "cancel", ISSUE).stdout == f"Issue {ISSUE} is cancelled.\n"
    assert isinstance(ask("issue", "cancel", ISSUE).exception, ReviewError)


def test_a_test_mail_without_a_mail_server_names_the_remedy(drafted: World, ask: Ask) -> None:
    assert "Add an smtp channel" in str(ask("issue", "send-test", ISSUE, "a@example.org").exception)
