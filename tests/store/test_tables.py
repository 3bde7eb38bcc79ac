"""Each family of tables on both databases: what goes in comes out, twice does no harm, and to-do lists are queries."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from sqlalchemy.engine import Connection

from pipeline.errors import ReviewError
from pipeline.store import (
    Store,
    deliveries,
    issues,
    items,
    leads,
    model_calls,
    runs,
    sources,
    stories,
    summaries,
    tables,
)
from pipeline.store.sources import SourceState
from pipeline.types import (
    Action,
    Check,
    Citation,
    Claim,
    Delivery,
    Issue,
    IssueStatus,
    Item,
    Membership,
    ModelCall,
    Payload,
    Problem,
    Rendering,
    Review,
    Slot,
    Summary,
    Tags,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ISSUE = "2026-11-23"
HOSTILE = "'; drop table items; -- 李雷 🤖 \u202e %s :x"


def item(name: str, **fields: object) -> Item:
    made = Item(
        id=name,
        source_id="lab",
        guid=f"guid-{name}",
        url=f"https://lab.example/{name}",
        title=f"Title of {name}",
        body=f"Body of {name}.",
        fetched_at=NOW,
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def story(db: Connection, *members: Item) -> str:
    """Keep these items as one story; gives its id."""
    items.add(db, members)
    story_id = members[0].id
    joined = [Membership(item_id=m.id, story_id=story_id, method="similar") for m in members[1:]]
    first = Membership(item_id=story_id, story_id=story_id, method="first")
    stories.join(db, [first, *joined], {story_id: members[0].fetched_at})
    return story_id


def issue(name: str = ISSUE, **fields: object) -> Issue:
    opens_at, publish_at = NOW - 2 * DAY, NOW + 12 * HOUR
    made = Issue(id=name, status="draft", subject="S", opens_at=opens_at, closes_at=NOW, publish_at=publish_at)
    return replace(made, **fields)  # type: ignore[arg-type]


def opened(db: Connection, *names: str, issue_id: str = ISSUE, **fields: object) -> Issue:
    """An issue whose slots hold one story of each name."""
    for name in names:
        story(db, item(name))
    issues.add(db, issue(issue_id, **fields))
    chosen = [Slot(section="News", position=i, story_id=name, score=0.5) for i, name in enumerate(names)]
    issues.replace_slots(db, issue_id, chosen, {"stories": len(names)})
    return got(db, issue_id)


def got(db: Connection, issue_id: str = ISSUE) -> Issue:
    found = issues.get(db, issue_id)
    assert found is not None
    return found


def review(action: Action, story_id: str | None, issue_id: str = ISSUE, revision: int | None = None) -> Review:
    return Review(
        issue_id=issue_id,
        story_id=story_id,
        revision=revision,
        action=action,
        reviewer="ann",
        channel="cli",
        decided_at=NOW,
        comment=HOSTILE,
    )


# --- sources ----------------------------------------------------------------------------------------------------------


def test_a_source_is_asked_when_it_is_new_or_due_and_never_again_when_it_is_gone(store: Store) -> None:
    def state(name: str, **fields: object) -> SourceState:
        return replace(SourceState(id=name, validators={}), **fields)  # type: ignore[arg-type]

    with store.begin() as db:
        sources.record(db, state("due", next_fetch_at=NOW))
        sources.record(db, state("later", next_fetch_at=NOW + HOUR))
        sources.record(db, state("gone", next_fetch_at=NOW, gone_at=NOW))
        sources.record(db, state("not configured any more", next_fetch_at=NOW))
        sources.record(db, state("mended", next_fetch_at=NOW + HOUR, gone_at=NOW, options_hash="before"))
        asked = {"later": "", "new": "", "gone": "", "due": "", "mended": "after"}
        assert sources.pending(db, asked, NOW) == ["new", "due", "mended"]
        assert sources.pending(db, asked, NOW + HOUR) == ["later", "new", "due", "mended"]


def test_what_a_source_said_comes_back_byte_for_byte_and_the_last_word_wins(store: Store) -> None:
    first = SourceState(
        id="lab",
        url="https://lab.example/feed",
        validators={"etag": 'W/"ä\\"', "last-modified": "yesterday"},
        cursor='{"seen": ["a"]}',
        moved_to="https://new.example/feed",
        next_fetch_at=NOW,
        checked_at=NOW,
        succeeded_at=NOW,
        failures=3,
        trouble=HOSTILE,
        gone_at=NOW,
    )
    with store.begin() as db:
        sources.record(db, first)
        assert sources.states(db) == {"lab": first}
        second = SourceState(id="lab", validators={})
        sources.record(db, second)
        assert sources.states(db) == {"lab": second}


def test_the_same_payload_is_kept_once_and_the_same_bytes_too(store: Store) -> None:
    from pipeline.store.tables import bodies, payloads

    def payload(url: str) -> Payload:
        return Payload(source_id="lab", url=url, fetched_at=NOW, media_type="text/xml", body=b"\x00\xff<rss/>")

    with store.begin() as db:
        sources.keep(db, [payload("a"), payload("b")])
        sources.keep(db, [payload("a")])
        assert len(db.execute(payloads.select()).all()) == 2
        assert [bytes(row.body) for row in db.execute(bodies.select())] == [b"\x00\xff<rss/>"]


# --- items and stories ------------------------------------------------------------------------------------------------


def test_an_item_comes_back_as_it_went_in(store: Store) -> None:
    full = item(
        "a",
        title=HOSTILE,
        body=HOSTILE * 2,
        via="Some Digest",
        kind="paper",
        authors=("Ann", "李雷"),
        language="zh",
        published_at=NOW - HOUR,
        points=7,
        comments=0,
        media=("https://lab.example/a.png",),
    )
    with store.begin() as db:
        assert items.add(db, [full]) == 1
        assert items.pending(db) == [full]


def test_an_item_seen_again_is_not_new_keeps_its_time_and_takes_over_what_changed(store: Store) -> None:
    with store.begin() as db:
        assert items.add(db, [item("a"), item("b"), item("a", title="the second of that id")]) == 2
        changed = item("a", title="Mended", body="Longer.", points=9, fetched_at=NOW + DAY)
        assert items.add(db, [changed, item("c")]) == 1
        assert {i.id: i for i in items.pending(db)}["a"] == replace(changed, fetched_at=NOW)


def test_every_item_is_pending_until_it_is_in_a_story_or_skipped_for_a_reason(store: Store) -> None:
    with store.begin() as db:
        items.add(db, [item("late", fetched_at=NOW + HOUR), item("b"), item("a"), item("dull"), item("told")])
        items.skip(db, "dedupe", [("dull", "stale")], NOW)
        items.skip(db, "rank", [("a", "of another stage")], NOW)
        story(db, item("told"))
        assert [i.id for i in items.pending(db)] == ["a", "b", "late"]
        assert items.any_pending(db)
        items.skip(db, "dedupe", [(name, "stale") for name in ("a", "b", "late", "dull")], NOW)
        assert (items.pending(db), items.any_pending(db)) == ([], False)


def test_what_came_in_during_a_window_is_counted_and_the_window_is_half_open(store: Store) -> None:
    with store.begin() as db:
        story(db, item("a"), item("b", published_at=NOW), item("dull"))
        items.add(db, [item("old", fetched_at=NOW - HOUR), item("next", fetched_at=NOW + HOUR), item("stale")])
        items.skip(db, "dedupe", [("stale", "dropped_stale"), ("old", "dropped_stale")], NOW)
        counts = items.window_counts(db, NOW, NOW + HOUR)
        assert counts == {"items_fetched": 4, "undated": 3, "items_dropped_stale": 1}
        assert items.window_counts(db, NOW + DAY, NOW + 2 * DAY) == {"items_fetched": 0, "undated": 0}
        assert stories.merged_in(db, NOW, NOW + HOUR) == 2
        assert stories.in_window(db, NOW, NOW + HOUR) == {"a"}
        assert stories.in_window(db, NOW + HOUR, NOW + DAY) == set()


def test_a_story_has_all_its_items_and_joining_twice_changes_nothing(store: Store) -> None:
    with store.begin() as db:
        story(db, item("a"), item("b", fetched_at=NOW + HOUR, body="x" * 900))
        stories.join(db, [Membership(item_id="b", story_id="other", method="first")], {"other": NOW})
        found = stories.load(db, ["a", "nowhere"])
        assert set(found) == {"a"}
        assert [i.id for i in found["a"].items] == ["b", "a"], "the telling one represents"
        assert (found["a"].first_seen_at, found["a"].last_seen_at) == (NOW, NOW + HOUR)
        assert [i.id for i in items.in_stories(db, NOW, 9)] == ["b", "a"]
        assert [i.id for i in items.in_stories(db, NOW, 1)] == ["b"]
        assert items.in_stories(db, NOW + DAY, 9) == []


def test_more_stories_than_fit_into_one_query(store: Store) -> None:
    with store.begin() as db:
        many = [item(f"i{n:04}") for n in range(1_100)]
        assert items.add(db, many) == len(many)
        assert items.add(db, many) == 0
        joined = [Membership(item_id=i.id, story_id=i.id, method="first") for i in many]
        stories.join(db, joined, {i.id: NOW for i in many})
        assert len(stories.load(db, [i.id for i in many])) == len(many)


# --- issues -----------------------------------------------------------------------------------------------------------


def test_an_issue_comes_back_with_its_slots_in_order(store: Store) -> None:
    with store.begin() as db:
        for name in "ab":
            story(db, item(name))
        issues.add(db, issue(subject=HOSTILE))
        chosen = [
            Slot(section="Papers", position=0, story_id="b", score=0.25, parts={"trust": 0.1}),
            Slot(section="News", position=0, story_id="a", score=0.75, brief=True),
        ]
        issues.replace_slots(db, ISSUE, chosen, {"stories": 2})
        found = got(db)
        assert (found.subject, found.counts, found.lead, found.approved_by) == (HOSTILE, {"stories": 2}, (), None)
        assert [replace(s, position=0) for s in found.slots] == chosen
        issues.set_revision(db, ISSUE, "b", 3)
        assert [s.revision for s in got(db).slots] == [3, None]
        issues.replace_slots(db, ISSUE, chosen[1:], {})
        assert [s.story_id for s in got(db).slots] == ["a"]
        assert issues.get(db, "1999-01-01") is None


def test_issues_are_listed_by_state_and_age(store: Store) -> None:
    with store.begin() as db:
        for day, status in (("01", "sent"), ("03", "approved"), ("05", "in_review"), ("07", "cancelled")):
            issues.add(db, issue(f"2026-11-{day}", status=status, publish_at=NOW + timedelta(days=int(day))))
        assert [i.id[-2:] for i in issues.recent(db, 3)] == ["07", "05", "03"]
        assert [i.id[-2:] for i in issues.with_status(db, "in_review", "sent")] == ["01", "05"]
        assert got(db, "2026-11-03") == issues.previous(db)
        assert got(db, "2026-11-01") == issues.previous(db, before=NOW + timedelta(days=3))
        assert issues.previous(db, before=NOW + DAY) is None


def test_a_lead_is_asked_for_while_the_issue_can_still_change(store: Store) -> None:
    with store.begin() as db:
        for status in ("draft", "in_review", "approved", "sending", "sent", "cancelled"):
            issues.add(db, issue(status, status=status))
        assert issues.without_lead(db) == ["approved", "draft", "in_review"]
        issues.set_lead(db, "draft", ["One.", "Two."], "Subject")
        issues.set_lead(db, "approved", [])
        assert (got(db, "draft").lead, got(db, "draft").subject) == (("One.", "Two."), "Subject")
        assert issues.without_lead(db) == ["in_review"], "an empty lead is one"
        issues.set_lead(db, "draft", None)
        assert (issues.without_lead(db), got(db, "draft").subject) == (["draft", "in_review"], "Subject")


def test_a_lead_is_checked_once_and_again_when_it_is_written_anew(store: Store) -> None:
    found = replace(check(ISSUE, 1), revision=0)
    with store.begin() as db:
        issues.add(db, issue())
        assert leads.unverified(db) == [], "it is not written"
        issues.set_lead(db, ISSUE, ["One.", "Two."], "Subject", [(), ("a", "b")])
        assert (got(db).lead_about, got(db).lead_cut) == (((), ("a", "b")), None)
        assert leads.unverified(db) == [ISSUE]
        leads.record_checks(db, ISSUE, [found], {1})
        assert (leads.checks_of(db, ISSUE), got(db).lead_cut, leads.unverified(db)) == ((found,), (1,), [])
        issues.set_lead(db, ISSUE, None)
        assert (leads.checks_of(db, ISSUE), got(db).lead_cut, got(db).lead_about) == ((), None, ())


STATES: tuple[IssueStatus, ...] = ("draft", "in_review", "approved", "sending", "sent", "cancelled")
ALLOWED = {
    ("draft", "in_review"), ("draft", "cancelled"), ("in_review", "approved"), ("in_review", "draft"),
    ("in_review", "cancelled"), ("approved", "sending"), ("approved", "in_review"), ("approved", "cancelled"),
    ("sending", "sent"),
}  # fmt: skip


def test_an_issue_moves_along_the_states_of_the_design_and_nowhere_else(store: Store) -> None:
    with store.begin() as db:
        for n, (old, new) in enumerate(product(STATES, STATES)):
            name = f"issue{n}"
            issues.add(db, issue(name, status=old))
            if (old, new) in ALLOWED:
                issues.move(db, name, new, approved_by="ann")
                assert (got(db, name).status, got(db, name).approved_by) == (new, "ann")
            else:
                with pytest.raises(ReviewError, match=f"is {old}; it cannot become {new}"):
                    issues.move(db, name, new, approved_by="ann")
                assert (got(db, name).status, got(db, name).approved_by) == (old, None)
        with pytest.raises(ReviewError, match="no such issue"):
            issues.move(db, "1999-01-01", "in_review")


def test_decisions_are_kept_in_order_and_say_what_printed(store: Store) -> None:
    with store.begin() as db:
        made = opened(db, "a", "b", "c")
        for action, name in (("reject", "a"), ("hold", "b"), ("approve", "c"), ("hold", "c"), ("undo", None)):
            issues.add_review(db, review(action, name))  # type: ignore[arg-type]
        assert [r.action for r in issues.reviews_of(db, ISSUE)] == ["reject", "hold", "approve", "hold", "undo"]
        assert issues.reviews_of(db, ISSUE)[0] == review("reject", "a")
        assert [d.decision for d in issues.decided(db, made)] == ["reject", "hold", "approve"]
        assert issues.last_words(db) == {"a": "reject", "b": "hold"}
        assert issues.ran(db) == {}, "a draft has not run"
        issues.move(db, ISSUE, "in_review")
        issues.move(db, ISSUE, "approved")
        assert issues.ran(db) == {"c": ISSUE}


def test_a_held_story_that_ran_later_ran(store: Store) -> None:
    with store.begin() as db:
        opened(db, "a", status="sent")
        issues.add_review(db, review("hold", "a"))
        assert (issues.ran(db), issues.last_words(db)) == ({}, {"a": "hold"})
        issues.add(db, issue("2026-11-25", status="sent"))
        issues.replace_slots(db, "2026-11-25", [Slot(section="News", position=0, story_id="a", score=1)], {})
        assert issues.ran(db) == {"a": "2026-11-25"}


def rendering(name: str, body: bytes = b"\x00\xffbody", issue_id: str = ISSUE) -> Rendering:
    return Rendering(issue_id=issue_id, format=name, language="en", body=body, sha256="x")  # type: ignore[arg-type]


def test_frozen_bytes_do_not_change_until_they_are_thawed(store: Store) -> None:
    with store.begin() as db:
        issues.add(db, issue(status="approved"))
        assert issues.without_renderings(db) == [], "its lead is not written"
        issues.set_lead(db, ISSUE, ["Lead."])
        assert issues.without_renderings(db) == [ISSUE]
        issues.freeze(db, [rendering("notice_html")])
        assert issues.without_renderings(db) == [ISSUE], "a notice is not the issue"
        issues.freeze(db, [rendering("html"), rendering("text")])
        issues.freeze(db, [rendering("html", b"other")])
        assert issues.renderings_of(db, ISSUE) == {"html": rendering("html"), "text": rendering("text")}
        assert issues.without_renderings(db) == []
        issues.thaw(db, ISSUE)
        assert issues.renderings_of(db, ISSUE) == {}
        assert set(issues.renderings_of(db, ISSUE, issues.NOTICE_FORMATS)) == {"notice_html"}
        issues.set_approved_sha256(db, ISSUE, "abc")
        assert got(db).approved_sha256 == "abc"


def test_a_notice_is_written_for_an_issue_in_review_whose_reviewers_wait(store: Store) -> None:
    with store.begin() as db:
        for name, status in (("waits", "in_review"), ("nobody", "in_review"), ("draft", "draft"), ("has", "in_review")):
            issues.add(db, issue(name, status=status))
        deliveries.queue(db, [row("boss@x.example", name, deliveries.NOTICE) for name in ("waits", "draft", "has")])
        issues.freeze(db, [rendering("notice_text", issue_id="has")])
        assert issues.without_notice(db) == ["waits"]


# --- summaries --------------------------------------------------------------------------------------------------------


def summary(name: str, revision: int = 1, **fields: object) -> Summary:
    cited = Citation(item_id=name, start=0, end=4, quote="Body")
    made = Summary(
        story_id=name,
        revision=revision,
        language="en",
        input_hash=f"hash{revision}",
        headline=HOSTILE,
        claims=(Claim(text="One.", citations=(cited,)), Claim(text="Ada: two.", speaker="Ada")),
        written_by="model:m",
        written_at=NOW,
        why_it_matters="So.",
        tags=Tags(companies=("Lab",), topics=("芯片",)),
        note="why",
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def check(name: str, claim: int) -> Check:
    return Check(
        story_id=name,
        revision=1,
        claim=claim,
        method="number",
        verdict="refuted",
        start=0,
        end=3,
        note=HOSTILE,
        probability=0.125,
        source_item_id="gone",
        source=HOSTILE,
    )


def test_a_summary_comes_back_as_it_went_in_and_knows_what_it_was_written_from(store: Store) -> None:
    with store.begin() as db:
        story(db, item("a"))
        story(db, item("b"))
        assert summaries.next_revision(db, "a") == 1
        first, second = summary("a"), summary("a", 2, why_it_matters=None, note=None, claims=(), tags=Tags())
        edited = summary("a", 3, input_hash="")
        for each in (first, second, edited):
            summaries.add(db, each)
        assert summaries.next_revision(db, "a") == 4
        assert summaries.load(db, ["a", "b"]) == {("a", 1): first, ("a", 2): second, ("a", 3): edited}
        assert summaries.hashes(db, ["a", "b"]) == {"a": {"hash1": 1, "hash2": 2}}, "an edit answers to no input"


def test_a_summary_of_before_there_were_speakers_is_read(store: Store) -> None:
    old = summary("a", claims=(Claim(text="One."),))
    with store.begin() as db:
        story(db, item("a"))
        summaries.add(db, old)
        db.execute(tables.summaries.update().values(claims=[{"text": "One.", "citations": []}]))
        assert summaries.load(db, ["a"]) == {("a", 1): old}


def test_a_revision_is_checked_once_and_again_when_asked(store: Store) -> None:
    with store.begin() as db:
        opened(db, "a", "b")
        for name in "ab":
            summaries.add(db, summary(name))
        assert summaries.unverified(db) == [("a", 1), ("b", 1)]
        summaries.record_checks(db, ("a", 1), [check("a", 0), check("a", -1)], [1, -1], NOW)
        assert summaries.unverified(db) == [("b", 1)]
        assert summaries.checks_of(db, ["a", "b"]) == {("a", 1): (check("a", 0), check("a", -1))}
        assert summaries.cuts_of(db, ["a", "b"]) == {("a", 1): {1, -1}, ("b", 1): frozenset()}
        summaries.record_checks(db, ("a", 1), [], [], NOW)
        assert summaries.checks_of(db, ["a"]) == {}
        issues.move(db, ISSUE, "cancelled")
        assert summaries.unverified(db) == [], "nobody reads a cancelled issue"


# --- deliveries -------------------------------------------------------------------------------------------------------


def row(recipient: str, issue_id: str = ISSUE, channel: str = "smtp", **fields: object) -> Delivery:
    made = Delivery(
        issue_id=issue_id,
        channel=channel,
        recipient=recipient,
        status="queued",
        attempts=0,
        message_id=f"<{recipient}>",
        changed_at=NOW,
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def statuses(db: Connection) -> dict[str, str]:
    return {d.recipient: d.status for d in deliveries.of_issue(db, ISSUE)}


def test_a_row_is_booked_once_and_claimed_by_one(store: Store) -> None:
    with store.begin() as db:
        issues.add(db, issue(status="sending"))
        deliveries.queue(db, [row("ann"), row("bob")])
        deliveries.queue(db, [row("ann", message_id="<another>")])
        assert deliveries.waiting(db, NOW) == [row("ann"), row("bob")]
        assert deliveries.claim(db, row("ann"), NOW + HOUR)
        assert not deliveries.claim(db, row("ann"), NOW)
        (claimed,) = deliveries.with_status(db, "sending")
        assert claimed == row("ann", status="sending", attempts=1, changed_at=NOW + HOUR)
        assert [d.recipient for d in deliveries.waiting(db, NOW)] == ["bob"]


def test_a_deferred_row_waits_for_its_time_and_an_issue_is_through_when_nothing_is_left(store: Store) -> None:
    with store.begin() as db:
        issues.add(db, issue(status="sending"))
        deliveries.queue(db, [row("ann"), row("bob"), row("boss", channel=deliveries.NOTICE)])
        for name, status, later in (("ann", "deferred", NOW + HOUR), ("bob", "failed", None)):
            assert deliveries.claim(db, row(name), NOW)
            deliveries.settle(db, row(name), status, NOW, HOSTILE, later)
        assert [d.recipient for d in deliveries.waiting(db, NOW)] == ["boss"]
        assert [d.recipient for d in deliveries.waiting(db, NOW + HOUR)] == ["boss", "ann"]
        assert deliveries.finished(db) == []
        assert deliveries.claim(db, row("ann"), NOW + HOUR)
        assert deliveries.finished(db) == [], "one is under way"
        deliveries.settle(db, row("ann"), "sent", NOW, "", None)
        assert deliveries.finished(db) == [ISSUE], "a notice does not hold the issue up"
        assert statuses(db) == {"ann": "sent", "bob": "failed", "boss": "queued"}


def test_what_a_dead_run_was_sending_is_unknown_until_a_person_settles_it(store: Store) -> None:
    with store.begin() as db:
        issues.add(db, issue(status="sending"))
        deliveries.queue(db, [row("ann"), row("bob"), row("cid")])
        for name in ("ann", "bob"):
            deliveries.claim(db, row(name), NOW)
        assert deliveries.abandon(db, NOW) == 2
        assert deliveries.abandon(db, NOW) == 0
        assert statuses(db) == {"ann": "unknown", "bob": "unknown", "cid": "queued"}
        assert [d.recipient for d in deliveries.waiting(db, NOW + DAY)] == ["cid"]
        assert deliveries.settle_unknown(db, ISSUE, "ann", "sent", NOW) == 1
        assert deliveries.settle_unknown(db, ISSUE, "bob", "queued", NOW) == 1
        with pytest.raises(ReviewError, match="no unknown delivery to cid"):
            deliveries.settle_unknown(db, ISSUE, "cid", "sent", NOW)
        assert statuses(db) == {"ann": "sent", "bob": "queued", "cid": "queued"}


def test_who_left_gets_nothing_until_somebody_adds_them_again(store: Store) -> None:
    with store.begin() as db:
        deliveries.add_recipients(db, [("bob@x.example", "Bob"), ("ann@x.example", ""), ("ann@x.example", "Ann")], NOW)
        assert deliveries.active_recipients(db) == [("ann@x.example", "Ann"), ("bob@x.example", "Bob")]
        assert deliveries.remove_recipient(db, "bob@x.example", NOW)
        assert not deliveries.remove_recipient(db, "bob@x.example", NOW)
        assert not deliveries.remove_recipient(db, "cid@x.example", NOW)
        assert deliveries.active_recipients(db) == [("ann@x.example", "Ann")]
        deliveries.add_recipients(db, [("bob@x.example", "Robert")], NOW)
        assert deliveries.active_recipients(db)[1] == ("bob@x.example", "Robert")


# --- the model's ledger, runs -----------------------------------------------------------------------------------------


def test_model_calls_are_added_up_by_model_and_stage_and_answers_are_kept(store: Store) -> None:
    def call(**fields: object) -> ModelCall:
        made = ModelCall(
            stage="summarise",
            prompt="summarise.md@1",
            model="m",
            input_tokens=100,
            output_tokens=10,
            cached_tokens=5,
            cost_usd_micros=3_000_000_000,
            duration_ms=20,
            from_cache=False,
            called_at=NOW,
        )
        return replace(made, **fields)  # type: ignore[arg-type]

    with store.begin() as db:
        assert model_calls.usage(db) == []
        free = call(from_cache=True, cost_usd_micros=0)
        for each in (call(), call(error="down", input_tokens=0), free, call(model="z")):
            model_calls.log(db, each)
        model_calls.log(db, call(called_at=NOW - DAY))
        recent, other = model_calls.usage(db, NOW)
        assert (recent.calls, recent.failed, recent.from_cache, recent.input_tokens) == (2, 1, 1, 200)
        assert (recent.cost_usd_micros, other.model) == (6_000_000_000, "z")
        assert model_calls.usage(db)[0].calls == 3
        model_calls.keep_answer(db, "key", "not valid any more", NOW)
        model_calls.keep_answer(db, "key", HOSTILE, NOW)
        assert (model_calls.answer(db, "key"), model_calls.answer(db, "other")) == (HOSTILE, None)


def test_a_run_record_is_open_until_it_is_closed_and_keeps_its_problems(store: Store) -> None:
    problem = Problem(stage="fetch", subject="lab", kind="http_404", message=HOSTILE, at=NOW)
    with store.begin() as db:
        assert runs.last(db) is None
        first, second = runs.start(db, NOW), runs.start(db, NOW + HOUR)
        runs.add_problems(db, second, [problem, problem])
        runs.add_problems(db, first, [])
        found = runs.last(db)
        assert found is not None
        assert (found["id"], found["exit_code"], found["finished_at"]) == (second, None, None)
        runs.finish(db, second, NOW + HOUR, 5, {"fetch": 3})
        found = runs.last(db)
        assert found is not None
        assert (found["exit_code"], found["counts"], found["finished_at"]) == (5, {"fetch": 3}, NOW + HOUR)
        assert (runs.problems_of(db, second), runs.problems_of(db, first)) == ([problem, problem], [])


def test_the_secret_of_an_install_stays_the_same(store: Store) -> None:
    with store.begin() as db:
        made = runs.secret(db, "message_id")
        assert len(made) == 64
        assert runs.secret(db, "message_id") == made
        assert runs.secret(db, "other") != made
