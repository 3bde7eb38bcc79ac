"""A stand-in for X's API v2 that is as strict as the real one, and counts what it would bill."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from werkzeug import Request
from werkzeug import Response as Answer

from pipeline.seams import Response

USER_PARAMETERS = {"max_results", "pagination_token", "tweet.fields", "expansions", "exclude", "since_id", "until_id"}
LIST_PARAMETERS = {"max_results", "pagination_token", "tweet.fields", "expansions"}
Reply = tuple[int, dict[str, str], bytes]


@dataclass
class XServer:
    """``posts`` by author id, ``lists`` of author ids, ``handles`` by id; prices in millionths of a US dollar."""

    handles: dict[str, str] = field(default_factory=dict)
    posts: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    silent: dict[str, Reply] = field(default_factory=dict)  # by path: what is answered instead
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    given: list[str] = field(default_factory=list)  # ids of posts, in the order in which they were billed
    billed_usd_micros: int = 0
    tokens: dict[str, tuple[str, int]] = field(default_factory=dict)
    token: str = "s3cret"
    next_id: int = 1_990_000_000_000_000_000

    def write(self, author: str, count: int = 1, **more: object) -> list[str]:
        """So many new posts of an author; gives their ids, the oldest first."""
        ids = []
        for _ in range(count):
            self.next_id += 7
            ids.append(str(self.next_id))
            post = {"id": ids[-1], "author_id": author, "text": f"Post {ids[-1]} of {author}", **more}
            self.posts.setdefault(author, []).append(post)
        return ids

    def reply(self, url: str, headers: Mapping[str, str]) -> Reply:
        """What X answers."""
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.asked.append((parts.path, query))
        if parts.path in self.silent:
            return self.silent[parts.path]
        if headers.get("authorization") != f"Bearer {self.token}":
            return 401, {}, b'{"title": "Unauthorized"}'
        if parts.path in ("/2/users/by", "/2/users"):
            return self._accounts(query)
        _, _, kind, who, _ = parts.path.split("/")
        if not set(query) <= (USER_PARAMETERS if kind == "users" else LIST_PARAMETERS):
            return 400, {}, json.dumps({"title": "Invalid Request", "errors": sorted(query)}).encode()
        return self._timeline(parts.path, kind, who, query)

    def _accounts(self, query: Mapping[str, str]) -> Reply:
        by_handle = {handle.lower(): i for i, handle in self.handles.items()}
        wanted = query.get("usernames", query.get("ids", "")).split(",")
        ids = [by_handle.get(w, w) for w in wanted]
        found = [{"id": i, "name": self.handles[i], "username": self.handles[i]} for i in ids if i in self.handles]
        self.billed_usd_micros += 10_000 * len(found)
        answer = {"data": found} if found else {"errors": [{"title": "Not Found Error"}]}
        return 200, {}, json.dumps(answer).encode()

    def _timeline(self, path: str, kind: str, who: str, query: Mapping[str, str]) -> Reply:
        size = int(query.get("max_results", "10"))
        if not (5 if kind == "users" else 1) <= size <= 100:
            return 400, {}, b'{"title": "Invalid Request", "detail": "max_results"}'
        authors = [who] if kind == "users" else self.lists[who]
        every = sorted((p for a in authors for p in self.posts.get(a, [])), key=lambda p: -int(str(p["id"])))
        start = 0
        if token := query.get("pagination_token"):
            if self.tokens.get(token, ("", 0))[0] != path:
                return 400, {}, b'{"title": "Invalid Request", "detail": "pagination_token"}'
            start = self.tokens[token][1]
        older_than, newer_than = int(query.get("until_id", 10**19)), int(query.get("since_id", 0))
        excluded = {"retweets": "retweeted", "replies": "replied_to"}
        kinds = {excluded[name] for name in query.get("exclude", "").split(",") if name}
        every = [p for p in every if newer_than < int(str(p["id"])) < older_than and not kinds & _kinds(p)]
        # A token stands for a place in the timeline, not for a number of posts: what is new does not move it.
        rest = [p for p in every if not start or int(str(p["id"])) < start]
        page, more = rest[:size], rest[size:]
        self.given += [str(p["id"]) for p in page]
        self.billed_usd_micros += 5_000 * len(page)
        meta: dict[str, object] = {"result_count": len(page)}
        if more:
            meta["next_token"] = f"t{len(self.tokens)}"
            self.tokens[str(meta["next_token"])] = (path, int(str(page[-1]["id"])))
        answer = {"meta": meta, **({"data": page} if page else {})}
        if "expansions" in query and page:
            users = [i for i in dict.fromkeys(str(p["author_id"]) for p in page) if i in self.handles]
            answer["includes"] = {"users": [{"id": i, "name": "N", "username": self.handles[i]} for i in users]}
            self.billed_usd_micros += 10_000 * len(users)
        return 200, {}, json.dumps(answer).encode()

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
        allow_private: bool = False,
        form: Mapping[str, str] | None = None,
    ) -> Response:
        """As ``types.Http``, without a socket."""
        status, found, body = self.reply(url, headers or {})
        return Response(url=url, status=status, headers={"content-type": "application/json", **found}, body=body)

    def serve(self, request: Request) -> Answer:
        """As a handler of pytest-httpserver."""
        status, found, body = self.reply(request.url, {k.lower(): v for k, v in request.headers.items()})
        return Answer(body, status=status, headers=found, content_type="application/json")


def _kinds(post: Mapping[str, object]) -> set[str]:
    references = post.get("referenced_tweets", [])
    return {str(r["type"]) for r in references} if isinstance(references, list) else set()
