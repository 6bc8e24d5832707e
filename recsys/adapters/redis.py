"""State in one Redis, shared by instances on several machines.

Two hashes a user: events by id, and settings. A transaction (MULTI) stores all events of a call or none; HSETNX keeps
the first event of an id. An answer means durable only where Redis syncs its append-only file before it answers
(`appendonly yes`, `appendfsync always`), so a server that is set otherwise is refused. One server, not a cluster: a
transaction does not span slots.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec
import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from recsys.domain.events import Event, Kind
from recsys.errors import StoreUnavailableError
from recsys.ports import UserSettings

TIMEOUT_SECONDS: Final = 0.5
RETRIES: Final = 1
DURABLE: Final = {"appendonly": "yes", "appendfsync": "always"}
EVENTS: Final = "recsys:1:events:"
SETTINGS: Final = "recsys:1:settings:"


class _Stored(msgspec.Struct, frozen=True, array_like=True):
    kind: int
    occurred_at: int
    track_id: str | None
    artist_id: str | None
    ms_played: int | None
    request_id: str | None


class RedisState:
    """The connection. Raises `StoreUnavailableError` when Redis is not there, or would lose what it acknowledged.

    url: redis://, rediss:// or unix://. timeout: seconds for one answer.
    """

    def __init__(self, url: str, timeout: float = TIMEOUT_SECONDS) -> None:
        try:
            self._client = redis.Redis.from_url(
                url,
                socket_timeout=timeout,
                socket_connect_timeout=timeout,
                retry=Retry(ExponentialBackoff(cap=0.1, base=0.01), RETRIES),
            )
        except ValueError as error:
            raise StoreUnavailableError(f"{_plain(url)} is no address of a Redis: {error}") from error
        self._name = _plain(url)
        self._check()

    @contextmanager
    def talk(self, what: str) -> Iterator[redis.Redis]:
        """Use the connection; what: for the error."""
        try:
            yield self._client
        except (redis.RedisError, OSError, msgspec.MsgspecError) as error:
            raise StoreUnavailableError(f"Redis at {self._name} cannot be {what}: {error}") from error

    def _check(self) -> None:
        with self.talk("asked how it is set") as client:
            found = {name: client.config_get(name).get(name) for name in DURABLE}
        if found != DURABLE:
            said = ", ".join(f"{name} {value}" for name, value in found.items())
            self.close()
            raise StoreUnavailableError(
                f"Redis at {self._name} has {said}: it would lose events that it acknowledged. "
                f"Set {' and '.join(f'{name} {value}' for name, value in DURABLE.items())}"
            )

    def close(self) -> None:
        """Close the connections. Nothing may use them afterwards."""
        self._client.close()


def _plain(url: str) -> str:
    """Return the address without its password, for messages."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


class RedisEvents:
    """Events, one hash a user."""

    def __init__(self, state: RedisState) -> None:
        self._state = state

    def append(self, events: Sequence[Event]) -> tuple[bool, ...]:
        """Store the events in one transaction; tell for each whether its (user_id, event_id) was new."""
        if not events:
            return ()
        with self._state.talk("written") as client, client.pipeline(transaction=True) as transaction:
            for event in events:
                transaction.hsetnx(EVENTS + event.user_id, event.event_id, _packed(event))
            return tuple(bool(new) for new in transaction.execute())

    def events(self, user_id: str) -> tuple[Event, ...]:
        """Return a user's events, ascending by (occurred_at, event_id)."""
        with self._state.talk("read") as client:
            stored = client.hgetall(EVENTS + user_id)
            found = [_event(user_id, _bytes(key).decode(), _bytes(value)) for key, value in stored.items()]
        return tuple(sorted(found, key=lambda event: (event.occurred_at, event.event_id)))


def _bytes(value: bytes | str) -> bytes:
    """Redis answers with bytes unless it is asked to decode; its types allow for both."""
    return value if isinstance(value, bytes) else value.encode()


def _packed(event: Event) -> bytes:
    return msgspec.msgpack.encode(
        _Stored(int(event.kind), event.occurred_at, event.track_id, event.artist_id, event.ms_played, event.request_id)
    )


def _event(user_id: str, event_id: str, data: bytes) -> Event:
    stored = msgspec.msgpack.decode(data, type=_Stored)
    return Event(
        event_id=event_id,
        user_id=user_id,
        kind=Kind(stored.kind),
        occurred_at=stored.occurred_at,
        track_id=stored.track_id,
        artist_id=stored.artist_id,
        ms_played=stored.ms_played,
        request_id=stored.request_id,
    )


class RedisUsers:
    """Settings, one key a user."""

    def __init__(self, state: RedisState) -> None:
        self._state = state

    def settings(self, user_id: str) -> UserSettings | None:
        """Return a user's settings, or None for an unknown user."""
        with self._state.talk("read") as client:
            found = client.get(SETTINGS + user_id)
            return None if found is None else msgspec.msgpack.decode(_bytes(found), type=UserSettings)

    def put(self, user_id: str, settings: UserSettings) -> None:
        """Store a user's settings, in place of earlier ones."""
        with self._state.talk("written") as client:
            client.set(SETTINGS + user_id, msgspec.msgpack.encode(settings))
