"""State in one SQLite file: write-ahead log, synced to disk at each commit, so that an acknowledged event is durable.

Several processes on one machine may share the file. One connection writes and one reads, so that a reader never waits
for a commit. Never put the file on a network file system: SQLite's locks do not hold there.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, Final

from recsys.domain.events import Event, Kind
from recsys.errors import StoreUnavailableError
from recsys.ports import UserSettings

SCHEMA_VERSION: Final = 1
APPLICATION_ID: Final = 0x52454353  # "RECS": tells our file from another program's
BUSY_MS: Final = 5_000
RETRY_SECONDS: Final = 0.01
SCHEMA: Final = """
CREATE TABLE events (
    user_id TEXT NOT NULL, event_id TEXT NOT NULL, kind INTEGER NOT NULL, occurred_at INTEGER NOT NULL,
    track_id TEXT, artist_id TEXT, ms_played INTEGER, request_id TEXT,
    PRIMARY KEY (user_id, event_id)
) WITHOUT ROWID;
CREATE TABLE users (
    user_id TEXT PRIMARY KEY NOT NULL, market TEXT, allow_explicit INTEGER
) WITHOUT ROWID;
"""
INSERT: Final = "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
SELECT: Final = (
    "SELECT event_id, kind, occurred_at, track_id, artist_id, ms_played, request_id FROM events "
    "WHERE user_id = ? ORDER BY occurred_at, event_id"
)
SELECT_USER: Final = "SELECT market, allow_explicit FROM users WHERE user_id = ?"


class SqliteState:
    """The open file. Raises `StoreUnavailableError` when it cannot be opened, written, or is of another kind."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing, self._reading = Lock(), Lock()
        with self._explained("opened"):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer, self._reader = _connect(path), _connect(path)
            _patiently(partial(_prepare, self._writer, path))
            for connection in (self._writer, self._reader):
                _patiently(partial(connection.execute, "PRAGMA journal_mode = WAL"))
                connection.execute("PRAGMA synchronous = FULL")
            self._reader.execute("PRAGMA query_only = ON")

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Run the block in one transaction, on disk when the block ends; undo it when the block raises."""
        with self._writing, self._explained("written"), _transaction(self._writer):
            yield self._writer

    def read(self, query: str, user_id: str) -> list[Any]:
        """Return the rows about a user that are committed."""
        try:
            with self._reading:
                return self._reader.execute(query, (user_id,)).fetchall()
        except (sqlite3.Error, OSError) as error:
            raise self._unusable("read", error) from error

    def close(self) -> None:
        """Close the file. Nothing may use it afterwards."""
        self._reader.close()
        self._writer.close()

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise self._unusable(what, error) from error

    def _unusable(self, what: str, error: Exception) -> StoreUnavailableError:
        return StoreUnavailableError(f"state file {self._path} cannot be {what}: {error}")


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False)


def _patiently(action: Callable[[], object]) -> None:
    """Do it, again while the file is busy. SQLite's own time-out does not cover all of the switch to the write-ahead
    log, which workers that start together all ask for."""
    until = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            action()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(RETRY_SECONDS)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Create the tables in a new file; refuse a file of another program or version. Also proves that it is writable."""
    with _transaction(connection):
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if (version, application, tables) == (0, 0, 0):
            for statement in filter(str.strip, SCHEMA.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        elif (version, application) != (SCHEMA_VERSION, APPLICATION_ID):
            raise StoreUnavailableError(
                f"{path} is not a state file of this version (schema {version}, expected {SCHEMA_VERSION}): "
                "name another directory with --state"
            )


class SqliteEvents:
    """Events in the table `events`."""

    def __init__(self, state: SqliteState) -> None:
        self._state = state

    def append(self, events: Sequence[Event]) -> tuple[bool, ...]:
        """Store the events in one transaction; tell for each whether its (user_id, event_id) was new."""
        with self._state.write() as connection:
            return tuple(connection.execute(INSERT, _row(event)).rowcount == 1 for event in events)

    def events(self, user_id: str) -> tuple[Event, ...]:
        """Return a user's events, ascending by (occurred_at, event_id)."""
        return tuple(_event(user_id, *row) for row in self._state.read(SELECT, user_id))


def _row(event: Event) -> tuple[str | int | None, ...]:
    return (
        event.user_id,
        event.event_id,
        int(event.kind),
        event.occurred_at,
        event.track_id,
        event.artist_id,
        event.ms_played,
        event.request_id,
    )


def _event(
    user_id: str,
    event_id: str,
    kind: int,
    occurred_at: int,
    track_id: str | None,
    artist_id: str | None,
    ms_played: int | None,
    request_id: str | None,
) -> Event:
    return Event(event_id, user_id, Kind(kind), occurred_at, track_id, artist_id, ms_played, request_id)


class SqliteUsers:
    """Settings in the table `users`."""

    def __init__(self, state: SqliteState) -> None:
        self._state = state

    def settings(self, user_id: str) -> UserSettings | None:
        """Return a user's settings, or None for an unknown user."""
        for market, explicit in self._state.read(SELECT_USER, user_id):
            return UserSettings(market=market, allow_explicit=None if explicit is None else bool(explicit))
        return None

    def put(self, user_id: str, settings: UserSettings) -> None:
        """Store a user's settings, in place of earlier ones."""
        with self._state.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO users VALUES (?, ?, ?)",
                (user_id, settings.market, settings.allow_explicit),
            )
