"""Reads what a model wrote: the JSON object in it, and single lines of plain text. Pure; every finding is a ValueError.

The findings go back to the model word for word (model/ledger.py), so they say which part is wrong and why.
"""

import json
import re
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.model import without_thinking
from pipeline.text.characters import one_line

M = TypeVar("M", bound=BaseModel)

_MARKUP = re.compile(r"</?[a-zA-Z!]|\]\(|&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});")
_SCHEME = re.compile(r"(?:https?|ftp|mailto|javascript|data):|www\.", re.IGNORECASE)
# A dot inside a word: a domain that mail programs turn into a link, or a name like "Node.js" or "Character.AI".
_DOTTED = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_EMPHASIS = re.compile(r"\*\*|`")


def read_object(text: str, keys: frozenset[str]) -> dict[str, object]:
    """The first JSON object of an answer that has all these keys, out of any fence, thinking or prose around it.

    Raises ValueError. Tries the first 50 braces of the first 100,000 characters, so that no answer is slow to read.
    """
    text = without_thinking(text)[:100_000]
    decoder = json.JSONDecoder()
    at = text.find("{")
    for _ in range(50):
        if at < 0:
            break
        try:
            found, _end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict) and keys <= found.keys():
            return found
        at = text.find("{", at + 1)
    raise ValueError(f"there is no JSON object with {', '.join(sorted(keys))}")


def read_as(text: str, shape: type[M], *keys: str) -> M:
    """The first JSON object of an answer that has all these keys, as a ``shape``. Raises ValueError."""
    try:
        return shape.model_validate(read_object(text, frozenset(keys)))
    except ValidationError as e:
        raise ValueError(explain(e, shape)) from e


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """A pydantic error in a line for the model: at most three places, each with what is wrong."""
    lines = [f"{'.'.join(str(p) for p in e['loc']) or model.__name__}: {e['msg']}" for e in error.errors()[:3]]
    return "; ".join(lines)


def plain(what: str, text: str, sources: str, max_chars: int) -> str:
    """One line of plain text: emphasis marks go. ``sources`` is the case-folded text that it may take names from.

    Raises ValueError for an empty or too long text, markup, an address, or a dotted name that no source has.
    """
    line = one_line(_EMPHASIS.sub("", text))
    if not any(char.isalnum() for char in line):
        raise ValueError(f"{what} is empty")
    if len(line) > max_chars:
        raise ValueError(f"{what} has {len(line)} characters; at most {max_chars} fit")
    if _MARKUP.search(line):
        raise ValueError(f"{what} holds HTML or Markdown; write plain text")
    if _SCHEME.search(line):
        raise ValueError(f"{what} holds a web address; leave it out")
    for match in _DOTTED.finditer(line):
        if match[0].casefold() not in sources:
            raise ValueError(f"{what} holds {match[0]!r}, which is in no source; leave it out")
    return line
