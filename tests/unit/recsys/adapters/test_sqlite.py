"""What only SQLite can get wrong: durability, foreign files, disks that cannot be written."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from recsys.adapters.sqlite import SqliteEvents, SqliteState, SqliteUsers, _patiently
from recsys.domain.events import Event, Kind
from recsys.errors import StoreUnavailableError
from recsys.ports import UserSettings

LISTEN = Event("e1", "u1", Kind.LISTEN, 100, track_id="t1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "made" / "state.sqlite3"


def test_state_outlives_the_process_that_wrote_it(path: Path) -> None:
    first = SqliteState(path)
    SqliteEvents(first).append([LISTEN])
    SqliteUsers(first).put("u1", UserSettings("SE", allow_explicit=True))
    first.close()
    second = SqliteState(path)
    assert SqliteEvents(second).events("u1") == (LISTEN,)
    assert SqliteUsers(second).settings("u1") == UserSettings("SE", allow_explicit=True)
    second.close()


def test_two_processes_see_each_others_commits_at_once(path: Path) -> None:
    ours, theirs = SqliteEvents(SqliteState(path)), SqliteEvents(SqliteState(path))
    assert theirs.append([LISTEN]) == (True,)
    assert ours.events("u1") == (LISTEN,)
    assert ours.append([LISTEN]) == (False,)


def test_the_log_is_synced_at_each_commit(path: Path) -> None:
    with SqliteState(path).write() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_killed_process_loses_nothing_that_it_acknowledged(path: Path) -> None:
    program = f"""
import os, signal
from pathlib import Path
from recsys.adapters.sqlite import SqliteEvents, SqliteState
from recsys.domain.events import Event, Kind
state = SqliteState(Path({str(path)!r}))
SqliteEvents(state).append([Event(str(n), "u", Kind.LIKE, n, track_id="t") for n in range(3)])
with state.write() as connection:
    connection.execute("DELETE FROM events")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    assert [event.event_id for event in SqliteEvents(SqliteState(path)).events("u")] == ["0", "1", "2"]


def test_a_failure_inside_a_transaction_undoes_it(path: Path) -> None:
    state = SqliteState(path)
    store = SqliteEvents(state)
    store.append([LISTEN])

    def fail() -> None:
        with state.write() as connection:
            connection.execute("DELETE FROM events")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert store.events("u1") == (LISTEN,)
    assert store.append([Event("e2", "u1", Kind.LIKE, 100, track_id="t1")]) == (True,)


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE theirs (x)", "PRAGMA user_version = 9", "PRAGMA application_id = 7"]
)
def test_a_database_of_another_program_is_left_alone(path: Path, statement: str) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreUnavailableError, match="not a state file of this version"):
        SqliteState(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_told(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("not a database, but long enough to be taken for one " * 100)
    with pytest.raises(StoreUnavailableError, match=r"state\.sqlite3 cannot be opened"):
        SqliteState(path)


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailableError, match="cannot be opened"):
        SqliteState(tmp_path / "file" / "state.sqlite3")


def test_a_store_that_fails_says_so_in_our_words(path: Path) -> None:
    state = SqliteState(path)
    with state.write() as connection:
        connection.execute("DROP TABLE events")
        connection.execute("DROP TABLE users")
    for call in (
        lambda: SqliteEvents(state).append([LISTEN]),
        lambda: SqliteEvents(state).events("u1"),
        lambda: SqliteUsers(state).settings("u1"),
    ):
        with pytest.raises(StoreUnavailableError, match="no such table"):
            call()


def test_a_file_that_is_busy_for_a_moment_is_waited_for_and_another_failure_is_not() -> None:
    """What SQLite answers while another worker switches the same new file to the write-ahead log."""

    def failing(code: int, times: int) -> tuple[Callable[[], None], list[int]]:
        calls: list[int] = []

        def action() -> None:
            calls.append(1)
            if len(calls) <= times:
                error = sqlite3.OperationalError("database is locked")
                error.sqlite_errorcode = code
                raise error

        return action, calls

    busy, calls = failing(sqlite3.SQLITE_BUSY_RECOVERY, 2)
    _patiently(busy)
    assert len(calls) == 3
    full, calls = failing(sqlite3.SQLITE_FULL, 2)
    with pytest.raises(sqlite3.OperationalError):
        _patiently(full)
    assert len(calls) == 1
