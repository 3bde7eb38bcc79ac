"""Transcripts of episodes as plain text: WebVTT, SubRip, JSON and plain text, a line for each turn of a speaker.

The formats: https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/examples/transcripts/transcripts.md
"""

import io
import json
from collections.abc import Iterable, Iterator

from pipeline.errors import ExtractError
from pipeline.text.characters import clean, one_line

MAX_CUES = 100_000
_TYPES = {
    "text/vtt": "vtt", "application/x-subrip": "srt", "application/srt": "srt", "text/srt": "srt",
    "application/json": "json",
}  # fmt: skip
_ENDINGS = {".vtt": "vtt", ".srt": "srt", ".json": "json"}

Cue = tuple[str, str]
"""(who speaks, or "", what is said)"""


def is_transcript(media_type: str, url: str) -> bool:
    """Whether an answer is one, by its type or, since servers name types badly, by the ending of its address."""
    return bool(_format(media_type, url)) or media_type.partition(";")[0].strip().lower() == "text/plain"


def plain(text: str, media_type: str, url: str) -> str:
    """What is said, without times and numbers; rolling captions are told once. Raises ExtractError for a broken one."""
    kind = _format(media_type, url)
    if not kind:
        return clean(text)
    cues = _json(text, url) if kind == "json" else _captions(text, kind, url)
    return "\n".join(_turns(cues))


def _format(media_type: str, url: str) -> str:
    kind = _TYPES.get(media_type.partition(";")[0].strip().lower(), "")
    return kind or next((f for ending, f in _ENDINGS.items() if url.partition("?")[0].lower().endswith(ending)), "")


def _captions(text: str, kind: str, url: str) -> Iterator[Cue]:
    import webvtt
    from webvtt.errors import MalformedCaptionError, MalformedFileError

    try:
        captions = webvtt.from_buffer(io.StringIO(text), format=kind)
    except (MalformedFileError, MalformedCaptionError, ValueError) as e:
        raise _broken(url) from e
    last = ""
    for caption in captions[:MAX_CUES]:
        lines = [one_line(line) for line in caption.text.splitlines()]
        fresh = [line for line in lines if line and line != last]
        last = lines[-1] if lines else last
        yield one_line(caption.voice or ""), " ".join(fresh)


def _json(text: str, url: str) -> Iterator[Cue]:
    """Segments, each with a sentence or with a word."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as e:
        raise _broken(url) from e
    segments = data.get("segments") if isinstance(data, dict) else None
    if not isinstance(segments, list):
        raise _broken(url)
    for segment in segments[:MAX_CUES]:
        if isinstance(segment, dict):
            yield one_line(str(segment.get("speaker") or "")), one_line(str(segment.get("body") or ""))


def _turns(cues: Iterable[Cue]) -> Iterator[str]:
    """One line as long as one person speaks; of those who are not named, a line for every few sentences."""
    who, said = "", list[str]()
    for speaker, words in cues:
        if said and ((speaker and speaker != who) or _is_long(said)):
            yield _line(who, said)
            said = []
        who = speaker or who
        if words:
            said.append(words)
    if said:
        yield _line(who, said)


def _is_long(said: list[str]) -> bool:
    return len(said) > 5 and said[-1].endswith((".", "?", "!", "。", "？", "！")) and sum(map(len, said)) > 600


def _line(who: str, said: list[str]) -> str:
    return (f"{who}: " if who else "") + " ".join(said)


def _broken(url: str) -> ExtractError:
    return ExtractError("is a broken transcript", subject=url, kind="broken", remedy="Tell the publisher")
