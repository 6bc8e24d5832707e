"""From events to a user's state."""

from dataclasses import replace

import pytest

from recsys.domain.events import Event, EventColumns, Kind
from recsys.domain.history import fold
from recsys.domain.query import UserState
from recsys.errors import InvalidValueError
from tests.recsys_fakes import NOW, Track, make_catalogue

CATALOGUE = make_catalogue([Track(f"t{row}", artist=f"a{row % 2}") for row in range(4)])


def event(key: str, kind: Kind, track: str, at: int, ms: int | None = None) -> Event:
    return Event(key, "u1", kind, NOW + at, track_id=track, ms_played=ms)


EVENTS = (
    event("e1", Kind.LISTEN, "t1", 10, 200_000),
    event("e2", Kind.LISTEN, "t0", 20, 5_000),
    event("e3", Kind.SKIP, "t2", 30),
    event("e4", Kind.LIKE, "t0", 40),
    Event("e5", "u1", Kind.BLOCK, NOW + 50, artist_id="a1"),
    event("e6", Kind.BLOCK, "t3", 60),
    event("e7", Kind.LISTEN, "gone", 70),
)


def state(events: tuple[Event, ...], **more: int) -> UserState:
    return fold("u1", EventColumns.of(events, CATALOGUE), **more)


def as_lists(user: UserState) -> list[object]:
    columns = (user.history, user.times, user.strengths, user.liked, user.skipped, user.skip_times, user.blocked)
    return [user.version, *(column.tolist() for column in columns), user.blocked_artists.tolist()]


def test_each_kind_goes_to_its_column() -> None:
    user = state(EVENTS)
    assert user.history.tolist() == [1, 0]
    assert user.times.tolist() == [NOW + 10, NOW + 40]
    assert user.strengths.tolist() == [1.0, 2.25]
    assert (user.liked.tolist(), user.skipped.tolist(), user.skip_times.tolist()) == ([0], [2], [NOW + 30])
    assert (user.blocked.tolist(), user.blocked_artists.tolist()) == ([3], [1])
    assert (user.known, user.version) == (True, 7)


def test_an_event_sent_twice_counts_once_and_order_of_arrival_does_not_matter() -> None:
    assert as_lists(state(EVENTS[::-1] + EVENTS)) == as_lists(state(EVENTS))


def test_the_state_as_of_a_moment_ignores_that_moment_and_all_after_it() -> None:
    assert as_lists(state(EVENTS, as_of=NOW + 40)) == as_lists(state(EVENTS[:3]))


def test_strength_stops_at_four() -> None:
    many = tuple(event(f"e{row}", Kind.LISTEN, "t1", row) for row in range(9))
    assert state(many).strengths.tolist() == [4.0]


def test_no_event_is_an_unknown_user() -> None:
    user = state(())
    assert (user.known, user.version, user.history.shape) == (False, 0, (0,))
    assert fold("u1", EventColumns.of((), CATALOGUE), known=True).known


def test_events_of_unknown_tracks_count_but_do_not_enter() -> None:
    user = state(EVENTS[-1:])
    assert (user.version, user.history.tolist()) == (1, [])


@pytest.mark.parametrize(
    "change",
    [{"track_id": None}, {"artist_id": "a1"}, {"track_id": None, "artist_id": "a1"}, {"ms_played": -1}],
)
def test_a_malformed_event_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidValueError, match="event 'e1'"):
        replace(EVENTS[0], **change)
