"""Summarise: writes a summary for each story that prints in full, then the lead."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from math import ceil

from sqlalchemy.engine import Connection

from pipeline import resources
from pipeline.context import Context
from pipeline.errors import ConfigError, ModelError
from pipeline.model.blocks import blocks
from pipeline.model.ledger import cache_key
from pipeline.model.prompting import PromptFile, load_prompt
from pipeline.seams import Prompt
from pipeline.store import issues, model_calls, summaries, told
from pipeline.summarise.lead import LeadStory, extract_lead, lead_prompt, write_lead
from pipeline.summarise.write import EXTRACT, Files, Written, input_hash, prompts_for, summary_prompt, write
from pipeline.text.characters import one_line
from pipeline.types import HEADLINE, Issue, Outcome, Slot, Story, Summary, Telling

_SEPARATOR = "/"
LEAD_CHARS = 600  # of a story, as a forecast counts them: about four claims
MAX_SUBJECT_CHARS = 78  # about what a mail program shows of it (RFC 5322 2.1.1: a line of 78)


def threads(ctx: Context) -> int:
    """How many stories are written at a time; without a model it is plain computing."""
    return ctx.model.threads if ctx.model else 1


def pending(ctx: Context) -> Iterable[str]:
    """ "issue/story" for every slot without a summary of its present input; with all of them there, "issue/": the lead.

    An issue in review keeps its revisions: only what a reviewer merged, split or brought back is written, and the lead.
    """
    files = _files(ctx)
    with ctx.store.read() as db:
        todo = [
            f"{issue.id}{_SEPARATOR}{story_id}"
            for issue in issues.with_status(db, *issues.OPEN)
            for story_id in _unwritten(ctx, db, issue, files)
        ]
        return todo or [f"{issue_id}{_SEPARATOR}" for issue_id in issues.without_lead(db)]


def process(ctx: Context, key: str) -> Outcome:
    """Write one summary, or the lead."""
    issue_id, _, story_id = key.partition(_SEPARATOR)
    return _write_story(ctx, issue_id, story_id) if story_id else _write_lead(ctx, issue_id)


@contextmanager
def batch(ctx: Context, keys: Sequence[str]) -> Iterator[Callable[[str], Outcome]]:
    """Stories that may wait for a batch (model.batch_hours) do; what does not come in time is asked for one by one.

    What is read in parts is asked for one by one too, then, and the lead, which is built upon the stories.
    """
    whole = (asked[0] for slots in _slots(ctx, keys) for asked in _of_stories(ctx, slots) if len(asked) == 1)
    waits = ctx.batch is not None and ctx.batch.is_awaited(whole)

    def work(key: str) -> Outcome:
        is_story = not key.endswith(_SEPARATOR)
        return Outcome(skipped="waits for its batch") if waits and is_story else process(ctx, key)

    yield work


def prompts(ctx: Context, keys: Iterable[str]) -> list[Prompt]:
    """What the model would be asked about the stories among these keys, and once for the lead of each issue."""
    return [prompt for slots in _slots(ctx, keys) for prompt in prompts_of(ctx, slots)]


def prompts_of(ctx: Context, slots: Sequence[Slot]) -> list[Prompt]:
    """What the model would be asked about the stories of one issue that print in full, and for its lead.

    The lead's is as long as the sources' beginnings would make it: what it is built upon is not written yet.
    """
    full = [slot for slot in slots if not slot.brief]
    if not full:
        return []
    with ctx.store.read() as db:
        first = [t.story.representative for t in told.of_slots(db, full).values()]
    told_of = [LeadStory(headline=item.title, text=item.cited_text[:LEAD_CHARS]) for item in first]
    lead = lead_prompt(_prompt(ctx, "lead.md"), told_of, ctx.settings.language)
    return [*(prompt for asked in _of_stories(ctx, full) for prompt in asked), lead]


def _slots(ctx: Context, keys: Iterable[str]) -> list[list[Slot]]:
    """The slots of the stories among these keys, issue by issue."""
    wanted = {tuple(key.split(_SEPARATOR)) for key in keys}
    with ctx.store.read() as db:
        found = issues.by_id(db, {issue_id for issue_id, story_id in wanted if story_id})
    return [[s for s in issue.slots if (issue.id, s.story_id) in wanted] for issue in found]


def _of_stories(ctx: Context, slots: Sequence[Slot]) -> list[list[Prompt]]:
    """What the model would be asked about each story: several prompts about a long one, none about a mere title."""
    files, language = _files(ctx), ctx.settings.language
    with ctx.store.read() as db:
        tellings = told.of_slots(db, slots)
    return [prompts_for(t.story, files, language, t.before) for t in tellings.values()]


def _prompt(ctx: Context, name: str) -> PromptFile:
    most_tokens = ctx.settings.task("write").max_output_tokens
    return load_prompt(resources.find("prompts", name, ctx.settings.folder), most_tokens)


def _files(ctx: Context) -> Files:
    return Files(summary=_prompt(ctx, "summarise.md"), notes=_prompt(ctx, "notes.md"))


def _hash(ctx: Context, telling: Telling, files: Files) -> str:
    """What the summary depends on: another model, prompt, language or source text asks for another revision."""
    name = ctx.model.name if ctx.model else EXTRACT
    return input_hash(telling.story, files.ids(telling.story), name, ctx.settings.language, telling.before)


def _unwritten(ctx: Context, db: Connection, issue: Issue, files: Files) -> list[str]:
    full = [s for s in issue.slots if not s.brief and (issue.status == "draft" or s.revision is None)]
    found = told.of_slots(db, full)
    written = summaries.hashes(db, found)
    todo = []
    for slot in full:
        revision = written.get(slot.story_id, {}).get(_hash(ctx, found[slot.story_id], files))
        if revision is None or revision != slot.revision:
            todo.append(slot.story_id)
    return todo


def _write_story(ctx: Context, issue_id: str, story_id: str) -> Outcome:
    files = _files(ctx)
    with ctx.store.read() as db:
        slots = [slot for slot in issues.require(db, issue_id).slots if slot.story_id == story_id]
        telling = told.of_slots(db, slots)[story_id]
        wanted = _hash(ctx, telling, files)
        revision = summaries.hashes(db, [story_id]).get(story_id, {}).get(wanted)
    if revision is not None:
        with ctx.store.begin() as db:
            issues.set_revision(db, issue_id, story_id, revision)
        return Outcome(skipped="written before")
    written = write(telling.story, ctx.model, files, ctx.settings.language, telling.before)
    with ctx.store.begin() as db:
        revision = summaries.next_revision(db, story_id)
        summaries.add(db, _summary(ctx, telling.story, written, revision, wanted))
        issues.set_revision(db, issue_id, story_id, revision)
    failed = written.note if written.by == EXTRACT else None
    if failed:
        return Outcome(trouble=_trouble(ctx, failed.partition(";")[0]))
    return Outcome(trouble=ctx.model.replaced_by(written.by.removeprefix("model:")) if ctx.model else None)


def attempt(ctx: Context, story_id: str) -> tuple[Telling, Summary, Prompt | None, str]:
    """(the story, its summary, the prompt that it answers, the answer) as a run would write it now.

    No revision is kept, only the model's answer and what it cost.

    It is told as in the newest issue that has it, else as it is. Raises ConfigError where there is no such story.
    """
    with ctx.store.read() as db:
        slots = (slot for issue in issues.recent(db) for slot in issue.slots if slot.story_id == story_id)
        slot = next(slots, Slot(section="", position=0, story_id=story_id, score=0))
        telling = told.of_slots(db, [slot]).get(story_id)
    if telling is None:
        remedy = "`digest issue show ISSUE --json` lists the stories of an issue"
        raise ConfigError("no such story", subject=story_id, remedy=remedy)
    files, language, answer = _files(ctx), ctx.settings.language, ""
    written = write(telling.story, ctx.model, files, language, telling.before)
    asked = written.asked
    if asked:
        key = cache_key(asked, written.by.removeprefix("model:"))
        with ctx.store.read() as db:
            answer = model_calls.answer(db, key) or ""
    elif written.note:  # it was asked in vain
        asked = summary_prompt(files.summary, blocks(telling.story), language, telling.before)
    return telling, _summary(ctx, telling.story, written, 0, ""), asked, answer


def _summary(ctx: Context, story: Story, written: Written, revision: int, wanted: str) -> Summary:
    draft = written.draft
    return Summary(
        story_id=story.id,
        revision=revision,
        language=story.representative.language if written.by == EXTRACT else ctx.settings.language,
        input_hash=wanted,
        headline=draft.headline,
        claims=draft.claims,
        why_it_matters=draft.why_it_matters,
        tags=draft.tags,
        written_by=written.by,
        written_at=ctx.clock(),
        note=written.note,
    )


def _write_lead(ctx: Context, issue_id: str) -> Outcome:
    """The lead and the subject, out of what was checked: a claim or headline with a finding is not built upon."""
    with ctx.store.read() as db:
        issue = issues.get(db, issue_id)
        full = _full(db, issue) if issue else []
        total = sum(d.printed for d in issues.decided(db, issue)) if issue else 0
    days = ceil((issue.closes_at - issue.opens_at) / timedelta(days=1)) if issue and issue.counts.get("quiet") else 0
    prompt, language = _prompt(ctx, "lead.md"), ctx.settings.language
    lead = write_lead(full, total, ctx.model, prompt, language, quiet_days=days)
    subject = one_line(full[0].headline, MAX_SUBJECT_CHARS) if full else ctx.settings.title
    with ctx.store.begin() as db:
        issues.set_lead(db, issue_id, [s.text for s in lead], subject, [s.story_ids for s in lead])
    listed = extract_lead(full, total)
    plain = ctx.model is not None and len(full) > 1 and lead[-len(listed) :] == listed
    return Outcome(trouble=_trouble(ctx, "It wrote no usable lead") if plain else None)


def _trouble(ctx: Context, what: str) -> ModelError:
    """Why an extract stands where the model was asked: the issue comes out, and the operator is told."""
    remedy = "Look at `model` in config.yaml; `digest model cost` counts the calls that failed"
    name = ctx.model.name if ctx.model else EXTRACT
    return ModelError(f"{what[:1].lower()}{what[1:]}; an extract stands there instead", subject=name, remedy=remedy)


def _full(db: Connection, issue: Issue) -> list[LeadStory]:
    """The stories that print in full, best score first, as far as their checks bear them out."""
    full = [d for d in issues.decided(db, issue) if d.printed and not d.slot.brief]
    ids = [d.slot.story_id for d in full]
    found = told.of_slots(db, [d.slot for d in full])
    written, checks = summaries.load(db, ids), summaries.checks_of(db, ids)
    stories = []
    for d in sorted(full, key=lambda d: (-d.slot.score, d.slot.story_id)):
        key = (d.slot.story_id, d.slot.revision or 0)
        summary, wrong = written.get(key), {c.claim for c in checks.get(key, ()) if c.verdict != "supported"}
        if summary is not None:
            headline = found[d.slot.story_id].story.representative.title if -1 in wrong else summary.headline
            label = "Update: " if d.slot.update_of else ""
            sound = (text for claim, text in summary.texts.items() if claim != HEADLINE and claim not in wrong)
            stories.append(LeadStory(headline=label + headline, text=" ".join(sound), story_id=key[0]))
    return stories
