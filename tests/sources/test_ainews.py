from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from pytest_httpserver import HTTPServer

from pipeline.errors import SourceError
from pipeline.net.http import HttpClient
from pipeline.sources import FetchState, Parsed
from pipeline.sources.ainews import Options, fetch, parse
from pipeline.types import Item, Payload

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DATA = Path(__file__).parents[1] / "data" / "sources" / "ainews"
TWITTER, REDDIT = "<h1>AI Twitter Recap</h1>", "<h1>AI Reddit Recap</h1>"
PAGE = "https://news.smol.ai/issues/26-11-22-x/"


def options(**more: object) -> Options:
    return Options.model_validate(more)


def payload(body: bytes) -> Payload:
    return Payload(
        source_id="ainews", url="https://news.smol.ai/rss.xml", fetched_at=NOW, media_type="text/xml", body=body
    )


def issue(html: str, link: str = PAGE, title: str = "not much happened today") -> Parsed:
    content = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    entry = f"<title>{escape(title)}</title><link>{link}</link><content:encoded>{escape(html)}</content:encoded>"
    xml = f'<rss version="2.0" {content}><channel><title>AI News</title><item>{entry}</item></channel></rss>'
    return parse(payload(xml.encode()), options())


def bullet(html: str, before: str = TWITTER) -> Item:
    (item,) = issue(f"{before}<ul><li>{html}</li></ul>").items
    return item


def tag(*links: str) -> str:
    return " ".join(f'<a href="{link}">word{n}</a>' for n, link in enumerate(links))


@pytest.mark.parametrize(
    ("links", "url", "media", "kind"),
    [
        (["https://a.example/1", "https://arxiv.org/abs/2611.01234"], 0, [1], "article"),
        (["https://news.smol.ai/issues/1/", "https://a.example/1"], 1, [0], "article"),
        (["https://i.redd.it/a.png", "https://arxiv.org/abs/2611.01234"], 1, [0], "paper"),
        (["https://i.redd.it/a.png"], 0, [], "article"),
        (["https://discord.com/channels/1/2", "https://github.com/a/b/releases/tag/v1"], 1, [], "release"),
        (["https://youtu.be/owlowlowlow"], 0, [], "video"),
        (["https://a.example/1", "https://a.example/1#part"], 0, [], "article"),
    ],
)
def test_the_primary_link_is_the_first_that_leads_to_a_page_of_others(
    links: Sequence[str], url: int, media: Sequence[int], kind: str
) -> None:
    item = bullet(f"Something {tag(*links)}")
    assert (item.url, item.media, item.kind) == (links[url], tuple(links[n] for n in media), kind)


@pytest.mark.parametrize(
    "link",
    [
        "https://twitter.com/ada/status/20?s=46",
        "https://x.com/ada/status/20/photo/1",
        "https://mobile.twitter.com/ada/status/20",
        "https://xcancel.com/ada/status/20#m",
    ],
)
def test_a_post_on_x_has_one_address_and_its_author(link: str) -> None:
    item = bullet(f"Ada says so ({tag(link)})")
    assert (item.url, item.authors, item.kind) == ("https://x.com/ada/status/20", ("@ada",), "post")
    assert (item.title, item.body) == ("Ada says so", "Ada says so")


LINK = '<a href="https://a.example/1">@ada</a>'


@pytest.mark.parametrize(
    ("html", "title"),
    [
        (f"<strong>Five words make a claim</strong>: and more. {LINK}", "Five words make a claim"),
        (f"<strong>A label</strong>: the first sentence is. And more. {LINK}", "A label: the first sentence is."),
        (f"{LINK} released v1.2 of it. And more.", "@ada released v1.2 of it."),
        (f"<strong>Alibaba's new model, **Owl</strong>-3** is out {LINK}", "Alibaba's new model, Owl-3 is out @ada"),
    ],
)
def test_the_title_is_the_claim_or_the_first_sentence(html: str, title: str) -> None:
    assert bullet(html).title == title


@pytest.mark.parametrize(
    ("html", "body"),
    [
        (f"It is out ({LINK}, {LINK}).", "It is out."),
        (f"It is out (on a phone) ({LINK}; 2).", "It is out (on a phone) (@ada; 2)."),
        (f"Per {LINK} 2**3 is 8.", "Per @ada 2**3 is 8."),
    ],
)
def test_brackets_of_links_alone_are_clutter(html: str, body: str) -> None:
    assert bullet(html).body == body


@pytest.mark.parametrize(
    ("number", "points"), [("4.3k", 4_300), ("12.3K", 12_300), ("1.2M", 1_200_000), ("801.5", 802), ("3,683", 3_683)]
)
def test_a_top_tweet_has_its_engagement_as_points(number: str, points: int) -> None:
    top = f"{TWITTER}<p><strong>Top tweets (by engagement)</strong></p>"
    assert bullet(f"It is out ({LINK}, {number})", top).points == points
    assert bullet(f"It is out ({LINK}, {number})").points is None


def test_what_stands_twice_is_one_item() -> None:
    twice = f"{TWITTER}<ul><li>First {tag('https://x.com/ada/status/20')}</li></ul>"
    twice += f"<h2>More</h2><ul><li>Second {tag('https://twitter.com/ada/status/20', 'https://b.example/')}</li></ul>"
    (item,) = issue(twice).items
    assert item.body == "First word0\nSecond word0 word1"
    assert item.media == ("https://b.example/",)


