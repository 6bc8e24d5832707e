"""One difference between two versions of a contract, and how bad it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """From harmless to harmful."""

    COMPATIBLE = "compatible"
    """Whoever could rely on the old version can rely on the new one."""
    WEAKENING = "weakening"
    """The new version allows more than the old one: something is no longer checked, or no longer certain."""
    BREAKING = "breaking"
    """Nothing that keeps the new version keeps the old one."""

    @property
    def rank(self) -> int:
        """Position in the order compatible < weakening < breaking."""
        return tuple(Kind).index(self)


@dataclass(frozen=True, slots=True)
class Step:
    """One difference: `path` is the field as a person writes it (`items[].reason`), `what` a sentence with it."""

    kind: Kind
    path: str
    what: str


def worst(steps: Iterable[Step]) -> Kind:
    """The worst of the steps; compatible where there is none."""
    return max((step.kind for step in steps), key=lambda kind: kind.rank, default=Kind.COMPATIBLE)


def field(tokens: Sequence[str]) -> str:
    """A path as a person writes it: `("items", "[*]", "reason")` is `items[].reason`; the root is `the body`."""
    text = ""
    for token in tokens:
        if token.startswith("["):
            text += "[]" if token == "[*]" else token  # noqa: S105 - a token of a path
        else:
            text += f".{token}" if text else token
    return f"`{text}`" if text else "the body"
