"""The cache, the budget, the repairs and the rows of the ledger."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier, Lock

import pytest

from pipeline.config_model import PriceSettings
from pipeline.errors import BudgetExceeded, ModelError
from pipeline.model.books import Books, Cost
from pipeline.model.ledger import Ledger, cache_key
from pipeline.model.openai_compatible import OpenAICompatible
from pipeline.model.scripted import Answers, Scripted
from pipeline.seams import Answer, Prompt
from pipeline.types import ModelCall
from tests.model.conftest import Loopback, completion, refusal

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PROMPT = Prompt(
    id="test.md@00000000", stage="test", system="S", user="U", schema={"type": "object"}, max_output_tokens=1000
)
DOLLAR = 1_000_000


class Desk:
    """A ledger on a scripted model, with what it cached and logged."""

    def __init__(self, answers: Answers, *, price: PriceSettings | None = None, budget: int = DOLLAR) -> None:
        self.model = Scripted(answers)
        self.cache: dict[str, str] = {}
        self.rows: list[ModelCall] = []
        self.books = Books(log=self.rows.append, clock=lambda: NOW, budget_usd_micros=budget, monotonic_s=lambda: 0.0)
        self.ledger = Ledger(
            self.model,
            read_cache=self.cache.get,
            write_cache=self.cache.__setitem__,
            books=self.books,
            price=price,
        )


def number(text: str) -> int:
    return int(text)


def test_the_same_question_is_asked_once() -> None:
    desk = Desk(["7"])
    assert desk.ledger.ask(PROMPT, number) == (7, False)
    assert desk.ledger.ask(PROMPT, number) == (7, True)
    assert len(desk.model.prompts) == 1
    assert [row.from_cache for row in desk.rows] == [False, True]
    assert desk.rows[1].cost_usd_micros == desk.rows[1].input_tokens == 0


@pytest.mark.parametrize(
    "change", [{"id": "x"}, {"system": "x"}, {"user": "x"}, {"schema": {}}, {"max_output_tokens": 1}]
)
def test_another_question_has_another_key(change: dict[str, object]) -> None:
    assert cache_key(replace(PROMPT, **change), "m") != cache_key(PROMPT, "m")  # type: ignore[arg-type]
    assert cache_key(PROMPT, "m") != cache_key(PROMPT, "n")


def test_a_cached_answer_that_is_no_longer_valid_is_asked_anew() -> None:
    desk = Desk(["8"])
    desk.cache[cache_key(PROMPT, "scripted")] = "seven"
    assert desk.ledger.ask(PROMPT, number) == (8, False)


def test_an_unusable_answer_is_repaired_with_what_was_wrong() -> None:
    desk = Desk(["seven" + "!" * 5000, "7"])
    assert desk.ledger.ask(PROMPT, number) == (7, False)
    repair = desk.model.prompts[1].user
    assert repair.startswith("U\n")
    assert "not usable: invalid literal" in repair
    assert "seven!" in repair
    assert len(repair) < 4000
    assert list(desk.cache.values()) == ["7"]  # under the key of the first question
    assert desk.ledger.ask(PROMPT, number) == (7, True)


def test_after_two_repairs_it_gives_up_and_caches_nothing() -> None:
    desk = Desk(["a", "b", "c", "4"])
    with pytest.raises(ModelError, match=r"no usable answer to .* in 3 tries") as caught:
        desk.ledger.ask(PROMPT, number)
    assert caught.value.kind == "garbage"
    assert desk.cache == {}
    assert len(desk.rows) == 3


def test_a_failed_call_is_logged_with_its_kind_and_costs_nothing_when_nothing_was_made() -> None:
    desk = Desk([ModelError("away", kind="down")], price=PriceSettings(input=1, output=1))
    with pytest.raises(ModelError, match="away"):
        desk.ledger.ask(PROMPT, number)
    assert [(row.error, row.cost_usd_micros) for row in desk.rows] == [("down", 0)]
    assert desk.books.spent.usd_micros == 0


def test_a_call_that_may_have_been_charged_is_booked_at_its_most() -> None:
    desk = Desk([ModelError("slow", kind="timeout")], price=PriceSettings(input=0, output=1))
    with pytest.raises(ModelError):
        desk.ledger.ask(PROMPT, number)
    assert desk.books.spent.usd_micros == desk.rows[0].cost_usd_micros == 1000


def test_cost_comes_from_usage_with_cached_tokens_at_their_own_price_rounded_up() -> None:
    class Charged(Scripted):
        def complete(self, prompt: Prompt) -> Answer:
            return replace(super().complete(prompt), input_tokens=1001, output_tokens=10, cached_tokens=1000)

    desk = Desk([])
    books = Books(log=desk.rows.append, clock=lambda: NOW, budget_usd_micros=DOLLAR, spent=Cost(usd_micros=5))
    ledger = Ledger(
        Charged(["7"]),
        read_cache=desk.cache.get,
        write_cache=desk.cache.__setitem__,
        books=books,
        price=PriceSettings(input=0.75, output=4.5, cached=0.075),
    )
    ledger.ask(PROMPT, number)
    assert desk.rows[0].cost_usd_micros == 121  # 0.75 + 45 + 75 = 120.75
    assert books.spent.usd_micros == 126


def test_the_budget_stops_before_the_call_that_could_pass_it() -> None:
    desk = Desk(["1", "2"], price=PriceSettings(input=0, output=1), budget=1500)
    desk.ledger.ask(PROMPT, number)
    left = 1500 - desk.books.spent.usd_micros
    with pytest.raises(BudgetExceeded, match=r"scripted: the next call may cost \$0.0020, and \$0.00") as caught:
        desk.ledger.ask(replace(PROMPT, user="other", max_output_tokens=2000), number)
    assert "model.budget_usd" in str(caught.value)
    assert len(desk.model.prompts) == 1
    assert desk.ledger.ask(replace(PROMPT, user="third", max_output_tokens=left), number) == (2, False)


def test_a_repair_is_budgeted_too() -> None:
    desk = Desk(["a", "b"], price=PriceSettings(input=0, output=1), budget=1010)
    with pytest.raises(BudgetExceeded):
        desk.ledger.ask(PROMPT, number)
    assert len(desk.model.prompts) == 1


def test_a_cached_answer_needs_no_budget() -> None:
    desk = Desk([], price=PriceSettings(input=1, output=1), budget=0)
    desk.cache[cache_key(PROMPT, "scripted")] = "9"
    assert desk.ledger.ask(PROMPT, number) == (9, True)


def test_what_threads_have_under_way_counts_against_the_budget() -> None:
    entered, leave = Barrier(5), Barrier(5)

    def answer(prompt: Prompt) -> str:
        entered.wait(timeout=10)
        leave.wait(timeout=10)
        return "1"

    desk = Desk(answer, price=PriceSettings(input=0, output=1), budget=4_999)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(desk.ledger.ask, replace(PROMPT, user=str(i)), number) for i in range(4)]
        entered.wait(timeout=10)
        with pytest.raises(BudgetExceeded):  # 4 x 1000 are set aside, though nothing is spent yet
            desk.ledger.ask(replace(PROMPT, user="fifth"), number)
        leave.wait(timeout=10)
        assert [future.result() for future in asked] == [(1, False)] * 4
    assert desk.books.spent.usd_micros < 400  # the answers were short: what was set aside is free again


@pytest.mark.parametrize(("kind", "asked"), [("auth", 1), ("down", 3), ("timeout", 3), ("refused", 5)])
def test_a_server_that_keeps_failing_is_left_alone(kind: str, asked: int) -> None:
    desk = Desk(lambda _: ModelError("no", kind=kind))
    for i in range(5):
        with pytest.raises(ModelError):
            desk.ledger.ask(replace(PROMPT, user=str(i)), number)
    assert len(desk.model.prompts) == asked


def test_one_good_answer_in_between_keeps_it_going() -> None:
    down = ModelError("no", kind="down")
    desk = Desk([down, down, "1", down, down, "2"])
    for i in range(6):
        try:
            desk.ledger.ask(replace(PROMPT, user=str(i)), number)
        except ModelError:
            continue
    assert len(desk.model.prompts) == 6


CUT = ModelError("was cut off", kind="cut_off")


def test_an_answer_that_is_cut_off_is_asked_for_with_twice_the_tokens_and_the_next_at_once() -> None:
    desk = Desk([CUT, "1", "2"], price=PriceSettings(input=0, output=1))
    assert desk.ledger.ask(PROMPT, number) == (1, False)
    assert desk.ledger.ask(replace(PROMPT, user="next"), number) == (2, False)
    assert [prompt.max_output_tokens for prompt in desk.model.prompts] == [1000, 2000, 2000]
    assert [(row.error, row.cost_usd_micros >= 1000) for row in desk.rows][:2] == [("cut_off", True), ("", False)]
    assert desk.ledger.ask(PROMPT, number) == (1, True), "kept under the question as it was first asked"


def test_what_twice_the_tokens_do_not_cure_is_cut_off_and_changes_nothing() -> None:
    desk = Desk([CUT, CUT, "3"])
    with pytest.raises(ModelError, match="was cut off"):
        desk.ledger.ask(PROMPT, number)
    assert desk.ledger.ask(replace(PROMPT, user="next"), number) == (3, False)
    assert [prompt.max_output_tokens for prompt in desk.model.prompts] == [1000, 2000, 1000]


def test_where_twice_the_tokens_do_not_fit_the_answer_was_cut_off() -> None:
    desk = Desk([CUT, ModelError("has a small window", kind="too_long")])
    with pytest.raises(ModelError, match="was cut off") as caught:
        desk.ledger.ask(PROMPT, number)
    assert caught.value.kind == "cut_off"


def test_twice_the_tokens_are_budgeted_too() -> None:
    desk = Desk([CUT, "1"], price=PriceSettings(input=0, output=1), budget=2_500)
    with pytest.raises(BudgetExceeded):
        desk.ledger.ask(PROMPT, number)
    assert len(desk.model.prompts) == 1


def on_a_server(model: OpenAICompatible, cache: dict[str, str], *, budget: int = DOLLAR) -> Ledger:
    """A ledger of one run on a real client."""
    books = Books(log=lambda _: None, clock=lambda: NOW, budget_usd_micros=budget)
    price = PriceSettings(input=1, output=0)
    return Ledger(model, read_cache=cache.get, write_cache=cache.__setitem__, books=books, price=price)


def test_what_a_server_taught_is_kept_where_the_answers_are(script: Loopback) -> None:
    cache: dict[str, str] = {}
    model, asked = script(refusal("response_format json_schema is not supported"), completion("5"))
    assert on_a_server(model, cache).ask(PROMPT, number) == (5, False)
    assert len(asked) == 2
    next_run = on_a_server(script.again(), cache)
    assert next_run.ask(replace(PROMPT, user="next"), number) == (5, False)
    assert len(asked) == 3, "no refused request in the next run"
    assert next_run.ask(PROMPT, number) == (5, True)
    assert len(asked) == 3, "and no request at all for what is kept"


def test_the_worked_examples_of_a_base_model_count_for_the_budget(script: Loopback) -> None:
    model, asked = script(completion(), api="completions")
    with pytest.raises(BudgetExceeded):
        on_a_server(model, {}, budget=500).ask(PROMPT, number)
    assert asked == []


def test_a_model_is_asked_no_more_at_a_time_than_it_takes() -> None:
    at_once, most, lock = 0, 0, Lock()
    both = Barrier(2)

    def answer(_: Prompt) -> str:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        both.wait(timeout=10)  # only two together get on
        with lock:
            at_once -= 1
        return "1"

    desk = Desk(answer)
    ledger = Ledger(
        desk.model,
        read_cache=desk.cache.get,
        write_cache=desk.cache.__setitem__,
        books=desk.books,
        price=None,
        threads=2,
    )
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(ledger.ask, replace(PROMPT, user=str(i)), number) for i in range(6)]
        assert [future.result() for future in asked] == [(1, False)] * 6
    assert most == 2