def test_an_issue_published_again_gives_the_same_guids() -> None:
    html = f"{TWITTER}<ul><li>One {LINK}</li></ul>"
    later = f"{TWITTER}<ul><li>New {tag('https://b.example/')}</li><li>One, mended {LINK}</li></ul>"
    (before,), after = issue(html).items, issue(later, title="another title").items
    assert before.id in {item.id for item in after}
    (elsewhere,) = issue(html, link="https://news.smol.ai/issues/26-11-23-x/").items
    assert elsewhere.id != before.id  # the title is the same, and so is the bullet


def thread(summary: str, comments: str = "") -> Parsed:
    link = "https://www.reddit.com/r/a/comments/1a/b/"
    head = f'<strong><a href="{link}">A title</a></strong> (Activity: 1,421): <strong>{summary}</strong>'
    return issue(f"{REDDIT}<h2>/r/a Recap</h2><h3>1. Owls</h3><ul><li><p>{head}</p>{comments}</li></ul>")


def test_a_thread_has_its_comments_and_its_activity() -> None:
    comments = f"<ul><li>ada agrees, see {LINK}.</li><li>grace does not.</li></ul>"
    (item,) = thread("It runs on a phone.", comments).items
    assert (item.title, item.points, item.kind) == ("A title", 1_421, "post")
    assert item.body == "It runs on a phone.\n- ada agrees, see @ada.\n- grace does not."
    assert item.media == ("https://a.example/1",)


@pytest.mark.parametrize(
    "error",
    [
        "The linked video is inaccessible (HTTP 403 Forbidden).",
        "The image could not be retrieved, so nothing is known.",
        "We were unable to access the page. No claims can be checked.",
    ],
)
def test_a_fetch_error_is_no_news(error: str) -> None:
    assert [(d.reason) for d in thread(error).dropped] == ["fetch_error"]
    (item,) = thread(f"Owl-3 comes on Tuesday. {error}").items
    assert item.body == "Owl-3 comes on Tuesday."
    (item,) = thread(error, "<ul><li>ada saw it: it flies.</li></ul>").items
    assert item.body == "- ada saw it: it flies."


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<p><strong>a quiet day.</strong></p>", "quiet_day"),
        ("<p>not much happened today</p>", "quiet_day"),
        ("<blockquote>AI News for 11/20/2026-11/22/2026. We checked 12 subreddits.</blockquote>", "counts"),
        ("<p>Unfortunately, Discord shut down our access today.</p>", "boilerplate"),
        (f"{TWITTER}<ul><li>This matters to engineers.</li></ul>", "without_link"),
        (f"{TWITTER}<ul><li>See {tag('https://discord.com/channels/1/2')}</li></ul>", "without_link"),
        (
            f"<h1>PART 2: Detailed by-Channel summaries and links</h1><ul><li>#general {LINK}</li></ul>",
            "discord_details",
        ),
        ("<p>gm, everyone.</p>", "short"),
        ("<p> </p>", "without_content"),
    ],
)
def test_what_is_no_news_says_why(html: str, reason: str) -> None:
    found = issue(html)
    assert (list(found.items), [d.reason for d in found.dropped]) == ([], [reason])


def test_the_essay_of_an_issue_is_an_item_of_its_own() -> None:
    words = f"Owl Lab has changed the way in which everybody {LINK} thinks of owls. " * 5
    html = (
        f"<p><strong>a quiet day</strong></p><p>{words}</p>{TWITTER}<ul><li>One {tag('https://b.example/')}</li></ul>"
    )
    essay, item = issue(html, title="Owls, explained").items
    assert (essay.title, essay.kind, essay.url, essay.via) == ("Owls, explained", "newsletter", PAGE, None)
    assert (item.url, item.via) == ("https://b.example/", "AI News")
    assert issue(html).items[0].title.startswith("Owl Lab has changed")  # better than "not much happened today"


def test_a_short_line_before_the_recaps_is_news_where_it_links_something() -> None:
    (item,) = issue(f"<p>gm</p><p>The {LINK} interview is out.</p>").items
    assert (item.url, item.title) == ("https://a.example/1", "The @ada interview is out.")


def test_only_issues() -> None:
    body = (DATA / "latent-space.xml").read_bytes()
    everything, issues = parse(payload(body), options()), parse(payload(body), options(only_issues=True))
    assert [i.url for i in everything.items if i not in issues.items] == ["https://www.latent.space/p/grace"]
    assert {(d.guid, d.reason) for d in issues.dropped} - {(d.guid, d.reason) for d in everything.dropped} == {
        ("https://www.latent.space/p/grace", "no_issue")
    }


def test_every_entry_and_bullet_is_accounted_for() -> None:
    found = parse(payload((DATA / "issues.xml").read_bytes()), options())
    reasons = [d.reason for d in found.dropped]
    assert reasons == [
        "quiet_day",
        "counts",
        "boilerplate",
        "boilerplate",
        "without_link",
        "fetch_error",
        "without_content",
    ]


def test_older_entries_are_counted() -> None:
    reasons = [d.reason for d in parse(payload((DATA / "issues.xml").read_bytes()), options(max_items=1)).dropped]
    assert reasons[0] == "over_the_limit"
    assert "without_content" not in reasons


def test_what_is_no_feed_is_named() -> None:
    with pytest.raises(SourceError, match="web page"):
        parse(payload(b"<html><body>gone</body></html>"), options())


def test_it_is_fetched_like_any_feed(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/rss.xml").respond_with_data("<rss/>", headers={"ETag": '"1"'})
    chosen = options(url=httpserver.url_for("/rss.xml"), allow_private=True)
    with HttpClient(timeout_s=5, total_timeout_s=5, max_bytes=1_000, contact="") as http:
        fetched = fetch(chosen, FetchState(source_id="ainews"), http, NOW)
    assert fetched.validators["etag"] == '"1"'
