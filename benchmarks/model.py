"""What models are asked for two weeks of real issues at 20 stories each, and how long slow ones keep a run waiting."""

import gc
import re
import time
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2

from benchmarks._measuring import Row, compared, seconds
from pipeline.providers import PROVIDERS
from pipeline.store import issues, model_calls
from pipeline.text.tokens import estimate_tokens
from tests.e2e.conftest import feed
from tests.e2e.replay import Site, more_sources, shown
from tests.e2e.world import BEGIN, ModelServer, World, configuration, honest, model_server, served

REPLAY = Path(__file__).parents[2] / "shared" / "data" / "replay"
STORIES = 20
SHORT_TOKENS = 300  # of the sources of one story: a short post or two
LATENCY_S = 2.0
_FENCED = re.compile(r"^(=== [0-9a-f]{16} ===)\n(.*?)\n\1$", re.MULTILINE | re.DOTALL)
_RANK = {"minutes": 240, "least_score": 0, "sections": [{"name": "News", "limit": STORIES}]}


def measure(small: bool) -> list[Row]:
    """Counts need ../shared/data beside the checkout; without it only the waiting is measured."""
    rows = _counted(4 if small else 14) if REPLAY.is_dir() else []
    return [*rows, *_waiting(0.2 if small else LATENCY_S, 1 if small else 3)]


@dataclass
class _Issues:
    """What the issues of the replay took: calls of first runs and of later ones, and the memory after each issue."""

    first: list[str] = field(default_factory=list)  # the prompts of all calls
    printed: int = 0
    later: int = 0
    memory_mb: list[float] = field(default_factory=list)


def _counted(days: int) -> list[Row]:
    site = Site(REPLAY)
    site.day = site.days[0]
    with TemporaryDirectory() as folder, shown(site) as base, model_server() as server:
        world = _replayed(Path(folder), base, site, server)
        found = _Issues()
        for number, day in enumerate(site.days[:days], 1):
            site.day, world.now = day, datetime.fromisoformat(f"{day}T06:00:00+00:00")
            before = len(server.calls)
            world.run()
            found.first += [_text(call) for call in server.calls[before:]]
            if number % 2 == 0:
                before = len(server.calls)
                world.run()
                world.pass_(hours=12)
                world.run()  # publishes
                found.later += len(server.calls) - before
                found.memory_mb.append(_memory_mb())
        with world.context() as ctx, ctx.store.read() as db:
            sent = issues.with_status(db, "sent")
            failed = sum(usage.failed for usage in model_calls.usage(db))
    found.printed = sum(1 for issue in sent for slot in issue.slots if not slot.brief)
    if failed or not found.printed:
        raise RuntimeError(f"{failed} calls failed, {found.printed} stories were printed")
    return _rows(found, len(sent))


def _rows(found: _Issues, count: int) -> list[Row]:
    tokens = [estimate_tokens(text) for text in found.first]
    story = [_FENCED.search(text) for text in found.first]
    own = {i: estimate_tokens(m[2]) for i, m in enumerate(story) if m and m[2].startswith("[B")}
    shared = sum(t for i, t in enumerate(tokens) if i not in own) / found.printed
    short = [tokens[i] for i, source in own.items() if source <= SHORT_TOKENS]
    calls, others = len(found.first), len(found.first) - len(own)
    of = f"{calls} calls for {found.printed} stories in {count} issues, {others} of them for no single story"
    less = f"{sum(tokens) / count:,.0f} an issue; {shared:,.0f} of them are its share of what sorts and leads"
    sources = sum(own.values()) / len(own)
    return [
        _row("calls a printed story", calls / found.printed, "calls", "1.3 wanted", of),
        _row("prompt tokens a printed story", sum(tokens) / found.printed, "tokens", "800 wanted", less),
        _row(
            "prompt tokens of a short story's call",
            sum(short) / len(short),
            "tokens",
            f"{sources:,.0f}: the sources of all",
            f"{len(short)} of {len(own)} calls have sources of {SHORT_TOKENS} tokens at most",
        ),
        _row("calls of later runs", found.later, "calls", "0", "one more run, and the one that publishes"),
        _row(
            "memory, last issue against the first",
            found.memory_mb[-1] / found.memory_mb[0],
            "x",
            "1: flat",
            ", ".join(f"{mb:.0f}" for mb in found.memory_mb) + " MB after each issue",
        ),
    ]


