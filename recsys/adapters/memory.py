"""State in memory: for tests, for contract verification, and for `--state :memory:`. Gone when the process ends."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

import numpy as np

from recsys.domain.arrays import Bools, Slots
from recsys.domain.events import Event
from recsys.domain.slate import Decision, Exchange
from recsys.ports import Takedowns, UserSettings


@dataclass(slots=True)
class MemoryEvents:
    """Events by user and event id."""

    _by_user: dict[str, dict[str, Event]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def append(self, events: Sequence[Event]) -> tuple[bool, ...]:
        """Keep the events whose (user_id, event_id) is new; tell for each whether it was."""
        with self._lock:
            return tuple(self._keep(event) for event in events)

    def _keep(self, event: Event) -> bool:
        mine = self._by_user.setdefault(event.user_id, {})
        new = event.event_id not in mine
        mine.setdefault(event.event_id, event)
        return new

    def events(self, user_id: str) -> tuple[Event, ...]:
        """Return a user's events, ascending by (occurred_at, event_id)."""
        with self._lock:
            stored = tuple(self._by_user.get(user_id, {}).values())
        return tuple(sorted(stored, key=lambda event: (event.occurred_at, event.event_id)))


@dataclass(slots=True)
class MemoryUsers:
    """Settings by user."""

    _settings: dict[str, UserSettings] = field(default_factory=dict)

    def settings(self, user_id: str) -> UserSettings | None:
        """Return a user's settings, or None for an unknown user."""
        return self._settings.get(user_id)

    def put(self, user_id: str, settings: UserSettings) -> None:
        """Store a user's settings."""
        self._settings[user_id] = settings


@dataclass(slots=True)
class MemoryTakedowns:
    """The takedowns that were put last."""

    current: Takedowns = field(default_factory=lambda: Takedowns(version="none"))

    def takedowns(self) -> Takedowns:
        """Return what is withdrawn now."""
        return self.current


@dataclass(slots=True)
class MemoryDecisions:
    """Every decision, in order. Grows without bound: for tests."""

    decisions: list[Decision] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)

    def write(self, decision: Decision, exchange: Exchange) -> None:
        """Record one decision."""
        self.decisions.append(decision)
        self.exchanges.append(exchange)


class NoDecisions:
    """Keeps no decision."""

    def write(self, decision: Decision, exchange: Exchange) -> None:
        """Forget one decision."""


class NoSearch:
    """Finds nothing: for programs that do not search and need not wait for an index."""

    def search(self, text: str, limit: int, allowed: Bools) -> Slots:  # noqa: ARG002  the port's signature
        """Return no slots."""
        return np.zeros(0, dtype=np.int32)


class NoTelemetry:
    """Counts nothing."""

    def settle(self) -> None:
        """Nothing was noted."""

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Forget one answer."""

    def stage(self, name: str, seconds: float) -> None:
        """Forget the time of one stage."""

    def served(self, decision: Decision) -> None:
        """Forget one slate."""

    def stored(self, accepted: int, duplicates: int) -> None:
        """Forget events."""

    def model(self, version: str) -> None:
        """Forget the model."""

    def renewed(self, outcome: str) -> None:
        """Forget one look for another model."""

    def render(self) -> bytes:
        """Return nothing."""
        return b""
