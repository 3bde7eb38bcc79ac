"""Pages of items: the text of a page is the item's, whatever its source says later; each address is asked for once."""

from datetime import timedelta

from sqlalchemy.engine import Connection

from pipeline.store import Store, items, pages, stories
from pipeline.types import Item, PageOutcome
from tests.store.test_tables import DAY, HOUR, NOW, item, opened, story

URL = "https://lab.example/a"
TEXT = "The laboratory released a small model that runs on a telephone. " * 5


def keep(db: Connection, name: str, outcome: PageOutcome = "read", text: str = TEXT, **fields: object) -> None:
    pages.keep(db, [name], url=f"https://lab.example/{name}", outcome=outcome, text=text, at=NOW, **fields)  # type: ignore[arg-type]


def only(db: Connection, name: str) -> Item:
    return {i.id: i for i in items.pending(db)}[name]


def waiting(db: Connection, **fields: object) -> list[str]:
    span = {"tried_from": NOW - DAY, "tried_until": NOW + HOUR, **fields}
    return sorted(i.id for i in items.without_page(db, **span))  # type: ignore[arg-type]


def test_a_source_that_is_read_again_does_not_take_the_text_of_the_page_away(store: Store) -> None:
    with store.begin() as db:
        items.add(db, [item("a", body="")])
        keep(db, "a", published_at=NOW - DAY)
        items.add(db, [item("a", body="A teaser.", title="Mended")])
        found = only(db, "a")
        assert (found.body, found.title, found.published_at) == (TEXT, "Mended", NOW - DAY)
        story_id = story(db, item("a", body="A teaser."))
        assert stories.load(db, [story_id])[story_id].representative.cited_text == TEXT


def test_the_date_of_the_source_goes_before_that_of_the_page(store: Store) -> None:
    with store.begin() as db:
        items.add(db, [item("a", published_at=NOW)])
        keep(db, "a", published_at=NOW - DAY)
        assert only(db, "a").published_at == NOW


def test_a_page_without_text_leaves_the_item_as_it_is(store: Store) -> None:
    with store.begin() as db:
        items.add(db, [item("a")])
        keep(db, "a", "robots", text="")
        assert only(db, "a") == item("a")


def test_items_wait_for_their_page_until_they_have_it_or_a_story_or_a_reason(store: Store) -> None:
    with store.begin() as db:
        items.add(
            db, [item("new"), item("read"), item("refused"), item("stale"), item("there", url="https://b.example/")]
        )
        story(db, item("told"))
        items.skip(db, "dedupe", [("stale", "stale")], NOW)
        keep(db, "read")
        keep(db, "refused", "robots", text="")
        assert waiting(db) == ["new", "there"]
        assert waiting(db, site="https://b.example") == ["there"]
        items.add(db, [item("new", text_url="https://b.example/t.vtt")])
        assert waiting(db, site="https://b.example") == ["new", "there"]


def test_a_page_that_could_not_be_had_is_asked_for_once_more_unless_its_story_is_in_an_issue(store: Store) -> None:
    with store.begin() as db:
        items.add(db, [item("down")])
        story(db, item("told"))
        opened(db, "printed")
        for name in ("down", "told", "printed"):
            keep(db, name, "later", text="")
        assert waiting(db) == ["down", "told"]
        assert waiting(db, tried_until=NOW) == [], "not so soon"
        assert waiting(db, tried_from=NOW + timedelta(seconds=1)) == [], "too late"
        keep(db, "told", "later", text="")
        assert waiting(db) == ["down"]
        keep(db, "down")
        assert waiting(db) == []
        assert only(db, "down").body == TEXT