def _row(name: str, figure: float, unit: str, baseline: str, note: str) -> Row:
    return Row(name=f"model: {name}", figure=figure, unit=unit, baseline=baseline, note=note)


def _replayed(folder: Path, base: str, site: Site, server: ModelServer) -> World:
    """Issues at their deadline, every other day; a draft in the morning is out in the evening."""
    config = configuration(base, site.names, 1, review={"policy": "publish_marked"})
    sources = config["sources"]
    if not isinstance(sources, list):
        raise TypeError("the configuration has no sources")
    config |= {
        "schedule": {"anchor": "2025-12-02", "time": "18:00", "time_zone": "UTC", "review_hours": 12},
        "fetch": {"interval_hours": 20},
        "channels": [{"type": "file", "folder": "issues"}],
        "sources": [*sources, *more_sources(base)],
        "rank": _RANK,
        "model": {"base_url": server.base_url, "name": "honest"},
    }
    return World(folder=folder, config=config)


def _waiting(latency_s: float, rounds: int) -> list[Row]:
    """20 stories and the lead, each call as slow, against the two calls that cannot but follow each other."""
    ours, bare = [], []
    for _ in range(rounds):
        with TemporaryDirectory() as folder, model_server() as server:
            www = Path(folder, "www")
            www.mkdir()
            (www / "lab.xml").write_text(feed("lab", [_made_up(i) for i in range(STORIES)]), encoding="utf-8")
            with served(www) as base:
                config = configuration(base, ["lab.xml"], 1, channels=[], rank=_RANK)
                threads = PROVIDERS["openai"].threads
                config["model"] = {"base_url": server.base_url, "name": "slow", "threads": threads}
                world = World(folder=Path(folder), config=config, now=BEGIN)
                world.run(until="rank")
                server.answer = partial(_slowly, latency_s)
                ours.append(seconds(partial(world.run, until="summarise")))
                if len(server.calls) != STORIES + 1:
                    raise RuntimeError(f"{len(server.calls)} calls for {STORIES} stories")
                bare.append(seconds(partial(_two_calls, server)))
    name = f"model: {STORIES} stories and the lead, {latency_s:g} s a call"
    return [compared(name, ours, bare, "1.5 wanted: one story's call and the lead's", "bare requests")]


def _slowly(latency_s: float, prompt: str) -> str:
    time.sleep(latency_s)
    return honest(prompt)


def _two_calls(server: ModelServer) -> None:
    with httpx2.Client(trust_env=False, timeout=60) as client:
        for call in server.calls[-2:]:
            client.post(f"{server.base_url}/chat/completions", json=call).raise_for_status()


_WORDS = ("amber", "basalt", "cobalt", "dune", "ember", "fjord", "granite", "harbour", "indigo", "juniper")


def _made_up(i: int) -> tuple[str, str]:
    """A story that shares no telling word with the others."""
    name = f"{_WORDS[i % 10]}{_WORDS[(i * 7 + 3) % 10]}{'abcdefghijklmnopqrst'[i]}".capitalize()
    return f"{name} opens its archive", f"{name} has opened {i + 3} {name.lower()}-archives. {name} did so on Monday."


def _text(call: dict[str, object]) -> str:
    messages = call["messages"]
    if not isinstance(messages, list):
        raise TypeError("the server got no messages")
    return "\n".join(message["content"] for message in messages)


def _memory_mb() -> float:
    """What this process holds now; 1 where there is no /proc."""
    gc.collect()
    status = Path("/proc/self/status")
    if not status.exists():
        return 1.0
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmRSS")) / 1000
