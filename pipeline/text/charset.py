"""Bytes to text: charset by header, byte order mark, meta, then statistics."""

import codecs
import re

# What a label means on the web, https://encoding.spec.whatwg.org/#names-and-labels: the older names are used for
# the larger sets that grew out of them. Text that really is the smaller one decodes to the same.
_REALLY = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "tis-620": "cp874",
}
# Codecs of Python that are no charset of a page, or one that hides markup from filters (UTF-7).
_REFUSED = frozenset(("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7"))
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HEADER = re.compile(r"""charset\s{0,9}=\s{0,9}["']?([\w.:-]{1,40})""", re.IGNORECASE)
_META = re.compile(
    rb"""<(?:meta|\?xml)\b[^>]{0,300}?(?:charset|encoding)\s{0,9}=\s{0,9}["']?([\w.:-]{1,40})""", re.IGNORECASE
)
_META_WITHIN_BYTES = 4096
_SAMPLE_BYTES = 64_000
_TAGS = re.compile(rb"<[^<>]{0,2000}>")
_FEW = 0.06  # French has 4 % of such letters, Cyrillic and Chinese above 70 %
_FEW_BYTES = 8  # no statistics on so few
_ASCII = bytes(range(128))
_SURE_BYTES = 12  # so many bytes above 127 that are valid UTF-8 by chance: 1 in 100,000 for Chinese in GB 2312


def decode(body: bytes, media_type: str = "") -> str:
    """The text of a body; ``media_type`` is its whole Content-Type. Never raises: what cannot be read becomes U+FFFD.

    A byte order mark wins; then UTF-8 where the body is long enough to tell, since wrong labels are most often on
    UTF-8; then the label of the header, of a <meta> or <?xml?>; then the statistics of charset-normalizer.
    """
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    labels = _labels(body, media_type)
    above = len(body.translate(None, _ASCII))
    for name in ["utf-8", *labels] if above >= _SURE_BYTES else [*labels, "utf-8"]:
        try:
            return body.decode(name)
        except UnicodeDecodeError:
            continue
    return body.decode(labels[0] if labels else _guess(body), "replace")


def really(label: str) -> str:
    """The codec that a charset's name really means; "" for no charset that we know."""
    try:
        b"a".decode(label, "ignore")  # also refuses codecs that are not of text, such as rot13
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return ""
    return "" if name in _REFUSED else _REALLY.get(name, name)


def _labels(body: bytes, media_type: str) -> list[str]:
    header, meta = _HEADER.search(media_type), _META.search(body[:_META_WITHIN_BYTES])
    found = [header[1]] if header else []
    if meta:
        found.append(meta[1].decode("ascii", "replace"))
    # 16-bit text has zero bytes; without any, the label is wrong, and would turn Latin letters into Chinese ones.
    return [n for n in map(really, found) if n and (not n.startswith(("utf-16", "utf-32")) or b"\0" in body)]


def _guess(body: bytes) -> str:
    """By statistics; but text with few letters above ASCII gives them nothing to count, and is mostly Western."""
    from charset_normalizer import from_bytes

    text = _TAGS.sub(b"", body[:_SAMPLE_BYTES])
    try:
        if len(text.translate(None, _ASCII)) < max(_FEW * len(text), _FEW_BYTES):
            text.decode("cp1252")
            return "cp1252"
    except UnicodeDecodeError:
        pass  # cp1252 leaves five bytes undefined: it is something else
    best = from_bytes(text).best()
    return (really(best.encoding) if best else "") or "cp1252"
