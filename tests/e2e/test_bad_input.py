"""Bad input: one clear line that names the subject and the remedy, the right exit code, and nothing lost."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Timer

import pytest
import sqlalchemy as sa
import yaml
from sqlalchemy import event

from pipeline import resources
from pipeline.errors import ConfigError, StoreError
from pipeline.run import Report, preview
from pipeline.store import deliveries, issues
from pipeline.store import sources as states
from tests.e2e.conftest import STORIES, feed
from tests.e2e.test_faults import serving
from tests.e2e.world import Post, World

ISSUE = "2025-12-03"
ROOT = Path(__file__).parents[2]
TITLES = [title for stories in STORIES.values() for title, _ in stories]
Approve = Callable[..., str]


def text_of(world: World, issue_id: str = ISSUE) -> str:
    with world.context() as ctx:
        return preview(ctx, issue_id)[1]["text"].body.decode()


def printed(world: World, titles: list[str], issue_id: str = ISSUE) -> list[str]:
    text = " ".join(text_of(world, issue_id).split())
    return [title for title in titles if title in text]


def lines(report: Report) -> dict[str, str]:
    """What the run says of each subject."""
    return {p.subject: p.message for p in report.problems}


def digest(world: World, *args: str) -> subprocess.CompletedProcess[str]:
    """Run the program itself."""
    (world.folder / "config.yaml").write_text(yaml.safe_dump(world.config, allow_unicode=True), encoding="utf-8")
    command = [sys.executable, "-m", "pipeline", "-c", str(world.folder), *args]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


# --- feeds ------------------------------------------------------------------------------------------------------------


@dataclass
class Site:
    """A web server that answers each path as the test says: (status, media type, body)."""

    pages: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    base: str = ""


@pytest.fixture
def site() -> Iterator[Site]:
    state = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.removeprefix("/")
            state.asked.append(name)
            status, media_type, body = state.pages[name]
            self.send_response(status)
            self.send_header("content-type", media_type)
            if not name.startswith("endless"):
                self.send_header("content-length", str(len(body)))
            self.end_headers()
            with suppress(ConnectionError):  # the reader had enough
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
            pass

    with serving(Handler) as state.base:
        yield state


NEWS = {
    "page": ("Lisbon trams take a planner", "Carris lets a small network plan its depots since Monday."),
    "cut": ("A violin maker sells its varnish data", "Cremona workshops measured 900 coats in an oven."),
    "empty": ("Glacier cameras learn to ignore fog", "The Aletsch station drops two thirds of its pictures."),
    "missing": ("Bakers file patents on ovens that listen", "Crust sounds tell the Graz ovens when to stop."),
    "gone": ("Chess engine teaches endings", "Pupils in Yerevan won more rook endings."),
    "broken": ("Harbour pilots ask for quieter alarms", "Antwerp bridges rang 4,000 times in a night."),
    "big": ("Beekeepers share hive recordings", "Slovenian hives were recorded through the winter."),
    "endless": ("Court rules on robot umpires", "The Osaka league must publish every call."),
}


def whole(name: str) -> bytes:
    return feed(name, [NEWS[name]]).encode()


BIG = b"<rss><channel><title>big</title>" + b"<!-- padding -->" * 700_000
XML = "application/rss+xml"
BAD_FEEDS: dict[str, tuple[int, str, bytes, str, str]] = {
    # name: status, media type, body, what is said of it, the remedy
    "page": (
        200,
        "text/html",
        b"<!doctype html><html><body><h1>Hello</h1></body></html>",
        "is a web page",
        "the address of a feed",
    ),
    "cut": (200, XML, whole("cut")[:60], "is broken XML", "the address of a feed"),
    "empty": (200, XML, b"", "is empty", "address"),
    "missing": (404, "text/html", b"<h1>Not found</h1>", "answered 404 at http", "Check the address"),
    "gone": (410, "text/html", b"", "answered 410 at http", "remove it from config.yaml"),
    "broken": (500, "text/html", b"<h1>Oops</h1>", "answered 500 at http", "asked again later"),
    "big": (200, XML, BIG, "sends more than 10,000,000 bytes", "Raise fetch.max_bytes"),
    "endless": (200, XML, BIG, "sends more than 10,000,000 bytes", "Raise fetch.max_bytes"),
}


def put_up_bad_feeds(world: World, site: Site) -> None:
    for name, (status, media_type, body, _, _) in BAD_FEEDS.items():
        site.pages[f"{name}.xml"] = (status, media_type, body)
        source = {"id": name, "type": "rss", "url": f"{site.base}/{name}.xml", "allow_private": True}
        world.config["sources"].append(source)  # type: ignore[attr-defined]


def test_bad_feeds_are_named_the_others_go_on_and_what_they_missed_is_in_the_next_issue(
    world: World, site: Site, approved: Approve
) -> None:
    put_up_bad_feeds(world, site)
    report = world.run()
    assert report.exit_code == 5
    assert set(lines(report)) == set(BAD_FEEDS)
    for name, (*_, said, remedy) in BAD_FEEDS.items():
        assert said in lines(report)[name]
        assert remedy in lines(report)[name]
        assert "\n" not in lines(report)[name]
    assert printed(world, TITLES) == TITLES
    assert "10 sources checked, 8 failed" in text_of(world)
    assert world.run().exit_code == 0, "none is asked again before its time"

    approved(world)
    for name in BAD_FEEDS:
        site.pages[f"{name}.xml"] = (200, XML, whole(name))
    site.asked.clear()
    world.pass_(hours=48)
    assert world.run().exit_code == 0
    assert "gone.xml" not in site.asked, "a source that is gone for good is not asked again"
    mended = [title for name, (title, _) in NEWS.items() if name != "gone"]
    assert printed(world, mended, "2025-12-05") == mended


def test_of_a_feed_that_breaks_off_the_whole_entries_are_taken_and_the_rest_when_it_is_whole(
    world: World, site: Site
) -> None:
    two = feed("lab3", [("The first entry is whole", "A long and telling text."), ("The second one is not", "Text.")])
    site.pages["cut.xml"] = (200, XML, two[: two.index("<item>", two.index("<item>") + 1)].encode())
    world.config["sources"] = [{"id": "cut", "type": "rss", "url": f"{site.base}/cut.xml", "allow_private": True}]
    world.run(until="fetch")
    site.pages["cut.xml"] = (200, XML, two.encode())
    world.pass_(hours=7)
    assert world.run().exit_code == 0
    both = ["The first entry is whole", "The second one is not"]
    assert printed(world, both) == both


def test_the_program_says_what_is_wrong_with_a_feed_on_stderr_and_leaves_with_5(world: World, site: Site) -> None:
    put_up_bad_feeds(world, site)
    done = digest(world, "run", "--until", "fetch")
    assert done.returncode == 5
    assert done.stdout == ""
    said = sorted(line.split(": ")[1] for line in done.stderr.splitlines())
    assert said == sorted(BAD_FEEDS), "one line each"
    assert digest(world, "run", "--until", "fetch").returncode == 0


# --- mailboxes --------------------------------------------------------------------------------------------------------

HEAD = b"From: The Letter <letter@example.org>\nMIME-Version: 1.0\n"
BODY = "Zürich hat am Dienstag ein Rechenzentrum für Wetterkarten eröffnet, es läuft mit Abwärme.".encode()
WRONG_CHARSET = HEAD + (
    b"Subject: Wetterkarten aus Abwaerme\nMessage-ID: <1@x>\nDate: Wed, 03 Dec 2025 04:00:00 +0000\n"
    b'Content-Type: text/plain; charset="x-klingon-8"\nContent-Transfer-Encoding: 8bit\n\n' + BODY
)
GOOD_MAIL = HEAD + (
    b"Subject: The printers of Leiden strike\nMessage-ID: <2@x>\nDate: Wed, 03 Dec 2025 04:30:00 +0000\n"
    b"Content-Type: text/plain; charset=utf-8\n\nThe printers of Leiden went on strike on Monday over their machines."
)


def test_a_mail_with_a_wrong_charset_is_read_and_junk_stops_no_other_mail(world: World) -> None:
    box = world.folder / "letters"
    box.mkdir()
    (box / "1-junk.eml").write_bytes(bytes(range(256)) * 40)
    (box / "2-charset.eml").write_bytes(WRONG_CHARSET)
    (box / "3-good.eml").write_bytes(GOOD_MAIL)
    (box / "4-empty.eml").write_bytes(b"")
    world.config["sources"].append({"id": "letters", "type": "mail", "path": "letters"})  # type: ignore[attr-defined]
    report = world.run()
    assert report.exit_code == 5
    assert lines(report)["letters"].startswith("2 of 4 cannot be read")
    assert "is not a mail" in lines(report)["letters"]
    wanted = ["Wetterkarten aus Abwaerme", "The printers of Leiden strike"]
    assert printed(world, wanted) == wanted
    assert "Zürich" in text_of(world)
    world.pass_(hours=7)
    assert world.run().exit_code == 0, "what is wrong with a mail is said once"


def test_a_mailbox_that_is_not_there_is_named_with_its_path_and_read_when_it_comes(world: World) -> None:
    world.config["sources"].append({"id": "letters", "type": "mail", "path": "letters/inbox"})  # type: ignore[attr-defined]
    report = world.run(until="fetch")
    assert report.exit_code == 5
    assert str(world.folder / "letters" / "inbox") in lines(report)["letters"]
    assert "No such file or directory. Give `path` an mbox file" in lines(report)["letters"]
    (world.folder / "letters").mkdir()
    (world.folder / "letters" / "inbox").write_bytes(b"From letter Wed Dec  3 04:30:00 2025\n" + GOOD_MAIL + b"\n")
    world.pass_(hours=14)
    world.config["schedule"]["time"] = "20:00"  # type: ignore[index]
    assert world.run().exit_code == 0
    assert printed(world, ["The printers of Leiden strike"])


# --- configuration, prompts, templates --------------------------------------------------------------------------------


def test_every_mistake_of_a_configuration_is_told_at_once_and_nothing_is_touched(world: World, tmp_path: Path) -> None:
    before = sorted(p.name for p in tmp_path.iterdir())
    world.config["titel"] = "x"
    world.config["schedule"]["every_day"] = 2  # type: ignore[index]
    world.config["sources"][0]["urll"] = "x"  # type: ignore[index]
    world.config["model"] = {"api_key": "sk-secret"}
    done = digest(world, "run")
    assert done.returncode == 2
    for said in ("Did you mean title?", "Did you mean every_days?", "sources[lab].urll", "put it into .env"):
        assert said in done.stderr
    assert "sk-secret" not in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted({*before, "config.yaml"})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "`digest init DIR` writes one"),
        (b"title: [", "is not YAML"),
        (b"title: \xff\xfe", "Check its permissions and encoding"),
        (b"- a\n- b\n", "holds no settings"),
    ],
)
def test_a_configuration_that_is_none(tmp_path: Path, content: bytes | None, said: str) -> None:
    from pipeline.context import load_settings

    if content is not None:
        (tmp_path / "config.yaml").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path)
    assert caught.value.exit_code == 2
    assert said in str(caught.value)
    assert caught.value.subject.endswith("config.yaml")


SUMMARISE = (ROOT / "prompts" / "summarise.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "content", "said", "remedy"),
    [
        ("templates/email/issue.html.j2", b"{% for x in %}", "issue.html.j2:1: is no template", "Mend that line"),
        ("templates/email/issue.txt.j2", b"{{ issue.colour.hue }}", "cannot be filled", "Compare it with the template"),
        ("templates/email/notice.txt.j2", b"\xff\xfe", "notice.txt.j2: cannot be read", "Save it as UTF-8"),
        ("templates/email/issue.md.j2", b"{% include 'no.j2' %}", "templates/no.j2: is in none of", "Put it back"),
        ("prompts/summarise.md", SUMMARISE.replace("fence", "hedge").encode(), "wants hedge", "given blocks, fence"),
        ("prompts/summarise.md", f"{SUMMARISE}\n{{{{ mood }}}}".encode(), "mood stands in the text", "into `inputs`"),
        ("prompts/lead.md", b"Write a lead.", "is no prompt file", "a YAML head"),
    ],
)
def test_an_own_template_or_prompt_that_is_wrong_stops_the_run_with_2_and_the_issue_comes_when_it_is_mended(
    world: World, approved: Approve, post: tuple[Post, int], name: str, content: bytes, said: str, remedy: str
) -> None:
    if "wants" in said:  # a prompt is filled in where a model is asked
        world.config["model"] = {"base_url": "http://127.0.0.1:9/v1", "name": "nobody"}
    own = world.folder / name
    own.parent.mkdir(parents=True)
    own.write_bytes(content)

    def draft_and_approve() -> None:
        world.run()
        approved(world)

    with pytest.raises(ConfigError) as caught:
        draft_and_approve()
    assert caught.value.exit_code == 2
    assert said in str(caught.value)
    assert remedy in str(caught.value)
    assert "\n" not in str(caught.value)
    own.unlink()
    world.config["model"] = {"type": "extractive"}
    draft_and_approve()
    world.pass_(hours=12)
    world.run()
    assert printed(world, TITLES) == TITLES
    assert len(post[0].to("ann@example.org")) == 1


def test_a_template_that_was_lost_is_named_with_the_places_where_it_was_looked_for(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installed = tmp_path / "installed"
    for kind in ("prompts", "templates"):
        shutil.copytree(ROOT / kind, installed / kind)
    (installed / "templates" / "email" / "notice.html.j2").unlink()
    monkeypatch.setattr(resources, "roots", lambda folder: [folder, installed])
    with pytest.raises(ConfigError) as caught:
        world.run()
    assert caught.value.subject == "templates/email/notice.html.j2"
    assert str(installed / "templates" / "email") in str(caught.value)
    assert "Put it back, or install the package again" in str(caught.value)
    monkeypatch.undo()
    assert world.run().exit_code == 0


# --- the store --------------------------------------------------------------------------------------------------------


@contextmanager
def every_connection(pragma: str) -> Iterator[None]:
    """Before each use of a database connection, this pragma."""

    def used(connection: sa.Connection) -> None:
        cursor = connection.connection.cursor()
        cursor.execute(f"pragma {pragma}")
        cursor.close()

    event.listen(sa.Engine, "engine_connect", used)
    try:
        yield
    finally:
        event.remove(sa.Engine, "engine_connect", used)


def refused(world: World, path: Path, step: int) -> int:
    """Run with a disk that is full, then has room for some pages more, and so on; how many runs failed."""
    pages = path.stat().st_size // 512
    said: list[str] = []
    while len(said) < 200:
        with every_connection(f"max_page_count = {pages + step * len(said)}"):
            try:
                world.run()
                break
            except StoreError as e:
                said.append(str(e))
    assert all("digest.db: has no room left on its disk" in each and "Make room" in each for each in said)
    return len(said)


def small_pages(path: Path) -> None:
    """An empty database in which every few rows need a new page."""
    path.unlink()
    raw = sqlite3.connect(path)
    raw.executescript("pragma page_size = 512; vacuum")
    raw.close()


def test_a_disk_that_is_full_at_any_point_loses_nothing_and_mails_nobody_twice(
    world: World, approved: Approve, post: tuple[Post, int]
) -> None:
    path = world.folder / "digest.db"
    readers = [f"reader{i:02}@example.org" for i in range(12)]
    small_pages(path)
    with world.context() as ctx, ctx.store.begin() as db:
        deliveries.add_recipients(db, [(address, "") for address in readers], world.now)
    assert refused(world, path, 2) > 10
    assert printed(world, TITLES) == TITLES
    approved(world)
    assert refused(world, path, 8) > 3, "the frozen bytes"
    world.pass_(hours=12)
    assert refused(world, path, 1) > 1
    world.run()
    with world.context() as ctx, ctx.store.read() as db:
        status = {d.recipient: d.status for d in deliveries.of_issue(db, ISSUE) if d.channel == "smtp"}
    assert set(status) == set(readers)
    for reader in readers:
        assert (status[reader], len(post[0].to(reader))) in (("sent", 1), ("unknown", 0), ("unknown", 1))


def test_a_folder_of_issues_without_room_puts_the_copy_off_until_there_is(world: World, approved: Approve) -> None:
    world.config["channels"] = [{"type": "file", "folder": "issues"}]
    world.config["review"] = {}
    world.run()
    approved(world)
    world.pass_(hours=12)
    folder = world.folder / "issues" / ISSUE
    folder.mkdir(parents=True)
    (folder / f".issue.html.{os.getpid()}.part").symlink_to("/dev/full")
    report = world.run()
    assert report.exit_code == 5
    (message,) = lines(report).values()
    assert f"{folder}: No space left on device. Make room" in message
    assert list(folder.iterdir()) == [], "not half an issue"
    world.pass_(hours=1)
    assert world.run().exit_code == 0
    assert sorted(p.name for p in folder.iterdir()) == ["issue.eml", "issue.html", "issue.txt"]


def test_a_file_in_the_place_of_the_folder_of_issues_is_named(world: World, approved: Approve) -> None:
    (world.folder / "issues").write_text("a note to myself")
    world.run()
    approved(world)
    world.pass_(hours=12)
    report = world.run()
    assert report.exit_code == 5
    assert str(world.folder / "issues") in lines(report)[f"{ISSUE}/file"]
    assert (world.folder / "issues").read_text() == "a note to myself"


def test_a_database_held_by_another_program_is_waited_for_then_named_and_the_next_run_goes_on(world: World) -> None:
    other = sqlite3.connect(world.folder / "digest.db", isolation_level=None, check_same_thread=False)
    other.execute("begin exclusive")
    with every_connection("busy_timeout = 50"), pytest.raises(StoreError) as caught:
        world.run()
    assert caught.value.exit_code == 3
    assert "digest.db: is locked" in str(caught.value)
    assert "Another program holds it" in str(caught.value)
    Timer(0.3, lambda: other.execute("rollback")).start()
    assert world.run().exit_code == 0, "a short wait is no trouble"
    other.close()
    assert printed(world, TITLES) == TITLES


def spoil(path: Path) -> None:
    path.write_bytes(b"From ann@example.org Wed Dec  3\n" * 300)


def make_newer(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("update alembic_version set version_num = '9999_next_year'")
    db.commit()
    db.close()


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (spoil, "digest.db: is not a database, or is damaged (file is not a database). Put a backup in its place"),
        (make_newer, "that this program does not know (9999_next_year). Install the version that made it"),
    ],
)
def test_a_database_that_cannot_be_used_is_left_alone_with_3(
    world: World, how: Callable[[Path], None], said: str
) -> None:
    path = world.folder / "digest.db"
    how(path)
    before = path.read_bytes()
    done = digest(world, "run")
    assert (done.returncode, done.stdout) == (3, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert path.read_bytes() == before


def test_a_database_server_that_is_down_is_named_without_its_password(world: World) -> None:
    world.config["store"] = {"url": "postgresql+psycopg://ann:s3cret@127.0.0.1:1/digest"}
    done = digest(world, "run")
    assert done.returncode == 3
    assert "cannot be reached" in done.stderr
    assert "Start the database server, or mend store.url" in done.stderr
    assert "s3cret" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_second_of_two_runs_says_so_in_one_line_with_75(world: World) -> None:
    with world.context() as ctx, ctx.store.run_lock():
        done = digest(world, "run")
        with ctx.store.read() as db:
            assert states.states(db) == {}
            assert issues.recent(db) == []
    assert done.returncode == 75
    assert done.stderr == "digest: digest run: another run is at work. It goes on when that one has ended\n"
