"""What every event store must do, whatever it keeps events in."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.adapters.memory import MemoryEvents
from recsys.adapters.sqlite import SqliteEvents, SqliteState
from recsys.domain.events import Event, Kind
from recsys.ports import EventStore

LISTEN = Event("e1", "u1", Kind.LISTEN, 100, track_id="t1", ms_played=30_000, request_id="r1")
TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=4)


class EventStoreSuite:
    """Inherit, and give a fixture `store` that is empty."""

    def test_nothing_is_known_of_a_stranger(self, store: EventStore) -> None:
        assert store.events("u1") == ()

    def test_no_events_are_appended_as_nothing(self, store: EventStore) -> None:
        assert store.append(()) == ()

    def test_an_event_comes_back_as_it_went_in(self, store: EventStore) -> None:
        events = (
            LISTEN,
            Event("e2", "u1", Kind.SKIP, 101, track_id="t2"),
            Event("e3", "u1", Kind.LIKE, 102, track_id="t'3\"; --"),
            Event("e4", "u1", Kind.BLOCK, 103, artist_id="ä\u4e2d\U0001f3b5"),
        )
        assert store.append(events) == (True, True, True, True)
        assert store.events("u1") == events

    def test_events_come_by_time_then_id(self, store: EventStore) -> None:
        store.append([replace(LISTEN, event_id=key, occurred_at=time) for key, time in (("c", 5), ("b", 5), ("a", 9))])
        store.append([replace(LISTEN, event_id="d", occurred_at=1)])
        assert [event.event_id for event in store.events("u1")] == ["d", "b", "c", "a"]

    def test_a_known_event_stays_as_it_was(self, store: EventStore) -> None:
        assert store.append([LISTEN]) == (True,)
        assert store.append([replace(LISTEN, occurred_at=7), replace(LISTEN, event_id="e2")]) == (False, True)
        assert store.events("u1")[0] == LISTEN

    def test_the_same_event_twice_in_one_call_is_new_once(self, store: EventStore) -> None:
        assert store.append([LISTEN, LISTEN]) == (True, False)
        assert store.events("u1") == (LISTEN,)

    def test_users_do_not_see_or_hinder_each_other(self, store: EventStore) -> None:
        other = replace(LISTEN, user_id="u2", track_id="t9")
        assert store.append([LISTEN, other]) == (True, True)
        assert store.events("u1") == (LISTEN,)
        assert store.events("u2") == (other,)

    def test_threads_may_write_and_read_at_once(self, store: EventStore) -> None:
        def write(number: int) -> int:
            seen = store.append([replace(LISTEN, event_id=str(number % 50))])
            return sum(seen) + 0 * len(store.events("u1"))

        with ThreadPoolExecutor(8) as threads:
            assert sum(threads.map(write, range(200))) == 50
        assert len(store.events("u1")) == 50

    def test_any_text_is_an_id(self, store: EventStore) -> None:
        @given(TEXT, TEXT, TEXT)
        def holds(event_id: str, user_id: str, track_id: str) -> None:
            event = replace(LISTEN, event_id=event_id, user_id=user_id, track_id=track_id)
            store.append([event])
            assert event_id in {stored.event_id for stored in store.events(user_id)}

        holds()


class TestMemoryEvents(EventStoreSuite):
    @pytest.fixture
    def store(self) -> EventStore:
        return MemoryEvents()


class TestSqliteEvents(EventStoreSuite):
    @pytest.fixture
    def store(self, tmp_path: Path) -> EventStore:
        return SqliteEvents(SqliteState(tmp_path / "state.sqlite3"))
