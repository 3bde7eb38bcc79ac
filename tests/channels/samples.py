"""A message for the tests of this folder."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from pipeline.seams import Message

T = TypeVar("T", bound=BaseModel)

HEADERS = {
    "From": "Every Other Day <digest@example.org>",
    "List-Id": "Every Other Day <digest.example.org>",
    "List-Unsubscribe": "<mailto:leave@example.org?subject=unsubscribe>",
}


def message(recipient: str = "ada@example.net", **more: object) -> Message:
    """The issue of 23 November 2026 for one recipient."""
    fields: dict[str, object] = {
        "issue_id": "2026-11-23",
        "recipient": recipient,
        "message_id": "<issue-2026-11-23.0123456789abcdef@example.org>",
        "subject": "Open weights lead — 开放权重领先",
        "html": "<!doctype html><html lang=en><h1>Hello — 你好</h1>".encode(),
        "text": "Hello\n.\n— 你好\n".encode(),
        "date": datetime(2026, 11, 23, 7, 0, tzinfo=UTC),
        "headers": HEADERS,
        **more,
    }
    return Message(**fields)  # type: ignore[arg-type]


def options(of: type[T], raw: dict[str, object], environ: dict[str, str] | None = None) -> T:
    """Options as config.load makes them."""
    return of.model_validate(raw, context={"environ": environ or {}, "folder": Path()})
