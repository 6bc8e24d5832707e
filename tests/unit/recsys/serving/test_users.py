"""A user's state: what training knew and what the stores hold, as one."""

from typing import NamedTuple

import numpy as np
import pytest

from recsys.adapters.memory import MemoryEvents, MemoryUsers
from recsys.domain.events import Event, EventColumns, Kind
from recsys.domain.histories import ALLOWS, Histories
from recsys.domain.packed import PackedStrings
from recsys.domain.query import UserState
from recsys.ports import UserSettings
from recsys.serving.users import UserStates
from tests.recsys_fakes import Track, make_catalogue

CATALOGUE = make_catalogue([Track(f"t{n}") for n in range(5)])


def listen(event_id: str, track: str, time: int) -> Event:
    return Event(event_id, "known", Kind.LISTEN, time, track_id=track)


class Stored(NamedTuple):
    """A `UserStates` and the stores that it reads."""

    states: UserStates
    events: MemoryEvents
    users: MemoryUsers

    def state(self, user_id: str) -> UserState:
        return self.states.state(user_id)


def states() -> Stored:
    """User "known" listened to t0 at 10 and t1 at 20, lives in GB and allows explicit tracks."""
    columns = EventColumns.of([listen("a", "t0", 10), listen("b", "t1", 20)], CATALOGUE)
    histories = Histories.grouped(
        ids=PackedStrings.of(["known"]),
        markets=CATALOGUE.markets,
        market=np.array([1], dtype=np.int8),
        allow_explicit=np.array([ALLOWS], dtype=np.int8),
        user=np.zeros(2, dtype=np.int32),
        events=columns,
    )
    events, users = MemoryEvents(), MemoryUsers()
    return Stored(UserStates(CATALOGUE, histories, events, users), events, users)


def test_a_stranger_is_unknown_and_has_nothing() -> None:
    state = states().state("stranger")
    assert (state.known, state.version, state.market, state.allow_explicit) == (False, 0, None, None)
    assert state.history.shape == (0,)


def test_what_training_knew_is_known() -> None:
    state = states().state("known")
    assert (state.known, state.version, state.market, state.allow_explicit) == (True, 2, "GB", True)
    assert state.history.tolist() == [0, 1]


def test_stored_events_join_what_training_knew() -> None:
    users = states()
    users.events.append([listen("c", "t3", 15), listen("d", "t0", 30)])
    state = users.state("known")
    assert state.version == 4
    assert state.history.tolist() == [3, 1, 0]
    assert state.strengths.tolist() == [1.0, 1.0, 2.0]


def test_an_act_that_training_and_the_store_both_hold_counts_once() -> None:
    users = states()
    users.events.append([listen("a", "t0", 10)])
    assert users.state("known").version == 2


def test_a_stored_setting_wins_over_the_trained_one_as_a_whole() -> None:
    users = states()
    users.users.put("known", UserSettings(market="DE"))
    state = users.state("known")
    assert (state.market, state.allow_explicit) == ("DE", None)


def test_settings_or_an_event_make_a_user_known() -> None:
    users = states()
    users.users.put("settled", UserSettings(market="DE"))
    users.events.append([Event("e", "heard", Kind.LIKE, 1, track_id="t0")])
    assert users.state("settled").known
    assert users.state("heard").known


def test_an_event_in_the_future_counts_at_once() -> None:
    users = states()
    users.events.append([listen("z", "t4", 1 << 40)])
    assert 4 in users.state("known").history


def test_a_state_that_nothing_changed_is_not_folded_again() -> None:
    users = states()
    first = users.state("known")
    assert users.state("known") is first
    users.users.put("known", UserSettings(market="DE"))
    second = users.state("known")
    assert second.market == "DE"
    users.events.append([listen("c", "t3", 15)])
    assert users.state("known").version == 3


def test_only_so_many_states_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recsys.serving.users.KEPT", 1)
    users = states()
    users.users.put("other", UserSettings())
    first = users.state("known")
    users.state("other")
    assert users.state("known") is not first


def test_strangers_do_not_push_out_whom_we_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recsys.serving.users.KEPT", 1)
    users = states()
    first = users.state("known")
    users.state("stranger")
    assert users.state("known") is first
