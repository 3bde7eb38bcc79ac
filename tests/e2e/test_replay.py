"""Two weeks of real feeds, served day by day, through the whole pipeline to a real SMTP server."""

from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from pipeline.review import stage as review
from pipeline.run import Report, preview
from pipeline.store import deliveries, issues, model_calls, runs, summaries
from tests.e2e.world import ModelServer, Post, World, configuration, model_server, post_office, served

READERS = ("ann@example.org", "bob@example.org", "李@example.org".replace("李", "li"))
DAYS = ["2025-12-03", "2025-12-05", "2025-12-07"]


class Site:
    """What the feeds' server hands out: one day's files at a time."""

    def __init__(self, data: Path, folder: Path) -> None:
        self._data, self.folder = data / "replay", folder
        self.feeds = sorted({p.name for day in DAYS for p in (self._data / day / "feeds").glob("*.xml")})

    def show(self, day: str) -> None:
        for name in self.feeds:
            (self.folder / name).unlink(missing_ok=True)
            source = self._data / day / "feeds" / name
            if source.exists():
                (self.folder / name).write_bytes(source.read_bytes())


@pytest.fixture
def post() -> Iterator[tuple[Post, int]]:
    with post_office() as found:
        yield found


@pytest.fixture
def site(shared_data: Path, tmp_path: Path) -> Site:
    (tmp_path / "www").mkdir()
    return Site(shared_data, tmp_path / "www")


@pytest.fixture
def world(site: Site, post: tuple[Post, int], tmp_path: Path) -> Iterator[World]:
    with served(site.folder) as base:
        made = World(folder=tmp_path, config=configuration(base, site.feeds, post[1]))
        yield made


def subscribe(world: World) -> None:
    with world.context() as ctx, ctx.store.begin() as db:
        deliveries.add_recipients(db, [(address, "") for address in READERS], world.now)


def approve(world: World, issue_id: str) -> str:
    with world.context() as ctx:
        _, _, fingerprint = preview(ctx, issue_id)
        review.approve(ctx, issue_id, fingerprint, reviewer="ann", channel="cli")
    return fingerprint


def failed(report: Report) -> list[str]:
    """Problems but for feeds that the snapshot of that day does not have."""
    return [f"{p.stage} {p.subject} {p.message}" for p in report.problems if p.kind != "http_404"]


def test_an_issue_goes_out_once_and_a_second_run_sends_nothing_and_calls_no_model(
    world: World, site: Site, post: tuple[Post, int]
) -> None:
    site.show(DAYS[0])
    with model_server() as model:
        world.config["model"] = {"base_url": model.base_url, "name": "honest", "price": {"input": 1, "output": 2}}
        subscribe(world)
        assert failed(world.run()) == []
        written = len(model.calls)
        assert written == printed_in_full(world) + 1, "one call a story, one for the lead"
        (notice,) = post[0].to("boss@example.org")
        assert "2025-12-03" in notice.as_string()

        assert failed(world.run()) == []
        assert (len(model.calls), len(post[0].mails)) == (written, 1)

        approve(world, "2025-12-03")
        world.run()
        assert len(post[0].mails) == 1, "approved, but not due yet"
        world.pass_(hours=12)
        world.run()
        for reader in READERS:
            (mail,) = post[0].to(reader)
            check_mail(mail, reader)
        world.run()
        world.run()
        assert len(post[0].mails) == 1 + len(READERS)
        assert len(model.calls) == written
        check_records(world, model, written)


def printed_in_full(world: World) -> int:
    """How many stories print in full; each of them is written by the model."""
    with world.context() as ctx, ctx.store.read() as db:
        issue = issues.get(db, "2025-12-03")
        assert issue is not None
        full = [s for s in issue.slots if not s.brief]
        written = summaries.load(db, [s.story_id for s in full])
    assert {s.written_by for s in written.values()} == {"model:honest"}
    return len(full)


def check_mail(mail: object, reader: str) -> None:
    assert isinstance(mail, EmailMessage)
    assert mail["To"] == reader
    assert mail["Message-ID"].startswith("<issue-2025-12-03.")
    assert reader.split("@", maxsplit=1)[0] not in mail["Message-ID"]
    assert mail["List-Id"]
    assert "mailto:" in mail["List-Unsubscribe"]
    assert mail["Date"]
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def check_records(world: World, model: ModelServer, written: int) -> None:
    with world.context() as ctx, ctx.store.read() as db:
        issue = issues.get(db, "2025-12-03")
        assert issue is not None
        assert issue.status == "sent"
        assert {d.status for d in deliveries.of_issue(db, issue.id)} == {"sent"}
        usage = model_calls.usage(db)
        assert sum(u.calls for u in usage) == written
        assert sum(u.cost_usd_micros for u in usage) == written * (400 * 1 + 80 * 2)
        last = runs.last(db)
        assert last is not None
    html = (world.folder / "issues" / "2025-12-03" / "issue.html").read_bytes()
    assert 1_000 < len(html) < 90_000


def test_no_story_is_printed_twice_in_the_issues_of_a_week(world: World, site: Site, post: tuple[Post, int]) -> None:
    subscribe(world)
    printed: list[set[str]] = []
    for day in DAYS:
        site.show(day)
        assert failed(world.run()) == []
        approve(world, day)
        world.pass_(hours=12)
        assert failed(world.run()) == []
        with world.context() as ctx, ctx.store.read() as db:
            issue = issues.get(db, day)
            assert issue is not None
            assert issue.status == "sent"
            printed.append({slot.story_id for slot in issue.slots})
        world.pass_(hours=36)
    assert all(printed)
    assert len(set.union(*printed)) == sum(len(ids) for ids in printed)
    assert len(post[0].to(READERS[0])) == len(DAYS)


def test_every_new_entry_ends_in_a_story_or_in_a_counted_reason(world: World, site: Site) -> None:
    import sqlalchemy as sa

    from pipeline.store.tables import items, memberships, skips

    site.show(DAYS[0])
    world.run()
    with world.context() as ctx, ctx.store.read() as db:
        everything = set(db.scalars(sa.select(items.c.id)))
        in_story = set(db.scalars(sa.select(memberships.c.item_id)))
        reasons = {row.subject: row.reason for row in db.execute(sa.select(skips.c.subject, skips.c.reason))}
    skipped = everything & reasons.keys()
    assert len(everything) > 100
    assert in_story | skipped == everything
    assert not in_story & skipped
    assert {reasons[s] for s in reasons.keys() - everything} <= {"over_the_limit"}, "entries that became no item"
