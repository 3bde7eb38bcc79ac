"""robots.txt: RFC 9309, whatever stands in it."""

import pytest

from pipeline.extract.robots import Rules

PAGE = "https://lab.example/news/heron?x=1"


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("", True),
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: *\nDisallow:", True),
        ("User-agent: *\nDisallow: /private", True),
        ("User-agent: *\nDisallow: /news/\nAllow: /news/heron", True),
        ("User-agent: *\nDisallow: /*?x=", False),
        ("User-agent: GPTBot\nUser-agent: everyotherday/9.1\nDisallow: /\n\nUser-agent: *\nAllow: /", False),
        ("User-agent: EveryOtherDay\nAllow: /\n\nUser-agent: *\nDisallow: /", True),
        ("User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /", True),
        ("User-agent: GPTBot\nDisallow: /\nUser-agent: CCBot\nSitemap: /s.xml\nUser-agent: *\nDisallow: /news", False),
        ("User-agent: Every\nDisallow: /", True),
        ("user-agent : * # all\r\nDISALLOW : /news # this\r\n", False),
        ("<!doctype html><html><body>Disallow: /</body></html>", True),
        ("\0\x01\u2028User-agent: *\u2028Disallow: /", False),
    ],
)
def test_what_we_may_read(text: str, allowed: bool) -> None:
    assert Rules(text).allow(PAGE) is allowed


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 0),
        ("User-agent: *\nCrawl-delay: 2.5\nDisallow: /x", 2.5),
        ("User-agent: Slow\nCrawl-delay: 60\n\nUser-agent: *\nAllow: /", 0),
        ("User-agent: *\nCrawl-delay: soon", 0),
        ("User-agent: *\nCrawl-delay: -1", 0),
        ("User-agent: *\nCrawl-delay: nan", 0),
    ],
)
def test_the_pause_that_a_site_wishes(text: str, seconds: float) -> None:
    assert Rules(text).delay_s == seconds


@pytest.mark.parametrize(
    "bomb",
    [
        "".join(f"User-agent: a{i}\n" for i in range(15_000)) + "Disallow: /x\n" * 15_000,
        "User-agent: *\nDisallow: /" + "*a" * 200_000 + "$",
        "User-agent: *\n" + "Disallow: /*a*b*c$\n" * 25_000,
        "User-agent foo\n" * 20_000 + "Disallow: /\n" * 20_000,
    ],
    ids=["agents", "stars", "rules", "no-colon"],
)
def test_bombs_end(bomb: str) -> None:
    assert Rules(bomb).allow("https://lab.example/" + "a" * 1_900)
