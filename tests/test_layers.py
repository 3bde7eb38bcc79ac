"""The shape of the code: imports go down only, modules and functions stay short, the clock stands in one file."""

import ast
import runpy
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "pipeline"
STAGES = ("fetch", "extract", "dedupe", "rank", "summarise", "verify", "translate", "review", "render", "deliver")
LAYERS: tuple[tuple[str, ...], ...] = (
    ("cli", "__main__", "demo"),
    ("run", "forecast", "doctor", "init", "discover"),
    STAGES,
    ("context",),
    ("embeddings",),
    ("sources", "channels", "store", "net", "model"),
    ("config", "config_edit", "config_file", "config_model", "config_section", "resources", "schedule", "workers"),
    ("providers", "text"),
    ("seams",),
    ("types",),
    ("errors",),
)
HEIGHT = {name: len(LAYERS) - i for i, layer in enumerate(LAYERS) for name in layer}
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if "migrations" not in p.parts)
PEERS = ("cli", "__main__", "run", "doctor", "config", "config_file", "config_model", "config_section", "schedule")
PURE_IN_STAGES = {"stage.py", "__init__.py"}
IO_MODULES = ("pipeline.store", "pipeline.net", "pipeline.context", "pipeline.model.openai_compatible")


def room(path: Path) -> str:
    """The top-level name that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Every module of ours that a file imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative imports hide the way down"
            found.update(
                f"{node.module}.{alias.name}" if node.module == "pipeline" else node.module for alias in node.names
            )
    return {name for name in found if name.split(".")[0] == "pipeline"}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_down_only(path: Path) -> None:
    here = room(path)
    if here == "__init__":
        return
    assert here in HEIGHT, f"{here} has no place in LAYERS"
    for name in imports(path):
        there = name.split(".")[1] if "." in name else "__init__"
        if there in (here, "__init__"):
            continue
        # the peers of the top layers are one program; everywhere else names on one line never import each other
        peers = HEIGHT[there] == HEIGHT[here] and here in PEERS
        assert HEIGHT[there] < HEIGHT[here] or peers, f"{path.relative_to(PACKAGE)} imports {name}"


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_folder_is_pure_but_for_its_stage(stage: str) -> None:
    for path in (PACKAGE / stage).glob("*.py"):
        if path.name in PURE_IN_STAGES:
            continue
        touched = {name for name in imports(path) if name.startswith(IO_MODULES)}
        assert touched <= ALLOWED.get(f"{stage}/{path.name}", set()), f"{stage}/{path.name} touches {touched}"


OF_QUEUE = {"pipeline.store", *(f"pipeline.store.{name}" for name in ("decisions", "told", "translations"))}
ALLOWED = {"review/queue.py": OF_QUEUE}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_modules_and_functions_stay_short(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= 400, "a second room may be hiding in it"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, f"{node.name} is too long"


def test_the_clock_stands_in_one_file() -> None:
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        asks = any(word in text for word in ("datetime.now(", "utcnow(", "time.time(", "date.today("))
        assert not asks or room(path) == "context", f"{path.relative_to(PACKAGE)} asks the clock itself"


def test_the_tree_in_the_readme_is_what_the_modules_say() -> None:
    readme = (PACKAGE.parent / "README.md").read_text(encoding="utf-8")
    assert readme == runpy.run_path(str(PACKAGE.parent / "docs" / "tree.py"))["with_tree"](readme), (
        "python docs/tree.py"
    )
