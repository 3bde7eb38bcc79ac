"""The text of config.yaml -> keys and values, and pydantic's complaints about them -> lines for a person."""

from difflib import get_close_matches
from pathlib import Path

import yaml
from pydantic import BaseModel, ValidationError

from pipeline.errors import ConfigError


class _Loader(yaml.CSafeLoader):
    """YAML in which writing one key twice is a mistake, not a silent overwrite."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.MarkedYAMLError(problem=f"the key {key!r} stands twice", problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def read(path: Path) -> str:
    """The text of the file. Raises ConfigError."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as e:
        raise ConfigError("there is no such file", subject=str(path), remedy="`digest init DIR` writes one") from e
    except (OSError, UnicodeDecodeError) as e:
        raise ConfigError(f"cannot be read: {e}", subject=str(path), remedy="Check its permissions and encoding") from e


def from_yaml(text: str, path: Path) -> dict[str, object]:
    """The keys of the text. Raises ConfigError for what is no mapping in YAML."""
    try:
        raw = yaml.load(text, Loader=_Loader)  # noqa: S506 - a CSafeLoader
    except yaml.YAMLError as e:
        raise ConfigError(f"is not YAML: {e}", subject=str(path), remedy="Mend that line") from e
    if not isinstance(raw, dict):
        raise ConfigError("holds no settings", subject=str(path), remedy="`digest init DIR` writes an example")
    return raw


def explain(error: ValidationError, model: type[BaseModel], prefix: str = "", also: tuple[str, ...] = ()) -> list[str]:
    """Turn pydantic's list into lines "key: what is wrong. Remedy"."""
    lines = []
    for e in error.errors():
        key = (prefix + ".".join(f"{part}" for part in e["loc"])).rstrip(".")
        if e["type"] == "extra_forbidden":
            known = [*_keys_at(model, e["loc"][:-1]), *also]
            close = get_close_matches(str(e["loc"][-1]), known, n=1)
            hint = f"Did you mean {close[0]}?" if close else f"Known here: {', '.join(sorted(known))}"
            lines.append(f"{key}: no such key. {hint}")
        elif e["type"] == "missing" and e["loc"]:
            lines.append(f"{key}: is missing. Add it")
        else:
            shown = "" if isinstance(e["input"], (dict, list, BaseModel)) else f" (it says {str(e['input'])[:60]!r})"
            lines.append(f"{key}: {e['msg'].removeprefix('Value error, ')}{shown}")
    return lines


def _keys_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys that are known at a place of the configuration."""
    for part in loc:
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation
        candidates = [annotation, *getattr(annotation, "__args__", ())]
        model = next(c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel))
    return [name for name in model.model_fields if name not in ("folder", "api_key")]
