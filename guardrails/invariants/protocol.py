"""What a recommender implements to be checked: `Subject` and `Recommender`, and what it may add to be checked further.

Only `recommend` is required. Each further Protocol is a capability: a relation that needs one which the recommender
lacks is left out, and the suite says so (`guardrails.invariants.suite.missing`).
"""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from hypothesis.strategies import SearchStrategy

from guardrails.invariants.world import Answer, Event, Request, World


@runtime_checkable
class Recommender(Protocol):
    """Answers requests about one world. Immutable as seen from here."""

    def recommend(self, request: Request) -> Answer:
        """The slate for a request."""
        ...


class Subject(Protocol):
    """Builds recommenders."""

    @property
    def offers(self) -> type:
        """The class of the recommenders that `build` returns: its methods are its capabilities."""
        ...

    def worlds(self) -> SearchStrategy[World]:
        """The worlds to try: `guardrails.invariants.strategies.worlds()`, or `just(...)` for a trained model."""
        ...

    def build(self, world: World) -> Recommender:
        """A recommender over `world`. The same world gives the same recommender."""
        ...


@runtime_checkable
class Eligible(Protocol):
    """Can say which items a request could be answered with: E(F)."""

    def eligible(self, request: Request) -> frozenset[str]:
        """Every item that no rule keeps from this request, versions of one entity all included."""
        ...


@runtime_checkable
class Scores(Protocol):
    """Can score given items."""

    def scores(self, request: Request, items: Sequence[str]) -> Mapping[str, float]:
        """The score of each of the items, as the scored tier of a slate shows it."""
        ...


@runtime_checkable
class Learns(Protocol):
    """Takes events."""

    def after(self, events: Sequence[Event]) -> Recommender:
        """The recommender once `events` were acknowledged, in this order, with the model unchanged."""
        ...


@runtime_checkable
class Withdraws(Protocol):
    """Can lose items while it runs."""

    def without(self, items: frozenset[str]) -> Recommender:
        """The recommender once `items` were taken down, with the model unchanged."""
        ...


@runtime_checkable
class Filters(Protocol):
    """Shows its pointwise filters one by one."""

    def filter_names(self) -> Sequence[str]:
        """The pointwise filters, in order of application."""
        ...

    def filtered(self, name: str, request: Request, items: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
        """Kept and removed of `items`, each in the order of `items`."""
        ...


@runtime_checkable
class Sources(Protocol):
    """Has several candidate sources."""

    def source_names(self) -> Sequence[str]:
        """The sources in their usual order."""
        ...

    def with_sources(self, order: Sequence[str]) -> Recommender:
        """The recommender with its sources asked in another order."""
        ...


@runtime_checkable
class Pages(Protocol):
    """Answers page by page."""

    def pages(self, request: Request, sizes: Sequence[int]) -> Sequence[Answer]:
        """Consecutive pages of the given sizes under one snapshot."""
        ...


@runtime_checkable
class Defaults(Protocol):
    """Has default values."""

    def spelt_out(self, request: Request) -> Request:
        """The request with every field that was left out set to the default that holds for it."""
        ...


@runtime_checkable
class Switches(Protocol):
    """Has settings for which zero means off."""

    def switched_off(self) -> Mapping[str, tuple[Recommender, Recommender]]:
        """Per setting: the recommender with the setting at zero, and the one without the feature."""
        ...


@runtime_checkable
class Degenerate(Protocol):
    """Can be configured at the edge of sense."""

    def degenerate(self) -> Mapping[str, Recommender]:
        """The recommender under degenerate settings (cap 0, window 0, empty budgets…), by name."""
        ...


@runtime_checkable
class Capped(Protocol):
    """Promises an artist cap."""

    def artist_cap(self) -> tuple[int, int]:
        """(c, w): at most c items by one artist in any w consecutive positions, when the pool allows."""
        ...


@runtime_checkable
class Explores(Protocol):
    """Explores at random and logs propensities."""

    def propensities(self, request: Request) -> Sequence[Mapping[str, float]]:
        """Per position: the probability of every item that could have stood there, given the positions before."""
        ...


@runtime_checkable
class Assigns(Protocol):
    """Assigns units to the arms of experiments."""

    def assign(self, salt: str, unit: str, weights: Sequence[int]) -> int:
        """The arm (index into `weights`) of a unit in the experiment with this salt."""
        ...

    def exclusive(self, unit: str, experiments: Sequence[str]) -> Sequence[str]:
        """Those of mutually exclusive experiments that take the unit in."""
        ...
