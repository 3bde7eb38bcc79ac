import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ExtractError
from pipeline.text.transcripts import is_transcript, plain

VTT = """WEBVTT

NOTE made by hand

1
00:00:01.000 --> 00:00:02.000
<v Ada>Good <b>morning</b>.

00:00:02.000 --> 00:00:03.000 align:start
<v Ada>We talk about Heron 2.

00:00:03.000 --> 00:00:04.000
<v Bo>It has 64B parameters.
"""
ROLLING = """WEBVTT

00:00:01.000 --> 00:00:02.000
it is the first

00:00:02.000 --> 00:00:03.000
it is the first
model of its kind

00:00:03.000 --> 00:00:04.000
model of its kind
that runs on a phone
"""
SRT = "1\n00:00:01,000 --> 00:00:02,000\nGood morning.\n\n2\n00:00:02,500 --> 00:00:04,000\nIt is 3 o'clock.\n"
JSON = json.dumps(
    {
        "version": "1.0.0",
        "segments": [
            {"speaker": "Ada", "startTime": 0.5, "endTime": 0.7, "body": "Good"},
            {"speaker": "Ada", "startTime": 0.7, "endTime": 0.9, "body": "morning."},
            {"speaker": "Bo", "startTime": 1.0, "endTime": 1.4, "body": "你好。"},
            {"body": None},
            "junk",
        ],
    }
)


@pytest.mark.parametrize(
    ("text", "media_type", "url", "said"),
    [
        (VTT, "text/vtt; charset=utf-8", "", "Ada: Good morning. We talk about Heron 2.\nBo: It has 64B parameters."),
        (
            ROLLING,
            "application/octet-stream",
            "https://a.example/x.vtt?k=1",
            "it is the first model of its kind that runs on a phone",
        ),
        (SRT, "application/x-subrip", "", "Good morning. It is 3 o'clock."),
        (JSON, "application/json", "", "Ada: Good morning.\nBo: 你好。"),
        ("Good morning.\r\n\r\nIt is three.", "text/plain", "", "Good morning.\n\nIt is three."),
    ],
)
def test_every_format_becomes_what_is_said(text: str, media_type: str, url: str, said: str) -> None:
    assert is_transcript(media_type, url)
    assert plain(text, media_type, url) == said


def test_a_long_monologue_gets_lines_of_some_sentences() -> None:
    cues = "".join(
        f"00:00:{n % 60:02}.000 --> 00:00:{n % 60:02}.900\nSentence number {n} of a talk.\n\n" for n in range(90)
    )
    lines = plain(f"WEBVTT\n\n{cues}", "text/vtt", "").splitlines()
    assert len(lines) > 2
    assert all(500 < len(line) < 900 for line in lines[:-1])


@pytest.mark.parametrize(("text", "kind"), [("", "text/vtt"), ("<html>", "text/vtt"), ("{}", "application/json")])
def test_a_broken_one_is_named(text: str, kind: str) -> None:
    with pytest.raises(ExtractError, match="is a broken transcript"):
        plain(text, kind, "https://a.example/x")


def test_a_page_is_none() -> None:
    assert not is_transcript("text/html; charset=utf-8", "https://a.example/episode")


@given(st.text(max_size=300), st.sampled_from(["text/vtt", "application/x-subrip", "application/json", "text/plain"]))
def test_no_bytes_break_it(text: str, kind: str) -> None:
    with suppress(ExtractError):
        assert isinstance(plain(f"WEBVTT\n\n{text}" if kind == "text/vtt" else text, kind, ""), str)
