"""Holds every source type to the page in pipeline/sources/__init__.py, on the cases in tests/data/sources/<type>/.

A case is a payload ``name.<ext>`` with ``name.expected.json``: the items in order, each with the fields that matter.
"""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from pipeline.config_section import Section
from pipeline.errors import SourceError
from pipeline.resources import type_names
from pipeline.sources import find, item_id
from pipeline.types import Item, Payload

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DATA = Path(__file__).parents[1] / "data" / "sources"
TYPES = type_names("pipeline.sources")
MEDIA_TYPES = {".xml": "application/xml", ".json": "application/json", ".eml": "message/rfc822"}
# For the options that a type requires; what more a type needs stands in tests/data/sources/<type>/options.json.
SAMPLE_OPTIONS = {"url": "https://feeds.example/feed", "path": "inbox"}
CASES = [
    (kind, path)
    for kind in TYPES
    for path in sorted((DATA / kind).glob("*"))
    if path.name != "options.json" and not path.name.endswith(".expected.json")
]


def options_of(kind: str) -> BaseModel:
    own, options = DATA / kind / "options.json", find(kind).Options
    if own.exists():
        return options.model_validate(json.loads(own.read_text(encoding="utf-8")))
    required = [k for k, field in options.model_fields.items() if field.is_required()]
    return options.model_validate({k: SAMPLE_OPTIONS[k] for k in required})


def payload(path: Path, body: bytes | None = None) -> Payload:
    return Payload(
        source_id="example",
        url="https://feeds.example/feed",
        fetched_at=NOW,
        media_type=MEDIA_TYPES.get(path.suffix, "application/octet-stream"),
        body=path.read_bytes() if body is None else body,
    )


def comparable(item: Item) -> dict[str, object]:
    fields: dict[str, object] = json.loads(json.dumps(asdict(item), default=datetime.isoformat))
    return fields


@pytest.mark.parametrize("kind", TYPES)
def test_a_type_has_options_and_cases(kind: str) -> None:
    options = find(kind).Options
    assert issubclass(options, Section)
    with pytest.raises(ValidationError, match="no_such_key"):
        options.model_validate({**options_of(kind).model_dump(), "no_such_key": 1})
    assert any(case_kind == kind for case_kind, _ in CASES), f"put a payload into {DATA / kind}"


@pytest.mark.parametrize(("kind", "path"), CASES, ids=lambda v: v.name if isinstance(v, Path) else v)
def test_a_case_gives_the_expected_items(kind: str, path: Path) -> None:
    expected = json.loads(path.with_name(path.name.split(".")[0] + ".expected.json").read_text(encoding="utf-8"))
    items = find(kind).parse(payload(path), options_of(kind)).items
    found = [comparable(item) for item in items]
    wanted = [
        got | want for got, want in zip(found, expected, strict=False)
    ]  # what a case does not name may be anything
    assert found == wanted + expected[len(found) :]


@pytest.mark.parametrize(("kind", "path"), CASES, ids=lambda v: v.name if isinstance(v, Path) else v)
def test_items_are_sound(kind: str, path: Path) -> None:
    items = find(kind).parse(payload(path), options_of(kind)).items
    assert len({item.id for item in items}) == len(items)
    for item in items:
        assert item.id == item_id("example", item.guid)
        assert item.title
        assert item.fetched_at == NOW
        assert item.url == "" or item.url.startswith(("http://", "https://"))
        assert item.published_at is None or item.published_at.utcoffset() == UTC.utcoffset(None)
    assert items == find(kind).parse(payload(path), options_of(kind)).items


@pytest.mark.parametrize("kind", TYPES)
def test_hostile_bytes_are_refused_or_read_but_never_crash(kind: str) -> None:
    source, options = find(kind), options_of(kind)
    samples = [path.read_bytes() for case_kind, path in CASES if case_kind == kind]
    cut = st.tuples(st.sampled_from(samples), st.floats(0, 1)).map(lambda c: c[0][: int(len(c[0]) * c[1])])
    spoilt = st.tuples(cut, st.binary(max_size=40), cut).map(b"".join)

    @settings(max_examples=50, deadline=None)
    @given(st.binary(max_size=300) | cut | spoilt)
    def holds(body: bytes) -> None:
        refusal = ""
        try:
            items = source.parse(payload(Path("x.xml"), body), options).items
        except SourceError as e:
            items, refusal = (), e.remedy or "none"
        assert refusal != "none"
        assert all(isinstance(item, Item) for item in items)

    holds()
