"""The 1,253 files of feedparser's own tests: none crashes or hangs, and the items are feedparser's."""

import base64
import io
import json
import os
import subprocess
import sys
import time
from calendar import timegm
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest

from pipeline.errors import SourceError
from pipeline.sources.rss import Options, parse
from pipeline.text.characters import one_line
from pipeline.text.html import to_text
from pipeline.text.urls import canonicalise
from pipeline.types import Item, Payload

# Where we mean to differ, and why.
CHARSET = "its charset has to be found by statistics, for which feedparser needs a library that we do not install"
TWICE = "an entry that stands there twice is one entry"
DIFFERENT = {
    "illformed__chardet__eucjp.xml": CHARSET,
    "illformed__chardet__euckr.xml": CHARSET,
    "illformed__chardet__gb2312.xml": CHARSET,
    "illformed__chardet__shiftjis.xml": CHARSET,
    "json__example.json": "feedparser does not read JSON Feed",
    "wellformed__lang__entry_content_xml_lang_blank_3.xml": TWICE,
    "wellformed__node_precedence__atom10_arbitrary_element.xml": TWICE,
    "wellformed__node_precedence__atom10_id.xml": TWICE,
}
OPTIONS = Options.model_validate({"url": "https://feeds.example/feed"})
FAR = datetime(2100, 1, 1, tzinfo=UTC)  # so that no date is in the future


@dataclass(frozen=True)
class Case:
    """A file, with the headers that a server is to send with it."""

    name: str
    body: bytes
    headers: Mapping[str, str]

    @property
    def payload(self) -> Payload:
        return Payload(
            source_id="corpus",
            url=self.headers.get("content-location", ""),
            fetched_at=FAR,
            media_type=self.headers.get("content-type", ""),
            body=self.body,
        )


@pytest.fixture(scope="module")
def cases(shared_data: Path) -> list[Case]:
    lines = (shared_data / "feeds" / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    found = []
    for row in rows:
        headers = {n.lower(): v.strip() for n, _, v in (h.partition(":") for h in row["headers"])}
        found.append(Case(row["file"], (shared_data / "feeds" / "files" / row["file"]).read_bytes(), headers))
    assert len(found) == 1_253
    return found


@pytest.mark.filterwarnings("ignore::DeprecationWarning:feedparser")
def test_the_items_are_feedparser_s(cases: list[Case]) -> None:
    different = {}
    for case in cases:
        theirs = feedparser.parse(io.BytesIO(case.body), response_headers=case.headers or None, sanitize_html=False)
        started = time.process_time()
        try:
            ours = list(parse(case.payload, OPTIONS).items)
        except SourceError:
            ours = []
        assert time.process_time() - started < 5, case.name
        if why := next(differences(ours, theirs.entries), ""):
            different[case.name] = why
    assert set(different) == set(DIFFERENT), different


def differences(ours: list[Item], theirs: list[Any]) -> Iterator[str]:
    if len(ours) != len(theirs):
        yield f"{len(ours)} items, not {len(theirs)}"
        return
    for item, entry in zip(ours, theirs, strict=True):
        if (title := plain(entry)) and item.title != title:
            yield f"title {item.title!r}, not {title!r}"
        link = str(entry.get("link", ""))
        if link.startswith("http") and item.url != canonicalise(link):
            yield f"link {item.url!r}, not {link!r}"
        if (item.published_at and item.published_at.replace(microsecond=0)) != moment(entry):
            yield f"published at {item.published_at}, not {moment(entry)}"


def plain(entry: Any) -> str:
    detail = entry.get("title_detail") or {}
    value = detail.get("value", "")
    return one_line(value if detail.get("type") == "text/plain" else to_text(value), 300)


def moment(entry: Any) -> datetime | None:
    names = ("published_parsed", "updated_parsed", "created_parsed")
    parsed = next((entry[n] for n in names if entry.get(n)), None)
    return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None


def test_the_filter_answers_each_with_a_line(cases: list[Case], tmp_path: Path) -> None:
    rows = [
        {
            "id": case.name,
            "media_type": case.payload.media_type,
            "url": case.payload.url,
            "body_base64": base64.b64encode(case.body).decode(),
        }
        for case in cases
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "apply", "parse", "--type", "rss"],
        input="\n".join(map(json.dumps, rows)).encode() + b"\n",
        capture_output=True,
        timeout=300,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [a["id"] for a in answers] == [case.name for case in cases]
    assert done.returncode == 5  # some are no feeds, and say so
    assert done.stderr == b""
    refused = [a["error"] for a in answers if "error" in a]
    assert not any("Error" in error.partition(" ")[0] for error in refused), "a bug of ours has the name of a class"
    assert sum(len(a.get("items", ())) for a in answers) > 700
