"""Stores that count how often they are asked. A call in a loop shows in the count long before it shows in a time."""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from recsys.domain.events import Event
from recsys.ports import EventStore, UserSettings, UserStore

Count: TypeAlias = Callable[[str, str], None]
"""Takes the store's name and the call's."""
EVENTS: Final = "events"
USERS: Final = "users"


class CountedEvents:
    """`EventStore` that counts its calls."""

    def __init__(self, store: EventStore, count: Count) -> None:
        self._store, self._count = store, count

    def append(self, events: Sequence[Event]) -> tuple[bool, ...]:
        """As the store does."""
        self._count(EVENTS, "append")
        return self._store.append(events)

    def events(self, user_id: str) -> tuple[Event, ...]:
        """As the store does."""
        self._count(EVENTS, "events")
        return self._store.events(user_id)


class CountedUsers:
    """`UserStore` that counts its calls."""

    def __init__(self, store: UserStore, count: Count) -> None:
        self._store, self._count = store, count

    def settings(self, user_id: str) -> UserSettings | None:
        """As the store does."""
        self._count(USERS, "settings")
        return self._store.settings(user_id)

    def put(self, user_id: str, settings: UserSettings) -> None:
        """As the store does."""
        self._count(USERS, "put")
        self._store.put(user_id, settings)
