"""Takes out characters that must not reach a reader, a model or a mail header: control, invisible and bidi ones."""

import re
import unicodedata

# Tag characters carry hidden instructions (FACTS 3.3), U+034F & co. pad preheaders, bidi controls turn text around.
# ZWJ and variation selectors stay: emoji are built of them. ZWNJ stays inside words of scripts that need it.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_SPACES = re.compile(r"[^\S\n]+")


def clean(text: str) -> str:
    """NFC, without control, invisible, bidi and tag characters; new lines as \\n; runs of blanks become one."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _INVISIBLE.sub("", _CONTROL.sub("", text))
    return _SPACES.sub(" ", text).strip()


def one_line(text: str, max_chars: int = 0) -> str:
    """As clean, on one line; cut at a word with an ellipsis when longer than ``max_chars`` (0: never)."""
    line = " ".join(clean(text).split())
    if not max_chars or len(line) <= max_chars:
        return line
    head = line[: max_chars - 1]
    at = head.rfind(" ")
    return (head[:at] if at > max_chars // 2 else head).rstrip(" ,;:.-") + "…"
