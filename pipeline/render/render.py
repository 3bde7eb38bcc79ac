"""Prints an issue as HTML e-mail, plain text and Markdown: the same input gives the same bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from jinja2 import Environment

from pipeline.render.templating import environment, fill, inline_css
from pipeline.render.view import IssueView, Printed, build, full_count
from pipeline.text.marking import Marked
from pipeline.types import Format

__all__ = ["MAX_HTML_BYTES", "FindingView", "Notice", "environment", "render", "render_notice"]

MAX_HTML_BYTES = 90_000
"""Gmail clips a mail near 102 KB (https://github.com/hteumeuleu/email-bugs/issues/41); a relay's own links add some."""
_MAX_BRIEF_BYTES = 65_000  # a long tail must not push every story out of its place


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """One finding: what is wrong, where in what is printed, and what the source says ("" where it says nothing)."""

    note: str
    printed: Marked
    source_name: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What the mail to a reviewer of a waiting draft says.

    ``findings`` has (headline, what was found in the text below it), story by story.
    """

    title: str  # the digest's name
    issue_id: str
    subject: str  # of the issue
    deadline: str  # as a person reads it, with its time zone
    at_deadline: str  # what happens when nobody decides, as a sentence
    stories: int
    findings: tuple[tuple[str, tuple[FindingView, ...]], ...] = ()
    command: str = "digest review --terminal"
    language: str = "en"

    @property
    def finding_count(self) -> int:
        """How many findings there are in all."""
        return sum(len(found) for _, found in self.findings)


def render(printed: Printed, env: Environment) -> dict[Format, bytes]:
    """Print an issue in every format, in UTF-8.

    When the HTML is over MAX_HTML_BYTES, the stories with the lowest score move to "in brief", and when that is
    not enough the tail of "in brief" is only counted; all formats print the same stories. Raises ConfigError for a
    template that is missing or wrong.
    """
    view, html = _fitting(printed, env)
    return {
        "html": html,
        "text": fill(env, "email/issue.txt.j2", issue=view).encode(),
        "markdown": fill(env, "email/issue.md.j2", issue=view).encode(),
    }


def render_notice(notice: Notice, env: Environment) -> dict[Literal["html", "text"], bytes]:
    """Print the notice, in UTF-8. Raises ConfigError for a template that is missing or wrong."""
    return {
        "html": inline_css(fill(env, "email/notice.html.j2", notice=notice)).encode(),
        "text": fill(env, "email/notice.txt.j2", notice=notice).encode(),
    }


def _fitting(printed: Printed, env: Environment) -> tuple[IssueView, bytes]:
    """The fullest issue within the budget: a whole one, else fewer in full, else fewer in brief as well."""

    def html(full: int, brief: int) -> tuple[IssueView, bytes]:
        view = build(printed, full=full, brief=brief)
        return view, inline_css(fill(env, "email/issue.html.j2", issue=view)).encode()

    def fits(full: int, brief: int, budget_bytes: int = MAX_HTML_BYTES) -> bool:
        return len(html(full, brief)[1]) <= budget_bytes

    full, brief = full_count(printed), len(printed.entries)
    if not fits(full, brief):
        if not fits(0, brief, _MAX_BRIEF_BYTES):
            brief = _most(brief, lambda n: fits(0, n, _MAX_BRIEF_BYTES))
        full = _most(full + 1, lambda n: fits(n, brief))
    return html(full, brief)


def _most(high: int, fits: Callable[[int], bool]) -> int:
    """The largest number below ``high`` that fits (0 when none does), by halving: 9 trials for 500."""
    low = 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
