"""digest model try: what a model is asked about a story, what it answers, and what the checks find, side by side."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

import click

from pipeline.cli.common import columns, json_option, listing, opened

if TYPE_CHECKING:
    from pipeline.seams import Prompt
    from pipeline.types import Check, Story, Summary

_COLUMNS = 120
_GAP = " │ "


@click.command("try")
@click.argument("story_id", metavar="STORY")
@json_option
@click.pass_context
def try_story(context: click.Context, story_id: str, as_json: bool) -> None:
    """Show the prompt of a story, the answer, and what the checks find.

    Asks the model as a run would, or takes the answer that is kept. No summary is written: only the answer and its cost
    are kept. Change prompts/summarise.md beside config.yaml and try again.
    """
    from pipeline.summarise import stage
    from pipeline.verify.engine import verify_summary

    with opened(context) as ctx:
        telling, summary, prompt, answer = stage.attempt(ctx, story_id)
    checks = verify_summary(summary, telling.story.items)
    if as_json:
        listing([_row(summary, prompt, answer, checks)], as_json=True, empty="")
        return
    for line in _told(telling.story, summary, prompt, answer, checks):
        click.echo(line)


def _row(summary: "Summary", prompt: "Prompt | None", answer: str, checks: "Sequence[Check]") -> dict[str, object]:
    asked = {"id": prompt.id, "system": prompt.system, "user": prompt.user} if prompt else None
    sentences = []
    for number, text in summary.texts.items():
        claim = summary.claims[number] if number >= 0 else None
        found = [c for c in checks if c.claim == number]
        sentences.append(
            {
                "claim": number,
                "text": text,
                "speaker": claim.speaker if claim else "",
                "quotes": [{"item_id": c.item_id, "start": c.start, "quote": c.quote} for c in claim.citations]
                if claim
                else [],
                "findings": [
                    {"method": c.method, "verdict": c.verdict, "note": c.note, "source": c.source} for c in found
                ],
            }
        )
    return {
        "story_id": summary.story_id,
        "written_by": summary.written_by,
        "note": summary.note,
        "prompt": asked,
        "answer": answer,
        "sentences": sentences,
        "tags": {name: getattr(summary.tags, name) for name in ("companies", "models", "people", "topics")},
    }


def _told(
    story: "Story", summary: "Summary", prompt: "Prompt | None", answer: str, checks: "Sequence[Check]"
) -> Iterator[str]:
    from pipeline.text.tokens import estimate_tokens
    from pipeline.types import HEADLINE, WHY_IT_MATTERS

    room = columns() or _COLUMNS
    yield f"Story {story.id}: {story.representative.title}"
    if prompt:
        tokens = estimate_tokens(prompt.system + prompt.user)
        yield _rule(f"Prompt {prompt.id}, about {tokens:,} tokens", room)
        yield f"{prompt.system}\n\n{prompt.user}"
        yield _rule(f"Answer of {summary.written_by}" if answer else "No usable answer", room)
        yield answer
    yield _rule(f"Written by {summary.written_by}{_GAP}what the checks find", room)
    names = {item.id: item.source_id for item in story.items}
    for number, text in summary.texts.items():
        claim = summary.claims[number] if number >= 0 else None
        quoted = [f"{names[c.item_id]}: “{c.quote}”" for c in (claim.citations if claim else ()) if c.quote != text]
        found = [_finding(check) for check in checks if check.claim == number]
        what = {HEADLINE: "Headline: ", WHY_IT_MATTERS: "Why it matters: "}.get(number, "")
        yield from _beside([what + text, *quoted], found or ["nothing against it"], room)
    if summary.note:
        yield f"Note: {summary.note}"


def _finding(check: "Check") -> str:
    said = [check.note, f"the source: “{check.source}”" if check.source else ""]
    return f"{check.method}, {check.verdict.replace('_', ' ')}: {'; '.join(filter(None, said))}"


def _rule(title: str, room: int) -> str:
    return f"\n── {title} " + "─" * max(room - len(title) - 4, 0)


def _beside(left: Sequence[str], right: Sequence[str], room: int) -> Iterator[str]:
    """Two columns, their lines next to each other; an empty line ends them."""
    from pipeline.text.wrap import width, wrap

    half = (room - len(_GAP)) // 2
    one, other = ([line for text in texts for line in wrap(text, half).splitlines()] for texts in (left, right))
    for ours, theirs in zip_longest(one, other, fillvalue=""):
        yield f"{ours}{' ' * max(half - width(ours), 0)}{_GAP}{theirs}".rstrip()
    yield ""
