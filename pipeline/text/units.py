"""What stands around the digits: magnitudes, units, currencies, words of approximation."""

import re
from decimal import Decimal
from typing import Literal

from pipeline.text.numerals import HAN_SCALES

Approx = Literal["exact", "about", "at_least", "at_most"]
_DAY = 86_400
# One line per unit: name, how many of it one of these is, the words. Time is in seconds or, from a month up, in months;
# data in gigabytes. "Pounds" and a bare "m" say two things and are not here.
_TABLE: tuple[tuple[str, str | int, str], ...] = (
    ("%", 1, "%|percent|per cent|pct|个百分比"),
    ("%", 10, "成"),
    ("pp", 1, "pp|ppts|percentage points|percentage point|percentage-point|个百分点|百分点"),
    ("pp", "0.01", "bps|basis points|basis point|个基点"),
    ("points", 1, "points|point|pts|分"),
    ("usd", 1, "US dollars|US dollar|dollars|dollar|bucks|USD|美元|美金"),
    ("cad", 1, "Canadian dollars|Canadian dollar|CAD|加元|加拿大元"),
    ("aud", 1, "Australian dollars|Australian dollar|AUD|澳元"),
    ("hkd", 1, "Hong Kong dollars|HKD|港元|港币"),
    ("eur", 1, "euros|euro|EUR|欧元"),
    ("gbp", 1, "GBP|pounds sterling|英镑"),
    ("cny", 1, "yuan|RMB|CNY|renminbi|元人民币|人民币|元"),
    ("jpy", 1, "yen|JPY|日元"),
    ("inr", 1, "rupees|INR|卢比"),
    ("tokens", 1, "tokens|token|个词元|词元|个token|个tokens"),
    ("params", 1, "parameters|parameter|params|个参数|参数"),
    ("gb", "0.000001", "KB|KiB|kilobytes"),
    ("gb", "0.001", "MB|MiB|megabytes"),
    ("gb", 1, "GB|GiB|gigabytes|gigabyte"),
    ("gb", 1000, "TB|TiB|terabytes|terabyte"),
    ("gb", 10**6, "PB|PiB|petabytes|petabyte"),
    ("second", "0.001", "ms|milliseconds|millisecond|毫秒"),
    ("second", 1, "seconds|second|secs|sec|秒钟|秒"),
    ("second", 60, "minutes|minute|mins|min|分钟"),
    ("second", 3600, "hours|hour|hrs|hr|h|个小时|小时"),
    ("second", _DAY, "days|day|天"),
    ("second", 7 * _DAY, "weeks|week|个星期|星期|周"),
    ("month", 1, "months|month|个月"),
    ("month", 12, "years|year|yrs|yr|年|岁"),
    ("month", 120, "decades|decade"),
    ("metre", "0.01", "centimeters|centimetres|cm|厘米"),
    ("metre", 1, "meters|metres|meter|metre|米"),
    ("metre", 1000, "kilometers|kilometres|kilometer|kilometre|km|公里|千米"),
    ("metre", "0.000000001", "nm|nanometers|nanometres|纳米"),
    ("metre", "1609.344", "miles|mile|mi|英里"),
    ("metre", "0.3048", "feet|foot|ft|英尺"),
    ("gram", 1, "grams|gram|g|克"),
    ("gram", 1000, "kilograms|kilogram|kg|公斤|千克"),
    ("gram", 10**6, "tonnes|tonne|tons|ton|吨"),
    ("x", 1, "x|X|×|times|倍"),
    ("watt", 1000, "kW|kilowatts|千瓦"),
    ("watt", 10**6, "MW|megawatts|兆瓦"),
    ("watt", 10**9, "GW|gigawatts|gigawatt|吉瓦"),
    ("watt", 1, "W|watts|瓦"),
    ("hertz", 10**6, "MHz"),
    ("hertz", 10**9, "GHz"),
    ("degree", 1, "°C|°F|°|degrees|度"),
)
_UNITS = {word.lower(): (name, Decimal(factor)) for name, factor, words in _TABLE for word in words.split("|")}
_BY_LENGTH = sorted(_UNITS, key=len, reverse=True)
_UNIT = re.compile(
    rf"[\s-]?(?P<unit>{'|'.join(map(re.escape, _BY_LENGTH))})(?P<more>[A-Za-z]?)(?<!成(?=[为功立本员果熟长]))",
    re.IGNORECASE,
)

