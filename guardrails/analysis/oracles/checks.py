"""What a test checks: each assertion with its kind, its subject, what is expected, and how much slack it leaves."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum

from guardrails.analysis.walking import walk


class Strength(IntEnum):
    """How much an assertion says, from nothing to the exact value."""

    NOTHING = 0
    """Holds whatever the code does."""
    PRESENT = 10
    """Is truthy, or is not None."""
    DIFFERENT = 20
    """Is another value, or of a kind."""
    PART = 30
    """Lies within a bound, or is a member."""
    CLOSE = 40
    """Is near a value, or fulfils a predicate."""
    EXACT = 50
    """Equals a value, or raises."""


@dataclass(frozen=True, slots=True)
class Check:
    """One assertion. All expressions are text with the test's own constants filled in.

    `slack` maps a tolerance's name to its value, the larger the looser. `dead` says why the assertion is never reached
    or never counts; `guards` are the conditions that it stands under. `over` is what the loop runs over in which it
    stands, if the code decides how much that is.
    """

    kind: str
    strength: int
    subject: str
    text: str
    line: int
    path: str = ""
    expected: str | None = None
    literal: bool = False
    slack: Mapping[str, float] = field(default_factory=dict)
    options: str = ""
    guards: tuple[str, ...] = ()
    over: str = ""
    dead: str = ""
    words: frozenset[str] = frozenset()

    @property
    def signature(self) -> tuple[object, ...]:
        """What makes two assertions the same one, wherever they stand."""
        return (
            self.kind,
            self.subject,
            self.expected,
            tuple(sorted(self.slack.items())),
            self.options,
            self.guards,
            self.over,
        )

    def weaker(self, by: int) -> "Check":
        """The same assertion, saying less."""
        return replace(self, strength=max(int(Strength.NOTHING) + 1, self.strength - by))


def words_of(node: ast.AST) -> frozenset[str]:
    """The names and attributes in an expression."""
    nodes = walk(node)
    found = {n.id for n in nodes if isinstance(n, ast.Name)}
    return frozenset(found | {n.attr for n in nodes if isinstance(n, ast.Attribute)})
