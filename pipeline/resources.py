"""Finds a prompt, a template or a plug-in type: the operator's own first, else ours."""

from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from pipeline.errors import ConfigError

_PACKAGE = Path(__file__).parent


def roots(folder: Path | None) -> list[Path]:
    """Where to look, first hit wins: the folder of config.yaml, the checkout, what the wheel brought."""
    own = [folder] if folder else []
    return [*own, _PACKAGE.parent, _PACKAGE / "_bundled"]


def find(kind: str, name: str, folder: Path | None = None) -> Path:
    """The file ``kind/name`` ("prompts", "summarise.md"). Raises ConfigError that names where it looked."""
    looked = [root / kind / name for root in roots(folder)]
    for path in looked:
        if path.is_file():
            return path
    places = ", ".join(str(p.parent) for p in looked)
    raise ConfigError(
        f"is in none of {places}",
        subject=f"{kind}/{name}",
        remedy="Put it back, or install the package again",
    )


@lru_cache
def find_type(package: str, name: str) -> ModuleType:
    """The module of a plug-in type: a file of that package, or the operator's own module when the name has a dot.

    Raises ConfigError that names the types there are.
    """
    module = name if "." in name else f"{package}.{name}"
    known = type_names(package)
    try:
        if "." not in name and name not in known:
            raise ModuleNotFoundError(name=module)
        return import_module(module)
    except ModuleNotFoundError as e:
        if e.name != module:
            raise
        remedy = f"There are {', '.join(known)}; a name with a dot is your own module"
        raise ConfigError(f"no such type: {name!r}", remedy=remedy) from e


def type_names(package: str) -> list[str]:
    """The plug-in types that a package of ours brings: its files."""
    folder = _PACKAGE.joinpath(*package.split(".")[1:])
    return sorted(p.stem for p in folder.glob("[a-z]*.py"))


def config_example() -> Path:
    """The config.yaml that we bring: the example that `digest init` writes, and the reference of all keys."""
    for root in roots(None):
        path = root / "config.yaml"
        if path.is_file():
            return path
    raise ConfigError("is not there", subject="config.yaml", remedy="Install the package again")
