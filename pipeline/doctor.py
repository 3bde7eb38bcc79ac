"""Looks at configuration, store, templates, sources, model and mail: a line each, with a remedy for what is missing."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from functools import partial
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pipeline import resources
from pipeline.config import Settings
from pipeline.config_model import ModelSettings
from pipeline.context import Context, load_settings, opened
from pipeline.errors import DigestError
from pipeline.schedule import upcoming
from pipeline.seams import Channel
from pipeline.store import deliveries, sources
from pipeline.store.sources import SourceState
from pipeline.text.language import own_name
from pipeline.translate.stage import terms_of

NEEDED = (
    ("prompts", "summarise.md"),
    ("prompts", "lead.md"),
    ("prompts", "same.md"),
    ("prompts", "repair.md"),
    ("prompts", "check.md"),
    ("prompts", "translate.md"),
    ("prompts", "glossary.yaml"),
    ("templates", "email/issue.html.j2"),
    ("templates", "email/issue.txt.j2"),
    ("templates", "email/issue.md.j2"),
    ("templates", "email/notice.html.j2"),
    ("templates", "email/notice.txt.j2"),
)
SHOWN_SOURCES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line: what was looked at, how it is, and what to do. ``missing`` keeps a digest from going out."""

    subject: str
    state: Literal["ok", "note", "missing"]
    message: str
    remedy: str = ""
    exit_code: int = 0

    @property
    def line(self) -> str:
        """For people."""
        sign = {"ok": "ok     ", "note": "note   ", "missing": "MISSING"}[self.state]
        return f"{sign}  {self.subject}: {self.message}" + (f". {self.remedy}" if self.remedy else "")

    @property
    def row(self) -> dict[str, object]:
        """For programs."""
        return {"subject": self.subject, "state": self.state, "message": self.message, "remedy": self.remedy}


def examine(path: Path) -> list[Finding]:
    """Everything that can be said without sending a mail or asking a source; a broken configuration ends it early."""
    try:
        settings = load_settings(path)
    except DigestError as e:
        return [_failed("configuration", e)]
    found = [Finding(subject="configuration", state="ok", message=f"{len(settings.sources)} sources")]
    found += [*_files(settings), *_models(settings), *_languages(settings), *_mail(settings)]
    try:
        with opened(settings) as ctx:
            found += [_embeddings(settings), *_store(ctx), *_channels(ctx), _calendar(ctx)]
    except DigestError as e:
        found.append(_failed("store" if e.exit_code == 3 else "configuration", e))
    return found


def _failed(subject: str, error: DigestError) -> Finding:
    text = f"{error.subject}: {error.message}" if error.subject else error.message
    return Finding(subject=subject, state="missing", message=text, remedy=error.remedy, exit_code=error.exit_code)


