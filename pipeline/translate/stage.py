"""Translate: gives what the open issues print in the other languages, in calls of several stories."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

from sqlalchemy.engine import Connection

from pipeline import resources
from pipeline.config import Settings
from pipeline.context import Context
from pipeline.errors import BudgetExceeded, ConfigError, ModelError
from pipeline.model.prompting import PromptFile, load_prompt
from pipeline.seams import Prompt
from pipeline.store import issues, summaries, translations
from pipeline.store.told import of_slots
from pipeline.store.translations import Translation
from pipeline.text.language import base
from pipeline.translate import glossary
from pipeline.translate.ask import Question, Text, batches
from pipeline.translate.glossary import Term
from pipeline.types import HEADLINE, Issue, Outcome

_SEPARATOR = "/"
_FOR_GOOD = frozenset(("garbage", "refused", "cut_off"))  # the same question would get the same; a server comes back


def threads(ctx: Context) -> int:
    """How many calls are made at a time."""
    return ctx.translator.threads if ctx.translator else 1


def pending(ctx: Context) -> Iterable[str]:
    """ "issue/language/batch" where a text that prints has no translation of its present input.

    An issue is translated when its lead is checked: with the stories in one go. What a person approved stays as it is.
    """
    if ctx.translator is None or len(ctx.settings.languages) < 2:
        return []
    terms, file = terms_of(ctx.settings), _file(ctx)
    with ctx.store.read() as db:
        return [
            _SEPARATOR.join((issue.id, language, str(number)))
            for issue in issues.with_status(db, *issues.OPEN, "approved")
            if issue.lead_cut is not None and issue.approved_sha256 is None
            for language in ctx.settings.languages
            for number, texts in enumerate(batches(_texts(ctx, db, issue, language)))
            if _missing(ctx, db, texts, language, terms, file)
        ]


def process(ctx: Context, key: str) -> Outcome:
    """Ask for one batch; what held is kept even where the rest did not. Raises ModelError: the issue prints without."""
    issue_id, language, number = key.split(_SEPARATOR)
    terms, file = terms_of(ctx.settings), _file(ctx)
    with ctx.store.read() as db:
        texts = _batch(ctx, db, issues.require(db, issue_id), language, int(number))
        missing = _missing(ctx, db, texts, language, terms, file)
    if not missing or ctx.translator is None:
        return Outcome(skipped="translated before")
    asked, by, failure = Question(missing, language, terms), ctx.translator.name, None
    try:
        _held, by = ctx.translator.ask(asked.prompt(file), asked.read)
    except (ModelError, BudgetExceeded) as e:
        failure = e
    rows = [
        _row(ctx, text, language, asked.held.get(place, ""), by, terms, file)
        for place, text in enumerate(missing)
        if place in asked.held or (failure is not None and failure.kind in _FOR_GOOD)
    ]
    with ctx.store.begin() as db:
        translations.keep(db, rows)
    if failure is not None:
        left = len(missing) - len(asked.held)
        message = f"{failure.message}; {left} of {len(missing)} texts stay in one language"
        raise ModelError(message, subject=failure.subject, remedy=failure.remedy, kind=failure.kind) from failure
    return Outcome(count=len(rows), trouble=ctx.translator.replaced_by(by))


def prompts(ctx: Context, keys: Iterable[str]) -> list[Prompt]:
    """What the model would be asked about these keys."""
    terms, file, made = terms_of(ctx.settings), _file(ctx), []
    with ctx.store.read() as db:
        for key in keys:
            issue_id, language, number = key.split(_SEPARATOR)
            texts = _batch(ctx, db, issues.require(db, issue_id), language, int(number))
            made.append(Question(_missing(ctx, db, texts, language, terms, file), language, terms).prompt(file))
    return made


def terms_of(settings: Settings) -> tuple[Term, ...]:
    """The operator's glossary laid over ours. Raises ConfigError for a file that is none."""
    return glossary.laid_over(own_terms(settings), _read(resources.find("prompts", "glossary.yaml", settings.folder)))


