"""A private feed, whose address is a secret: it leaves this machine in the request, and nothing of it comes back."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Request
from werkzeug import Response as Answer

from pipeline import config
from pipeline.context import options_of
from pipeline.errors import ConfigError, DigestError
from pipeline.net.http import HttpClient
from pipeline.sources import Fetched, FetchState
from pipeline.sources.rss import Options, fetch, parse
from tests.sources.test_contract import NOW

SECRET = "4f3e-Zx/9+q=&é=="  # what must be quoted in an address, and what need not
PLAIN = "b7d1c0ffee0123456789abcdef"


@pytest.fixture
def http() -> Iterator[HttpClient]:
    with HttpClient(timeout_s=5, total_timeout_s=10, max_bytes=1_000_000, contact="") as client:
        yield client


def options(url: str, secret: str, **more: object) -> Options:
    given = {"url": url, "allow_private": True, **more}
    return Options.model_validate(given, context={"environ": {"FEED_TOKEN": secret}})


def everything(fetched: Fetched) -> str:
    """All that would be kept."""
    payload = fetched.payloads[0]
    kept = [payload.url, payload.media_type, payload.body.decode(), fetched.moved_to, dict(fetched.validators)]
    return json.dumps([*kept, dict(fetched.headers), fetched.cursor])


def echo(request: Request) -> Answer:
    """A feed in which the whole address stands everywhere."""
    url = request.url.replace("&", "&amp;")
    body = f"<rss version='2.0'><channel><title>{url}</title><item><title>{url}</title></item></channel></rss>"
    headers = {"etag": f'"{request.url}"', "last-modified": request.url, "content-type": f"text/xml; url={request.url}"}
    return Answer(body, headers=headers)


@pytest.mark.parametrize("secret", [SECRET, PLAIN])
def test_an_address_that_comes_back_comes_without_its_secret(
    http: HttpClient, httpserver: HTTPServer, secret: str
) -> None:
    moved = httpserver.url_for("/new")
    httpserver.expect_request("/old").respond_with_handler(
        lambda request: Answer(status=301, headers={"location": f"{moved}?{request.query_string.decode()}"})
    )
    httpserver.expect_request("/new").respond_with_handler(echo)
    how = options(httpserver.url_for("/old") + "?user=ann&feed={token}", secret)
    fetched = fetch(how, FetchState(source_id="private"), http, NOW)
    assert [r.args["feed"] for r, _ in httpserver.log] == [secret, secret]
    assert fetched.moved_to == f"{moved}?user=ann&feed={{token}}"
    assert "{token}" in fetched.payloads[0].url
    kept = unquote(everything(fetched)) + everything(fetched) + repr(parse(fetched.payloads[0], how))
    assert secret not in kept
    assert secret not in repr(how)
    assert secret not in how.model_dump_json()


def test_a_validator_that_holds_the_secret_is_not_kept(http: HttpClient, httpserver: HTTPServer) -> None:
    headers = {"etag": f'"{PLAIN}"', "last-modified": "Fri, 20 Nov 2026 10:00:00 GMT"}
    httpserver.expect_request("/feed").respond_with_data("<rss/>", headers=headers)
    how = options(httpserver.url_for("/feed") + "?feed={token}", PLAIN)
    first = fetch(how, FetchState(source_id="private"), http, NOW)
    fetch(how, FetchState(source_id="private", validators=first.validators), http, NOW)
    sent = httpserver.log[1][0].headers
    assert "if-none-match" not in sent
    assert sent["if-modified-since"] == headers["last-modified"]
    assert PLAIN not in everything(first)


@pytest.mark.parametrize(
    ("status", "location"), [(404, ""), (429, ""), (302, "ftp://host.example/?feed={}"), (302, "/feed?feed={}")]
)
def test_no_error_tells_the_secret(http: HttpClient, httpserver: HTTPServer, status: int, location: str) -> None:
    headers = {"location": location.format(PLAIN)} if location else {}
    httpserver.expect_request("/feed").respond_with_data("no", status=status, headers=headers)
    with pytest.raises(DigestError) as caught:
        fetch(options(httpserver.url_for("/feed") + "?feed={token}", PLAIN), FetchState(source_id="x"), http, NOW)
    error = caught.value
    assert PLAIN not in f"{error} {error.subject} {error.remedy} {error.__cause__!r}"
    assert "{token}" in str(error)


# --- config.yaml ------------------------------------------------------------------------------------------------------

REDDIT = "https://www.reddit.com/r/LocalLLaMA/.rss"


@pytest.mark.parametrize(
    "url",
    [
        f"{REDDIT}?feed={PLAIN}&user=ann",
        "https://old.reddit.com/.rss?feed=short",
        f"https://feeds.example/private.rss?token={PLAIN}",
        f"https://feeds.example/private.rss?a=1&access_token={PLAIN}",
        f"https://feeds.example/private.rss?API_KEY={PLAIN}",
        f"https://feeds.example/private.rss?auth={PLAIN}",
        f"https://ann:{PLAIN}@feeds.example/feed",
        f"https://{PLAIN}@feeds.example/feed",
        f"feeds.example/private.rss?token={PLAIN}",
    ],
)
def test_a_secret_in_an_address_is_a_mistake_that_does_not_repeat_it(tmp_path: Path, url: str) -> None:
    said = complaint(tmp_path, f'{{id: private, type: rss, url: "{url}"}}')
    assert "sources[private]" in said
    assert "{token}" in said
    assert ".env" in said
    assert PLAIN not in said
    with pytest.raises(ValidationError) as caught:
        Options.model_validate({"url": url})
    assert PLAIN not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        f"{REDDIT}?t=day&limit=50",
        "https://www.lesswrong.com/feed.xml?view=frontpage-rss&karmaThreshold=30",
        "https://us1.campaign-archive.com/feed?u=0123456789abcdef01234567&id=89abcdef01",
        "https://feeds.example/search.rss?key=agents&token=llm",
        "https://feeds.example/51e92aad2728acdd1fda7314be32b16639353001.xml",
        "https://www.youtube.com/feeds/videos.xml?playlist_id=PLexampleexampleexample",
    ],
)
def test_an_address_without_a_secret_is_none(url: str) -> None:
    assert Options.model_validate({"url": url}).url == url


def test_a_place_without_a_secret_names_the_variable(tmp_path: Path) -> None:
    said = complaint(tmp_path, f'{{id: private, type: rss, url: "{REDDIT}?feed={{token}}", token_env: MY_REDDIT}}')
    assert "MY_REDDIT is set neither in .env nor in the environment" in said


def test_each_private_feed_may_have_a_variable_of_its_own(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"FIRST={PLAIN}\n", encoding="utf-8")
    (tmp_path / "second").write_text("of-a-file\n", encoding="utf-8")
    settings = load(
        tmp_path,
        f'{{id: one, type: rss, url: "{REDDIT}?feed={{token}}", token_env: FIRST}}',
        '{id: two, type: podcast, url: "https://pod.example/{token}/rss", token_file: second}',
        '{id: three, type: rss, url: "https://feeds.example/?key={token}"}',
        environ={"FEED_TOKEN": "of-the-environment"},
    )
    found = [s.options.token.get_secret_value() for s in settings.sources if isinstance(s.options, Options)]  # type: ignore[union-attr]
    assert found == [PLAIN, "of-a-file", "of-the-environment"]


def load(folder: Path, *sources: str, environ: dict[str, str] | None = None) -> config.Settings:
    path = folder / "config.yaml"
    lines = "\n".join(f"  - {source}" for source in sources)
    path.write_text(f"schedule: {{anchor: 2026-11-23}}\nsources:\n{lines}\n", encoding="utf-8")
    return config.load(path, options_of, environ or {})


def complaint(folder: Path, source: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(folder, source)
    return str(caught.value)
