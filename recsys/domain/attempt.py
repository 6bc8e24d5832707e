"""The one place where a failure is done without: it is named in the slate, never swallowed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Failure:
    """A stage that failed. name: the stage's own. error: type and message, for the log."""

    name: str
    error: str


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Value]):
    """Either a value or a failure."""

    value: Value | None
    failure: Failure | None


class Guard(Protocol):
    """Makes several calls that a slate may go without, in order: as `attempt` does, and within a time if it has one."""

    def __call__(self, calls: Sequence[tuple[str, Callable[[], Value]]]) -> Sequence[Outcome[Value]]:
        """Return the outcome of each (name, call)."""
        ...


def attempt(name: str, call: Callable[[], Value]) -> Outcome[Value]:
    """Call, and turn any exception into a `Failure`.

    Only for stages that declare themselves fail-open. Every kind of exception counts, since a source may fail in ways
    that nobody foresaw, and a listener is better served without that source than with an error. The failure stands in
    `Slate.degraded`, so that a caller, a metric and a test can see it. Hard policy never goes through here.
    """
    try:
        return Outcome(call(), None)
    except Exception as error:  # noqa: BLE001  fail-open stages only; see the docstring
        return Outcome(None, Failure(name, f"{type(error).__name__}: {error}"))


def attempt_each(calls: Sequence[tuple[str, Callable[[], Value]]]) -> tuple[Outcome[Value], ...]:
    """Attempt one after another, however long it takes: the guard of whoever has no clock."""
    return tuple(attempt(name, call) for name, call in calls)
