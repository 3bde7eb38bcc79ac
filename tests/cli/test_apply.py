"""digest apply: the filters of DESIGN section 6; a line for a line, in order, whatever the line holds."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.embeddings.local import connect
from pipeline.errors import ConfigError
from tests.cli.conftest import Ask, Typed

DATA = Path(__file__).parents[1] / "data" / "sources"
Row = dict[str, Any]


def fed(ask: Ask, *args: str, rows: list[Row | bytes]) -> tuple[list[Row], int]:
    """What a filter answers to these lines, and its exit code."""
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    result = ask("apply", *args, text=b"\n".join(lines) + b"\n")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return [json.loads(line) for line in result.stdout.splitlines()], result.exit_code


def test_canonicalise(ask: Ask) -> None:
    rows: list[Row | bytes] = [{"id": "a", "url": "HTTPS://X.example/p?utm_source=y&b=1#z"}, {"id": 2, "url": "no"}]
    assert fed(ask, "canonicalise", rows=rows) == (
        [{"id": "a", "url": "https://x.example/p?b=1"}, {"id": 2, "url": ""}],
        0,
    )


SAMPLES = [
    ("rss", "rss/rss2.xml", "application/rss+xml"),
    ("rss", "rss/atom.xml", "application/atom+xml"),
    ("rss", "rss/jsonfeed.json", "application/feed+json"),
    ("podcast", "podcast/transcripts.xml", "application/rss+xml"),
    ("youtube", "youtube/channel.xml", "text/xml"),
    ("github", "github/releases.xml", "application/atom+xml"),
    ("mail", "mail/digest.eml", "message/rfc822"),
    ("mail", "mail/broken-charset.eml", "message/rfc822"),
    ("bluesky", "bluesky/author.json", "application/json"),
    ("x", "x/timeline.json", "application/json"),
    ("mastodon", "mastodon/statuses.json", "application/json"),
    ("mastodon", "mastodon/feed.xml", "application/rss+xml"),
]


@pytest.mark.parametrize(("kind", "file", "media_type"), SAMPLES, ids=[s[1] for s in SAMPLES])
def test_parse_gives_the_items_of_real_bytes(ask: Ask, kind: str, file: str, media_type: str) -> None:
    body = base64.b64encode((DATA / file).read_bytes()).decode()
    row: Row = {"id": 7, "media_type": media_type, "url": "https://x.example/feed", "body_base64": body}
    (answer,), code = fed(ask, "parse", "--type", kind, rows=[row])
    assert (code, list(answer)[:2], answer["id"]) == (0, ["id", "items"], 7)
    assert answer.keys() <= {"id", "items", "dropped"}
    assert answer["items"]
    for item in answer["items"]:
        assert item["title"]
        assert set(item) >= {"id", "guid", "url", "title", "body", "kind", "language", "published_at"}


def test_parse_names_what_it_passes_over(ask: Ask) -> None:
    body = base64.b64encode((DATA / "rss/rss2.xml").read_bytes()).decode()
    (answer,), _ = fed(ask, "parse", "--type", "rss", "--option", "max_items=1", rows=[{"id": 1, "body_base64": body}])
    assert {d["reason"] for d in answer["dropped"]} == {"over_the_limit"}
    assert all(d["guid"] for d in answer["dropped"])


def test_parse_takes_options_as_config_yaml_does(ask: Ask) -> None:
    body = base64.b64encode((DATA / "rss/rss2.xml").read_bytes()).decode()
    (answer,), _ = fed(ask, "parse", "--type", "rss", "--option", "max_items=1", rows=[{"id": 1, "body_base64": body}])
    assert len(answer["items"]) == 1


@pytest.mark.parametrize("option", ["nosuch=1", "max_items=[1", "max_items=many", "keep"])
def test_a_mistaken_option_is_wrong_use(ask: Ask, option: str) -> None:
    result = ask("apply", "parse", "--type", "rss", "--option", option, text="")
    assert result.exit_code == 2
    assert "--option" in result.stderr


def test_extract(ask: Ask) -> None:
    text = "A b c. " * 40
    page = f"<html><title>T</title><body><article><h1>Heron 2</h1><p>{text}</p></article></body></html>"
    (answer,), code = fed(ask, "extract", rows=[{"id": 1, "url": "https://x.example", "html": page}])
    assert (code, list(answer)) == (0, ["id", "title", "text", "published_at"])
    assert "A b c." in answer["text"]


def test_dedupe(ask: Ask) -> None:
    url = "https://x.example/heron"
    rows: list[Row | bytes] = [
        {"id": "a", "source": "s", "url": url, "title": "Heron 2 is out", "body": "", "published_at": "2026-11-22"},
        {"id": "b", "source": "t", "url": url + "?utm_source=t", "title": "New weights", "published_at": "2026-11-22"},
        {"id": "c", "source": "t", "url": "https://y.example", "title": "Rain in Tallinn", "body": "It rained."},
    ]
    answers, code = fed(ask, "dedupe", rows=rows)
    assert code == 0
    assert [list(a) for a in answers] == [["id", "story_id", "method", "score"]] * 3
    assert [(a["id"], a["story_id"], a["method"]) for a in answers] == [
        ("a", "a", "first"),
        ("b", "a", "same_url"),
        ("c", "c", "first"),
    ]


def test_dedupe_by_meaning_needs_its_model(ask: Ask, tmp_path: Path) -> None:
    result = ask("apply", "dedupe", "--embeddings", "local", "--embeddings-path", str(tmp_path), text=b'{"id": "a"}')
    assert isinstance(result.exception, ConfigError)


def test_dedupe_by_meaning(ask: Ask) -> None:
    try:
        connect("")
    except ConfigError as e:
        pytest.skip(f"needs the local model: {e}")
    rows: list[Row | bytes] = [
        {"id": "a", "source": "s", "title": "EU delays high-risk rules of the AI Act by a year"},
        {"id": "b", "source": "t", "title": "AI Act: Brussels postpones high-risk obligations"},
    ]
    by_words, _ = fed(ask, "dedupe", rows=rows)
    by_meaning, _ = fed(ask, "dedupe", "--embeddings", "local", rows=rows)
    assert [[a["story_id"] for a in answers] for answers in (by_words, by_meaning)] == [["a", "b"], ["a", "a"]]


@pytest.mark.parametrize(("parameters", "verdict"), [("64B", "supported"), ("99B", "refuted|not_enough_info")])
def test_verify(ask: Ask, parameters: str, verdict: str) -> None:
    text = "The new model Heron 2 has 64B parameters."
    row: Row = {"id": "x", "summary": f"Heron 2 has {parameters} parameters.", "sources": [{"id": 1, "text": text}]}
    (answer,), code = fed(ask, "verify", rows=[row])
    assert (code, list(answer)) == (0, ["id", "verdict", "score", "spans"])
    assert answer["verdict"] in verdict.split("|")
    assert 0 <= answer["score"] <= 1
    wrong = [s for s in answer["spans"] if s["verdict"] != "supported"]
    assert all(set(s) == {"start", "end", "method", "verdict", "note"} for s in answer["spans"])
    assert [row["summary"][s["start"] : s["end"]][:3] for s in wrong] == (["99B"] if parameters == "99B" else [])


def test_summarise_cites_the_words_of_its_items(ask: Ask) -> None:
    body = "Heron 2 has 64B parameters and reads 256k tokens of context. It is out today under the Apache 2.0 licence."
    row: Row = {"id": "s", "items": [{"id": "i", "title": "Heron 2 is out", "body": body, "url": "https://x.example"}]}
    (answer,), code = fed(ask, "summarise", rows=[row])
    assert (code, list(answer)) == (0, ["id", "headline", "claims"])
    assert answer["headline"] == "Heron 2 is out"
    for claim in answer["claims"]:
        for citation in claim["citations"]:
            assert body[citation["start"] : citation["end"]] == citation["quote"]
    assert any(claim["citations"] for claim in answer["claims"])


GOOD: dict[str, Row] = {
    "canonicalise": {"url": "https://x.example"},
    "parse": {"body_base64": base64.b64encode((DATA / "rss/rss2.xml").read_bytes()).decode()},
    "extract": {"html": "<article><h1>T</h1><p>" + "Some words here. " * 30 + "</p></article>"},
    "dedupe": {"title": "Heron 2 is out", "body": "With open weights."},
    "verify": {"summary": "It has 64B.", "sources": [{"id": "a", "text": "It has 64B."}]},
    "summarise": {"items": [{"id": "i", "title": "Heron 2", "body": "Heron 2 is out with open weights today."}]},
}
BAD: list[bytes] = [
    b"not json",
    b"[1]",
    b"7",
    b"null",
    b'{"id": "half", "url": ',
    b"\xff\xfe\x00",
    b"[" * 5000,
    b'{"url": null, "html": null, "items": null, "summary": null, "body_base64": null}',
    b'{"url": 7, "html": [], "items": {}, "summary": {}, "sources": 1, "body_base64": "!"}',
    b'{"items": [1], "sources": [1], "html": "", "body_base64": "AAAA", "url": {}}',
]


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_bad_line_is_answered_in_its_place_and_the_exit_code_is_5(ask: Ask, name: str) -> None:
    rows: list[Row | bytes] = [{"id": "first", **GOOD[name]}, *BAD, {"id": "last", **GOOD[name]}]
    args = (name, "--type", "rss") if name == "parse" else (name,)
    answers, code = fed(ask, *args, rows=rows)
    assert code == 5
    assert len(answers) == len(rows)
    assert [answers[0]["id"], answers[-1]["id"]] == ["first", "last"]
    assert not {"error"} & (set(answers[0]) | set(answers[-1]))
    for answer in answers[1:-1]:
        assert list(answer) == ["id", "error"]
        assert answer["error"]
        assert "\n" not in answer["error"]


def test_half_a_surrogate_pair_comes_back_as_it_came(ask: Ask) -> None:
    (answer,), code = fed(ask, "canonicalise", rows=[b'{"id": "\\ud800 \\u674e", "url": "https://x.example"}'])
    assert (code, answer["id"]) == (0, "\ud800 李")


def test_empty_lines_are_no_lines_and_text_stays_readable(typed: Typed) -> None:
    done = typed("apply", "canonicalise", stdin='\n{"id":"李","url":"https://x.example"}\n\n'.encode())
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == '{"id": "李", "url": "https://x.example/"}\n'.encode()


def test_a_filter_needs_no_configuration_and_says_nothing_else(typed: Typed, tmp_path: Path) -> None:
    done = typed("apply", "verify", stdin=b"no\n")
    assert (done.returncode, done.stderr) == (5, b"")
    assert list(json.loads(done.stdout)) == ["id", "error"]
    assert list(tmp_path.iterdir()) == []


FEEDS = ("rss", "feeds/files", "*", "application/xml", 1253)
MAILS = ("mail", "newsletters/mail", "*.eml", "message/rfc822", 13)


@pytest.mark.parametrize(("kind", "folder", "glob", "media_type", "least"), [FEEDS, MAILS], ids=["rss", "mail"])
def test_every_real_file_is_answered(
    ask: Ask, shared_data: Path, kind: str, folder: str, glob: str, media_type: str, least: int
) -> None:
    files = sorted(p for p in (shared_data / folder).glob(glob) if p.is_file())
    rows: list[Row | bytes] = [
        {"id": p.name, "media_type": media_type, "body_base64": base64.b64encode(p.read_bytes()).decode()}
        for p in files
    ]
    answers, _ = fed(ask, "parse", "--type", kind, rows=rows)
    assert [a["id"] for a in answers] == [p.name for p in files]
    assert len(files) >= least
    told = {a["error"].split(":")[0] for a in answers if "error" in a}
    assert told <= {kind}, "only what a parser says itself, no stray exception"
