"""Walks the stages: lock, run record, progress, problems, exit code. The only file that knows all stages.

::

    under the run lock:
        sendings of a run that died -> unknown; bytes past their time -> gone
        repeat until nothing is left to do (a key that was skipped or failed is left for the next run):
            for stage in fetch, extract, dedupe, rank, summarise, verify, translate, review, render, deliver:
                for key in stage.pending():    # one query: what is missing
                    stage.process(key)         # own transaction; where a network is asked: several at a time
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import ModuleType
from typing import Protocol

from pipeline.context import Context
from pipeline.dedupe import stage as dedupe
from pipeline.deliver import stage as deliver
from pipeline.errors import DigestError, Fatal
from pipeline.extract import stage as extract
from pipeline.fetch import stage as fetch
from pipeline.forecast import before_stage
from pipeline.rank import stage as rank
from pipeline.render import stage as render
from pipeline.review import stage as review
from pipeline.store import deliveries, runs, sources
from pipeline.summarise import stage as summarise
from pipeline.translate import stage as translate
from pipeline.types import Issue, Outcome, Problem, Rendering
from pipeline.verify import stage as verify

STAGES: dict[str, ModuleType] = {
    "fetch": fetch,
    "extract": extract,
    "dedupe": dedupe,
    "rank": rank,
    "summarise": summarise,
    "verify": verify,
    "translate": translate,
    "review": review,
    "render": render,
    "deliver": deliver,
}
Result = Outcome | DigestError
MAX_ROUNDS = 6  # three are enough for any issue; the bound is for what nobody thought of


class Progress(Protocol):
    """Shows how a run goes; the command line gives one that draws on a terminal only."""

    def stage(self, name: str, total: int) -> None:
        """A stage begins ``total`` keys."""
        ...

    def step(self, name: str, key: str, outcome: str) -> None:
        """One key is through."""
        ...

    def say(self, text: str) -> None:
        """Something to know before a stage begins."""
        ...


class Silent:
    """Shows nothing: for cron, and for calls from code."""

    def stage(self, name: str, total: int) -> None:
        """Nothing."""

    def step(self, name: str, key: str, outcome: str) -> None:
        """Nothing."""

    def say(self, text: str) -> None:
        """Nothing."""


@dataclass(slots=True)
class Report:
    """What a run did: units done and keys skipped by stage, and its problems."""

    done: Counter[str] = field(default_factory=Counter)
    skipped: Counter[tuple[str, str]] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    unknown: int = 0

    @property
    def exit_code(self) -> int:
        """0, or 5 when the run finished with problems."""
        return 5 if self.problems or self.unknown else 0


def run(ctx: Context, *, until: str = "deliver", progress: Progress | None = None) -> Report:
    """Do everything that is due, up to and including one stage.

    Raises RunLocked when another run is at work, and any Fatal; the run record is closed whatever happens.
    """
    with ctx.store.run_lock(), _recorded(ctx) as report:
        with ctx.store.begin() as db:
            report.unknown = deliveries.abandon(db, ctx.clock())
            sources.forget_payloads(db, ctx.clock() - timedelta(days=ctx.settings.fetch.keep_bytes_days))
        _walk(ctx, _up_to(until), report, progress or Silent())
    return report


def check(
    ctx: Context, ids: Iterable[str], *, at_once: bool = False, progress: Progress | None = None
) -> dict[str, Result]:
    """Ask these sources once, as a run would, and keep what they give; what became of each that was asked.

    A source whose time has not come is left alone, unless ``at_once``. Raises RunLocked when a run is at work.
    """
    shown = progress or Silent()
    with ctx.store.run_lock():
        due = set(fetch.pending(ctx))
        keys = [i for i in ids if at_once or i in due]
        shown.stage("fetch", len(keys))
        found = {}
        with fetch.batch(ctx, keys) as process:
            for key, result in _each(process, keys, fetch.threads(ctx)):
                found[key] = result
                shown.step("fetch", key, "problem" if isinstance(result, DigestError) else "done")
    return found


def catch_up(ctx: Context, names: Iterable[str] = ("summarise", "verify", "translate")) -> Report:
    """Let these stages do what a reviewer's decision left to do (a new lead, the checks of an edit)."""
    report = Report()
    _walk(ctx, list(names), report, Silent())
    return report


