"""Every benchmark runs at its smallest size, and what it gives can be put into a table."""

import math
from importlib import import_module
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner

from benchmarks.__main__ import NAMES, main
from benchmarks._feeds import Counts, served_feeds


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_gives_finite_figures(name: str) -> None:
    rows = import_module(f"benchmarks.{name}").measure(small=True)
    assert rows
    for row in rows:
        assert math.isfinite(row.figure), row
        assert row.figure > 0 or row.unit != "x", row


def test_help_loads_no_heavy_library() -> None:
    loaded = import_module("benchmarks.startup").heavy_libraries()
    assert loaded == [], "an import at the top of a module of pipeline/cli, or below it, should move into a function"


def test_a_later_run_asks_the_model_nothing() -> None:
    rows = {row.name: row.figure for row in import_module("benchmarks.model_calls").measure(small=True)}
    assert rows["model: calls of the second run"] == 0
    assert rows["model: calls an item read"] < 1


def test_two_weeks_of_real_issues_cost_little_and_later_runs_nothing(shared_data: Path) -> None:
    assert shared_data.is_dir()
    rows = {row.name: row.figure for row in import_module("benchmarks.model").measure(small=True)}
    assert rows["model: calls of later runs"] == 0
    assert rows["model: calls a printed story"] < 1.3
    assert rows["model: prompt tokens a printed story"] < 800


def test_the_served_feeds_answer_as_a_server_does_and_count() -> None:
    with served_feeds(2, 1, latency_s=0.0) as served, httpx2.Client(trust_env=False) as client:
        one, other = (client.get(url) for url in served.urls)
        assert (one.status_code, other.status_code) == (200, 200)
        assert len(one.content) + len(other.content) == served.size_bytes
        etag, date = {"if-none-match": one.headers["etag"]}, {"if-modified-since": one.headers["last-modified"]}
        assert served.counts() == Counts(requests=2, not_modified=0)
        assert client.get(served.urls[0], headers=etag).status_code == 304
        assert client.get(served.urls[0], headers=date).status_code == 304
        assert client.get(served.urls[1], headers={**etag, **date}).status_code == 200, "an ETag of another feed"
        assert served.counts() == Counts(requests=3, not_modified=2)


def test_the_table_has_a_line_for_each_figure() -> None:
    result = CliRunner().invoke(main, ["startup", "--small"])
    assert result.exit_code == 0
    assert [line.split(":")[0] for line in result.output.splitlines()] == ["startup", "startup"]
