"""Where one model fails the next is asked; one that failed hopelessly is left alone, whatever it is asked for."""

from datetime import UTC, datetime

import pytest

from pipeline.config_model import PriceSettings
from pipeline.errors import BudgetExceeded, ModelError
from pipeline.model import KINDS
from pipeline.model.books import Books, Cost
from pipeline.model.chain import Chain
from pipeline.model.ledger import Ledger
from pipeline.model.scripted import Answers, Scripted
from pipeline.seams import Prompt
from pipeline.types import ModelCall

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PROMPT = Prompt(id="t@0", stage="test", system="S", user="U", schema={"type": "object"}, max_output_tokens=1000)


class Desk:
    """Ledgers on scripted models that share books and a cache."""

    def __init__(self, *, budget: int = 1_000_000, budget_tokens: int | None = None) -> None:
        self.cache: dict[str, str] = {}
        self.rows: list[ModelCall] = []
        self.books = Books(
            log=self.rows.append, clock=lambda: NOW, budget_usd_micros=budget, budget_tokens=budget_tokens
        )

    def ledger(self, name: str, answers: Answers, output_usd: float = 0) -> Ledger:
        return Ledger(
            Scripted(answers, name=name, repeat_last=True),
            read_cache=self.cache.get,
            write_cache=self.cache.__setitem__,
            books=self.books,
            price=PriceSettings(input=0, output=output_usd),
        )


def number(text: str) -> int:
    return int(text)


def user(text: str) -> Prompt:
    return Prompt(id="t@0", stage="test", system="S", user=text, schema={}, max_output_tokens=1000)


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_a_model_fails_with_the_next_one_is_asked(kind: str) -> None:
    desk = Desk()
    chain = Chain([desk.ledger("a", [ModelError("no", subject="a", kind=kind)]), desk.ledger("b", ["7"])])
    assert chain.ask(PROMPT, number) == (7, "b")
    trouble = chain.replaced_by("b")
    assert trouble is not None
    assert (trouble.subject, trouble.kind, trouble.message) == ("a", kind, "no; b answers instead")
    assert chain.replaced_by("a") is None


def test_an_answer_that_any_of_them_gave_is_asked_for_no_more() -> None:
    desk = Desk()
    Chain([desk.ledger("a", [ModelError("no", kind="down")]), desk.ledger("b", ["7"])]).ask(PROMPT, number)
    later = Chain([desk.ledger("a", []), desk.ledger("b", [])])
    assert later.ask(PROMPT, number) == (7, "b")
    assert desk.rows[-1].from_cache


def test_each_call_is_booked_on_its_own_model_at_its_own_price() -> None:
    desk = Desk()
    chain = Chain([desk.ledger("a", ["x" * 400], 2), desk.ledger("b", ["7"], 5)])
    chain.ask(PROMPT, number)
    assert [row.model for row in desk.rows] == ["a", "a", "a", "b"], "an answer, two repairs, and the next one's"
    assert [row.cost_usd_micros for row in desk.rows] == [
        row.output_tokens * (2 if row.model == "a" else 5) for row in desk.rows
    ]


def test_a_dear_model_without_budget_gives_way_to_one_that_costs_nothing() -> None:
    desk = Desk(budget=500)
    dear = desk.ledger("dear", ["1"], 1)
    chain = Chain([dear, desk.ledger("own", ["7"])])
    assert chain.ask(PROMPT, number) == (7, "own")
    assert [row.model for row in desk.rows] == ["own"]
    trouble = chain.replaced_by("own")
    assert trouble is not None
    assert "$0.0010" in trouble.message


def test_where_all_fail_the_first_says_why() -> None:
    desk = Desk(budget=500)
    with pytest.raises(ModelError, match="garbled"):
        Chain([desk.ledger("a", [ModelError("garbled", kind="garbage")]), desk.ledger("b", ["7"], 1)]).ask(
            PROMPT, number
        )
    with pytest.raises(BudgetExceeded):
        Chain([desk.ledger("b", ["7"], 1), desk.ledger("a", [ModelError("no", kind="down")])]).ask(PROMPT, number)


def test_a_model_that_failed_hopelessly_is_not_asked_for_another_task() -> None:
    desk = Desk()
    broken = Scripted([ModelError("no such key", kind="auth")], name="a", repeat_last=True)
    ledger = Ledger(broken, read_cache=desk.cache.get, write_cache=desk.cache.__setitem__, books=desk.books, price=None)
    for task in (Chain([ledger, desk.ledger("b", ["7"])]), Chain([ledger, desk.ledger("c", ["8"])])):
        for text in "xyz":
            assert task.ask(user(text + task.name), number)[1] != "a"
    assert len(broken.prompts) == 1
    with pytest.raises(ModelError, match="not asked again in this run: no such key") as caught:
        ledger.ask(user("more"), number)
    assert caught.value.kind == "auth", "the issue names the cause beside every story, not that nobody was asked"


def test_a_chain_begins_where_a_summary_came_from() -> None:
    desk = Desk()
    chain = Chain([desk.ledger("a", ["1"]), desk.ledger("b", ["2"])])
    found = chain.beginning_with("b")
    assert found is not None
    assert found.ask(PROMPT, number) == (2, "b")
    assert chain.beginning_with("extract") is None


def test_a_budget_of_tokens_stops_before_the_call_that_could_pass_it() -> None:
    desk = Desk(budget_tokens=2_100)
    chain = Chain([desk.ledger("a", ["1"])])
    chain.ask(user("x"), number)
    chain.ask(user("y"), number)
    assert desk.books.left_tokens == 2_100 - sum(row.input_tokens + row.output_tokens for row in desk.rows)
    with pytest.raises(BudgetExceeded, match=r"may take 2,\d\d\d tokens, and \d+ of 2,100 are") as caught:
        chain.ask(Prompt(id="t@0", stage="test", system="S", user="z", schema={}, max_output_tokens=2_090), number)
    assert "model.budget_tokens" in caught.value.remedy


def test_a_forecast_is_an_upper_bound_and_what_is_kept_takes_nothing() -> None:
    desk = Desk()
    chain = Chain([desk.ledger("a", ["1"], 3), desk.ledger("b", ["2"])])
    chain.ask(user("x"), number)
    asked, spent = len(desk.rows), desk.books.spent
    forecast = chain.forecast([user("x"), user("y"), user("z")])
    assert (forecast.calls, forecast.from_cache, forecast.most.usd_micros) == (2, 1, 2 * 3_000)
    assert len(desk.rows) == asked
    for text in "xyz":
        chain.ask(user(text), number)
    taken = sum((Cost(usd_micros=r.cost_usd_micros, input_tokens=r.input_tokens) for r in desk.rows[asked:]), Cost())
    assert taken.usd_micros <= forecast.most.usd_micros
    assert taken.input_tokens <= forecast.most.input_tokens
    assert desk.books.spent.usd_micros == spent.usd_micros + taken.usd_micros
