"""What every store of takedowns must do, and what only the file can get wrong."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from recsys.adapters.memory import MemoryTakedowns
from recsys.adapters.takedowns import TakedownFile
from recsys.errors import PolicyUnavailableError
from recsys.ports import PolicyStore, Takedowns

Put: TypeAlias = Callable[[set[str], set[str]], None]


class PolicyStoreSuite:
    """Inherit, and give a fixture `store` with nothing withdrawn, and `put`, which replaces what is."""

    def test_nothing_is_withdrawn_at_first(self, store: PolicyStore) -> None:
        assert (store.takedowns().tracks, store.takedowns().artists) == (frozenset(), frozenset())
        assert store.takedowns().version

    def test_what_was_put_last_holds(self, store: PolicyStore, put: Put) -> None:
        put({"t1", "t2"}, {"a1"})
        assert (store.takedowns().tracks, store.takedowns().artists) == ({"t1", "t2"}, {"a1"})
        put(set(), {"a2"})
        assert (store.takedowns().tracks, store.takedowns().artists) == (set(), {"a2"})

    def test_the_version_changes_with_the_content_and_only_with_it(self, store: PolicyStore, put: Put) -> None:
        before = store.takedowns()
        assert store.takedowns().version == before.version
        put({"t1"}, set())
        assert store.takedowns().version != before.version


class TestMemoryTakedowns(PolicyStoreSuite):
    @pytest.fixture
    def store(self) -> PolicyStore:
        return MemoryTakedowns()

    @pytest.fixture
    def put(self, store: MemoryTakedowns) -> Put:
        def put(tracks: set[str], artists: set[str]) -> None:
            store.current = Takedowns(store.current.version + "+", frozenset(tracks), frozenset(artists))

        return put


class TestTakedownFile(PolicyStoreSuite):
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "state" / "takedowns.json"

    @pytest.fixture
    def store(self, path: Path) -> PolicyStore:
        file = TakedownFile(path)
        file.create()
        return file

    @pytest.fixture
    def put(self, path: Path) -> Put:
        def put(tracks: set[str], artists: set[str]) -> None:
            fresh = path.with_suffix(".new")
            fresh.write_text(json.dumps({"tracks": sorted(tracks), "artists": sorted(artists)}))
            fresh.replace(path)

        return put

    def test_a_file_that_is_there_is_left_alone(self, store: TakedownFile, put: Put) -> None:
        put({"t1"}, set())
        store.create()
        assert store.takedowns().tracks == {"t1"}

    def test_nothing_is_left_beside_the_file(self, store: TakedownFile, path: Path) -> None:
        store.create()
        assert [found.name for found in path.parent.iterdir()] == ["takedowns.json"]

    @pytest.mark.parametrize(
        "content",
        [b"", b"{", b"[]", b'{"tracks": "t1"}', b'{"traks": []}', b'{"tracks": [1]}', b'{"tracks": ["\xff"]}'],
    )
    def test_a_damaged_file_withdraws_everything_until_it_is_repaired(
        self, store: PolicyStore, put: Put, path: Path, content: bytes
    ) -> None:
        store.takedowns()
        path.write_bytes(content)
        for _ in range(2):
            with pytest.raises(PolicyUnavailableError, match=r"takedowns\.json"):
                store.takedowns()
        put({"t1"}, set())
        assert store.takedowns().tracks == {"t1"}

    def test_a_file_that_is_gone_withdraws_everything(self, store: PolicyStore, path: Path) -> None:
        store.takedowns()
        path.unlink()
        with pytest.raises(PolicyUnavailableError, match="empty lists"):
            store.takedowns()

    def test_a_place_that_cannot_be_written_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(PolicyUnavailableError):
            TakedownFile(tmp_path / "file" / "takedowns.json").create()
