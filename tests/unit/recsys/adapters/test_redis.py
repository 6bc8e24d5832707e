"""The shared store against a real Redis: what every store must do, and what only this one can get wrong."""

import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from recsys.adapters.redis import EVENTS, RedisEvents, RedisState, RedisUsers
from recsys.domain.events import Event, Kind
from recsys.errors import StoreUnavailableError
from recsys.ports import EventStore, UserStore
from tests.redis_server import DURABLE, RedisServer, redis_server
from tests.unit.recsys.adapters.test_event_stores import EventStoreSuite
from tests.unit.recsys.adapters.test_user_stores import UserStoreSuite

LISTEN = Event("e1", "u1", Kind.LISTEN, 100, track_id="t1")


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with redis_server(*DURABLE) as running:
        yield running


@pytest.fixture
def state(server: RedisServer) -> Iterator[RedisState]:
    opened = RedisState(server.url)
    with opened.talk("emptied") as client:
        client.flushall()
    yield opened
    opened.close()


class TestRedisEvents(EventStoreSuite):
    @pytest.fixture
    def store(self, state: RedisState) -> EventStore:
        return RedisEvents(state)


class TestRedisUsers(UserStoreSuite):
    @pytest.fixture
    def store(self, state: RedisState) -> UserStore:
        return RedisUsers(state)


def test_what_was_acknowledged_outlives_the_server() -> None:
    with redis_server(*DURABLE) as server:
        store = RedisEvents(RedisState(server.url))
        for number in range(50):
            assert store.append([replace(LISTEN, event_id=f"{number:02}")]) == (True,)
        server.kill()
        with pytest.raises(StoreUnavailableError, match="cannot be read"):
            store.events("u1")
        server.start(*DURABLE)
        assert [event.event_id for event in store.events("u1")] == [f"{number:02}" for number in range(50)]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--appendonly", "no"), "appendonly no, appendfsync everysec"),
        (("--appendonly", "yes", "--appendfsync", "everysec"), "appendonly yes, appendfsync everysec"),
    ],
)
def test_a_server_that_would_lose_events_is_refused(options: tuple[str, ...], says: str) -> None:
    with redis_server(*options) as server, pytest.raises(StoreUnavailableError, match=says):
        RedisState(server.url)


def test_instances_see_each_other_at_once(server: RedisServer, state: RedisState) -> None:
    ours, theirs = RedisEvents(state), RedisEvents(RedisState(server.url))
    assert theirs.append([LISTEN]) == (True,)
    assert ours.append([LISTEN]) == (False,)
    assert ours.events("u1") == (LISTEN,)


def test_a_value_of_another_program_is_said(state: RedisState) -> None:
    with state.talk("spoilt") as client:
        client.hset(EVENTS + "u1", "e1", "not ours")
        client.set(EVENTS + "u2", "not a hash")
    for user in ("u1", "u2"):
        with pytest.raises(StoreUnavailableError, match="cannot be read"):
            RedisEvents(state).events(user)


def test_no_server_and_no_address() -> None:
    with pytest.raises(StoreUnavailableError, match=r"at unix:///nowhere/s cannot be asked how it is set"):
        RedisState("unix:///nowhere/s")
    with pytest.raises(StoreUnavailableError, match="is no address of a Redis"):
        RedisState("http://host")


def test_a_password_is_never_told() -> None:
    with pytest.raises(StoreUnavailableError) as told:
        RedisState("redis://user:hush@127.0.0.1:1/0")
    assert "hush" not in str(told.value)
    assert "127.0.0.1:1" in str(told.value)


def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,  # the kernel takes the connection, and nobody reads
        pytest.raises(StoreUnavailableError, match=r"Timeout"),
    ):
        RedisState(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", timeout=0.05)
