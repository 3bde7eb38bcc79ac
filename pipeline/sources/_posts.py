"""What the social networks have in common: posts are read one by one, and what went wrong with a part is told."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from math import ceil
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from pipeline.errors import NetworkError, SourceError
from pipeline.seams import Response
from pipeline.sources import Dropped, Parsed
from pipeline.types import Item, Payload


class Told(BaseModel):
    """What an interface tells: null counts as absent, and an id may be a number."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: object) -> object:
        return {k: v for k, v in data.items() if v is not None} if isinstance(data, dict) else data


Post = TypeVar("Post", bound=BaseModel)


def remembered(model: type[Post], cursor: str | None) -> Post:
    """What the last fetch left; nothing, where a source of another type left it."""
    try:
        return model.model_validate_json(cursor or "{}")
    except ValidationError:
        return model()


def readable(model: type[Post], entries: Iterable[object]) -> list[Post]:
    """Those of the entries that can be read."""
    return [found for entry in entries if (found := _read(model, entry))]


def read_each(
    model: type[Post], entries: Sequence[object], payload: Payload, remedy: str
) -> tuple[list[Post], list[Dropped]]:
    """The entries, and those that cannot be read as "unreadable": one strange post costs no other.

    Raises SourceError of kind "bad_answer" when none can be read.
    """
    read = [(entry, _read(model, entry)) for entry in entries]
    bad = [entry for entry, found in read if found is None]
    if bad and len(bad) == len(read):
        message = f"{payload.url} gives {len(bad)} posts, and none can be read"
        raise SourceError(message, subject=payload.source_id, kind="bad_answer", remedy=remedy)
    dropped = [Dropped(guid=_digest(entry), reason="unreadable") for entry in bad]
    return [found for _, found in read if found is not None], dropped


def told(items: Iterable[Item], dropped: Iterable[Dropped]) -> Parsed:
    """Each post once, in the first version that stands there; one without a word is dropped as "no_text"."""
    found: dict[str, Item] = {}
    for item in items:
        found.setdefault(item.guid, item)
    silent = [Dropped(guid=guid, reason="no_text") for guid, item in found.items() if not item.title]
    others = [d for d in dropped if d.guid not in found]
    return Parsed(items=[item for item in found.values() if item.title], dropped=[*others, *silent])


def first_line(text: str) -> str:
    """The first line with words."""
    return next((line for line in text.split("\n") if line.strip()), "")


def pictured(descriptions: Iterable[str]) -> list[str]:
    """What pictures show, in the words of who posted them; a line each."""
    return [f"Image: {' '.join(words.split())}" for words in descriptions if words.strip()]


def names(name: str, handle: str, *, open_place: bool = False) -> tuple[str, ...]:
    """Who wrote a post: the name that is shown and the handle, since the operator may trust either.

    In a place that is open to everybody only the handle counts: anybody can take the name of somebody who is trusted.
    """
    return tuple(n for n in ("" if open_place else name, f"@{handle}" if handle else "") if n)


def without(token: str, response: Response) -> Response:
    """The answer without our token, should the server tell it back: answers are kept."""
    return replace(response, body=response.body.replace(token.encode(), b"{token}")) if token else response


def as_trouble(error: SourceError | NetworkError) -> SourceError:
    """An error that ends a part of a fetch, to be told with what was read before."""
    if isinstance(error, SourceError):
        return error
    return SourceError(f"{error.subject} {error.message}".strip(), remedy=error.remedy, kind=error.kind)


def together(troubles: Sequence[SourceError]) -> SourceError | None:
    """Several troubles as one: kind and remedy are the first's, the wait is the longest. None for none."""
    if len(troubles) < 2:
        return troubles[0] if troubles else None
    return SourceError(
        "; ".join(t.message for t in troubles),
        kind=troubles[0].kind,
        remedy=troubles[0].remedy,
        wait_s=max(t.wait_s for t in troubles),
    )


def wait_headers(trouble: SourceError | None) -> Mapping[str, str]:
    """The wait of a trouble as the header that the stage reads."""
    return {"retry-after": f"{ceil(trouble.wait_s)}"} if trouble and trouble.wait_s else {}


def _read(model: type[Post], entry: object) -> Post | None:
    try:
        return model.model_validate(entry)
    except ValidationError:
        return None


def _digest(entry: object) -> str:
    return blake2b(json.dumps(entry, sort_keys=True).encode(), digest_size=8).hexdigest()