def own_terms(settings: Settings) -> tuple[Term, ...]:
    """The operator's glossary; none where there is no such file yet. Raises ConfigError for a file that is none."""
    path = settings.folder / settings.glossary
    return _read(path) if path.exists() else ()


def add(settings: Settings, line: str) -> Path:
    """Put a line at the end of the operator's glossary; every byte before it stays. Gives where that is.

    Raises ConfigError where it cannot be written.
    """
    path = settings.folder / settings.glossary
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        text = before + ("" if before.endswith("\n") or not before else "\n") + line
        glossary.parse(text)
        path.write_text(text, encoding="utf-8")
    except (OSError, ValueError) as e:
        remedy = "Write the terms as a list, one a line, in a file that you may write"
        raise ConfigError(f"cannot take {line.strip()}: {e}", subject=str(path), remedy=remedy) from e
    return path


def _read(path: Path) -> tuple[Term, ...]:
    try:
        return glossary.parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError) as e:
        remedy = "A term is a line like - {en: agent, zh: 智能体}"
        raise ConfigError(f"is no glossary: {e}", subject=str(path), remedy=remedy) from e


def _file(ctx: Context) -> PromptFile:
    most_tokens = ctx.settings.task("translate").max_output_tokens
    return load_prompt(resources.find("prompts", "translate.md", ctx.settings.folder), most_tokens)


def _batch(ctx: Context, db: Connection, issue: Issue, language: str, number: int) -> list[Text]:
    found = batches(_texts(ctx, db, issue, language))
    return found[number] if number < len(found) else []


def _texts(ctx: Context, db: Connection, issue: Issue, language: str) -> list[Text]:
    """What an issue prints that is not in this language: the lead, then its stories in their order."""
    own = ctx.settings.language
    found = [
        Text(story_id=issue.id, revision=0, number=number, language=own, text=sentence)
        for number, sentence in enumerate(issue.lead)
    ]
    printed = [d.slot for d in issues.decided(db, issue) if d.printed]
    told, written = of_slots(db, printed), summaries.load(db, [slot.story_id for slot in printed])
    for slot in printed:
        summary = None if slot.brief else written.get((slot.story_id, slot.revision or 0))
        first = told[slot.story_id].story.representative
        texts = summary.texts if summary else {HEADLINE: first.title}
        tags = (*summary.tags.companies, *summary.tags.models) if summary else ()
        found += [
            Text(
                story_id=slot.story_id,
                revision=summary.revision if summary else 0,
                number=number,
                language=summary.language if summary else first.language,
                text=text,
                names=tags,
            )
            for number, text in texts.items()
        ]
    return [t for t in found if t.text.strip() and base(own if t.language == "und" else t.language) != base(language)]


def _missing(
    ctx: Context, db: Connection, texts: Sequence[Text], language: str, terms: Sequence[Term], file: PromptFile
) -> list[Text]:
    """Those without a translation of their present input."""
    kept = translations.load(db, {text.story_id for text in texts})
    found = []
    for text in texts:
        there = kept.get((text.story_id, text.revision, language, text.number))
        if there is None or there.input_hash != _hash(ctx, text, language, terms, file, held=bool(there.text)):
            found.append(text)
    return found


def _hash(ctx: Context, text: Text, language: str, terms: Sequence[Term], file: PromptFile, *, held: bool) -> str:
    """What a translation depends on: another text, prompt, model or term of the text asks for another one; where none
    was ``held``, more room for the answer as well.
    """
    name = ctx.translator.name if ctx.translator else ""
    parts = [file.id, name, language, text.text, *(term.line for term in glossary.found_in(text.text, terms))]
    parts += [] if held else [str(file.max_output_tokens)]
    return sha256("\0".join(parts).encode()).hexdigest()


def _row(
    ctx: Context, text: Text, language: str, translation: str, by: str, terms: Sequence[Term], file: PromptFile
) -> Translation:
    return Translation(
        story_id=text.story_id,
        revision=text.revision,
        language=language,
        number=text.number,
        source=text.text,
        text=translation,
        input_hash=_hash(ctx, text, language, terms, file, held=bool(translation)),
        written_by=f"model:{by}",
    )
