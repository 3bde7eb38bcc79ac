"""A lead is held against the stories that it names: shown to the reviewer, and cut when nobody saw it."""

import json
import re

from pipeline.run import preview
from pipeline.store import issues, leads
from tests.e2e.world import World, honest, model_server

ISSUE = "2025-12-03"
FALSE = "Quayside “has raised million”."  # every word of it is in the story


def answer(prompt: str) -> str:
    """A model whose lead is right about the first story, and quotes what nobody said about the one in Rotterdam."""
    if "\n[1] " not in prompt:
        return honest(prompt)
    told = dict(re.findall(r"^\[(\d)\] (.+)$", prompt, re.MULTILINE))
    chips = next(n for n, headline in told.items() if "Quayside" in headline)
    other = next(n for n in told if n != chips)
    sentences = [{"text": f"{told[other]}.", "stories": [int(other)]}, {"text": FALSE, "stories": [int(chips)]}]
    return json.dumps({"sentences": sentences})


def text_of(world: World) -> str:
    with world.context() as ctx:
        return " ".join(preview(ctx, ISSUE)[1]["text"].body.decode().split())


def test_an_invented_quotation_in_the_lead_is_shown_and_cut_from_an_issue_that_nobody_saw(world: World) -> None:
    with model_server() as model:
        model.answer = answer
        world.config |= {
            "model": {"base_url": model.base_url, "name": "m", "price": {"input": 1, "output": 2}},
            "review": {"policy": "publish_marked", "reviewers": ["boss@example.org"]},
        }
        assert world.run().exit_code == 0
        with world.context() as ctx, ctx.store.read() as db:
            wrong = [c for c in leads.checks_of(db, ISSUE) if c.verdict != "supported"]
            notice = issues.renderings_of(db, ISSUE, issues.NOTICE_FORMATS)["notice_text"].body.decode()
        assert [(c.claim, c.method) for c in wrong] == [(1, "quote")]
        assert "The lead" in notice
        assert "“has raised million”" in " ".join(notice.split())
        assert FALSE in text_of(world)
        world.pass_(hours=12)
        world.run()
    sent = text_of(world)
    assert FALSE not in sent
    assert "1 sentence was cut, since the sources do not bear it out." in sent


def test_a_lead_that_code_put_together_is_not_held_against_anything(world: World) -> None:
    world.run()
    with world.context() as ctx, ctx.store.read() as db:
        issue = issues.require(db, ISSUE)
        assert (issue.lead_cut, leads.checks_of(db, ISSUE)) == ((), ())
        assert len(issue.lead) == 2
