"""Fourteen real days, served one after the other: nothing new is lost, and nothing is fetched twice without need."""

import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import feedparser
import pytest
import sqlalchemy as sa

from pipeline.store.tables import items, memberships, skips
from pipeline.text.urls import url_key
from tests.e2e.world import World, configuration, serving

Rows = list[dict[str, str]]


@dataclass
class Site:
    """One day of the web: its feeds, its papers, its front page. Feeds change when their bytes do."""

    data: Path
    day: str = ""
    asks: Counter[str] = field(default_factory=Counter)  # path -> requests
    whole: defaultdict[str, Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter)
    )  # path -> etag -> bodies

    def feeds(self) -> dict[str, bytes]:
        return {p.name: p.read_bytes() for p in sorted((self.data / self.day / "feeds").glob("*.xml"))}

    def rows(self, name: str, day: str = "") -> Rows:
        path = self.data / (day or self.day) / f"{name}.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    def answer(self, path: str, query: dict[str, list[str]]) -> bytes | None:
        if path.endswith(".xml"):
            return self.feeds().get(path.strip("/"))
        if path == "/api/daily_papers":
            day = query["date"][0]
            return json.dumps([_paper(row) for row in self.rows("hf_papers", day)] if day <= self.day else []).encode()
        if path == "/api/v1/search_by_date":
            hits = [_hit(row) for row in self.rows("hn")]
            return json.dumps({"hits": hits, "nbHits": len(hits), "nbPages": 1, "page": 0}).encode()
        return None


def _paper(row: dict[str, str]) -> dict[str, object]:
    identifier = row["id"].partition(":")[2]
    day = f"{row['day']}T00:00:00.000Z"
    paper = {"id": identifier, "title": row["title"], "summary": row["text"], "upvotes": 9, "submittedOnDailyAt": day}
    return {"paper": paper, "title": row["title"], "publishedAt": day, "numComments": 1}


def _hit(row: dict[str, str]) -> dict[str, object]:
    at = datetime.fromisoformat(row["published"])
    return {
        "objectID": row["id"].partition(":")[2],
        "title": row["title"],
        "url": row["url"],
        "author": row["author"],
        "points": int(row["score"]),
        "num_comments": int(row["comments"]),
        "created_at": row["published"],
        "created_at_i": int(at.timestamp()),
        "_tags": ["story"],
    }


@pytest.fixture
def site(shared_data: Path) -> Site:
    return Site(shared_data / "replay")


@pytest.fixture
def base(site: Site) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            site.asks[parts.path] += 1
            body = site.answer(parts.path, parse_qs(parts.query))
            etag = f'"{sha256(body or b"").hexdigest()[:16]}"'
            known = self.headers.get("If-None-Match") == etag
            status = 404 if body is None else 304 if known else 200
            if status == 200:
                site.whole[parts.path][etag] += 1
            self.send_response(status)
            self.send_header("ETag", etag)
            self.send_header("Content-Length", str(len(body or b"") if status == 200 else 0))
            self.end_headers()
            if status == 200:
                self.wfile.write(body or b"")

        def log_message(self, *args: object) -> None:
            pass

    with serving(Handler) as url:
        yield url


def links_of(feed: bytes) -> set[str]:
    """The links of a feed, by feedparser itself."""
    found = feedparser.parse(io.BytesIO(feed), sanitize_html=False, resolve_relative_uris=False)
    return {url_key(str(e.link)) for e in found.entries if e.get("link")}


def test_every_new_entry_of_two_weeks_ends_in_a_story_or_in_a_counted_reason(
    site: Site, base: str, tmp_path: Path
) -> None:
    days = sorted(p.name for p in site.data.iterdir() if p.is_dir())
    assert len(days) == 14
    names = sorted({p.name for day in days for p in (site.data / day / "feeds").glob("*.xml")})
    own = {"base_url": base, "allow_private": True}
    more = [
        {"id": "papers", "type": "huggingface", "what": "papers", **own},
        {"id": "hn", "type": "hackernews", **own, "base_url": f"{base}/api/v1", "fallback_url": base},
    ]
    config = configuration(base, names, 1)
    sources = config["sources"]
    assert isinstance(sources, list)
    for source in sources:
        source["max_items"] = 5_000
    config |= {"sources": [*sources, *more], "extract": {"enabled": False}, "fetch": {"interval_hours": 20}}
    world = World(folder=tmp_path, config=config)
    wanted: set[str] = set()
    for day in days:
        site.day = day
        world.now = datetime.fromisoformat(f"{day}T06:00:00+00:00").astimezone(UTC)
        for feed in site.feeds().values():
            wanted |= links_of(feed)
        wanted |= {url_key(row["arxiv"]) for row in site.rows("hf_papers")} | {
            url_key(row["url"]) for row in site.rows("hn")
        }
        for _ in range(3):  # the second and third find nothing to do
            report = world.run(until="dedupe")
            assert {p.kind for p in report.problems} <= {"http_404"}, (
                "a feed that the snapshot of that day does not have"
            )
            world.pass_(hours=1)
    _nothing_is_lost(world, wanted)
    _nothing_is_fetched_twice(site, names, len(days))


def _nothing_is_lost(world: World, wanted: set[str]) -> None:
    with world.context() as ctx, ctx.store.read() as db:
        found = {row.id: url_key(row.url) for row in db.execute(sa.select(items.c.id, items.c.url))}
        in_story = set(db.scalars(sa.select(memberships.c.item_id)))
        reasons = {row.subject: row.reason for row in db.execute(sa.select(skips.c.subject, skips.c.reason))}
    assert len(found) > 1_000
    assert in_story | (found.keys() & reasons.keys()) == found.keys()
    assert not in_story & reasons.keys()
    assert reasons.keys() <= found.keys(), "no entry was passed over"
    assert wanted - set(found.values()) == set()


def _nothing_is_fetched_twice(site: Site, names: list[str], days: int) -> None:
    """One request a day and feed, however often cron knocks; the same bytes never came twice in a row."""
    for name in names:
        assert site.asks[f"/{name}"] <= days
        assert max(site.whole[f"/{name}"].values(), default=0) <= 2, "a feed may go back to what it was"
    changed = sum(len(etags) for path, etags in site.whole.items() if path.endswith(".xml"))
    given = sum(sum(etags.values()) for path, etags in site.whole.items() if path.endswith(".xml"))
    assert given - changed <= 2
