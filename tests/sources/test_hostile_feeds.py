"""Feeds that are built to exhaust their readers are refused, or read in a reasonable time."""

import time

import pytest

from pipeline.errors import SourceError
from tests.sources.test_rss import ITUNES, options, parse, payload, rss, titled

LAUGHS = "".join(f'<!ENTITY l{n} "' + f"&l{n - 1};" * 10 + '">' for n in range(1, 10))
ENTITIES = {
    "billion laughs": f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>{titled("&l9;")}',
    "one long entity": f'<!DOCTYPE x [<!ENTITY a "{"a" * 15_000}">]>{titled("&a;" * 1_000)}',
    "in single quotes": f"<!DOCTYPE x [<!ENTITY a '{'a' * 15_000}'>]>{titled('&a;' * 1_000)}",
    "parameter entity": f'<!DOCTYPE x [<!ENTITY % a "%b;"> %a;]>{titled("x")}',
}
ATTRIBUTES = " ".join(f"a{n}='x'" for n in range(5_000))
ARROWS = " ".join(f"a{n}='>'" for n in range(300))
MANY = {
    "attributes": f"<rss version='2.0'><channel {ATTRIBUTES}/></rss>",
    "attributes with >": f"<rss version='2.0'><channel {ARROWS}/></rss>",
    "attributes with >, broken": f"<rss version='2.0'>&lt <channel {ARROWS}/></rss>",
    "elements": "<rss>" + "<a>" * 101_000,
    "bases": "<rss>" + "<a xml:base='b/c/d/'>" * 1_000,
    "a long beginning": "<!-- a -->" + "\n" * 1_000_000 + titled("x"),
    "items": f'{{"items": [{"0," * 30_000}0]}}',
}


def refusal(body: bytes) -> str:
    with pytest.raises(SourceError) as caught:
        parse(payload(body), options())
    assert caught.value.remedy
    return caught.value.kind


@pytest.mark.parametrize("name", ENTITIES)
@pytest.mark.parametrize("coding", ["utf-8", "utf-16"])
def test_entities_that_multiply_are_refused(name: str, coding: str) -> None:
    assert refusal(ENTITIES[name].encode(coding)) == "hostile"


@pytest.mark.parametrize("name", MANY)
def test_more_than_any_feed_has_is_refused(name: str) -> None:
    assert refusal(MANY[name].encode()) == "hostile"


# Unbounded, each takes minutes. The first two are https://github.com/kurtmckee/feedparser/issues/562.
QUADRATIC = {
    "author": f"<author>{'a' * 300_000}</author>",
    "mail": f"<author>a@{'a.' * 150_000}!</author>",
    "comments": f"<author>{'a<!-- -->' * 50_000}</author>",
    "keywords": f"<itunes:keywords xmlns:itunes='{ITUNES}'>{','.join(map(str, range(60_000)))}</itunes:keywords>",
    "categories": "".join(f"<category>{n}</category>" for n in range(8_000)),
    "date": f"<pubDate>{'Mon, ' * 100_000}</pubDate>",
    "tags": f"<description>{'&lt;b&gt;' * 20_000}</description>",
}


@pytest.mark.parametrize("name", QUADRATIC)
@pytest.mark.parametrize("broken", ["", "&lt "], ids=["well-formed", "broken"])
def test_what_takes_quadratic_time_elsewhere_is_read(name: str, broken: str) -> None:
    started = time.process_time()
    assert len(parse(payload(rss(f"{broken}<title>x</title>{QUADRATIC[name]}")), options())) == 1
    assert time.process_time() - started < 10
