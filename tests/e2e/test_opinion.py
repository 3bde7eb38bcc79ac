"""A second opinion is asked of another model, once a story, about what code left open, and never again."""

import json
import re

from pipeline.store import issues, summaries
from tests.e2e.world import World, honest, model_server

ISSUE = "2025-12-03"


def doubtful(prompt: str) -> str:
    """A writer that adds a sentence with a number that no source has to the story about the chips."""
    found = json.loads(honest(prompt))
    if "claims" in found and "Quayside" in found["claims"][0]["text"]:
        found["claims"].append({**found["claims"][0], "text": "Its first suppliers came in 2019."})
    return json.dumps(found)


def judge(prompt: str) -> str:
    """Another model: the sentence is borne out, it says, by the words about Rotterdam."""
    number = next(n for n, text in re.findall(r"^\[(\d+)\] (.+)$", prompt, re.MULTILINE) if "2019" in text)
    entry = {"sentence": int(number), "verdict": "supported", "quote": "It employs 140 people in Rotterdam"}
    return json.dumps({"sentences": [entry]})


def test_it_is_asked_once_a_story_about_what_code_left_open(world: World) -> None:
    with model_server() as writer, model_server() as other:
        writer.answer, other.answer = doubtful, judge
        price = {"price": {"input": 1, "output": 2}}
        world.config |= {
            "model": {"base_url": writer.base_url, "name": "m", **price},
            "models": {"check": {"base_url": other.base_url, "name": "other-1", **price}},
            "verify": {"not_enough_info": "cut"},
        }
        assert world.run().exit_code == 0
        assert world.run().exit_code == 0
        assert len(other.calls) == 1
        assert other.calls[0]["model"] == "other-1"
    with world.context() as ctx, ctx.store.read() as db:
        ids = [slot.story_id for slot in issues.require(db, ISSUE).slots]
        said = [c for checks in summaries.checks_of(db, ids).values() for c in checks if c.method == "model"]
        assert [(c.verdict, c.source) for c in said] == [("supported", "It employs 140 people in Rotterdam.")]
        assert {claim for cut in summaries.cuts_of(db, ids).values() for claim in cut} == set()


def test_without_one_nobody_is_asked(world: World) -> None:
    with model_server() as writer:
        writer.answer = doubtful
        world.config["model"] = {"base_url": writer.base_url, "name": "m", "price": {"input": 1, "output": 2}}
        assert world.run().exit_code == 0
        assert all("You check sentences" not in str(call["messages"]) for call in writer.calls)
