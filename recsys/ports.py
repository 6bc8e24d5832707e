"""What the service needs from the outside, one Protocol per thing. Adapters implement them; bootstrap names them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from recsys.domain.arrays import Slots
from recsys.domain.events import Event
from recsys.domain.model import Model, Scorer
from recsys.domain.slate import Decision

__all__ = [
    "Clock",
    "DecisionLog",
    "EventStore",
    "ModelStore",
    "PolicyStore",
    "Scorer",
    "SearchIndex",
    "Takedowns",
    "UserSettings",
    "UserStore",
]


@dataclass(frozen=True, slots=True)
class UserSettings:
    """What a user has set. market: home market or None. allow_explicit: None when never set."""

    market: str | None = None
    allow_explicit: bool | None = None


@dataclass(frozen=True, slots=True)
class Takedowns:
    """Ids that hard policy withdrew, as of one version."""

    version: str
    tracks: frozenset[str] = frozenset()
    artists: frozenset[str] = frozenset()


class Clock(Protocol):
    """The time of day. Read at the edge only; it enters the engine as `Query.now`."""

    def now(self) -> int:
        """Return unix seconds."""
        ...


class EventStore(Protocol):
    """Keeps events. Raises `StoreUnavailableError`."""

    def append(self, events: Sequence[Event]) -> int:
        """Store events durably before returning; return how many were new. A known event id is left as it is."""
        ...

    def events(self, user_id: str) -> tuple[Event, ...]:
        """Return a user's events, each id once, ascending by (occurred_at, event_id)."""
        ...


class UserStore(Protocol):
    """Keeps users' settings. Raises `StoreUnavailableError`."""

    def settings(self, user_id: str) -> UserSettings | None:
        """Return a user's settings, or None for an unknown user."""
        ...

    def put(self, user_id: str, settings: UserSettings) -> None:
        """Store a user's settings."""
        ...


class PolicyStore(Protocol):
    """Keeps takedowns. Raises `PolicyUnavailableError`; the caller must then refuse the request."""

    def takedowns(self) -> Takedowns:
        """Return what is withdrawn now."""
        ...


class ModelStore(Protocol):
    """Keeps published models. Raises `ArtifactError` for what is missing, damaged or of another schema."""

    def load(self) -> Model:
        """Return the published model."""
        ...


class SearchIndex(Protocol):
    """Full-text search over titles and artist names."""

    def search(self, text: str, limit: int) -> Slots:
        """Return at most `limit` track slots (int32), best first, ties by slot."""
        ...


class DecisionLog(Protocol):
    """Takes decisions for replay. Never on the path of the answer: a failure is counted, not raised."""

    def write(self, decision: Decision) -> None:
        """Record one decision."""
        ...