def preview(ctx: Context, issue_id: str) -> tuple[Issue, dict[str, Rendering], str]:
    """An issue, its bytes as they would be sent, and their fingerprint, after what a decision left to do was done."""
    catch_up(ctx)
    return render.preview(ctx, issue_id)


def _up_to(until: str) -> list[str]:
    names = list(STAGES)
    return names[: names.index(until) + 1]


def _walk(ctx: Context, names: list[str], report: Report, progress: Progress) -> None:
    left: set[tuple[str, str]] = set()
    for _ in range(MAX_ROUNDS):
        did = [_run_stage(ctx, name, left, report, progress) for name in names]
        if not any(did):
            return


def _run_stage(ctx: Context, name: str, left: set[tuple[str, str]], report: Report, progress: Progress) -> bool:
    """Process what a stage has to do; True when there was something."""
    stage = STAGES[name]
    keys = [key for key in stage.pending(ctx) if (name, key) not in left]
    if not keys:
        return False
    if ahead := before_stage(ctx, name, keys):
        progress.say(ahead)
    progress.stage(name, len(keys))
    threads = getattr(stage, "threads", lambda _: 1)(ctx)
    with _processing(stage, ctx, keys) as process:
        for key, result in _each(process, keys, threads):
            _count(ctx, name, key, result, left, report)
            progress.step(name, key, "problem" if isinstance(result, DigestError) else result.skipped or "done")
    return True


def _processing(stage: ModuleType, ctx: Context, keys: list[str]) -> AbstractContextManager[Callable[[str], Outcome]]:
    """How a stage processes a key: a stage may take all of them as one batch, which spares it queries."""
    if hasattr(stage, "batch"):
        found: AbstractContextManager[Callable[[str], Outcome]] = stage.batch(ctx, keys)
        return found
    return nullcontext(lambda key: stage.process(ctx, key))


def _count(ctx: Context, name: str, key: str, result: "Result", left: set[tuple[str, str]], report: Report) -> None:
    """Write down what became of a key."""
    if isinstance(result, DigestError):
        left.add((name, key))
        _note(report, _problem(ctx, name, key, result))
    elif result.skipped is not None:
        left.add((name, key))
        report.skipped[name, result.skipped] += 1
    else:
        report.done[name] += result.count
        if result.trouble is not None:
            _note(report, _problem(ctx, name, key, result.trouble))


def _note(report: Report, problem: Problem) -> None:
    """Add a problem; one cause that strikes twenty stories is one problem."""
    if not any(replace(problem, at=known.at) == known for known in report.problems):
        report.problems.append(problem)


def _problem(ctx: Context, stage: str, key: str, error: DigestError) -> Problem:
    message = f"{error.message}. {error.remedy}" if error.remedy else error.message
    return Problem(stage=stage, subject=error.subject or key, kind=error.kind, message=message, at=ctx.clock())


def _each(process: Callable[[str], Outcome], keys: list[str], threads: int) -> Iterator[tuple[str, Result]]:
    """Process keys, several at a time; Fatal errors and bugs end it, after what was begun has ended."""

    def guarded(key: str) -> Result:
        try:
            return process(key)
        except Fatal:
            raise
        except DigestError as e:
            return e

    if threads == 1:
        for key in keys:
            yield key, guarded(key)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: dict[Future[Result], str] = {pool.submit(guarded, key): key for key in keys}
        try:
            while waiting:
                done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    yield waiting.pop(future), future.result()
        finally:
            for future in waiting:
                future.cancel()


@contextmanager
def _recorded(ctx: Context) -> Iterator[Report]:
    """A run record that is closed however the run ends."""
    report = Report()
    with ctx.store.begin() as db:
        run_id = runs.start(db, ctx.clock())
    exit_code = 1
    try:
        yield report
        exit_code = report.exit_code
    except Fatal as e:
        exit_code = e.exit_code
        raise
    finally:
        with ctx.store.begin() as db:
            runs.add_problems(db, run_id, report.problems)
            runs.finish(db, run_id, ctx.clock(), exit_code, dict(report.done))
