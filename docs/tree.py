"""Writes the tree of the README out of the first lines of the modules: `python docs/tree.py`."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- tree -->\n```\n", "```\n<!-- /tree -->"


def first_line(path: Path) -> str:
    """The first line of a module's docstring, without its full stop."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.splitlines()[0].rstrip(".").replace("``", "`") if text else ""


def tree() -> str:
    """One line a room: its name and what it says of itself."""
    rooms = [(p.name, p) for p in (ROOT / "pipeline").glob("*.py") if not p.name.startswith("__")]
    rooms += [(f"{p.parent.name}/", p) for p in (ROOT / "pipeline").glob("*/__init__.py")]
    lines = [f"  {name:<13} {first_line(path)}" for name, path in sorted(rooms)]
    others = [
        ("prompts/", "one file a model task: a head (inputs, answer, limits), then the text"),
        ("templates/", "what is printed: e-mail, text, Markdown, the notice to reviewers"),
        ("tests/", "mirrors the package; e2e/ runs the whole thing on real servers, eval/ holds the quality floors"),
        ("benchmarks/", "ratios to a bare baseline, measured in one run"),
        ("docs/", "benchmarks, the picture above"),
        ("config.yaml", "the example, and the reference of every key"),
    ]
    return "\n".join(["pipeline/", *lines, *(f"{name:<16}{text}" for name, text in others)]) + "\n"


def with_tree(readme: str) -> str:
    """The README with its tree as it should be."""
    before, rest = readme.split(BEGIN)
    return before + BEGIN + tree() + END + rest.split(END, 1)[1]


if __name__ == "__main__":
    path = ROOT / "README.md"
    path.write_text(with_tree(path.read_text(encoding="utf-8")), encoding="utf-8")
