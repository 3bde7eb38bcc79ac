"""PURE: the bytes that an approval binds to."""

from collections.abc import Mapping
from hashlib import sha256

from pipeline.types import Rendering


def fingerprint(subject: str, renderings: Mapping[str, Rendering]) -> str:
    """sha256 (hex) over the subject and the hash of every format's body, formats in alphabetical order.

    Computed from the bodies themselves, so that a changed byte in the store shows too.
    """
    lines = [subject, *(f"{name} {sha256(renderings[name].body).hexdigest()}" for name in sorted(renderings))]
    return sha256("\n".join(lines).encode()).hexdigest()