def test_what_an_address_gave_is_known_for_the_next_item(store: Store) -> None:
    with store.begin() as db:
        items.add(db, [item(name, body="", url=URL) for name in ("a", "b", "c", "d")])
        pages.keep(db, ["a", "b"], url=URL, outcome="read", text=TEXT, published_at=NOW - DAY, at=NOW)
        assert not pages.keep_known(db, ["c"], url=URL, since=NOW + HOUR, at=NOW + HOUR), "too long ago"
        assert not pages.keep_known(db, ["c"], url=f"{URL}/b", since=NOW, at=NOW + HOUR)
        assert pages.keep_known(db, ["c"], url=URL, since=NOW, at=NOW + HOUR)
        assert {i.id: (i.body, i.published_at) for i in items.pending(db)} == {
            "a": (TEXT, NOW - DAY),
            "b": (TEXT, NOW - DAY),
            "c": (TEXT, NOW - DAY),
            "d": ("", None),
        }
        assert pages.asked_since(db, NOW - HOUR) == [URL]
        assert pages.asked_since(db, NOW + HOUR) == []


def test_a_page_that_could_not_be_had_is_not_known(store: Store) -> None:
    with store.begin() as db:
        items.add(db, [item("a"), item("b")])
        keep(db, "a", "later", text="")
        assert not pages.keep_known(db, ["b"], url=URL, since=NOW, at=NOW)


def test_a_text_that_a_site_gives_for_every_address_is_of_no_item(store: Store) -> None:
    with store.begin() as db:
        items.add(db, [item(name, body="") for name in ("wall1", "wall2", "wall3", "good", "twice")])
        for name in ("wall1", "wall2", "wall3"):
            keep(db, name, text="Welcome to our site, please choose what we may do with your data." * 9)
        keep(db, "good")
        pages.keep(db, ["twice"], url="https://lab.example/good?page=1", outcome="read", text=TEXT, at=NOW)
        bodies = {i.id: i.body for i in items.pending(db)}
        assert bodies == {"wall1": "", "wall2": "", "wall3": "", "good": TEXT, "twice": TEXT}
        assert pages.window_counts(db, NOW, NOW + HOUR) == {"pages_read": 2, "pages_refused": 3}


def test_a_text_that_an_issue_cites_stays_where_it_is(store: Store) -> None:
    with store.begin() as db:
        opened(db, "printed")
        items.add(db, [item("a", body="")])
        keep(db, "printed")
        keep(db, "a")
        assert stories.load(db, ["printed"])["printed"].representative.body == TEXT
        assert only(db, "a").body == ""


def test_the_same_text_at_two_sites_is_the_same_news(store: Store) -> None:
    with store.begin() as db:
        items.add(db, [item("a", body=""), item("b", body="")])
        keep(db, "a")
        pages.keep(db, ["b"], url="https://press.example/a", outcome="read", text=TEXT, at=NOW)
        assert [i.body for i in items.pending(db)] == [TEXT, TEXT]


def test_pages_are_counted_once_an_address_in_the_window_of_their_items(store: Store) -> None:
    with store.begin() as db:
        items.add(db, [item(name) for name in ("a", "b", "c", "d", "e")] + [item("old", fetched_at=NOW - DAY)])
        pages.keep(db, ["a", "b"], url=URL, outcome="read", text=TEXT, at=NOW)
        keep(db, "c", "robots", text="")
        keep(db, "d", "gone", text="")
        keep(db, "e", "too_large", text="")
        keep(db, "old", "gone", text="")
        counts = pages.window_counts(db, NOW, NOW + HOUR)
        assert counts == {"pages_read": 1, "pages_refused": 1, "pages_failed": 2}


def test_what_a_site_says_to_robots_is_known_for_a_while(store: Store) -> None:
    with store.begin() as db:
        assert pages.robots_txt(db, "https://lab.example", NOW - DAY) is None
        pages.keep_robots_txt(db, "https://lab.example", "Disallow: /", NOW - HOUR)
        pages.keep_robots_txt(db, "https://lab.example", "", NOW)
        assert pages.robots_txt(db, "https://lab.example", NOW - DAY) == ""
        assert pages.robots_txt(db, "https://lab.example", NOW) is None
