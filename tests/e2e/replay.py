"""Fourteen real days of the web on the loopback: each day's feeds, papers, front page and posts as they stood."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.e2e.world import serving

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

    @property
    def days(self) -> list[str]:
        return sorted(p.name for p in self.data.iterdir() if p.is_dir())

    @property
    def names(self) -> list[str]:
        """The files of all feeds that ever stood there."""
        return sorted({p.name for day in self.days for p in (self.data / day / "feeds").glob("*.xml")})

    def answer(self, path: str, query: dict[str, list[str]]) -> bytes | None:
        if path.endswith(".xml"):
            return self.feeds().get(path.strip("/"))
        if path == "/api/daily_papers":
            day = query["date"][0]
            return json.dumps([_paper(row) for row in self.rows("hf_papers", day)] if day <= self.day else []).encode()
        if path == "/api/v1/search_by_date":
            hits = [_hit(row) for row in self.rows("hn")]
            return json.dumps({"hits": hits, "nbHits": len(hits), "nbPages": 1, "page": 0}).encode()
        return json.dumps(self.rows("reddit")).encode() if path == "/reddit.json" else None


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


def more_sources(base: str) -> list[dict[str, object]]:
    """Beside the feeds: papers of the day, a front page, posts."""
    own = {"base_url": base, "allow_private": True}
    fields = {"title": "title", "url": "url", "id": "id", "published_at": "published"}
    return [
        {"id": "papers", "type": "huggingface", "what": "papers", **own},
        {"id": "hn", "type": "hackernews", **own, "base_url": f"{base}/api/v1", "fallback_url": base},
        {"id": "reddit", "type": "json_list", "kind": "post", "url": f"{base}/reddit.json", "fields": fields,
         "allow_private": True},
    ]  # fmt: skip


@contextmanager
def shown(site: Site) -> Iterator[str]:
    """Serve what the site shows, whatever its day is then; gives the base URL."""

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
