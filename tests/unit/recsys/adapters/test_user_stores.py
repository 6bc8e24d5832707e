"""What every store of users' settings must do."""

from pathlib import Path

import pytest

from recsys.adapters.memory import MemoryUsers
from recsys.adapters.sqlite import SqliteState, SqliteUsers
from recsys.ports import UserSettings, UserStore


class UserStoreSuite:
    """Inherit, and give a fixture `store` that is empty."""

    def test_a_stranger_has_no_settings(self, store: UserStore) -> None:
        assert store.settings("u") is None

    @pytest.mark.parametrize("market", [None, "SE"])
    @pytest.mark.parametrize("allow_explicit", [None, True, False])
    def test_settings_come_back_as_they_went_in(
        self, store: UserStore, market: str | None, allow_explicit: bool | None
    ) -> None:
        settings = UserSettings(market, allow_explicit)
        store.put("u", settings)
        assert store.settings("u") == settings
        assert store.settings("v") is None

    def test_the_last_settings_hold(self, store: UserStore) -> None:
        store.put("u", UserSettings("SE", True))
        store.put("u", UserSettings())
        assert store.settings("u") == UserSettings()


class TestMemoryUsers(UserStoreSuite):
    @pytest.fixture
    def store(self) -> UserStore:
        return MemoryUsers()


class TestSqliteUsers(UserStoreSuite):
    @pytest.fixture
    def store(self, tmp_path: Path) -> UserStore:
        return SqliteUsers(SqliteState(tmp_path / "state.sqlite3"))
