"""What the service needs from the outside, one Protocol per thing. Adapters implement them; bootstrap names them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from recsys.domain.arrays import Bools, Slots
from recsys.domain.events import Event
from recsys.domain.model import Model, Scorer
from recsys.domain.published import Published
from recsys.domain.slate import Decision, Exchange

__all__ = [
    "Chance",
    "Clock",
    "DecisionLog",
    "EventStore",
    "ModelStore",
    "Outside",
    "PolicyStore",
    "Scorer",
    "SearchIndex",
    "Takedowns",
    "Telemetry",
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


class Chance(Protocol):
    """Where names and seeds come from. Read at the edge only; a seed enters the engine as `Query.seed`."""

    def request_id(self) -> str:
        """Return a new UUID as 36 characters."""
        ...

    def seed(self) -> int:
        """Return the seed of one request, in [0, 2**63)."""
        ...


class EventStore(Protocol):
    """Keeps events. Raises `StoreUnavailableError`. Safe to call from several threads."""

    def append(self, events: Sequence[Event]) -> tuple[bool, ...]:
        """Store all events, or none, durably before returning; tell for each whether it was new.

        An event is known by (user_id, event_id): the first one given stays as it is. The user is part of the key, so
        that nobody can keep another's event out by using its id first.
        """
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

    def search(self, text: str, limit: int, allowed: Bools) -> Slots:
        """Return the best `limit` track slots (int32) that hold every word of `text`, best first, ties by slot.

        allowed: (n,) bool, the tracks that may be found. The filter comes before the limit, never after it.
        """
        ...


class DecisionLog(Protocol):
    """Takes decisions for replay. Never on the path of the answer: a failure is counted, not raised."""

    def write(self, decision: Decision, exchange: Exchange) -> None:
        """Record one decision, with what was asked and answered."""
        ...


class Telemetry(Protocol):
    """Counts what happened. Never raises, never waits."""

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answer. route: the template of the path, such as /v1/tracks/{track_id}/similar."""
        ...

    def stage(self, name: str, seconds: float) -> None:
        """Record the time of one stage of the pipeline."""
        ...

    def served(self, decision: Decision) -> None:
        """Count what went into a slate and what came out of it."""
        ...

    def stored(self, accepted: int, duplicates: int) -> None:
        """Count events."""
        ...

    def render(self) -> bytes:
        """Return everything counted, in the text format of Prometheus."""
        ...


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Outside:
    """Everything that the service stands on: `recsys.bootstrap` makes it, `recsys.serving.app.build` takes it.

    market: of users and requests that name none; None leaves them without any licence. close: gives everything back.
    """

    published: Published
    events: EventStore
    users: UserStore
    policy: PolicyStore
    search: SearchIndex
    decisions: DecisionLog
    clock: Clock
    chance: Chance
    telemetry: Telemetry
    market: str | None = None
    close: Callable[[], None] = _nothing
