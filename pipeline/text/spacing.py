"""Space between Han characters and Latin letters or digits, as Chinese typography asks for.

Applied when an issue is printed; what is stored stays as it was written. The rule is W3C's "Requirements for Chinese
Text Layout", mixed text (https://www.w3.org/TR/clreq/); e-mail has no ``text-autospace``, so a plain U+0020 stands in.
"""

import re
from collections.abc import Iterable

_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LATIN = "A-Za-z0-9\u00c0-\u024f\u0370-\u03ff"
_BOUNDARY = re.compile(f"(?<=[{_HAN}])(?=[{_LATIN}])|(?<=[{_LATIN}])(?=[{_HAN}])")
_WIDE_END = re.compile(r"(?<=[。！？；：，、”」』）…]) (?=[\u3040-\u30ff\u3400-\u9fff“「『（《])")
_KANA = re.compile("[\u3041-\u30ff]")
_KEEP = re.compile(r"(https?://[!-~]+|`[^`\n]*`)")  # addresses and code stay as they are


def space(text: str) -> str:
    """Give the text with a blank at each Han/Latin boundary; Japanese (it has kana) is left as it is."""
    if _KANA.search(text):
        return text
    parts = _KEEP.split(text)
    parts[::2] = [_BOUNDARY.sub(" ", part) for part in parts[::2]]
    return "".join(parts)


def join(sentences: Iterable[str]) -> str:
    """One paragraph; no blank stands after full-width punctuation, which brings its own."""
    return _WIDE_END.sub("", " ".join(sentences))
