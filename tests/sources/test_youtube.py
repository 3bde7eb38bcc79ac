import pytest
from pydantic import ValidationError

from pipeline.errors import SourceError
from pipeline.seams import Response
from pipeline.sources import Dropped, FetchState
from pipeline.sources.youtube import Options, fetch, parse
from tests.sources.test_contract import DATA, NOW, payload
from tests.sources.test_rss import Recorder

CHANNEL = "UCexampleexampleexamplee"
PLAYLIST = "PLexampleexampleexample"
VIDEOS = payload(DATA / "youtube" / "channel.xml")


def options(**more: object) -> Options:
    return Options.model_validate({"channel": CHANNEL, **more})


def test_without_shorts_they_are_passed_over_and_named() -> None:
    parsed = parse(VIDEOS, options(shorts=False))
    assert [i.title for i in parsed.items] == ["Tern 2, read line by line", "No words"]
    assert parsed.dropped == [Dropped(guid="yt:video:aBcDeFgHiJ2", reason="short")]


@pytest.mark.parametrize("title", ["Ablations", " ablations ", "ablation", ""])
def test_the_channel_is_the_one_that_was_meant(title: str) -> None:
    assert len(parse(VIDEOS, options(title=title)).items) == 3


def test_the_feed_of_a_wrong_id_is_the_healthy_feed_of_a_stranger() -> None:
    with pytest.raises(SourceError, match="is the channel of 'Ablations', not of 'AI Explained'") as caught:
        parse(VIDEOS, options(title="AI Explained"))
    assert (caught.value.kind, caught.value.subject) == ("wrong_channel", "example")
    assert "externalId" in caught.value.remedy


def test_a_playlist_is_known_by_its_title_or_its_author() -> None:
    body = VIDEOS.body.replace(b"<title>Ablations</title>", b"<title>Papers of the month</title>", 1)
    listed = payload(DATA / "youtube" / "channel.xml", body)
    for title in ("Papers of the month", "Ablations"):
        assert len(parse(listed, options(title=title)).items) == 3


@pytest.mark.parametrize(
    ("given", "query"),
    [({"channel": CHANNEL}, f"channel_id={CHANNEL}"), ({"playlist": PLAYLIST}, f"playlist_id={PLAYLIST}")],
)
def test_it_asks_for_the_feed_of_a_channel_or_playlist(given: dict[str, str], query: str) -> None:
    http = Recorder(Response(url="x", status=200, headers={}, body=VIDEOS.body))
    fetch(Options.model_validate(given), FetchState(source_id="tube"), http, NOW)
    assert http.asked["url"] == f"https://www.youtube.com/feeds/videos.xml?{query}"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "channel"),
        ({"channel": CHANNEL, "playlist": PLAYLIST}, "and not both"),
        ({"channel": ""}, "name a channel"),
        ({"channel": "@ablations"}, "pattern"),
        ({"playlist": "https://www.youtube.com/playlist"}, "pattern"),
    ],
)
def test_a_channel_or_a_playlist_is_named(given: dict[str, str], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Options.model_validate(given)


@pytest.mark.parametrize("status", [404, 500])
def test_failures_that_pass_are_told_as_such(status: int) -> None:
    http = Recorder(Response(url="x", status=status, headers={"retry-after": "60"}, body=b""))
    with pytest.raises(SourceError) as caught:
        fetch(options(), FetchState(source_id="tube"), http, NOW)
    error = caught.value
    assert (error.kind, error.gone, error.wait_s) == (f"http_{status}", False, 60)
    assert "channels that exist" in error.remedy


def test_a_refusal_is_told_as_a_refusal() -> None:
    http = Recorder(Response(url="x", status=403, headers={}, body=b""))
    with pytest.raises(SourceError, match="refuses this address"):
        fetch(options(), FetchState(source_id="tube"), http, NOW)
