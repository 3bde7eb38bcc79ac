"""Writes each issue into a folder: issue.html, issue.txt, and issue.eml as it would be mailed."""

import os
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel

from pipeline.channels._mime import build
from pipeline.config_section import Section
from pipeline.errors import ConfigError
from pipeline.seams import Channel, Message, Receipt

ONE_COPY = True


class Options(Section):
    """``folder`` is relative to config.yaml; ``sender`` goes before mail.sender."""

    folder: Path = Path("issues")
    sender: str = ""


class FileChannel:
    """A folder; writing an issue again gives the same files."""

    def __init__(self, options: Options, folder: Path) -> None:
        self._folder = folder / options.folder
        self._sender = options.sender

    def __enter__(self) -> Channel:
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing stays open."""

    def send(self, message: Message) -> Receipt:
        """Write the three files, each whole or not at all. Deferred when the disk is full or refuses."""
        folder = self._folder / message.issue_id
        try:
            files = {
                "issue.html": message.html,
                "issue.txt": message.text,
                "issue.eml": build(message, self._sender).as_bytes(),
            }
            folder.mkdir(parents=True, exist_ok=True)
            for name, body in files.items():
                _write(folder / name, body)
        except ConfigError as e:
            return Receipt(status="deferred", detail=str(e))
        except OSError as e:
            remedy = "Make room, or let us write there; the next run tries again"
            return Receipt(status="deferred", detail=f"{folder}: {e.strerror or e}. {remedy}")
        return Receipt(status="sent", detail=str(folder))


def connect(options: BaseModel, folder: Path) -> Channel:
    """The channel of a folder. Nothing is written yet."""
    assert isinstance(options, Options)  # noqa: S101 - config.py validated it with this class
    return FileChannel(options, folder)


def _write(path: Path, body: bytes) -> None:
    """Write beside, flush to disk, then take the name: a reader sees the old file or the new one, never half of it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise
