"""What an answer is worth: its text, or the word for why there is none."""

import pytest

from pipeline.errors import NetworkError
from pipeline.extract.reading import of_trouble, read
from pipeline.seams import Response

URL = "https://lab.example/news/heron"
TEXT = "The laboratory released a small model that runs on a telephone and needs no network. " * 4
PAGE = f"<html><head><title>Heron</title></head><body><article><h1>Heron</h1><p>{TEXT}</p></article></body></html>"


def answer(
    body: str | bytes, media_type: str = "text/html; charset=utf-8", status: int = 200, url: str = URL
) -> Response:
    raw = body if isinstance(body, bytes) else body.encode()
    return Response(url=url, status=status, headers={"content-type": media_type}, body=raw)


def outcome(response: Response, *, transcript: bool = False, least_chars: int = 200) -> str:
    page = read(URL, response, transcript=transcript, least_chars=least_chars)
    assert bool(page.text) == (page.outcome == "read")
    return page.outcome


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200, "read"), (204, "failed"), (304, "failed"), (401, "refused"), (403, "refused"), (404, "gone"), (410, "gone"),
     (418, "failed"), (429, "later"), (451, "refused"), (500, "later"), (503, "later")],
)  # fmt: skip
def test_a_status_says_enough(status: int, expected: str) -> None:
    assert outcome(answer(PAGE, status=status)) == expected


@pytest.mark.parametrize(
    ("media_type", "body", "expected"),
    [
        ("application/xhtml+xml", PAGE, "read"),
        ("", PAGE, "read"),
        ("", TEXT, "not_text"),
        ("text/plain; charset=utf-8", TEXT, "read"),
        ("text/markdown", f"# Heron\n\n{TEXT}", "read"),
        ("application/pdf", b"%PDF-1.7", "not_text"),
        ("application/json", "{}", "not_text"),
        ("image/png", b"\x89PNG", "not_text"),
        (
            "text/html; charset=gb2312",
            f"<article><p>{'人工智能公司发布了新的语言模型。' * 20}</p>".encode("gb18030"),
            "read",
        ),
        ("text/html", "", "no_text"),
        ("text/html", "<script>draw()</script>", "no_text"),
        ("text/html", "<p>A short line.</p>", "no_text"),
        ("text/html", b"\xff\xfe\x00\x01" * 50, "no_text"),
    ],
)
def test_only_what_is_text_is_read(media_type: str, body: str | bytes, expected: str) -> None:
    assert outcome(answer(body, media_type)) == expected


@pytest.mark.parametrize(
    "wall",
    [
        "Please enable JavaScript and cookies to continue. " * 6,
        "Verify that you are human by completing the action below. " * 5,
        "We use cookies to make this site better. You may accept all cookies, or choose which of them we may set. " * 3,
        "Subscribe to continue reading. Our journalists work all day to bring you the news that others do not. " * 3,
        "请先登录后继续阅读。登录以后您可以阅读全部文章，也可以参与讨论。" * 8,
    ],
)
def test_a_wall_is_no_article(wall: str) -> None:
    assert outcome(answer(f"<body><div><p>{wall}</p></div></body>")) == "refused"


def test_an_article_about_walls_is_one() -> None:
    assert outcome(answer(PAGE.replace("<p>", "<p>The site asks: are you a robot? " + TEXT * 3))) == "read"


@pytest.mark.parametrize(
    ("came_from", "expected"),
    [
        ("https://www.lab.example/2026/heron", "read"),
        ("https://lab.example/", "gone"),
        ("https://lab.example/?from=heron", "read"),
        ("https://lab.example/login?next=/news/heron", "refused"),
        ("https://consent.lab.example/m?continue=x", "refused"),
        ("https://lab.example/blogging/heron", "read"),
    ],
)
def test_a_redirect_to_another_page_tells_that_this_one_is_not_to_be_had(came_from: str, expected: str) -> None:
    assert outcome(answer(PAGE, url=came_from)) == expected


def test_a_text_that_says_no_more_than_the_source_is_not_taken() -> None:
    assert outcome(answer(PAGE), least_chars=len(TEXT) - 10) == "read"
    assert outcome(answer(PAGE), least_chars=len(TEXT) + 10) == "no_text"


VTT = "WEBVTT\n\n" + "".join(f"00:{i:02}.000 --> 00:{i:02}.900\n<v Ada>Sentence {i} is here.\n\n" for i in range(30))


@pytest.mark.parametrize(
    ("media_type", "body", "expected"),
    [
        ("text/vtt", VTT, "read"),
        ("application/octet-stream", VTT, "read"),
        ("text/html", VTT, "read"),
        ("application/json", '{"segments": [{"speaker": "Ada", "body": "Good morning to all of you."}]}', "no_text"),
        ("text/html", f"<cite>Ada:</cite><time>0:00</time><p>{TEXT}</p>", "read"),
        ("text/html", PAGE, "read"),
        ("audio/mpeg", b"ID3\0\0", "not_text"),
        ("application/octet-stream", b"ID3\0\0", "not_text"),
    ],
)
def test_transcripts_are_looked_at_whatever_they_are_called(media_type: str, body: str | bytes, expected: str) -> None:
    assert outcome(answer(body, media_type), transcript=True) == expected


def test_a_transcript_is_its_words() -> None:
    page = read(URL, answer(VTT, "text/vtt"), transcript=True, least_chars=200)
    assert page.text.startswith("Ada: Sentence 0 is here. Sentence 1 is here.")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("timeout", "later"),
        ("dns", "later"),
        ("too_large", "too_large"),
        ("private_address", "private"),
        ("x", "failed"),
    ],
)
def test_a_request_without_an_answer(kind: str, expected: str) -> None:
    assert of_trouble(NetworkError("did not answer", kind=kind)).outcome == expected
