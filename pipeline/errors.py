"""Every error we raise, grouped by what the runner does about it.

::

    DigestError
    ├── Fatal                 the run stops; the exit code says why
    │   ├── ConfigError       2   config.yaml, a prompt or a template is wrong
    │   ├── StoreError        3   the database is locked, full, broken or of another version
    │   ├── BudgetExceeded    4   the next model call would pass the budget
    │   └── RunLocked         75  another run is at work (EX_TEMPFAIL: try again later)
    ├── Skippable             recorded as a Problem; the run goes on with the next subject (exit 5 at the end)
    │   ├── SourceError           a source cannot be read
    │   ├── ExtractError          a page or a mail holds no text that we can find
    │   ├── ModelError            a model is down, refuses, or answers nonsense
    │   ├── ReviewError           a decision does not fit the state of the issue
    │   └── RecipientRejected     a mail server refuses one recipient
    └── Retryable             tried again with back-off at the edge, then raised again as a Skippable
        ├── NetworkError          no connection, time-out, broken answer
        └── RateLimited           the other side asks us to wait

Anything else is a bug: the run record is saved, the traceback shown, exit 1. Please do not add an error here without
placing it in the tree above.
"""


class DigestError(Exception):
    """An error that a person can act on: it names its subject, what happened, and the remedy.

    ``subject`` is the source id, file, recipient ... that the error is about; ``kind`` is the snake_case word that
    listings count by (the class name unless given).
    """

    exit_code = 1

    def __init__(self, message: str, *, subject: str = "", remedy: str = "", kind: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.subject = subject
        self.remedy = remedy
        self.kind = kind or type(self).__name__

    def __str__(self) -> str:
        text = f"{self.subject}: {self.message}" if self.subject else self.message
        return f"{text}. {self.remedy}" if self.remedy else text


class Fatal(DigestError):
    """The run stops here."""


class ConfigError(Fatal):
    """The configuration, a prompt or a template is wrong. Exit 2."""

    exit_code = 2


class StoreError(Fatal):
    """The database cannot be used. Exit 3."""

    exit_code = 3


class BudgetExceeded(Fatal):
    """The next model call would pass the budget. Exit 4 when nothing catches it; the issue falls back to extracts."""

    exit_code = 4


class RunLocked(Fatal):
    """Another run is at work. Exit 75 (EX_TEMPFAIL of sysexits.h)."""

    exit_code = 75


class Skippable(DigestError):
    """One subject failed; the run records a Problem and goes on. Exit 5 at the end."""

    exit_code = 5


class SourceError(Skippable):
    """A source cannot be read. ``wait_s`` is the least time in seconds until it may be asked again; ``gone`` is 410."""

    def __init__(
        self,
        message: str,
        *,
        subject: str = "",
        remedy: str = "",
        kind: str = "",
        wait_s: float = 0.0,
        gone: bool = False,
    ) -> None:
        super().__init__(message, subject=subject, remedy=remedy, kind=kind)
        self.wait_s = wait_s
        self.gone = gone


class ExtractError(Skippable):
    """A page or a mail holds no text that we can find."""


class ModelError(Skippable):
    """A model is down, refuses, or answers nonsense."""


class ReviewError(Skippable):
    """A decision does not fit the state of the issue, or the issue changed since it was shown."""


class RecipientRejected(Skippable):
    """A mail server refuses one recipient."""


class Retryable(DigestError):
    """Tried again with back-off at the edge, then raised again as a Skippable."""

    exit_code = 5


class NetworkError(Retryable):
    """No connection, a time-out, or a broken answer."""


class RateLimited(Retryable):
    """The other side asks us to wait ``wait_s`` seconds."""

    def __init__(self, message: str, *, subject: str = "", remedy: str = "", wait_s: float = 0.0) -> None:
        super().__init__(message, subject=subject, remedy=remedy)
        self.wait_s = wait_s
