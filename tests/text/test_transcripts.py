"""Transcripts in each of their forms: the words stay, in order and by voice; numbers, times and repetitions go."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.transcripts import read

VTT = """WEBVTT
Kind: captions

STYLE
::cue { color: red }

NOTE made by a machine
and nobody else

intro
00:00.000 --> 00:02.000 align:start
<v Ada Byron>Heron&nbsp;2 costs &lt;400 dollars</v>

00:02.000 --> 00:04.500
<v Ada Byron>a <i>month</i>, and all.

00:04.500 --> 00:05.000
<v.loud Bo>For whom?</v> <v Ada Byron>For all.</v>
"""
ROLLING = """WEBVTT

00:00:00.000 --> 00:00:01.500
{blank}
we<00:00:00.500><c> have</c>

00:00:01.500 --> 00:00:01.510
we have
{blank}

00:00:01.510 --> 00:00:03.000
we have
lots of tomatoes

00:00:03.000 --> 00:00:04.000
lots of tomatoes
lots of tomatoes this year
""".replace("{blank}", " ")
SRT = """1
00:00:01,000 --> 00:00:02,000
Ada: The price fell to

2
00:00:02,000 --> 00:00:03,500
400 dollars in 2026.
3
00:00:03,500 --> 00:00:04,000
Bo: It did.
"""
WORDS = {
    "version": "1.0.0",
    "segments": [
        {"speaker": "Ada", "startTime": 0.0, "endTime": 0.2, "body": "We"},
        {"startTime": 0.2, "body": "are "},
        {"body": "back"},
        {"body": "."},
        {"speaker": "Bo", "body": " Yes"},
        {"speaker": "Bo", "body": "!"},
        {"body": 7},
        "junk",
    ],
}
HTML = """<cite>Kevin:</cite>
<time>0:00</time>
<p>We have lots of tomatoes, from 10:30 on.</p>
<cite>Ann:</cite><time>0:09</time><p>So &amp; so many.</p>"""
PLAIN = """[00:00:01] Ada: The first words
that go on in a second line
Speaker 2 (00:03):
Words of another.

0:15
The shop opens at 10:30
00:12:01 Ada: Good to know: it opens."""


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        (VTT, ["Ada Byron: Heron 2 costs <400 dollars a month, and all.", "Bo: For whom?", "Ada Byron: For all."]),
        (VTT.replace("\n", "\r\n"), ["Ada Byron: Heron 2 costs <400 dollars a month, and all.", "Bo: For whom?"]),
        (ROLLING, ["we have lots of tomatoes this year"]),
        (SRT, ["Ada: The price fell to 400 dollars in 2026.", "Bo: It did."]),
        ("\ufeff" + SRT, ["Ada: The price fell to 400 dollars in 2026.", "Bo: It did."]),
        (json.dumps(WORDS), ["Ada: We are back.", "Bo: Yes!"]),
        (json.dumps({"segments": [{"text": " 你好"}, {"text": "世界"}, {"text": "。"}]}), ["你好世界。"]),
        (HTML, ["Kevin: We have lots of tomatoes, from 10:30 on.", "Ann: So & so many."]),
        (
            PLAIN,
            [
                "Ada: The first words that go on in a second line",
                "Speaker 2: Words of another.",
                "The shop opens at 10:30",
                "Ada: Good to know: it opens.",
            ],
        ),
    ],
    ids=["vtt", "vtt-crlf", "rolling", "srt", "srt-bom", "json", "json-han", "html", "plain"],
)  # fmt: skip
def test_the_words_are_read_whatever_the_form(given: str, lines: list[str]) -> None:
    assert read(given).split("\n")[: len(lines)] == lines


def test_an_hour_of_talk_is_cut_into_paragraphs_at_sentences() -> None:
    cues = (
        f"{i // 60:02}:{i % 60:02}.000 --> {i // 60:02}:{i % 60:02}.900\nSentence {i} is here.\n" for i in range(3000)
    )
    paragraphs = read("WEBVTT\n\n" + "\n".join(cues)).split("\n")
    assert " ".join(paragraphs) == " ".join(f"Sentence {i} is here." for i in range(3000))
    assert all(400 < len(p) < 700 for p in paragraphs[:-1])


def test_talk_without_a_full_stop_is_cut_all_the_same() -> None:
    segments = [{"body": f"word{i}"} for i in range(5000)]
    assert max(map(len, read(json.dumps({"segments": segments})).split("\n"))) < 2_000


@pytest.mark.parametrize("empty", ["", "WEBVTT", "[]", "{}", '{"error": "gone"}', '{"segments": 7}', "<p></p>", "\n\n"])
def test_what_holds_no_words_gives_none(empty: str) -> None:
    assert read(empty) == ""


@pytest.mark.parametrize(
    "bomb", ["[" * 200_000, "<v " * 200_000, "1:00 --> " * 100_000, "WEBVTT\n" + "(1:00" * 100_000]
)
def test_bombs_end(bomb: str) -> None:
    read(bomb)


MARKS = [
    "WEBVTT",
    "\n",
    "\n\n",
    "00:01.000 --> 00:02.000",
    "<v Ada>",
    "Ada:",
    "{",
    '"segments":',
    "[",
    "0:12",
    "<p>",
    "</",
]


@given(st.lists(st.sampled_from(MARKS) | st.text(max_size=9), max_size=30).map("".join))
def test_no_text_breaks_it(text: str) -> None:
    assert "\r" not in read(text)
