"""A relation: one row of the list of invariants, as code."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from hypothesis.strategies import SearchStrategy

from guardrails.invariants.protocol import Recommender, Subject
from guardrails.invariants.world import Request, World

T = TypeVar("T")


class ViolationError(AssertionError):
    """A relation does not hold. An AssertionError, so that every test runner reports it as a failed check."""


def require(holds: bool, sentence: str) -> None:
    """Raise `ViolationError` with `sentence` unless `holds`."""
    if not holds:
        raise ViolationError(sentence)


class Draw(Protocol):
    """Draws a further value; the label names it in the counterexample."""

    def __call__(self, strategy: SearchStrategy[T], label: str | None = None) -> T: ...


@dataclass(frozen=True, slots=True)
class Trial:
    """One example: a recommender built over a drawn world, a drawn request, and a way to draw more."""

    subject: Subject
    world: World
    recommender: Recommender
    request: Request
    draw: Draw


@dataclass(frozen=True, slots=True)
class Relation:
    """One invariant.

    `id` is stable and used by the gate, the tests and the report. `group` is the letter of its section. `needs` are the
    capabilities (Protocols) without which it cannot be asked. `check` raises `ViolationError`.
    """

    id: str
    group: str
    statement: str
    check: Callable[[Trial], None]
    needs: tuple[type, ...] = ()
    kind: str = "exact"

    def missing(self, offered: type) -> tuple[str, ...]:
        """Names of the capabilities that a class of recommenders lacks."""
        return tuple(need.__name__ for need in self.needs if not issubclass(offered, need))
