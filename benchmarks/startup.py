"""How long `digest --help` takes, cold, and that it loads none of the heavy libraries."""

import subprocess
import sys
from functools import partial

from benchmarks._measuring import Row, compared, seconds

HEAVY = (
    "openai", "trafilatura", "sqlalchemy", "starlette", "pydantic", "httpx2", "lxml", "feedparser", "rich", "numpy",
)  # fmt: skip
_LIST_HEAVY = f"""
import sys
from pipeline.cli import digest
digest.main(["--help"], standalone_mode=False)
print("heavy:", *(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr)
"""


def measure(small: bool) -> list[Row]:
    """Start-up against the bare import of click, and the number of heavy libraries loaded (0 is what we promise)."""
    rounds = 1 if small else 15
    spent = [(seconds(partial(_python, "-m", "pipeline", "--help")), seconds(_import_click)) for _ in range(rounds)]
    ours, bare = zip(*spent, strict=True)
    loaded = heavy_libraries()
    return [
        compared("startup: digest --help", ours, bare, 'python -c "import click"'),
        Row(
            name="startup: heavy libraries loaded",
            figure=len(loaded),
            unit="modules",
            baseline="none",
            note=", ".join(loaded) or f"looked for {', '.join(HEAVY)}",
        ),
    ]


def heavy_libraries() -> list[str]:
    """Those of HEAVY that `digest --help` loads."""
    return _python("-c", _LIST_HEAVY).stderr.split("heavy:")[1].split()


def _import_click() -> None:
    _python("-c", "import click")


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], check=True, capture_output=True, text=True)
