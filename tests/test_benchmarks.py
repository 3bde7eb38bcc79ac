"""Every benchmark runs at its smallest size, and what it gives can be put into a table."""

import math
from importlib import import_module

import pytest
from click.testing import CliRunner

from benchmarks.__main__ import NAMES, main


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


def test_the_table_has_a_line_for_each_figure() -> None:
    result = CliRunner().invoke(main, ["startup", "--small"])
    assert result.exit_code == 0
    assert [line.split(":")[0] for line in result.output.splitlines()] == ["startup", "startup"]
