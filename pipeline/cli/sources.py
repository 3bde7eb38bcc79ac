"""digest sources: what is read; find and add a source, take a list from another reader, hand one over."""

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO

import click

from pipeline.cli.common import json_option, listing, opened, settings, zone
from pipeline.cli.health import check, rows
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from pipeline.config import Settings
    from pipeline.config_edit import Entry
    from pipeline.discover import Found
    from pipeline.text import opml

_CREDENTIALS = re.compile(r"//[^/?#]*@")


@click.group()
def sources() -> None:
    """The places that are read."""


@sources.command("list")
@json_option
@click.pass_context
def list_sources(context: click.Context, as_json: bool) -> None:
    """Show when each was read last and next, and what is wrong."""
    with opened(context) as ctx:
        found = rows(ctx)
    listing(found, as_json=as_json, empty="No sources: `digest sources add URL`.", where=zone(ctx))


sources.add_command(check)


@sources.command("add")
@click.argument("url")
@click.option("--id", "source_id", help="Its id, which stays the same for good (default: out of its name).")
@click.option("--name", help="What readers see (default: what it calls itself).")
@click.option("--section", help="The section of the issue that its stories go to.")
@click.option("--trust", type=click.FloatRange(0, 1), help="How much it is trusted (default: 0.5).")
@click.option("--allow-private", is_flag=True, help="It may stand on a private address, such as a server of yours.")
@click.option("--dry-run", is_flag=True, help="Find and read it, and only tell.")
@click.pass_context
def add_source(
    context: click.Context,
    url: str,
    source_id: str | None,
    name: str | None,
    section: str | None,
    trust: float | None,
    allow_private: bool,
    dry_run: bool,
) -> None:
    """Find the feed of a web page (or take a feed, a channel, a repository ...), read it once, and write it down.

    URL is a feed, a page that has one, or a profile, channel, repository or listing on YouTube, GitHub, Reddit,
    Bluesky, Mastodon, arXiv, Substack ...
    """
    from pipeline.config_edit import line, new_id
    from pipeline.discover import Finder
    from pipeline.fetch.stage import parse
    from pipeline.text.urls import host

    address = _address(url)
    with opened(context) as ctx:
        present = ctx.settings
        _refuse_mistakes(present, address, source_id, section)
        found = Finder(
            http=ctx.http,
            now=ctx.clock(),
            settings=present,
            private_host=host(address) if allow_private else "",
            parse=lambda *read: ctx.workers.call(parse, *read),
        ).find(address)
    name = name or found.place.name or found.title or host(address)
    said = {"type": found.place.type, **found.place.options, "trust": trust, "section": section}
    taken = [s.id for s in present.sources]
    entry: dict[str, object] = {"id": source_id or new_id(name, found.place.feed, taken), "name": name}
    entry |= {key: value for key, value in said.items() if value is not None}
    click.echo(_told(found))
    if dry_run:
        click.echo(f"- {line(entry)}")
        return
    _write(context, [entry])
    click.echo(f"Added as {entry['id']}.")


@sources.command("import-opml")
@click.argument("file", type=click.File("rb"))
@click.pass_context
def import_opml(context: click.Context, file: BinaryIO) -> None:
    """Add every feed of a list that another reader exported (OPML; - is standard input). Nobody is asked yet.

    Feeds that are configured already are passed over. A folder that is called like a section of the issue becomes
    the section of its feeds.
    """
    from pipeline.text import opml

    try:
        listed = opml.read(file.read(opml.MAX_BYTES + 1))
    except ValueError as e:
        remedy = "Export the list once more, as OPML, and from a reader that you trust; nothing was added"
        raise ConfigError(str(e), subject=getattr(file, "name", "standard input"), remedy=remedy) from e
    entries, known, refused = _sorted_out(listed, settings(context))
    if entries:
        _write(context, entries)
    for told in refused:
        click.echo(told, err=True)
    click.echo(f"{len(entries)} added, {known} there already, {len(refused)} not taken.")
    if refused:
        sys.exit(5)


