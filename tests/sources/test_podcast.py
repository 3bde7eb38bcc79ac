from pathlib import Path

import pytest

from pipeline.sources.podcast import Options, parse
from pipeline.types import Item
from tests.sources.test_contract import payload

VTT = "<podcast:transcript url='https://a.example/1.vtt' type='text/vtt'/>"
SRT = "<podcast:transcript url='https://a.example/1.srt' type='application/srt'/>"
JSON = "<podcast:transcript url='https://a.example/1.json' type='application/json'/>"
HTML = "<podcast:transcript url='https://a.example/1.html' type='text/html; charset=utf-8'/>"
PLAIN = "<podcast:transcript url='https://a.example/1.txt' type='text/plain'/>"
GERMAN = "<podcast:transcript url='https://a.example/de.vtt' type='text/vtt' language='de-AT'/>"
ENGLISH = "<podcast:transcript url='https://a.example/en.txt' type='text/plain' language='en-GB'/>"


def episode(inside: str, language: str = "", broken: str = "") -> Item:
    spaces = "xmlns:podcast='https://podcastindex.org/namespace/1.0' xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'"
    head = f"<title>Pod</title><language>{language}</language>"
    body = f"<rss version='2.0' {spaces}><channel>{broken}{head}<item><title>1</title>{inside}</item></channel></rss>"
    options = Options.model_validate({"url": "https://a.example/feed"})
    return parse(payload(Path("pod.xml"), body.encode()), options).items[0]


@pytest.mark.parametrize(
    ("transcripts", "language", "best"),
    [
        (PLAIN + HTML + JSON + SRT + VTT, "", "1.vtt"),
        (PLAIN + HTML + JSON + SRT, "", "1.srt"),
        (PLAIN + HTML + JSON, "", "1.json"),
        (PLAIN + HTML, "", "1.html"),
        (PLAIN, "", "1.txt"),
        (VTT + "<podcast:transcript url='https://a.example/2.vtt' type='text/vtt'/>", "", "1.vtt"),
        (GERMAN + ENGLISH, "en-us", "en.txt"),
        (GERMAN + ENGLISH, "de", "de.vtt"),
        (GERMAN + SRT, "en", "1.srt"),
        (GERMAN + ENGLISH, "", "de.vtt"),
        (GERMAN, "en", "de.vtt"),
        ("<podcast:transcript url='https://a.example/1.srt?a=1'/>" + PLAIN, "", "1.srt?a=1"),
        ("<podcast:transcript url='https://a.example/1' type='application/pdf'/>", "", ""),
        ("<podcast:transcript type='text/vtt'/>", "", ""),
        ("<podcast:transcript url='file:///etc/passwd' type='text/vtt'/>" + PLAIN, "", "1.txt"),
        ("", "en", ""),
    ],
)
@pytest.mark.parametrize("broken", ["", "&lt "], ids=["well-formed", "broken"])
def test_the_best_transcript_is_the_text_to_read(transcripts: str, language: str, best: str, broken: str) -> None:
    assert episode(transcripts, language, broken).text_url == (f"https://a.example/{best}" if best else "")


@pytest.mark.parametrize(
    "inside",
    [
        "<description>Short.</description><itunes:summary>The longest of the notes.</itunes:summary>",
        "<description>The longest of the notes.</description><itunes:summary>Short.</itunes:summary>",
        "<itunes:summary>&lt;p&gt;The longest of the notes.&lt;/p&gt;</itunes:summary>",
        "<itunes:subtitle>Short.</itunes:subtitle><description>The longest of the notes.</description>",
    ],
)
def test_the_show_notes_are_the_longest_text(inside: str) -> None:
    assert episode(inside).body == "The longest of the notes."


def test_of_many_episodes_the_newest_count() -> None:
    episodes = "".join(
        f"<item><title>{n}</title><guid isPermaLink='false'>{n}</guid>"
        f"<pubDate>{n:02} Nov 2026 00:00:00 GMT</pubDate></item>"
        for n in range(1, 23)
    )
    body = f"<rss version='2.0'><channel><title>Pod</title>{episodes}</channel></rss>"
    parsed = parse(payload(Path("pod.xml"), body.encode()), Options.model_validate({"url": "https://a.example/feed"}))
    assert [i.title for i in parsed.items] == [str(n) for n in range(3, 23)]
    assert [(d.guid, d.reason) for d in parsed.dropped] == [("1", "over_the_limit"), ("2", "over_the_limit")]
