"""A mailbox on disk: an mbox, a Maildir, or a folder of .eml; only looked at, never changed."""

import mailbox
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path

from pipeline.errors import SourceError

_REMEDY = "Give `path` an mbox file, a Maildir, or a folder of .eml that this program may read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message: the key that it keeps, its size, and how to read its bytes up to a limit (OSError when it went)."""

    key: str
    size_bytes: int
    read: Callable[[int], bytes]


@contextmanager
def opened(path: Path) -> Iterator[Iterator[Letter]]:
    """The messages, the newest last. What goes wrong within becomes a SourceError with a remedy."""
    try:
        if path.is_dir():
            yield _folder(path)
        else:
            with closing(_mbox(path)) as box:
                yield _letters(box)
    except (OSError, mailbox.Error) as e:
        reason = (e.strerror if isinstance(e, OSError) else "") or str(e)
        raise SourceError(f"cannot be read: {reason}", subject=str(path), remedy=_REMEDY) from e


def digest(body: bytes) -> str:
    """16 hex digits that stand for these bytes."""
    return blake2b(body, digest_size=8).hexdigest()


def _folder(path: Path) -> Iterator[Letter]:
    is_maildir = (path / "cur").is_dir()
    folders = [path / "new", path / "cur"] if is_maildir else [path]
    files = [f for folder in folders if folder.is_dir() for f in folder.iterdir() if f.is_file()]
    stats = sorted((f.stat().st_mtime_ns, f.name, f) for f in files if is_maildir or f.suffix.lower() == ".eml")
    for _, name, file in stats:
        size_bytes = file.stat().st_size
        # A Maildir's name ends with flags that change when somebody reads the mail; a mail itself never changes there.
        key = digest(f"{name.partition(':')[0]}\0{size_bytes}".encode())
        yield Letter(key=key, size_bytes=size_bytes, read=partial(_read, file))


def _mbox(path: Path) -> mailbox.mbox:
    with path.open("rb") as file:
        if file.read(5) not in (b"From ", b""):
            raise SourceError('is not an mbox: it does not start with "From "', subject=str(path), remedy=_REMEDY)
    return mailbox.mbox(path, create=False)


def _letters(box: mailbox.mbox) -> Iterator[Letter]:
    for name in box.keys():  # noqa: SIM118 - iterating over a mailbox gives messages
        body = box.get_bytes(name)
        yield Letter(key=digest(body), size_bytes=len(body), read=partial(_read_from, box, name))


def _read(path: Path, limit_bytes: int) -> bytes:
    with path.open("rb") as file:
        return file.read(limit_bytes)


def _read_from(box: mailbox.mbox, name: str, limit_bytes: int) -> bytes:
    return box.get_bytes(name)[:limit_bytes]
