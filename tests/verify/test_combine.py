"""The judgement of a whole summary: what carries it, what it repeats, and where it says nothing."""

from dataclasses import replace

from pipeline.types import Claim
from pipeline.verify.combine import carried
from pipeline.verify.engine import apply_verify, verify_summary
from pipeline.verify.sources import Passage, Sources
from tests.verify.test_engine import ITEM, SUMMARY

SOURCE = """
Acme released Foo-7B under Apache-2.0 on Tuesday. The model has 7 billion parameters and runs on a phone. Engineers
trained it on public code for three weeks, and a demo is online. Developers may use it in products without a fee. Early
testers praised how fast it writes Python. A larger version is planned for spring, the company said.
"""
TOLD = (
    "Acme released Foo-7B on Tuesday under the Apache-2.0 licence. The model runs on a phone and has 7 billion "
    "parameters. Engineers trained it for three weeks on public code, and developers may use it without a fee. A "
    "larger version is planned for spring, the company said."
)
INVENTED = (
    "Critics say such tools deepen the gap between rich and poor schools. After months of debate, parliament voted "
    "because shareholders had demanded stricter oversight of every laboratory. Since then, hospitals throughout "
    "Scandinavia have cancelled orders while Foo-7B, a larger version of which Acme planned for spring, waits. Its "
    "engineers trained the model on public code."
)


def _apply(summary: str, source: str = SOURCE) -> dict[str, object]:
    return apply_verify({"id": 1, "summary": summary, "sources": [{"id": "a", "text": source}]})


def test_what_the_sources_carry_scores_higher() -> None:
    told, invented = _apply(TOLD), _apply(INVENTED)
    assert told["verdict"] == "supported"
    assert told["spans"] == []
    assert invented["verdict"] == "not_enough_info"
    assert float(str(told["score"])) > 0.9 > 0.3 > float(str(invented["score"]))


def test_a_doubtful_summary_says_where_to_look() -> None:
    spans = _apply(INVENTED)["spans"]
    assert isinstance(spans, list)
    shown = [INVENTED[s["start"] : s["end"]] for s in spans if s["method"] == "support"]
    assert shown
    assert all(sentence.endswith(".") for sentence in shown)
    assert all(s["note"].startswith("Little of this is in the sources") for s in spans if s["method"] == "support")


def test_a_short_text_and_another_language_are_not_judged_as_a_whole() -> None:
    assert _apply("Critics were not amused.")["verdict"] == "supported"
    chinese = "批评人士表示不满。议会随后投票表决，要求更严格的监督。多家医院取消了订单，等待消息。"
    assert _apply(chinese)["spans"] == []
    assert carried(chinese, Sources([Passage(item_id="i", text=SOURCE)])) == []


def test_every_sentence_has_a_probability_and_its_nearest_sentence() -> None:
    checks = [c for c in verify_summary(SUMMARY, [ITEM]) if c.method == "support"]
    assert {c.verdict for c in checks} == {"supported"}
    assert all(c.probability is not None and 0 < c.probability < 1 for c in checks)
    assert all(c.source for c in checks)


def test_a_claim_that_repeats_an_earlier_one_is_flagged_where_it_stands() -> None:
    text = "The start-up raised 40 million dollars on Monday from several investors."
    again = Claim(text="From several investors the start-up raised 40 million dollars on Monday.", citations=())
    summary = replace(SUMMARY, claims=(Claim(text=text, citations=()), again), why_it_matters=None, headline=text)
    found = [(c.claim, c.note) for c in verify_summary(summary, [ITEM]) if c.method == "belongs"]
    assert found == [(1, "An earlier sentence says this")]
