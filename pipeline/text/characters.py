"""Takes out characters that must not reach a reader, a model or a mail header: control, invisible and bidi ones."""

import re
import unicodedata

# Tag characters carry hidden instructions (FACTS 3.3), U+034F & co. pad preheaders, bidi controls turn text around.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufdd0-\ufdef"
    "\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)
# One variation selector belongs to the character before it, a row of them carries bytes
# (https://paulbutler.org/2025/smuggling-arbitrary-data-through-an-emoji/); those above U+E0100 belong to Han alone.
# Emoji are built with one ZWJ between two of them, and scripts that need ZWNJ have it inside words, never beside ASCII.
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_SMUGGLED = re.compile(
    f"(?<=[{_SELECTORS}])[{_SELECTORS}]+"
    "|(?<![\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])[\U000e0100-\U000e01ef]+"
    "|[\u200c\u200d]{2,}|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
)
# What says something unseen, rather than shaping or padding what is seen.
_CARRIER = re.compile(f"[\U000e0000-\U000e00ff]+|[{_SELECTORS}]{{2,}}|[\u200b-\u200d\u2060-\u2064\ufeff]{{8,}}")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_SPACES = re.compile(r"[^\S\n]+")


def clean(text: str) -> str:
    """NFC, without control, invisible, bidi and tag characters; new lines as \\n; runs of blanks become one."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _CONTROL.sub("", text)
    if not text.isascii():
        text = _SMUGGLED.sub("", _INVISIBLE.sub("", text))
    return _SPACES.sub(" ", text).strip()


def smuggled_chars(text: str) -> int:
    """How many characters of a text nobody sees and carry a message: tags, rows of selectors, rows of zero width."""
    return 0 if text.isascii() else sum(len(m[0]) for m in _CARRIER.finditer(text))


def one_line(text: str, max_chars: int = 0) -> str:
    """As clean, on one line; cut at a word with an ellipsis when longer than ``max_chars`` (0: never)."""
    line = " ".join(clean(text).split())
    if not max_chars or len(line) <= max_chars:
        return line
    head = line[: max_chars - 1]
    at = head.rfind(" ")
    return (head[:at] if at > max_chars // 2 else head).rstrip(" ,;:.-") + "…"
