"""How often each check found something in what a reviewer was shown, and what the reviewer made of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from pipeline.store import issues, summaries
from pipeline.store.decisions import Decided
from pipeline.types import Check, CheckMethod, Issue, Summary


@dataclass(slots=True, kw_only=True)
class Agreement:
    """Counts of findings.

    ``agreed``: the sentence was edited or cut, or its story rejected; ``disagreed``: a person let it out as it was. The
    others wait, or went out by rule.
    """

    fired: int = 0
    agreed: int = 0
    disagreed: int = 0


def of_methods(db: Connection, looked_at: Iterable[Issue]) -> dict[CheckMethod, Agreement]:
    """Method -> what became of its findings in the summaries that these issues drafted; none: it found nothing."""
    found: dict[CheckMethod, Agreement] = {}
    for issue in looked_at:
        ids = [slot.story_id for slot in issue.slots]
        written, checks = summaries.load(db, ids), summaries.checks_of(db, ids)
        drafted = {slot.story_id: slot.revision for slot in issue.slots}
        by_person = issue.approved_by is not None and not issue.approved_by.startswith("policy:")
        for decided in issues.decided(db, issue):
            key = (decided.slot.story_id, drafted[decided.slot.story_id] or 0)
            final = written.get((key[0], decided.slot.revision or 0))
            for check in checks.get(key, ()):
                if check.verdict != "supported":
                    agreement = found.setdefault(check.method, Agreement())
                    agreement.fired += 1
                    changed = _changed(check, written[key], final)
                    agreement.agreed += decided.decision == "reject" or changed
                    agreement.disagreed += not changed and _let_out(decided, by_person)
    return found


def _changed(check: Check, draft: Summary, final: Summary | None) -> bool:
    """Whether the sentence that a finding is about is printed no more, or in other words."""
    return final is not None and draft.texts[check.claim] not in final.texts.values()


def _let_out(decided: Decided, by_person: bool) -> bool:
    return decided.reviewed or (by_person and decided.printed)
