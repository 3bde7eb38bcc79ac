"""What the numbers of a text are worth."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.numbers import Quantity, find


def _told(q: Quantity) -> str:
    value = f"{q.value.normalize():f}" if q.kind != "version" else q.version
    if q.low is not None and q.high is not None:
        value = f"{q.low.normalize():f}..{q.high.normalize():f}"
    return " ".join(part for part in (q.kind, value, q.unit, q.approx if q.approx != "exact" else "") if part)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,234.5 and 1.234 and 1,50,000", ["number 1234.5", "number 1.234", "number 150000"]),
        (
            "40M, 1.5bn, 3 trillion, 128k",
            ["number 40000000", "number 1500000000", "number 3000000000000", "number 128000"],
        ),
        (
            "$40M, US$5bn, €3m, 7 dollars",
            ["number 40000000 usd", "number 5000000000 usd", "number 3000000 eur", "number 7 usd"],
        ),
        ("融资15亿美元，三百万元", ["number 1500000000 usd", "number 3000000 cny"]),
        ("1亿5000万参数，3.5万亿", ["number 150000000 params", "number 3500000000000"]),
        ("百分之二十 and ９３％", ["number 20", "number 93 %"]),
        (
            "12%, 9.5 per cent, 3 percentage points, 5个百分点",
            ["number 12 %", "number 9.5 %", "number 3 pp", "number 5 pp"],
        ),
        ("forty-two, a million, two dozen", ["number 42", "number 1000000", "number 24"]),
        ("one hundred and five thousand; two, three", ["number 105000", "number 2", "number 3"]),
        (
            "about 20, more than 30, up to 40, 50+",
            ["number 20 about", "number 30 at_least", "number 40 at_most", "number 50 at_least"],
        ),
        ("约20人，超过30人，不到40人", ["number 20 about", "number 30 at_least", "number 40 at_most"]),
        ("10–15%, $5 to $7 billion", ["number 10..15 %", "number 5000000000..7000000000 usd"]),
        ("between 5 and 10 million", ["number 5000000..10000000"]),
        ("a 3-1 win", ["number 3", "number 1"]),
        ("Qwen3-30B-A3B", ["version 3 qwen", "number 30000000000", "number 3000000000 params"]),
        ("128K tokens, 80 GB, 2 TB", ["number 128000 tokens", "number 80 gb", "number 2000 gb"]),
        ("24 hours, 3 years, 100ms", ["number 86400 second", "number 36 month", "number 0.1 second"]),
        ("2x, 3 times, 4倍", ["number 2 x", "number 3 x", "number 4 x"]),
        ("Nov 23, 2026; 2026-11-23; 23rd of November", ["date 20261123", "date 20261123", "date 1123"]),
        ("2026年11月23日, 3月5日", ["date 20261123", "date 305"]),
        ("August 2025, in 2024-25", ["date 20250800", "date 20240000 year", "date 20250000 year"]),
        ("11:46 p.m., 15:30", ["date 1426 time", "date 930 time"]),
        ("2,024 people may 5", ["number 2024", "number 5"]),
        ("v2.1, GPT-5.5, o3, H100", ["version 2.1", "version 5.5 gpt", "version 3 o", "version 100 h"]),
        ("Claude Opus 4.5, 3.5-flash, gpt-4o", ["version 4.5 claude opus", "version 3.5 flash", "version 4o gpt"]),
        ("In 4.5 seconds, mid-2025, top-10", ["number 4.5 second", "date 20250000 year", "number 10"]),
        ("1.2.3, 8x7B, arXiv 2404.10774", ["version 1.2.3", "version 8x7b", "version 2404.10774"]),
        ("21st, third, Q3", ["ordinal 21", "ordinal 3", "ordinal 3"]),
        ("https://example.com/2026/11 and several hundred", []),
    ],
)
def test_values(text: str, expected: list[str]) -> None:
    assert [_told(q) for q in find(text)] == expected


def test_places_are_those_of_the_text() -> None:
    text = "It raised $40M in １２ days, or about 3.5 million euros."
    assert [q.text for q in find(text)] == ["$40M", "12 days", "3.5 million euros"]
    assert [text[q.start : q.end] for q in find(text)] == ["$40M", "１２ days", "3.5 million euros"]


def test_the_last_written_place_is_kept() -> None:
    assert [q.step for q in find("1.5M, 1,500,000, 71.2")] == [Decimal(100_000), Decimal(100_000), Decimal("0.1")]


@given(st.text(alphabet="0123456789.,-–/ $%kKMB年月日亿万一二百 toand\nv:\ud800", max_size=80))
def test_any_text_gives_quantities_in_order_that_do_not_overlap(text: str) -> None:
    found = find(text)
    ends = [0, *(q.end for q in found)]
    assert all(end <= q.start < q.end <= len(text) for end, q in zip(ends, found, strict=False))


@pytest.mark.parametrize(
    "piece", ["1", "1,", "1.", "1-2-", "one ", "1亿", "12:", "Jan 1 ", "GPT-5 ", "$", "一", "v1.1."]
)
def test_long_runs_end(piece: str) -> None:
    find(piece * 3000)
