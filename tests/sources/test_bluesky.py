import json
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from pipeline.errors import SourceError
from pipeline.sources import FetchState
from pipeline.sources.bluesky import Options, fetch, parse
from pipeline.types import Item, Payload, Response

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def options(**more: object) -> Options:
    return Options.model_validate({"actor": "ada.example", **more})


def payload(body: object) -> Payload:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Payload(source_id="ada", url="https://x.example/", fetched_at=NOW, media_type="application/json", body=raw)


def post(text: str, *, likes: int = 0, links: Mapping[str, str] | None = None, **record: object) -> dict[str, object]:
    """A post in which each of the words ``links`` is a link."""
    raw = text.encode()
    facets = [
        {
            "index": {"byteStart": raw.index(w.encode()), "byteEnd": raw.index(w.encode()) + len(w.encode())},
            "features": [{"uri": u}],
        }
        for w, u in (links or {}).items()
    ]
    record = {"text": text, "createdAt": "2026-11-20T10:00:00Z", "facets": facets, **record}
    author = {"did": "did:plc:abc", "handle": "ada.example"}
    return {
        "post": {
            "uri": f"at://did:plc:abc/app.bsky.feed.post/{len(text)}",
            "author": author,
            "record": record,
            "likeCount": likes,
        }
    }


def parsed(*posts: dict[str, object], **more: object) -> list[Item]:
    return list(parse(payload({"feed": posts}), options(**more)).items)


@pytest.mark.parametrize(
    ("text", "links", "body"),
    [
        (
            "🦉 see lab.example/a/b... now",
            {"lab.example/a/b...": "https://lab.example/a/bcd"},
            "🦉 see https://lab.example/a/bcd now",
        ),
        ("see lab.example/a…", {"lab.example/a…": "https://www.lab.example/abc"}, "see https://www.lab.example/abc"),
        ("the 论文 is out", {"论文": "https://arxiv.org/abs/1"}, "the 论文 (https://arxiv.org/abs/1) is out"),
        ("click here", {"here": "javascript:alert(1)"}, "click here"),
        (
            "one two",
            {"one": "https://a.example/1", "two": "https://a.example/2"},
            "one (https://a.example/1) two (https://a.example/2)",
        ),
    ],
)
def test_links_are_printed_in_full(text: str, links: dict[str, str], body: str) -> None:
    assert parsed(post(text, links=links))[0].body == body


@pytest.mark.parametrize("span", [(-1, 3), (3, 1), (0, 999), (2, 2)])
def test_a_span_that_lies_is_left_alone(span: tuple[int, int]) -> None:
    facet = {"index": {"byteStart": span[0], "byteEnd": span[1]}, "features": [{"uri": "https://a.example/"}]}
    assert parsed(post("four", facets=[facet]))[0].body == "four"


def test_few_likes_are_skipped() -> None:
    posts = [post("liked", likes=10), post("unliked!", likes=9)]
    assert [i.title for i in parsed(*posts, min_likes=10)] == ["liked"]
    assert [i.points for i in parsed(*posts)] == [10, 9]


def test_the_title_is_the_first_line_of_the_post() -> None:
    assert parsed(post("\nA new model.\nIt is small."))[0].title == "A new model."


@pytest.mark.parametrize("body", [b"", b"<html>", [], {"error": "NotFound"}, {"feed": [{"post": 7}]}])
def test_another_answer_is_named(body: object) -> None:
    with pytest.raises(SourceError) as caught:
        parse(payload(body), options())
    assert (caught.value.kind, caught.value.subject) == ("bad_answer", "ada")


@pytest.mark.parametrize("actor", ["", "@ada.example", "ada", "ada.example/../x", "did:plc:", "a b.example"])
def test_what_is_no_actor(actor: str) -> None:
    with pytest.raises(ValidationError):
        options(actor=actor)


def test_fetch_asks_for_the_posts_of_the_actor() -> None:
    asked: list[str] = []

    class Once:
        def get(
            self,
            url: str,
            *,
            headers: Mapping[str, str] | None = None,
            max_bytes: int | None = None,
            allow_private: bool = False,
            form: Mapping[str, str] | None = None,
        ) -> Response:
            asked.append(url)
            return Response(url=url, status=200, headers={}, body=b'{"feed": []}')

    did = "did:plc:z72i7hdynmk6r22z27h6tvur"
    fetched = fetch(
        options(actor=did, limit=7, base_url="http://127.0.0.1:1/"), FetchState(source_id="ada"), Once(), NOW
    )
    assert fetched.payloads[0].body == b'{"feed": []}'
    parts = urlsplit(asked[0])
    assert (parts.netloc, parts.path) == ("127.0.0.1:1", "/xrpc/app.bsky.feed.getAuthorFeed")
    assert parse_qs(parts.query) == {"actor": [did], "limit": ["7"], "filter": ["posts_no_replies"]}
