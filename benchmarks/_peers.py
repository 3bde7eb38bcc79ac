"""Two other programs that read feeds, for ``_readers``; run by the Python of an environment where they are installed.

``python -m benchmarks._peers reader|rss2email``; `make bench-peers` makes the environment.
"""

from argparse import Namespace
from contextlib import closing
from functools import partial
from pathlib import Path
from sys import argv

from benchmarks._measuring import Timed, timed
from benchmarks._readers import answer


def reader(urls: list[str], threads: int, folder: Path) -> tuple[Timed, Timed, int]:
    """https://reader.readthedocs.io: ``update_feeds`` on SQLite, with as many workers."""
    from reader import make_reader

    with closing(make_reader(str(folder / "reader.sqlite"))) as library:
        for url in urls:
            library.add_feed(url)
        first = timed(partial(library.update_feeds, workers=threads))
        # It would ask again after an hour only; `scheduled` is the way to ask at once.
        second = timed(partial(library.update_feeds, workers=threads, scheduled=False))
        return first, second, library.get_entry_counts().total or 0


def rss2email(urls: list[str], threads: int, folder: Path) -> tuple[Timed, Timed, int]:
    """https://github.com/rss2email/rss2email: `r2e run --no-send` without the start of Python.

    It reads one feed after another, whatever ``threads`` says, and makes each entry a message that it does not send.
    """
    del threads
    from rss2email import command
    from rss2email.feeds import Feeds

    config = folder / "rss2email.cfg"
    sections = "".join(f"[feed.feed-{i}]\nurl = {url}\n" for i, url in enumerate(urls))
    config.write_text(f"[DEFAULT]\nto = nobody@peer.example\n{sections}")

    def run() -> int:
        feeds = Feeds(configfiles=[str(config)], datafile_path=str(folder / "rss2email.json"))
        feeds.load()
        command.run(feeds, Namespace(index=None, send=False, clean=False))
        return sum(len(feed.seen) for feed in feeds)

    entries: list[int] = []
    first, second = (timed(lambda: entries.append(run())) for _ in range(2))
    return first, second, entries[-1]


if __name__ == "__main__":
    answer({"reader": reader, "rss2email": rss2email}[argv[1]])
