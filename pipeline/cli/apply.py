"""digest apply: single stages as filters, JSON Lines in and out; no store, no network, nothing configured."""

import base64
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import click

from pipeline.errors import DigestError

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

    from pipeline.types import Story

Row = Mapping[str, object]


@click.group()
def apply() -> None:
    """Score or pipe a single stage: JSON Lines in and out.

    One output line for each input line, in order; a bad line gives {"id", "error"} and exit 5.
    """


@apply.command()
def canonicalise() -> None:
    """Give each address its canonical form.

    {"id","url"} -> {"id","url"}
    """
    from pipeline.text.urls import canonicalise as canonical

    _each(lambda row: {"url": canonical(_text(row, "url"))})


@apply.command()
@click.option("--type", "type_name", required=True, help="The source type, for instance rss or mail.")
@click.option("--option", "pairs", multiple=True, metavar="KEY=VALUE", help="An option of the type, as in config.yaml.")
def parse(type_name: str, pairs: tuple[str, ...]) -> None:
    """Turn the bytes of a source into items.

    {"id","media_type","url","body_base64"} -> {"id","items":[...]}, and "dropped":[{"guid","reason"}] where some
    entries were passed over
    """
    from dataclasses import asdict

    from pydantic import TypeAdapter

    from pipeline import sources
    from pipeline.context import utc_now
    from pipeline.types import Item, Payload

    kind = sources.find(type_name)
    options = _options(kind.Options, pairs)
    items = TypeAdapter(list[Item])

    def work(row: Row) -> Row:
        payload = Payload(
            source_id=type_name,
            url=_text(row, "url", ""),
            fetched_at=utc_now(),
            media_type=_text(row, "media_type", ""),
            body=base64.b64decode(_text(row, "body_base64"), validate=True),
        )
        parsed = kind.parse(payload, options)
        found = {"items": items.dump_python(list(parsed.items), mode="json")}
        return found | ({"dropped": [asdict(d) for d in parsed.dropped]} if parsed.dropped else {})

    _each(work)


def _options(model: "type[BaseModel]", pairs: tuple[str, ...]) -> "BaseModel":
    """The options of a type. A parser needs no address, so what is missing may stay out; a mistake is told."""
    import yaml
    from pydantic import ValidationError

    try:
        given = {key: yaml.safe_load(value) for key, _, value in (pair.partition("=") for pair in pairs)}
    except yaml.YAMLError as e:
        raise click.BadParameter(f"{' '.join(str(e).split())}; write KEY=VALUE", param_hint="--option") from e
    try:
        return model.model_validate(given)
    except ValidationError as e:
        if mistakes := _mistakes(e, but="missing"):
            raise click.BadParameter(mistakes, param_hint="--option") from e
        return model.model_construct(**given)


@apply.command()
def extract() -> None:
    """Find title, text and date of a web page.

    {"id","url","html"} -> {"id","title","text","published_at"}
    """
    from pipeline.text.extract import extract as extract_page

    def work(row: Row) -> Row:
        found = extract_page(_text(row, "html"), _text(row, "url", ""))
        published_at = found.published_at.isoformat() if found.published_at else None
        return {"title": found.title, "text": found.text, "published_at": published_at}

    _each(work)


@apply.command()
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1, min_open=True),
    help="Least likeness (default: that of the configuration).",
)
@click.option("--embeddings", type=click.Choice(["local"]), help="Let the meaning count too.")
@click.option("--embeddings-path", default="", metavar="FOLDER", help="Where the files of the local model stand.")
def dedupe(threshold: float | None, embeddings: str | None, embeddings_path: str) -> None:
    """Fold items into stories.

    {"id","source","url","title","body","published_at"} -> {"id","story_id","method","score"}
    """
    from pipeline.config import DedupeSettings
    from pipeline.dedupe.apply import apply_dedupe
    from pipeline.embeddings import local

    settings = DedupeSettings() if threshold is None else DedupeSettings(threshold=threshold)
    embedder = local.connect(embeddings_path) if embeddings else None
    _print(apply_dedupe(map(_row_or_nothing, _lines()), settings, embedder))


