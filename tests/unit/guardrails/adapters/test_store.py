"""The cache: whole entries or none, whoever else is at work, and never more than it may hold."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from guardrails.adapters.locks import lock
from guardrails.adapters.scratch import remove, scratch_directory
from guardrails.adapters.store import DirectoryStore, cache_directory


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DirectoryStore]:
    """An empty cache."""
    with DirectoryStore(tmp_path / "cache") as opened:
        yield opened


def put(store: DirectoryStore, key: str, text: str = "1") -> Path:
    """An entry with one file."""
    with store.scratch() as scratch:
        store.write(scratch / "deep" / "file.txt", text)
        return store.put("kind", key, scratch)


def test_what_was_put_is_got_and_nothing_else(store: DirectoryStore) -> None:
    assert store.get("kind", "one") is None
    path = put(store, "one")
    assert store.get("kind", "one") == path
    assert store.read(path / "deep" / "file.txt") == "1"
    assert store.get("kind", "two") is None
    assert store.get("other", "one") is None


def test_the_first_entry_of_a_key_stays(store: DirectoryStore) -> None:
    first = put(store, "one", "first")
    assert put(store, "one", "second") == first
    assert store.read(first / "deep" / "file.txt") == "first"


@pytest.mark.parametrize("key", ["../../out", "a/b", "", "x" * 300, ".hidden", "one.lock", "naïve\n"])
def test_any_key_is_a_name_inside_the_cache(store: DirectoryStore, tmp_path: Path, key: str) -> None:
    path = put(store, key)
    assert (tmp_path / "cache") in path.parents
    assert store.get("kind", key) == path
    assert {child.name for child in tmp_path.iterdir()} == {"cache"}


def test_a_scratch_directory_is_private_and_gone_on_leaving(store: DirectoryStore) -> None:
    with store.scratch() as one, store.scratch() as two:
        assert one != two
        assert list(one.iterdir()) == []
        (one / "file").write_text("1")
        assert one.stat().st_mode & 0o077 == 0
    assert not one.exists()
    assert not list(one.parent.iterdir())


def test_a_text_that_is_not_there_is_none(store: DirectoryStore, tmp_path: Path) -> None:
    assert store.read(tmp_path / "absent") is None
    assert store.read(tmp_path / "cache") is None


def test_a_copy_is_independent_of_its_source(store: DirectoryStore, tmp_path: Path) -> None:
    path = put(store, "one")
    store.copy(path, tmp_path / "copy")
    (tmp_path / "copy" / "deep" / "file.txt").write_text("changed")
    assert store.read(path / "deep" / "file.txt") == "1"


def test_the_entries_that_were_not_used_for_longest_go_first(tmp_path: Path) -> None:
    for number in range(4):
        with DirectoryStore(tmp_path) as store:
            path = put(store, str(number))
        os.utime(path.with_name(f"{path.name}.lock"), (number, number))
    with DirectoryStore(tmp_path) as store:
        assert store.get("kind", "0") is not None  # used just now
    with DirectoryStore(tmp_path, max_entries=2):
        pass
    with DirectoryStore(tmp_path) as store:
        assert [store.get("kind", str(number)) is not None for number in range(4)] == [True, False, False, True]
        assert len(list((tmp_path / "entries" / "kind").iterdir())) == 4


def test_the_bytes_are_bounded_too(tmp_path: Path) -> None:
    for number in range(3):
        with DirectoryStore(tmp_path, max_bytes=250) as store:
            path = put(store, str(number), "x" * 100)
        os.utime(path.with_name(f"{path.name}.lock"), (number, number))
    with DirectoryStore(tmp_path, max_bytes=250):
        pass
    with DirectoryStore(tmp_path) as store:
        assert [store.get("kind", str(number)) is not None for number in range(3)] == [False, True, True]


def test_an_entry_in_use_is_never_pruned(tmp_path: Path) -> None:
    with DirectoryStore(tmp_path) as user:
        path = put(user, "used")
        with DirectoryStore(tmp_path, max_entries=0):
            pass
        assert path.is_dir()
    with DirectoryStore(tmp_path, max_entries=0):
        pass
    assert not path.exists()


def test_what_a_killed_run_left_is_swept_by_the_next(tmp_path: Path) -> None:
    left = tmp_path / "gr-0badcafe"
    left.mkdir()
    (tmp_path / "gr-0badcafe.lock").touch()
    mine = tmp_path / "notes"
    mine.mkdir()
    with scratch_directory(tmp_path) as one, scratch_directory(tmp_path) as two:
        assert not left.exists()
        assert one.is_dir()
        assert two.is_dir()
    assert list(tmp_path.iterdir()) == [mine]


def test_removing_never_follows_a_link_and_copes_with_closed_directories(tmp_path: Path) -> None:
    (tmp_path / "kept" / "open").mkdir(parents=True)
    (tmp_path / "kept" / "open").chmod(0o755)
    (tmp_path / "kept" / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    remove(tmp_path / "link")
    closed = tmp_path / "gone" / "closed"
    closed.mkdir(parents=True)
    (closed / "file").touch()
    (tmp_path / "gone" / "link").symlink_to(tmp_path / "kept")
    closed.chmod(0)
    remove(tmp_path / "gone")
    assert not (tmp_path / "gone").exists()
    assert (tmp_path / "kept" / "file").exists()
    assert (tmp_path / "kept" / "open").stat().st_mode & 0o777 == 0o755


def test_a_lock_whose_file_is_unlinked_meanwhile_is_taken_on_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, flock = tmp_path / "lock", fcntl.flock
    holder = lock(path, exclusive=True)
    assert holder is not None
    assert lock(path, exclusive=True, wait=False) is None

    def after_the_holder_left(descriptor: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", flock)
        path.unlink()
        os.close(holder)
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", after_the_holder_left)
    got = lock(path)
    assert got is not None
    assert os.fstat(got).st_ino == path.stat().st_ino
    os.close(got)


RACE = """
import sys
from pathlib import Path
from guardrails.adapters.store import DirectoryStore

root, number = Path(sys.argv[1]), int(sys.argv[2])
with DirectoryStore(root, max_entries=1) as store:
    for turn in range(20):
        key = str((number + turn) % 3)
        path = store.get("kind", key)
        if path is None:
            with store.scratch() as scratch:
                store.write(scratch / "file.txt", key * 50)
                path = store.put("kind", key, scratch)
        assert store.read(path / "file.txt") == key * 50
        store.__exit__(None, None, None)
"""


def test_processes_that_put_get_and_prune_at_once_see_whole_entries(tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(Path(__file__).resolve().parents[4])}
    racers = [
        subprocess.Popen([sys.executable, "-c", RACE, tmp_path, str(number)], env=environment) for number in range(3)
    ]
    assert [racer.wait(60) for racer in racers] == [0] * 3


def test_where_the_cache_of_a_repository_lies(tmp_path: Path) -> None:
    one, two = tmp_path / "my repo!", tmp_path / "other" / "my repo!"
    named = cache_directory({"GUARDRAILS_CACHE": "/c", "XDG_CACHE_HOME": "/x", "HOME": "/h"}, one)
    assert named.parent == Path("/c")
    assert named.name.startswith("my-repo--")
    assert cache_directory({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, one).parent == Path("/x/guardrails")
    assert cache_directory({"HOME": "/h"}, one).parent == Path("/h/.cache/guardrails")
    assert cache_directory({"HOME": "/h"}, one) != cache_directory({"HOME": "/h"}, two)
