"""Puts new entries into the text of config.yaml: one line each, and every byte of the rest stays as it is."""

import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import yaml

from pipeline.errors import ConfigError
from pipeline.text.urls import host

Entry = Mapping[str, object]

_MAX_ID_CHARS = 40
_SHOWN_ENTRIES = 5
_NOT_IN_ID = re.compile(r"[^a-z0-9]+")
_NOT_IN_HOST = re.compile(r"[^a-z0-9.]+")


def new_id(name: str, url: str, taken: Collection[str]) -> str:
    """An id for a source out of what it is called, else of its host; unlike all that are ``taken``."""
    letters = unicodedata.normalize("NFKD", re.sub("['’]", "", name)).encode("ascii", "ignore").decode().lower()
    words = _NOT_IN_ID.sub("-", letters).strip("-")
    place = _NOT_IN_HOST.sub("-", host(url)).strip("-.")
    stem = (words if len(words) > 1 else place)[:_MAX_ID_CHARS].rstrip("-.") or "source"
    numbered = (stem if n == 1 else f"{stem}-{n}" for n in range(1, len(taken) + 2))
    return next(i for i in numbered if i not in taken)


def line(entry: Entry) -> str:
    """An entry in flow style, as it stands in config.yaml: ``{id: a, type: rss, url: "https://a.example/feed"}``."""
    return yaml.dump(
        dict(entry), Dumper=_Dumper, default_flow_style=True, sort_keys=False, allow_unicode=True, width=float("inf")
    ).rstrip("\n")


class _Dumper(yaml.SafeDumper):
    """Addresses in double quotes, as everywhere in the example, and whatever would take more than one line."""

    def represent_str(self, text: str) -> yaml.ScalarNode:
        """A string."""
        quoted = "://" in text or not text.isprintable()
        return self.represent_scalar("tag:yaml.org,2002:str", text, style='"' if quoted else None)


_Dumper.add_representer(str, _Dumper.represent_str)


def add_sources(path: Path, entries: Sequence[Entry], check: Callable[[str], object]) -> None:
    """Append entries to the ``sources:`` of a config.yaml, all or none.

    ``check`` gets the whole new text and raises ConfigError for what may not stand. The file is replaced in one step,
    so that a reader sees the old or the new one. Raises ConfigError; then nothing has changed.
    """
    path = path.resolve()  # a link stays a link
    try:
        text = path.read_bytes().decode()
        edited = with_sources(text, entries)
        check(edited)
        _replace(path, edited.encode())
    except (OSError, UnicodeError) as e:
        reason = getattr(e, "strerror", None) or e
        raise ConfigError(f"cannot be changed: {reason}", subject=str(path), remedy=_by_hand(entries)) from e


def with_sources(text: str, entries: Sequence[Entry]) -> str:
    """The text of a config.yaml with these entries at the end of its ``sources:``. Raises ConfigError."""
    if not entries:
        return text
    try:
        old = yaml.load(text, Loader=yaml.CSafeLoader)
        start, end, inserted = _edit(text, [line(entry) for entry in entries])
        edited = text[:start] + inserted + text[end:]
        wanted = {**old, "sources": [*old["sources"], *map(dict, entries)]}
        if yaml.load(edited, Loader=yaml.CSafeLoader) == wanted:
            return edited
    except (yaml.YAMLError, KeyError, TypeError, ValueError):
        pass
    # An alias, a comment within an empty list ...: what was inserted where it does not belong is not written.
    raise ConfigError("its `sources:` is written in a way that is not safe to add to", remedy=_by_hand(entries))


def _edit(text: str, lines: Sequence[str]) -> tuple[int, int, str]:
    """What to put in place of which characters: (start, end, insertion)."""
    newline = "\r\n" if "\r\n" in text else "\n"
    mark = len(text) - len(text.removeprefix("\ufeff"))  # the parser does not count a byte order mark
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else ()
    listed = {key.value: value for key, value in pairs if isinstance(key, yaml.ScalarNode)}["sources"]
    if not listed.value:  # "sources: []"; what follows it on its line stays there
        start, end = listed.start_mark.index + mark, listed.end_mark.index + mark
        if text[start:end].strip("[] \t\r\n"):
            raise ValueError("a comment in the list")
        at = _end_of_line(text, end)
        kept = text[end:at] if text[end:at].endswith("\n") else text[end:at] + newline
        return len(text[:start].rstrip(" ")), at, kept + _block("  ", lines, newline)
    last = listed.value[-1]
    if listed.flow_style:
        at = last.end_mark.index + mark
        wrapped = last.start_mark.line > listed.start_mark.line
        between = f",{newline}{' ' * last.start_mark.column}" if wrapped else ", "
        return at, at, "".join(between + line for line in lines)
    at = _end_of_line(text, _leaf(last).end_mark.index + mark)
    first = "" if text[:at].endswith("\n") else newline
    return at, at, first + _block(" " * listed.start_mark.column, lines, newline)


def _block(indent: str, lines: Sequence[str], newline: str) -> str:
    return "".join(f"{indent}- {line}{newline}" for line in lines)


def _leaf(node: yaml.Node) -> yaml.Node:
    """The last thing written in a node: the end of a block is known only as the beginning of what comes after it."""
    while isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        node = node.value[-1][1] if isinstance(node, yaml.MappingNode) else node.value[-1]
    return node


def _end_of_line(text: str, at: int) -> int:
    """Where the next line begins; a literal (``|``) ends there already."""
    return at if text[:at].endswith("\n") else text.find("\n", at) + 1 or len(text)


def _by_hand(entries: Sequence[Entry]) -> str:
    lines = [f"- {line(entry)}" for entry in entries[:_SHOWN_ENTRIES]]
    more = [f"... and {len(entries) - len(lines)} more"] if len(entries) > len(lines) else []
    return "\n  ".join(["Write it there yourself:", *lines, *more])


def _replace(path: Path, body: bytes) -> None:
    """The whole file or nothing, with the permissions that it had."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, name)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
