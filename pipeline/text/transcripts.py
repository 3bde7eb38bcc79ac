"""Transcripts of recordings as plain text, whichever of the five forms of podcasts they come in.

The forms: https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/examples/transcripts/transcripts.md
"""

import html
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipeline.text.characters import clean
from pipeline.text.html import to_text

_HEAD_CHARS = 4_000  # a form shows itself in so many
_PARAGRAPH_CHARS, _MAX_PARAGRAPH_CHARS = 500, 1_500  # from the one on it ends with a sentence, at the other anyhow

_TIME = r"(?:[0-9]{1,3}:)?[0-9]{1,2}:[0-9]{2}(?:[.,][0-9]{1,3})?"
_TIMING = re.compile(rf"^[ \t]{{0,9}}{_TIME}[ \t]{{1,9}}-->", re.MULTILINE)
_VOICE = re.compile(r"<v(?:\.[^<> ]{1,50})?[ \t]{1,9}([^<>]{1,100})>")
_TAG = re.compile(r"</?[A-Za-z0-9][^<>]{0,200}>")
_HAN = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
# "Ada Byron:", "SPEAKER 1:", "王小明："; a longer run of words before a colon is a sentence.
_SPEAKER = re.compile(
    rf"(?:>>\s{{0,9}})?([A-Z][\w.'’-]{{0,30}}(?: [A-Z0-9][\w.'’-]{{0,30}}){{0,3}}|[{_HAN}]{{1,8}})[:：](?:\s+|$)"
)
_STAMPS = re.compile(
    "|".join((
        rf"^[ \t]{{0,9}}[\[(]{_TIME}[\])][ \t:-]{{0,9}}",  # [00:12] words
        rf"^[ \t]{{0,9}}{_TIME}[ \t]{{0,9}}$",  # 0:12
        r"^[ \t]{0,9}[0-9]{1,2}:[0-9]{2}:[0-9]{2}\b(?:[.,][0-9]{1,3})?[ \t:-]{0,9}",  # 00:00:12 words
        rf"[ \t]{{0,9}}[\[(]{_TIME}[\])](?=:?[ \t]{{0,9}}$)",  # Ada Byron (00:12):
        rf"(?<=[^0-9]:)[ \t]{{0,9}}{_TIME}[ \t]{{0,9}}$",  # Ada Byron: 0:12
    ))
)  # fmt: skip
_BEFORE_MARK = re.compile(r" (?=[.,;:!?…%)\]](?:\s|$))")
_BETWEEN_HAN = re.compile(rf"(?<=[{_HAN}，。！？；：、]) (?=[{_HAN}，。！？；：、])")
_SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？", '."', ".”")


class _Piece(NamedTuple):
    """Words, and who says them ("": whoever spoke before). No words at all: a paragraph ends."""

    speaker: str
    words: str


def read(text: str) -> str:
    """The words of a transcript, "Name: ..." where another voice begins; "" where there are none.

    WebVTT, SRT, JSON (also with a segment a word), HTML and plain text, told apart by what stands there, since servers
    name them as they like. Numbers, time codes, styles, and lines that a rolling caption repeats are left out.
    """
    text = text.lstrip("\ufeff \t\r\n").replace("\r\n", "\n").replace("\r", "\n")
    if text.startswith("WEBVTT") or _TIMING.search(text, 0, _HEAD_CHARS):
        return _joined(_cues(text))
    if text.startswith(("{", "[")) and (segments := _segments(text)) is not None:
        return _joined(_spoken(segments))
    return _joined(_lines(to_text(text) if text.startswith("<") else text))


def _cues(text: str) -> Iterator[_Piece]:
    """WebVTT (https://www.w3.org/TR/webvtt1/) and SRT: what stands below a time, up to a blank line."""
    inside, shown = False, deque([""], maxlen=2)
    lines = text.split("\n")
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if _TIMING.match(line):
            inside = True
        elif not line:  # a line with a blank is of the caption
            inside = False
        elif inside and not _TIMING.match(below):  # else it is the number of the next one
            for piece in _voices(line):
                if piece.words and piece.words not in shown:
                    grown = piece.words.startswith(shown[-1] + " ") and shown[-1]
                    yield piece._replace(words=piece.words[len(shown[-1]) + 1 :]) if grown else piece
                    shown.append(piece.words)


def _voices(line: str) -> Iterator[_Piece]:
    """The parts of a line of a caption, by voice tag, else by a name in front."""
    first, *rest = _VOICE.split(line)
    yield _named(_bare(first))
    for name, words in zip(rest[::2], rest[1::2], strict=True):
        yield _Piece(_bare(name), _bare(words))


def _bare(marked: str) -> str:
    return " ".join(html.unescape(_TAG.sub("", marked)).split())


def _named(words: str) -> _Piece:
    found = _SPEAKER.match(words)
    return _Piece(found[1], words[found.end() :]) if found else _Piece("", words)


def _segments(text: str) -> list[dict[str, object]] | None:
    """The segments of a JSON transcript; none for JSON of another shape, None for what is no JSON."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    segments = found.get("segments") if isinstance(found, dict) else found
    return [s for s in segments if isinstance(s, dict)] if isinstance(segments, list) else []


def _spoken(segments: Iterable[dict[str, object]]) -> Iterator[_Piece]:
    for segment in segments:
        speaker, words = segment.get("speaker"), segment.get("body", segment.get("text"))
        if isinstance(words, str) and words.strip():
            yield _Piece(" ".join(speaker.split()) if isinstance(speaker, str) else "", " ".join(words.split()))


def _lines(text: str) -> Iterator[_Piece]:
    """Plain text: a blank line ends a paragraph, so does a name in front; a name may have a line of its own."""
    for line in text.split("\n"):
        words = " ".join(_STAMPS.sub("", line).split())
        if words or not line.strip():
            yield _named(words)


def _joined(pieces: Iterable[_Piece]) -> str:
    """Paragraphs of a size that can be read, each of one voice."""
    paragraphs: list[list[str]] = [[]]
    voice, chars = "", 0
    for speaker, words in pieces:
        last = paragraphs[-1]
        full = chars > _MAX_PARAGRAPH_CHARS or (chars > _PARAGRAPH_CHARS and last[-1].endswith(_SENTENCE_ENDS))
        if speaker and speaker != voice:
            paragraphs.append([f"{speaker}:"])
            voice, chars = speaker, 0
        elif chars and (full or not words):
            paragraphs.append([])
            chars = 0
        if words:
            paragraphs[-1].append(words)
            chars += len(words) + 1
    text = "\n".join(" ".join(parts) for parts in paragraphs if parts)
    return clean(_BETWEEN_HAN.sub("", _BEFORE_MARK.sub("", text)))