_SCALES = {
    "k": 10**3, "thousand": 10**3, "hundred": 100, "m": 10**6, "mn": 10**6, "mln": 10**6, "million": 10**6,
    "b": 10**9, "bn": 10**9, "billion": 10**9, "t": 10**12, "tn": 10**12, "trn": 10**12, "trillion": 10**12,
    "dozen": 12,
    "十": 10, "百": 100, "千": 1000, "十万": 10**5, "百万": 10**6, "千万": 10**7, "十亿": 10**9, "百亿": 10**10,
    "千亿": 10**11, "万亿": 10**12, **HAN_SCALES,
}  # fmt: skip
_SCALE = re.compile(
    r"(?:(?P<glued>[kmbt]|[mbt]n|mln|trn)(?![A-Za-z])"
    r"|[\s-]?(?P<word>thousand|hundred|million|billion|trillion|dozen|mln|bn)\b"
    r"|\s?(?P<han>万亿|千亿|百亿|十亿|亿|億|千万|百万|十万|万|萬|千(?![瓦米克])|百(?!分)))",
    re.IGNORECASE,
)

CURRENCY = r"US\$|HK\$|A\$|C\$|R\$|\$|€|£|¥|￥|₹|₩|\b(?:USD|CAD|AUD|HKD|RMB|CNY|EUR|GBP|JPY|INR)"
_CURRENCIES = {
    "us$": "usd", "$": "usd", "usd": "usd", "c$": "cad", "a$": "aud", "hk$": "hkd",
    "cad": "cad", "aud": "aud", "hkd": "hkd", "€": "eur", "eur": "eur", "£": "gbp", "gbp": "gbp", "¥": "cny",
    "￥": "cny", "rmb": "cny", "cny": "cny", "jpy": "jpy", "₹": "inr", "inr": "inr", "百分之": "%",
}  # fmt: skip

_MORE = (
    r"more than|greater than|higher than|over|at least|above|exceed(?:s|ed|ing)?|upwards? of|no (?:fewer|less) than"
    r"|surpass(?:es|ed|ing)?|topp(?:ed|ing)|past|>=?|≥|超过|超|逾|至少|多于|高达"
)
_LESS = r"less than|fewer than|lower than|under|up to|at most|below|no more than|<=?|≤|不到|不足|至多|最多|低于"
_NEARLY = (
    r"about|around|roughly|approximately|approx\.?|nearly|almost|some|close to|circa|estimated|~|≈|∼"
    r"|约|大约|约为|近|将近|接近|大概"
)
_BEFORE: tuple[tuple[Approx, re.Pattern[str]], ...] = (
    ("at_least", re.compile(rf"(?:{_MORE})\s*$", re.IGNORECASE)),
    ("at_most", re.compile(rf"(?:{_LESS})\s*$", re.IGNORECASE)),
    ("about", re.compile(rf"(?:{_NEARLY})\s*$", re.IGNORECASE)),
)
_AFTER: tuple[tuple[Approx, re.Pattern[str]], ...] = (
    ("at_least", re.compile(r"\+|\s?(?:or more|or higher)\b|多|余|以上")),
    ("at_most", re.compile(r"\s?(?:or less|or fewer)\b|以下|以内")),
    ("about", re.compile(r"\s?(?:or so)\b|左右|上下(?!文)")),
)
_LOOK_BACK_CHARS = 24


def scale(text: str, at: int) -> tuple[Decimal, int]:
    """The magnitude written at ``at`` (K, million, 亿 ...; 1 where none) and where it ends."""
    m = _SCALE.match(text, at)
    if m is None:
        return Decimal(1), at
    return Decimal(_SCALES[(m["glued"] or m["word"] or m["han"]).lower()]), m.end()


def unit(text: str, at: int) -> tuple[str, Decimal, int]:
    """The unit written at ``at`` ("" where none), how many of the named unit one is, and where it ends."""
    m = _UNIT.match(text, at)
    if m is None or (m["more"] and m["unit"][-1].isascii() and m["unit"][-1].isalpha()):
        return "", Decimal(1), at
    if m["unit"] == "M" or (len(m["unit"]) == 1 and m["unit"].isascii() and m["unit"].isalpha() and m[0] != m["unit"]):
        return "", Decimal(1), at  # "5 x", "5 h": a letter alone is a unit only when it touches its number
    name, factor = _UNITS[m["unit"].lower()]
    return name, factor, m.end("unit")


def currency(sign: str | None) -> str:
    """The unit that a sign before the number says: "usd" for "$"; the sign itself where it has no other name."""
    sign = (sign or "").lower()
    return _CURRENCIES.get(sign, sign)


def approximation(text: str, start: int, end: int) -> Approx:
    """What the words around a number say of it: about, at least, at most; else exact."""
    before = text[max(0, start - _LOOK_BACK_CHARS) : start]
    for name, pattern in _BEFORE:
        if pattern.search(before):
            return name
    for name, pattern in _AFTER:
        if pattern.match(text, end):
            return name
    return "exact"
