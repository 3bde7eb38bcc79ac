"""digest apply: single stages as filters, JSON Lines in and out; no store, no network, nothing configured."""

import base64
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pipeline.types import Story

Row = Mapping[str, object]


@click.group()
def apply() -> None:
    """Score or pipe a single stage: JSON Lines in, JSON Lines out.

    One output line for each input line, in order; a bad line gives {"id", "error"} and exit 5.
    """


@apply.command()
def canonicalise() -> None:
    """{"id","url"} -> {"id","url"}"""
    from pipeline.text.urls import canonicalise as canonical

    _each(lambda row: {"url": canonical(str(row["url"]))})


@apply.command()
@click.option("--type", "type_name", required=True, help="The source type, for instance rss or mail.")
@click.option("--option", "pairs", multiple=True, metavar="KEY=VALUE", help="Options of the type, as in config.yaml.")
def parse(type_name: str, pairs: tuple[str, ...]) -> None:
    """{"id","media_type","url","body_base64"} -> {"id","items":[...]}"""
    import yaml
    from pydantic import TypeAdapter

    from pipeline import sources
    from pipeline.context import utc_now
    from pipeline.types import Item, Payload

    kind = sources.find(type_name)
    given = {key: yaml.safe_load(value) for key, _, value in (pair.partition("=") for pair in pairs)}
    options = kind.Options.model_construct(**given)  # a parser needs no address: what is missing stays out
    items = TypeAdapter(list[Item])

    def work(row: Row) -> Row:
        payload = Payload(
            source_id=type_name,
            url=str(row.get("url", "")),
            fetched_at=utc_now(),
            media_type=str(row.get("media_type", "")),
            body=base64.b64decode(str(row["body_base64"]), validate=True),
        )
        return {"items": items.dump_python(kind.parse(payload, options), mode="json")}

    _each(work)


@apply.command()
def extract() -> None:
    """{"id","url","html"} -> {"id","title","text","published_at"}"""
    from pipeline.text.extract import extract as extract_page

    def work(row: Row) -> Row:
        found = extract_page(str(row["html"]), str(row.get("url", "")))
        published_at = found.published_at.isoformat() if found.published_at else None
        return {"title": found.title, "text": found.text, "published_at": published_at}

    _each(work)


@apply.command()
@click.option("--threshold", type=click.FloatRange(0, 1), help="Least likeness (default: that of the configuration).")
def dedupe(threshold: float | None) -> None:
    """{"id","source","url","title","body","published_at"} -> {"id","story_id","method","score"}"""
    from pipeline.config import DedupeSettings
    from pipeline.dedupe.apply import apply_dedupe

    settings = DedupeSettings() if threshold is None else DedupeSettings(threshold=threshold)
    _print(apply_dedupe(map(_row_or_nothing, _lines()), settings))


@apply.command()
def verify() -> None:
    """{"id","summary","sources":[{"id","text"}]} -> {"id","verdict","score","spans":[...]}"""
    from pipeline.verify.engine import apply_verify

    _each(apply_verify)


@apply.command()
def summarise() -> None:
    """{"id","items":[{"id","title","body","url"}]} -> {"id","headline","claims":[{"text","citations":[...]}]}"""
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
    if not isinstance(given, list) or not given:
        raise ValueError("items must be a list with one item at least")
    items = [
        Item(
            id=str(item["id"]),
            source_id=str(item.get("source", item["id"])),
            guid=str(item["id"]),
            url=str(item.get("url", "")),
            title=clean(str(item["title"])),
            body=clean(str(item.get("body", ""))),
            fetched_at=utc_now(),
        )
        for item in given
    ]
    return as_story(str(row.get("id", items[0].id)), items)


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
        click.echo(json.dumps(answer, ensure_ascii=False, default=str))
    if bad:
        sys.exit(5)


def _row(line: bytes) -> Row:
    row = json.loads(line)
    if not isinstance(row, dict):
        raise TypeError("a line must be a JSON object")
    return row


def _row_or_nothing(line: bytes) -> Row:
    try:
        return _row(line)
    except (ValueError, TypeError):
        return {}


def _answer(line: bytes, work: Callable[[Row], Row]) -> Row:
    given: Row = {}
    try:
        given = _row(line)
        return {"id": given.get("id"), **work(given)}
    except KeyError as e:
        message = f"the key {e} is missing"
    except Exception as e:  # noqa: BLE001 - a filter owes a line for a line, whatever the input does to a parser
        message = f"{type(e).__name__}: {e}" if str(e) else type(e).__name__
    return {"id": given.get("id"), "error": message}
