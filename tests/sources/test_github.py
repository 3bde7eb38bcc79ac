from collections.abc import Sequence
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline.seams import Response
from pipeline.sources import Dropped, FetchState, Parsed
from pipeline.sources.github import Options, fetch, parse
from pipeline.types import Payload
from tests.sources.test_contract import DATA, NOW, payload
from tests.sources.test_rss import Recorder

RELEASES = payload(DATA / "github" / "releases.xml")
REPO = "lab-example/tern.cpp"


def options(**more: object) -> Options:
    return Options.model_validate({"repo": REPO, **more})


def feed(*releases: tuple[str, str, str]) -> Payload:
    """Of (tag, title, updated)."""
    entries = "".join(
        f"<entry><id>tag:github.com,2008:Repository/1/{tag}</id><title>{title}</title><updated>{at}</updated>"
        f'<link rel="alternate" type="text/html" href="https://github.com/{REPO}/releases/tag/{tag}"/></entry>'
        for tag, title, at in releases
    )
    body = f"<feed xmlns='http://www.w3.org/2005/Atom'><title>Release notes from tern.cpp</title>{entries}</feed>"
    return payload(Path("releases.xml"), body.encode())


def titled(tag: str, title: str) -> Sequence[str]:
    parsed = parse(feed((tag, title, "2026-11-20T00:00:00Z")), options(prereleases=True))
    return [i.title for i in parsed.items]


def test_prereleases_are_passed_over_and_named() -> None:
    parsed = parse(RELEASES, options())
    assert "v2.2.0-rc.1" not in [i.url.rpartition("/")[2] for i in parsed.items]
    assert parsed.dropped == [Dropped(guid="tag:github.com,2008:Repository/612354784/v2.2.0-rc.1", reason="prerelease")]
    assert parsed.entries == 7
    everything = parse(RELEASES, options(prereleases=True))
    assert (len(everything.items), everything.dropped) == (7, [])


@pytest.mark.parametrize(
    "tag",
    [
        "v0.157.0-alpha.1", "rust-v0.157.0-alpha.1", "1.103.0-rc.1", "3.4.0b1", "v1.0a2", "langgraph==1.2.12rc1",
        "v0.31.0-nightly.20260921.abc1234", "nightly", "canary-20260101", "v5.0.0.dev0", "2.0.0-preview.3", "v2-pre",
        "v1.0_beta", "v4.0.0-insider",
    ],
)  # fmt: skip
def test_a_tag_of_a_prerelease(tag: str) -> None:
    assert [d.reason for d in parse(feed((tag, "Big news", "2026-11-20T00:00:00Z")), options()).dropped] == [
        "prerelease"
    ]


@pytest.mark.parametrize(
    "tag",
    [
        "v0.30.0", "b11077", "2026-07-28", "langgraph-prebuilt==1.0.5", "v1.0.0-alpine", "v1.103.0-stable",
        "rust-v0.157.0", "v0.1.0-precision", "dev-tools-1.2", "release/1.2",
    ],
)  # fmt: skip
def test_a_tag_of_a_release(tag: str) -> None:
    assert len(parse(feed((tag, tag, "2026-11-20T00:00:00Z")), options()).items) == 1


@pytest.mark.parametrize(
    ("tag", "title", "printed"),
    [
        ("v0.30.0", "v0.30.0", "tern.cpp v0.30.0"),
        ("b11077", "b11077", "tern.cpp b11077"),
        ("v2", "Release v2", "tern.cpp Release v2"),
        ("v2", "Version 2.0.1", "tern.cpp Version 2.0.1"),
        ("2026-07-28", "2026-07-28", "tern.cpp 2026-07-28"),
        ("hotfix", "hotfix", "tern.cpp hotfix"),
        ("v2", "tern.cpp 2", "tern.cpp 2"),
        ("v2", "Tern.cpp v2.0", "Tern.cpp v2.0"),
        ("v2", "v2: Heron runs on phones", "v2: Heron runs on phones"),
        ("v2", "", "tern.cpp v2"),
    ],
)
def test_a_version_that_stands_alone_gets_its_repository(tag: str, title: str, printed: str) -> None:
    assert titled(tag, title) == [printed]


BUILDS = feed(
    ("b12", "b12", "2026-11-22T09:00:00Z"),
    ("b11", "b11", "2026-11-22T08:00:00Z"),
    ("b13-rc1", "b13-rc1", "2026-11-22T10:00:00Z"),
    ("b10", "b10", "2026-11-21T23:59:59Z"),
    ("b9", "b9", "2026-11-21T00:00:00Z"),
    ("b8", "b8", "some day"),
)


def test_the_builds_of_a_day_are_one_item() -> None:
    parsed = parse(BUILDS, options(one_per_day=True))
    assert [(i.title, i.guid) for i in parsed.items] == [
        ("tern.cpp b12", f"{REPO}@2026-11-22"),
        ("tern.cpp b10", f"{REPO}@2026-11-21"),
        ("tern.cpp b8", "tag:github.com,2008:Repository/1/b8"),
    ]
    assert [(d.guid.rpartition("/")[2], d.reason) for d in parsed.dropped] == [
        ("b13-rc1", "prerelease"),
        ("b11", "folded"),
        ("b9", "folded"),
    ]


def test_the_next_build_of_the_day_takes_the_place_of_the_last() -> None:
    later = feed(("b14", "b14", "2026-11-22T20:00:00Z"), ("b12", "b12", "2026-11-22T09:00:00Z"))
    before, after = (parse(p, options(one_per_day=True)).items[0] for p in (BUILDS, later))
    assert (before.id, before.title, after.title) == (after.id, "tern.cpp b12", "tern.cpp b14")


@pytest.mark.parametrize("repo", ["", "vllm", "https://github.com/a/b", "a/b/c", "a/../b", "a b/c"])
def test_a_repository_is_an_owner_and_a_name(repo: str) -> None:
    with pytest.raises(ValidationError):
        options(repo=repo)


def test_it_asks_for_the_feed_of_releases() -> None:
    http = Recorder(Response(url="x", status=200, headers={"etag": '"1"'}, body=RELEASES.body))
    fetched = fetch(options(), FetchState(source_id="tern"), http, NOW)
    assert http.asked["url"] == f"https://github.com/{REPO}/releases.atom"
    assert isinstance(parse(fetched.payloads[0], options()), Parsed)
    moved = FetchState(source_id="tern", url="https://github.com/new/tern/releases.atom")
    fetch(options(), moved, http, NOW)
    assert http.asked["url"] == moved.url
