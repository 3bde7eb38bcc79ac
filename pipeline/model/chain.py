"""Models that are asked one after the other: where one is down, refuses or answers nonsense, the next one is."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from pipeline.errors import BudgetExceeded, ModelError
from pipeline.model.books import Forecast
from pipeline.model.ledger import Ledger
from pipeline.seams import Prompt

T = TypeVar("T")


class Chain:
    """Asks the first of its models; where that fails, or would pass the budget, the next. Threads may share it."""

    def __init__(self, ledgers: Sequence[Ledger]) -> None:
        self._ledgers = tuple(ledgers)
        self._failures: dict[str, ModelError | BudgetExceeded] = {}

    @property
    def name(self) -> str:
        """The name of the first model."""
        return self._ledgers[0].name

    @property
    def threads(self) -> int:
        """How many calls the first model takes at a time."""
        return self._ledgers[0].threads

    def ask(self, prompt: Prompt, validate: Callable[[str], T]) -> tuple[T, str]:
        """(the validated answer, the name of the model that gave it); an answer that any of them gave before is kept.

        ``validate`` is that of Ledger.ask. Where none is left, raises what the first one failed with: ModelError, or
        BudgetExceeded before a call that could pass the budget.
        """
        for ledger in self._ledgers:
            if (kept := ledger.kept(prompt, validate)) is not None:
                return kept[0], ledger.name
        failures = []
        for ledger in self._ledgers:
            try:
                return ledger.ask(prompt, validate)[0], ledger.name
            except (ModelError, BudgetExceeded) as e:
                failures.append(e)
                self._failures.setdefault(ledger.name, e)
        raise failures[0]

    def beginning_with(self, name: str) -> "Chain | None":
        """The model of that name and those after it; None where it is not among them."""
        names = [ledger.name for ledger in self._ledgers]
        return Chain(self._ledgers[names.index(name) :]) if name in names else None

    def replaced_by(self, name: str) -> ModelError | None:
        """What is to be told when the model of that name answered: how the first one failed first; None where it did
        not.
        """
        e = self._failures.get(self.name)
        if name == self.name or e is None:
            return None
        return ModelError(f"{e.message}; {name} answers instead", subject=self.name, remedy=e.remedy, kind=e.kind)

    def forecast(self, prompts: Iterable[Prompt]) -> Forecast:
        """What asking the first model all of these would take at most, were nothing repaired."""
        return sum((self._forecast(prompt) for prompt in prompts), Forecast())

    def _forecast(self, prompt: Prompt) -> Forecast:
        found = [ledger.forecast(prompt) for ledger in self._ledgers]
        return next((f for f in found if f.from_cache), found[0])