@sources.command("export-opml")
@click.pass_context
def export_opml(context: click.Context) -> None:
    """Print the feeds as OPML, which other readers can import."""
    from pipeline.sources import rss
    from pipeline.text import opml

    present = settings(context)
    feeds, others = [], []
    for source in present.sources:
        if isinstance(source.options, rss.Options):
            folders = (source.section,) if source.section else ()
            feeds.append(opml.Feed(title=source.title, url=source.options.url, folders=folders))
        else:
            others.append(source.id)
    click.echo(opml.write(present.title, feeds), nl=False)
    if others:
        click.echo(f"Not in it, for they have no feed: {', '.join(others)}", err=True)


def _address(url: str) -> str:
    from pipeline.text.feeds import web_address

    try:
        return web_address(url)
    except ValueError as e:
        raise click.BadParameter(f"{_shown(url)!r} {e}", param_hint="URL") from e


def _shown(url: str) -> str:
    """An address for the eye: short, without a password."""
    from pipeline.text.characters import one_line

    return one_line(_CREDENTIALS.sub("//", url), 200)


def _refuse_mistakes(present: "Settings", address: str, source_id: str | None, section: str | None) -> None:
    """What can be said before anybody is asked. Raises ConfigError, BadParameter."""
    from pipeline import config
    from pipeline.context import options_of

    if source_id is not None:
        config.source({"id": source_id, "type": "rss", "url": address}, present.folder, options_of)
    if source_id in [s.id for s in present.sources]:
        raise click.BadParameter(f"there is a source called {source_id}", param_hint="--id")
    sections = [s.name for s in present.rank.sections]
    if section is not None and section not in sections:
        told = f"no section is called {section!r}; there are {', '.join(sections)}"
        raise click.BadParameter(told, param_hint="--section")


def _told(found: "Found") -> str:
    """One line about what was read."""
    entries = {0: "no entries yet", 1: "1 entry"}.get(found.entries, f"{found.entries} entries")
    newest = f", the newest of {found.newest_at:%Y-%m-%d}" if found.newest_at else ""
    return f"{found.title or found.place.name or 'A feed'} at {found.place.feed}: {entries}{newest}."


def _sorted_out(listed: "Sequence[opml.Feed]", present: "Settings") -> "tuple[list[Entry], int, list[str]]":
    """What to add, how many are there already (or stand twice in the list), and what cannot be taken, with reasons."""
    from pipeline import config
    from pipeline.config_edit import new_id
    from pipeline.context import options_of
    from pipeline.text.feeds import web_address
    from pipeline.text.urls import url_key

    sections = {s.name for s in present.rank.sections}
    taken = {s.id for s in present.sources}
    known = {url_key(url) for s in present.sources if isinstance(url := getattr(s.options, "url", None), str)}
    entries: list[Entry] = []
    refused = []
    for feed in listed:
        try:
            url = web_address(feed.url)
            if url_key(url) in known:
                continue
            section = next((folder for folder in feed.folders if folder in sections), None)
            said = {
                "id": new_id(feed.title, url, taken),
                "name": feed.title,
                "type": "rss",
                "url": url,
                "section": section,
            }
            entry = {key: value for key, value in said.items() if value}
            config.source(entry, present.folder, options_of)
        except (ValueError, ConfigError) as e:
            refused.append(f"{_shown(feed.url)} {e}")
            continue
        known.add(url_key(url))
        taken.add(entry["id"])
        entries.append(entry)
    return entries, len(listed) - len(entries) - len(refused), refused


def _write(context: click.Context, entries: "Sequence[Entry]") -> None:
    """Add entries to the configuration, if it is right with them."""
    from pipeline import config
    from pipeline.config_edit import add_sources
    from pipeline.context import config_file, options_of

    path = config_file(context.obj)
    add_sources(path, entries, lambda text: config.parse(text, path, options_of))
