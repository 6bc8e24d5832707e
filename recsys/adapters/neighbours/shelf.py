"""The profiles that were read last, in SQLite: what a process that starts while the profile service is down knows."""

import sqlite3
from pathlib import Path
from threading import Lock

import msgspec

from recsys.errors import StoreUnavailableError
from recsys.ports import UserProfile


class SqliteShelf:
    """Profiles in the file at `path`, shared by all workers of a machine. Raises `StoreUnavailableError`.

    Not synced at each write: what a loss of power takes away is read again from the profile service.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=1.0)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS profiles (user_id TEXT PRIMARY KEY, told BLOB NOT NULL) WITHOUT ROWID"
            )
        except (OSError, sqlite3.Error) as error:
            raise self._unavailable(error) from error

    def take(self, user_id: str) -> UserProfile | None:
        """Return the profile that was put last, None without one."""
        try:
            with self._lock:
                row = self._database.execute("SELECT told FROM profiles WHERE user_id = ?", (user_id,)).fetchone()
            return None if row is None else msgspec.json.decode(row[0], type=UserProfile)
        except (sqlite3.Error, msgspec.MsgspecError) as error:
            raise self._unavailable(error) from error

    def put(self, user_id: str, profile: UserProfile) -> None:
        """Keep a profile."""
        told = msgspec.json.encode(profile)
        try:
            with self._lock:
                self._database.execute(
                    "INSERT INTO profiles VALUES (?, ?) ON CONFLICT (user_id) DO UPDATE SET told = excluded.told "
                    "WHERE told <> excluded.told",
                    (user_id, told),
                )
        except sqlite3.Error as error:
            raise self._unavailable(error) from error

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _unavailable(self, error: Exception) -> StoreUnavailableError:
        return StoreUnavailableError(f"the profiles in {self._path} cannot be kept: {error}")
