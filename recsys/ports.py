"""What the service needs from the outside, one Protocol per thing. Adapters implement them; bootstrap names them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from recsys.domain.arrays import Bools, Slots
from recsys.domain.events import Event
from recsys.domain.model import Model, Scorer
from recsys.domain.published import Published
from recsys.domain.slate import Decision, Exchange

__all__ = [
    "Append",
    "Background",
    "Calls",
    "Chance",
    "Clock",
    "DecisionLog",
    "EventStore",
    "ModelStore",
    "Neighbours",
    "Outside",
    "PolicyStore",
    "Profiles",
    "Scorer",
    "SearchIndex",
    "Takedowns",
    "Telemetry",
    "UserProfile",
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
    """Ids that hard policy withdrew, as of one version.

    withheld: by track, markets in which it may no longer be shown. explicit: tracks that count as explicit by now. Both
    only add to what the model's catalogue says.
    """

    version: str
    tracks: frozenset[str] = frozenset()
    artists: frozenset[str] = frozenset()
    withheld: Mapping[str, frozenset[str]] = field(default_factory=dict)
    explicit: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class UserProfile:
    """What a profile service tells of a user; the default is a user whom it does not know.

    market, allow_explicit: as in `UserSettings`. blocked_tracks, blocked_artists: ids, known to the catalogue or not.
    strict: it could not be read now; explicit is off, and the blocks are those that were read last.
    """

    market: str | None = None
    allow_explicit: bool | None = None
    blocked_tracks: frozenset[str] = frozenset()
    blocked_artists: frozenset[str] = frozenset()
    known: bool = False
    strict: bool = False


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

    def settle(self) -> None:
        """Make what was counted visible to the other processes of the service. Call it often."""
        ...

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

    def model(self, version: str) -> None:
        """Name the model in service."""
        ...

    def renewed(self, outcome: str) -> None:
        """Count one look for another model: loaded, unchanged or refused."""
        ...

    def render(self) -> bytes:
        """Return everything counted, in the text format of Prometheus."""
        ...


class Calls(Protocol):
    """Counts what other services were asked. Never raises, never waits."""

    def called(self, neighbour: str, outcome: str, seconds: float) -> None:
        """Count one call, with all its attempts."""
        ...

    def circuit(self, neighbour: str, *, is_open: bool) -> None:
        """Note the state of a circuit."""
        ...

    def messages(self, outcome: str, count: int) -> None:
        """Count messages of the stream of listens."""
        ...


Append: TypeAlias = Callable[[tuple[Event, ...]], Awaitable[tuple[bool, ...]]]
"""Stores events as `EventStore.append` does, from the event loop."""


class Background(Protocol):
    """Works beside the requests, on their event loop, and gives back what it holds when it is cancelled."""

    async def run(self, append: Append) -> None:
        """Run until cancelled."""
        ...


class Profiles(Protocol):
    """Asks who a user is, within a share of the request's time."""

    async def profile(self, user_id: str) -> UserProfile:
        """Return a user's profile. Raises `PolicyUnavailableError`; the caller must then refuse the request."""
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """The services that this one asks. With none it runs by itself."""

    profiles: Profiles | None = None
    background: tuple[Background, ...] = ()


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
    neighbours: Neighbours = Neighbours()
    close: Callable[[], None] = _nothing
