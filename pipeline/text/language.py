"""Which language a text is in, as far as its script and commonest words tell (BCP 47 tags)."""

import re

_MAX_CHARS = 4_000
_KANA = re.compile("[\u3041-\u30ff\u31f0-\u31ff]")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002ffff]")
_HANGUL = re.compile("[\uac00-\ud7a3\u1100-\u11ff]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_WORD = re.compile(r"[^\W\d_]+")

_SCRIPTED = ("zh", "ja", "ko", "ru")
_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9_-]{1,30})?")

# Short words that are common in no other large language of the Latin script ("in", "a" and "was" are).
_ENGLISH = frozenset(
    _WORD.findall(
        "the of and to is are for with from that this it its by on we you our your how what why when which has have "
        "been can will not new their more than into about at as be or but over after using"
    )
)


def detect(text: str) -> str:
    """Give "zh", "ja", "ko", "ru", "en", or "und" when the text does not say.

    Other languages of the same script are not told apart ("und" for Latin ones): a source that knows better says so.
    One Han, kana or Hangul character weighs three Latin letters, because it writes about as much.
    """
    text = text[:_MAX_CHARS]
    if not text.isascii() and (scripted := _by_script(text)):
        return scripted
    words = [w.lower() for w in _WORD.findall(text)]
    common = sum(w in _ENGLISH for w in words)
    return "en" if common >= 1 and common * 12 >= len(words) else "und"


def _by_script(text: str) -> str:
    """The language that a script tells at once; "" for Latin and for none."""
    han, kana, hangul = (len(p.findall(text)) for p in (_HAN, _KANA, _HANGUL))
    cyrillic, latin = len(_CYRILLIC.findall(text)), len(_LATIN.findall(text))
    east_asian = 3 * (han + kana + hangul)
    if east_asian > max(latin, cyrillic):
        if hangul >= han + kana:
            return "ko"
        return "ja" if kana * 10 > han + kana else "zh"
    return "ru" if cyrillic > latin else ""


def settle(claimed: str, text: str) -> str:
    """The language that a publisher claims ("en-US" counts as "en"), unless the script of the text says otherwise.

    Many an English template carries Chinese text; and a claim of Chinese does not make Latin letters Chinese.
    """
    tag = _TAG.fullmatch(claimed.strip())
    language, found = tag[1].lower() if tag else "", detect(text)
    return found if not language or found in _SCRIPTED or language in _SCRIPTED else language


_NAMES = {
    "ar": "العربية", "de": "Deutsch", "en": "English", "es": "Español", "fr": "Français", "he": "עברית",
    "it": "Italiano", "ja": "日本語", "ko": "한국어", "nl": "Nederlands", "pt": "Português", "ru": "Русский",
    "zh": "中文", "zh-hant": "繁體中文",
}  # fmt: skip
_TRADITIONAL = ("zh-hant", "zh-tw", "zh-hk", "zh-mo")


def base(tag: str) -> str:
    """ "zh" of "zh-Hans"."""
    return tag.replace("_", "-").partition("-")[0].lower()


def own_name(tag: str) -> str:
    """What a language calls itself ("中文"); its tag where that is not known."""
    traditional = tag.lower().startswith(_TRADITIONAL)
    return _NAMES["zh-hant"] if traditional else _NAMES.get(base(tag), tag)


def html_tag(tag: str) -> str:
    """The tag for a ``lang`` attribute: of Chinese it says the script, by which fonts are chosen."""
    return "zh-Hans" if tag.lower() in ("zh", "zh-cn", "zh-sg") else tag


def script_of(tag: str) -> str:
    """ "zh", "ja", "ko" or "ru" for a language that its script tells, else ""."""
    return base(tag) if base(tag) in _SCRIPTED else ""


def has_script(text: str, language: str) -> bool:
    """Whether a text holds a character of the script of "zh", "ja", "ko" or "ru"."""
    scripts = {"zh": (_HAN,), "ja": (_KANA, _HAN), "ko": (_HANGUL,), "ru": (_CYRILLIC,)}
    return any(script.search(text) for script in scripts[language])
