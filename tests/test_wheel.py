"""The wheel, in a bare environment, outside the checkout: it brings its prompts, templates and samples."""

import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def call(*args: object, cwd: Path) -> str:
    """Run a program to its good end; gives what it printed."""
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(a) for a in args], cwd=cwd, env=env, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    call(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (found,) = folder.glob("*.whl")
    return found


@pytest.mark.wheel
def test_the_wheel_holds_what_it_needs_and_nothing_private(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "pipeline/_bundled/config.yaml",
        "pipeline/_bundled/prompts/summarise.md",
        "pipeline/_bundled/templates/email/issue.html.j2",
        "pipeline/samples/config.yaml",
        "pipeline/store/migrations/versions/0001_first_tables.py",
        "pipeline/py.typed",
    ):
        assert needed in names
    assert not [n for n in names if n.startswith(("tests/", "benchmarks/")) or re.search(r"\.env$|\.db$|\.pyc$", n)]


@pytest.mark.wheel
def test_the_demo_runs_from_the_wheel_in_a_bare_environment(wheel: Path, tmp_path: Path) -> None:
    lock = (ROOT / ".requirements" / "lock.txt").read_text(encoding="utf-8")
    pins = re.findall(r"^([A-Za-z0-9_.-]+(?:\[[^]]+\])?==[^ ;\\]+(?: ; [^\\]+)?)", lock, re.MULTILINE)
    (tmp_path / "constraints.txt").write_text("\n".join(pins) + "\n", encoding="utf-8")
    venv.create(tmp_path / "bare", with_pip=True)
    binaries = tmp_path / "bare" / "bin"
    call(binaries / "python", "-m", "pip", "install", "-q", "-c", tmp_path / "constraints.txt", wheel, cwd=tmp_path)
    printed = call(binaries / "digest", "demo", "--folder", tmp_path / "demo", cwd=tmp_path)
    for ending in ("html", "txt", "eml"):
        (file,) = (tmp_path / "demo" / "issues").glob(f"*/issue.{ending}")
        assert str(file) in printed
    where = call(
        binaries / "python",
        "-c",
        "from pipeline.resources import find as f; print(f('templates', 'email/issue.md.j2'), f('prompts', 'lead.md'))",
        cwd=tmp_path,
    )
    assert all("_bundled" in path and str(ROOT) not in path for path in where.split())
    call(binaries / "digest", "init", "mine", cwd=tmp_path)
    found = call(binaries / "digest", "-c", "mine", "doctor", cwd=tmp_path)
    assert "MISSING" not in found