@apply.command()
def verify() -> None:
    """Look up a summary in its sources.

    {"id","summary","sources":[{"id","text"}]} ->
    {"id","verdict","score","spans":[{"start","end","method","verdict","note"}]}
    """
    from pipeline.verify.engine import apply_verify

    _each(apply_verify)


@apply.command()
def summarise() -> None:
    """Write about the items of one story, without a model.

    {"id","items":[{"id","title","body","url"}]} -> {"id","headline","claims":[{"text","citations":[...]}]}
    """
    from dataclasses import asdict

    from pipeline.summarise.extract import extract as write

    def work(row: Row) -> Row:
        draft = write(_story(row))
        return {"headline": draft.headline, "claims": [asdict(claim) for claim in draft.claims]}

    _each(work)


def _story(row: Row) -> "Story":
    from pipeline.context import utc_now
    from pipeline.store.stories import as_story
    from pipeline.text.characters import clean
    from pipeline.types import Item

    given = row["items"]
    if not isinstance(given, list) or not given or not all(isinstance(item, dict) for item in given):
        raise TypeError("items must be a list of objects, one at least")
    items = [
        Item(
            id=str(item["id"]),
            source_id=str(item.get("source", item["id"])),
            guid=str(item["id"]),
            url=_text(item, "url", ""),
            title=clean(_text(item, "title")),
            body=clean(_text(item, "body", "")),
            fetched_at=utc_now(),
        )
        for item in given
    ]
    return as_story(str(row.get("id", items[0].id)), items)


def _text(row: Row, key: str, default: str | None = None) -> str:
    """A string of the row; null is as good as missing. Raises KeyError, TypeError."""
    value = row.get(key)
    if value is None:
        if default is None:
            raise KeyError(key)
        return default
    if not isinstance(value, str):
        raise TypeError(f"{key} must be a string")
    return value


def _each(work: Callable[[Row], Row]) -> None:
    """Answer every line of standard input with one line."""
    _print(_answer(line, work) for line in _lines())


def _lines() -> Iterator[bytes]:
    return (line for line in sys.stdin.buffer if line.strip())


def _print(answers: Iterable[Row]) -> None:
    """One line an answer; exit 5 when a line was bad."""
    bad = 0
    for answer in answers:
        bad += "error" in answer
        click.echo(_encoded(answer))
    if bad:
        sys.exit(5)


def _encoded(answer: Row) -> bytes:
    """UTF-8 whatever the locale says; half a surrogate pair, which JSON can hold and UTF-8 cannot, stays escaped."""
    try:
        return json.dumps(answer, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return json.dumps(answer, default=str).encode()


def _row(line: bytes) -> Row:
    try:
        row = json.loads(line)
    except ValueError as e:
        raise ValueError(f"the line is no JSON: {e}") from e
    if not isinstance(row, dict):
        raise TypeError("the line must be a JSON object")
    return row


def _row_or_nothing(line: bytes) -> Row:
    try:
        return _row(line)
    except (ValueError, TypeError, RecursionError):
        return {}


def _answer(line: bytes, work: Callable[[Row], Row]) -> Row:
    """What the filter says to one line; whatever the line holds, that is an answer."""
    given: Row = {}
    try:
        given = _row(line)
        return {"id": given.get("id"), **work(given)}
    except Exception as e:  # noqa: BLE001 - a filter owes a line for a line, whatever the input does to a parser
        return {"id": given.get("id"), "error": _told(e)}


def _told(error: Exception) -> str:
    from pydantic import ValidationError

    if isinstance(error, KeyError):
        return f"the key {error} is missing"
    if isinstance(error, ValidationError):
        return _mistakes(error)
    if isinstance(error, DigestError):
        return str(error)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _mistakes(error: "ValidationError", but: str = "") -> str:
    """pydantic's list on one line, but for mistakes of one type ("missing" is "missing_place" too)."""
    told = [e for e in error.errors() if not but or not e["type"].startswith(but)]
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in told)