def _try(subject: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(subject=subject, state="ok", message=look())
    except DigestError as e:
        return _failed(subject, e)


def _files(settings: Settings) -> Iterator[Finding]:
    looked = [_try(f"{kind}/{name}", partial(_found, settings, kind, name)) for kind, name in NEEDED]
    broken = [finding for finding in looked if finding.exit_code]
    yield from broken
    if not broken:
        yield Finding(subject="prompts and templates", state="ok", message=f"{len(NEEDED)} files found")


def _found(settings: Settings, kind: str, name: str) -> str:
    return str(resources.find(kind, name, settings.folder))


def _models(settings: Settings) -> Iterator[Finding]:
    """Of each configured model, whether it can be asked; none of them is, since that may cost."""
    own = {name: getattr(settings.models, name) for name in type(settings.models).model_fields}
    for key, task in {"model": settings.model, **{f"models.{name}": t for name, t in own.items() if t}}.items():
        yield _model(key, task, is_all=not task.chain)
        for i, model in enumerate(task.fallback):
            yield _model(f"{key}.fallback[{i}]", model)
    budget, tokens = settings.model.budget_usd, settings.model.budget_tokens
    if any(task.chain for task in settings.tasks.values()):
        bound = f" and {tokens:,} tokens" if tokens is not None else ""
        message = f"at most {budget:.2f} USD{bound} in 24 hours, for all models together"
        yield Finding(subject="budget", state="ok", message=message)


def _model(key: str, model: ModelSettings, *, is_all: bool = False) -> Finding:
    if model.kind == "extractive":
        remedy = f"To have a model write, set {model.api_key_env} (in .env), or {key}.base_url for a local server"
        message = "none: stories are printed as extracts" if key == "model" and is_all else f"{model.name} is not asked"
        return Finding(subject=key, state="note", message=message, remedy=remedy)
    if model.api_key is None and not model.is_local:
        remedy = f"Set {model.api_key_env} in the environment or in .env"
        return Finding(subject=key, state="missing", message=f"{model.name} needs a key", remedy=remedy, exit_code=2)
    remedy = "`digest model check` asks it one thing" if key == "model" else ""
    return Finding(subject=key, state="ok", message=f"{model.name} at {model.place}", remedy=remedy)


def _languages(settings: Settings) -> Iterator[Finding]:
    """Of an issue in several languages, whether a model translates it, and by which terms."""
    if len(settings.languages) < 2:
        return
    said = f"{', '.join(map(own_name, settings.languages))} ({settings.layout})"
    if not settings.task("translate").chain:
        remedy = "Set model or models.translate: without one the issue stays in one language"
        yield Finding(subject="languages", state="note", message=f"{said}: no model translates", remedy=remedy)
    else:
        yield _try("languages", lambda: f"{said}; {len(terms_of(settings))} terms in the glossary")


def _embeddings(settings: Settings) -> Finding:
    """Of an embedder on this machine, whether it works; one elsewhere is not asked, since that may cost."""
    name, model = settings.dedupe.embeddings, settings.model
    if not name:
        return Finding(subject="embeddings", state="ok", message="none: stories are told apart by their words")
    if name == "local":
        return _try("embeddings", partial(_embedded, settings))
    if model.api_key is None and not model.is_local:
        remedy = f"Set {model.api_key_env} in the environment or in .env"
        return Finding(subject="embeddings", state="missing", message=f"{name} needs a key", remedy=remedy, exit_code=2)
    where = model.place
    return Finding(subject="embeddings", state="ok", message=f"{name} at {where}, out of the budget of the model")


def _embedded(settings: Settings) -> str:
    from pipeline.embeddings import local

    embedder = local.connect(settings.dedupe.embeddings_path, settings.folder)
    embedder.embed(["a text"])
    return f"{embedder.name} on this machine"


def _mail(settings: Settings) -> Iterator[Finding]:
    mails = [c for c in settings.channels if c.type == "smtp"]
    if not settings.channels:
        remedy = "Add a channel to config.yaml: `- type: file` keeps issues in a folder, `- type: smtp` mails them"
        yield Finding(subject="channels", state="missing", message="none", remedy=remedy, exit_code=2)
    if not mails:
        return
    if parseaddr(settings.mail.sender)[1].endswith("@localhost"):
        remedy = "Write your own address, in a domain that your mail server may send for"
        yield Finding(subject="mail.sender", state="missing", message=settings.mail.sender, remedy=remedy, exit_code=2)
    if not settings.mail.unsubscribe:
        remedy = "Write mailto:you@example.org?subject=unsubscribe; large mail providers want it"
        yield Finding(subject="mail.unsubscribe", state="note", message="is empty", remedy=remedy)
    if not settings.review.reviewers:
        remedy = "Write your address there to get a mail when a draft waits"
        yield Finding(subject="review.reviewers", state="note", message="nobody is told", remedy=remedy)


def _store(ctx: Context) -> Iterator[Finding]:
    with ctx.store.read() as db:
        people = deliveries.active_recipients(db)
        states = sources.states(db)
        unknown = deliveries.with_status(db, "unknown")
    yield Finding(subject="store", state="ok", message=ctx.store.engine.url.render_as_string(hide_password=True))
    lists = any(not c.one_copy for c in ctx.channels)
    if lists and not people:
        remedy = "`digest recipients add you@example.org`"
        yield Finding(subject="recipients", state="missing", message="nobody gets the mail", remedy=remedy, exit_code=5)
    elif lists:
        yield Finding(subject="recipients", state="ok", message=f"{len(people)}")
    yield from _sources(ctx, states)
    for row in unknown:
        remedy = "Ask whether it arrived, then `digest issue settle`"
        text = f"{row.recipient} may or may not have got issue {row.issue_id}"
        yield Finding(subject="delivery", state="missing", message=text, remedy=remedy, exit_code=5)


def _sources(ctx: Context, states: Mapping[str, SourceState]) -> Iterator[Finding]:
    """How many answered, and the worst of those that did not."""
    asked = [states[s.id] for s in ctx.settings.sources if s.id in states]
    failing = sorted((s for s in asked if s.failures or s.gone_at), key=lambda s: (-s.failures, s.id))
    if not asked:
        yield Finding(subject="sources", state="note", message="not read yet", remedy="`digest run` reads them")
        return
    answered = f"{len(asked) - len(failing)} of {len(asked)} answered last time"
    yield Finding(subject="sources", state="ok", message=answered)
    for state in failing[:SHOWN_SOURCES]:
        remedy = "It is gone for good: remove it" if state.gone_at else "It is asked again by itself"
        times = "once" if state.failures == 1 else f"{state.failures} times in a row"
        text = f"failed {times}: {state.trouble}"
        yield Finding(subject=f"source {state.id}", state="note", message=text, remedy=remedy)
    if len(failing) > SHOWN_SOURCES:
        message, remedy = f"{len(failing) - SHOWN_SOURCES} more failed", "`digest sources list` shows all of them"
        yield Finding(subject="sources", state="note", message=message, remedy=remedy)


def _channels(ctx: Context) -> Iterator[Finding]:
    for named in ctx.channels:
        yield _try(f"channel {named.name}", partial(_entered, named.channel))


def _entered(channel: Channel) -> str:
    with channel:
        return "can be reached"


def _calendar(ctx: Context) -> Finding:
    coming = upcoming(ctx.settings.schedule, ctx.clock())
    where = ZoneInfo(ctx.settings.schedule.time_zone)
    drafts, posts = (f"{at.astimezone(where):%Y-%m-%d %H:%M %Z}" for at in (coming.drafts_at, coming.publish_at))
    text = f"issue {coming.id} is drafted from {drafts} on, and due {posts}"
    return Finding(subject="calendar", state="ok", message=text)
