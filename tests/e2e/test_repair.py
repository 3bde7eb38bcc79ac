"""A sentence that its sources contradict: its writer may mend it once; else it is shown, and cut when nobody looked."""

import json
from collections.abc import Callable

from pipeline.run import preview
from pipeline.store import issues, summaries
from tests.e2e.world import ModelServer, World, honest, model_server

ISSUE = "2025-12-03"
WRONG, RIGHT = "$450 million", "$400 million"


def inventive(mend: Callable[[str], str]) -> Callable[[str], str]:
    """A model that is wrong about a figure, and mends it as told."""

    def answer(prompt: str) -> str:
        if "\n  wrong: " in prompt:
            return json.dumps({"sentences": [{"sentence": 1, "text": mend("Quayside has raised $450 million.")}]})
        found = json.loads(honest(prompt))
        for claim in found.get("claims", ()):
            claim["text"] = claim["text"].replace(RIGHT, WRONG)
        if "headline" in found:
            found["headline"] = found["headline"].replace(RIGHT, "money")
        return json.dumps(found)

    return answer


def repairs(model: ModelServer) -> int:
    return sum("You correct sentences" in str(call["messages"]) for call in model.calls)


def connect(world: World, model: ModelServer, policy: str = "hold", **verify: str) -> None:
    world.config |= {
        "model": {"base_url": model.base_url, "name": "m", "price": {"input": 1, "output": 2}},
        "review": {"policy": policy},
        "verify": verify,
    }


def text_of(world: World) -> str:
    with world.context() as ctx:
        return " ".join(preview(ctx, ISSUE)[1]["text"].body.decode().split())


def revisions(world: World) -> list[tuple[int, bool]]:
    """(revision, whether it is the printed one) of the story about the chips."""
    with world.context() as ctx, ctx.store.read() as db:
        slots = issues.require(db, ISSUE).slots
        found = summaries.load(db, [s.story_id for s in slots])
        printed = {(s.story_id, s.revision) for s in slots}
        return [(r, (i, r) in printed) for (i, r), s in sorted(found.items()) if "Quayside" in s.claims[0].text]


def test_its_writer_mends_it_once_and_a_second_run_asks_nobody(world: World) -> None:
    with model_server() as model:
        model.answer = inventive(lambda text: text.replace(WRONG, RIGHT))
        connect(world, model)
        assert world.run().exit_code == 0
        assert repairs(model) == 1
        assert revisions(world) == [(1, False), (2, True)]
        assert RIGHT in text_of(world)
        assert WRONG not in text_of(world)
        asked = len(model.calls)
        assert world.run().exit_code == 0
        assert len(model.calls) == asked


def test_a_repair_that_mends_nothing_is_not_kept_and_what_is_wrong_is_cut_from_an_issue_that_nobody_saw(
    world: World,
) -> None:
    with model_server() as model:
        model.answer = inventive(str)
        connect(world, model, "publish_marked")
        world.run()
        asked = len(model.calls)
        assert repairs(model) == 1
        assert revisions(world) == [(1, True)]
        assert WRONG in text_of(world), "shown to the reviewer"
        world.pass_(hours=12)
        world.run()
        assert len(model.calls) == asked
    sent = text_of(world)
    assert WRONG not in sent
    assert "1 sentence was cut, since the sources do not bear it out." in sent
    assert "Tallinn" in sent, "one bad sentence rejects nothing else"


def test_by_rule_it_is_only_shown(world: World) -> None:
    with model_server() as model:
        model.answer = inventive(str)
        connect(world, model, "publish_marked", refuted="show")
        world.run()
        world.pass_(hours=12)
        world.run()
        assert repairs(model) == 0
    assert WRONG in text_of(world)
    assert "In part not found in its sources" in text_of(world)


def test_a_model_that_fails_at_it_leaves_the_sentence_to_the_reviewer_and_the_operator_is_told(world: World) -> None:
    with model_server() as model:
        write = inventive(str)
        model.answer = lambda prompt: "" if "\n  wrong: " in prompt else write(prompt)
        connect(world, model)
        report = world.run()
    assert report.exit_code == 5
    assert [p.message for p in report.problems if "a sentence that code found wrong was not mended" in p.message]
    assert WRONG in text_of(world)
