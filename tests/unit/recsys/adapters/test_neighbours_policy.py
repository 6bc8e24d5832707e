"""What is made of the neighbours' answers, and of their silence: takedowns, profiles, the stream of listens."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recsys.adapters.clock import ManualClock
from recsys.adapters.memory import MemoryEvents, MemoryTakedowns
from recsys.adapters.neighbours.catalogue import Catalogue, PolledTakedowns
from recsys.adapters.neighbours.errors import NeighbourError
from recsys.adapters.neighbours.http import CallLimits, Neighbour
from recsys.adapters.neighbours.listens import Bookmark, ListenFeed, Listening, UnreadableMessageError, decode
from recsys.adapters.neighbours.profiles import KeptProfiles, NoShelf, ProfileClient, Shelf
from recsys.adapters.neighbours.shelf import SqliteShelf
from recsys.domain.events import Event, Kind
from recsys.errors import PolicyUnavailableError, StoreUnavailableError
from recsys.ports import Append, Takedowns, UserProfile
from tests.neighbour_server import Act, Server, bare, problem, reply, serving
from tests.recsys_fakes import NOW

LIMITS = CallLimits(connect=5.0, attempt=5.0, total=5.0, attempts=1, failures=100)
TOLD = {"market": "SE", "allow_explicit": True, "blocked_tracks": ["t1"], "blocked_artists": ["a1"]}
READ = UserProfile("SE", True, frozenset({"t1"}), frozenset({"a1"}), known=True)
STRICT = replace(READ, allow_explicit=False, strict=True)
WHEN = "2024-10-04T01:00:00Z"


class Counted:
    def __init__(self) -> None:
        self.read: dict[str, int] = {}

    def called(self, neighbour: str, outcome: str, seconds: float) -> None:
        pass

    def circuit(self, neighbour: str, *, is_open: bool) -> None:
        pass

    def messages(self, outcome: str, count: int) -> None:
        self.read[outcome] = self.read.get(outcome, 0) + count


class Time:
    """A clock that stands until it is moved."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def with_server(work: Callable[[Neighbour, Server], Awaitable[None]], *acts: Act) -> None:
    async def whole() -> None:
        async with serving(*acts) as server:
            neighbour = Neighbour("it", server.url, LIMITS, Counted())
            try:
                await work(neighbour, server)
            finally:
                await neighbour.close()

    asyncio.run(whole())


def listed(*tracks: str, etag: str = '"1"') -> Act:
    return reply({"tracks": tracks, "artists": ["a9"]}, headers={"etag": etag})


def restricted(*tracks: dict[str, Any], etag: str = '"r"') -> Act:
    return reply({"tracks": tracks}, headers={"etag": etag})


NONE = restricted()


def test_takedowns_of_both_sides_hold_and_have_one_version() -> None:
    async def work(neighbour: Neighbour, _: Server) -> None:
        own = MemoryTakedowns(Takedowns("own", frozenset({"t1"}), frozenset({"a1"})))
        polled = PolledTakedowns(Catalogue(neighbour), own)
        await polled.poll()
        first = polled.takedowns()
        assert (first.tracks, first.artists) == ({"t1", "t2"}, {"a1", "a9"})
        await polled.poll()
        assert polled.takedowns().version == first.version, "the same list in another order"
        await polled.poll()
        assert polled.takedowns().version != first.version
        own.current = Takedowns("own-2")
        assert polled.takedowns().tracks == {"t3"}

    with_server(work, listed("t2", "t1"), NONE, listed("t1", "t2"), NONE, listed("t3"), NONE)


def test_takedowns_are_asked_for_with_their_etag_and_304_keeps_them_fresh() -> None:
    async def work(neighbour: Neighbour, server: Server) -> None:
        time = Time()
        polled = PolledTakedowns(Catalogue(neighbour), MemoryTakedowns(), stale=60.0, clock=time)
        await polled.poll()
        time.now += 50
        await polled.poll()
        time.now += 50
        assert polled.takedowns().tracks == {"t2"}
        assert "if-none-match" not in server.asked[0].lower()
        assert 'if-none-match: "1"' in server.asked[2].lower()
        assert 'if-none-match: "r"' in server.asked[3].lower()

    with_server(work, listed("t2"), NONE, bare(304), bare(304))


@pytest.mark.parametrize("failure", [(bare(500),), (listed("t2"), bare(500))], ids=["takedowns", "tracks"])
def test_lists_that_grow_stale_withdraw_everything_until_they_are_read_again(failure: Sequence[Act]) -> None:
    async def work(neighbour: Neighbour, _: Server) -> None:
        time = Time()
        polled = PolledTakedowns(Catalogue(neighbour), MemoryTakedowns(), stale=60.0, clock=time)
        with pytest.raises(PolicyUnavailableError, match="were not read yet"):
            polled.takedowns()
        await polled.poll()
        with pytest.raises(NeighbourError):
            await polled.poll()
        time.now += 60
        assert polled.takedowns().tracks == {"t2"}, "a failure is borne for as long as the list is trusted"
        time.now += 1
        with pytest.raises(PolicyUnavailableError, match="are 61 seconds old, and may be 60"):
            polled.takedowns()
        await polled.poll()
        assert polled.takedowns().tracks == {"t2"}

    with_server(work, listed("t2"), NONE, *failure, listed("t2"), NONE)


@pytest.mark.parametrize(
    "body", [{}, {"tracks": ["t1"]}, {"tracks": None, "artists": []}, [], {"tracks": [1], "artists": []}]
)
def test_half_a_list_is_no_list(body: object) -> None:
    async def work(neighbour: Neighbour, _: Server) -> None:
        polled = PolledTakedowns(Catalogue(neighbour), MemoryTakedowns())
        with pytest.raises(NeighbourError, match="cannot be read"):
            await polled.poll()

    with_server(work, reply(body))


def test_an_own_list_that_cannot_be_read_withdraws_everything_too() -> None:
    class Broken:
        def takedowns(self) -> Takedowns:
            raise PolicyUnavailableError("the file")

    async def work(neighbour: Neighbour, _: Server) -> None:
        polled = PolledTakedowns(Catalogue(neighbour), Broken())
        await polled.poll()
        with pytest.raises(PolicyUnavailableError, match="the file"):
            polled.takedowns()

    with_server(work, listed("t2"), NONE)


def test_restrictions_of_tracks_change_by_themselves_and_make_a_version() -> None:
    async def work(neighbour: Neighbour, _: Server) -> None:
        polled = PolledTakedowns(Catalogue(neighbour), MemoryTakedowns())
        await polled.poll()
        first = polled.takedowns()
        assert (dict(first.withheld), first.explicit) == ({"t1": {"SE"}}, {"t2"})
        await polled.poll()
        second = polled.takedowns()
        assert (dict(second.withheld), second.explicit, second.tracks) == ({}, set(), {"t9"})
        assert second.version != first.version
        await polled.poll()
        assert (polled.takedowns().tracks, dict(polled.takedowns().withheld)) == ({"t8"}, {})

    some = restricted(
        {"track_id": "t1", "withheld_in": ["SE"], "explicit": False},
        {"track_id": "t2", "withheld_in": [], "explicit": True},
    )
    with_server(work, listed("t9"), some, bare(304), NONE, listed("t8", etag='"2"'), bare(304))


def profiles(
    work: Callable[[KeptProfiles, Server, Time], Awaitable[None]], *acts: Act, shelf: Shelf | None = None
) -> None:
    async def whole(neighbour: Neighbour, server: Server) -> None:
        time = Time()
        kept = KeptProfiles(ProfileClient(neighbour), shelf or NoShelf(), fresh=2.0, clock=time)
        await work(kept, server, time)

    with_server(whole, *acts)


def test_a_profile_is_asked_for_again_when_it_is_no_longer_fresh() -> None:
    async def work(kept: KeptProfiles, server: Server, time: Time) -> None:
        assert await kept.profile("u") == READ
        time.now += 2
        assert await kept.profile("u") == READ
        assert len(server.asked) == 1
        time.now += 0.1
        assert await kept.profile("u") == READ
        assert 'if-none-match: "p"' in server.asked[1].lower()
        time.now += 2.1
        assert (await kept.profile("u")).market == "NO"

    profiles(work, reply(TOLD, headers={"etag": '"p"'}), bare(304), reply(TOLD | {"market": "NO"}))


@pytest.mark.parametrize("bad", [bare(500), bare(404), reply({"market": "SE"}), reply(TOLD | {"blocked_tracks": None})])
def test_a_profile_that_cannot_be_read_is_read_strictly(bad: Act) -> None:
    async def work(kept: KeptProfiles, _: Server, time: Time) -> None:
        await kept.profile("u")
        time.now += 3_600
        assert await kept.profile("u") == STRICT
        assert await kept.profile("u") == READ, "a failure is not kept"

    profiles(work, reply(TOLD), bad, reply(TOLD))


@pytest.mark.parametrize("bad", [bare(500), bare(404)])
def test_of_whom_nothing_was_ever_read_the_request_is_refused(bad: Act) -> None:
    async def work(kept: KeptProfiles, _: Server, time: Time) -> None:
        del time
        with pytest.raises(PolicyUnavailableError, match="nothing is known of what the user has blocked"):
            await kept.profile("u")

    profiles(work, bad)


def test_a_user_whom_the_service_does_not_know_is_an_answer_that_is_kept() -> None:
    async def work(kept: KeptProfiles, _: Server, time: Time) -> None:
        assert await kept.profile("u") == UserProfile()
        time.now += 3_600
        assert await kept.profile("u") == UserProfile(allow_explicit=False, strict=True)

    profiles(work, problem("urn:problem-type:profiles:unknown-user", 404), bare(500))


@pytest.mark.parametrize("user_id", ["..", "a/b", "a?b=c&user_id=d", "å 🎵", "%2e"])
def test_an_id_cannot_leave_its_place_in_the_address(user_id: str) -> None:
    async def work(kept: KeptProfiles, server: Server, _: Time) -> None:
        await kept.profile(user_id)
        target = server.asked[0].split()[1]
        assert target.startswith("/v1/profile?user_id=")
        assert not set(target.removeprefix("/v1/profile?user_id=")) & set("/&?=# ")

    profiles(work, reply(TOLD))


def test_what_was_read_last_outlives_the_process(tmp_path: Path) -> None:
    async def read(kept: KeptProfiles, _: Server, __: Time) -> None:
        assert await kept.profile("u") == READ

    async def strict(kept: KeptProfiles, _: Server, __: Time) -> None:
        assert await kept.profile("u") == STRICT
        with pytest.raises(PolicyUnavailableError):
            await kept.profile("another")

    for work, act in ((read, reply(TOLD)), (strict, bare(503))):
        shelf = SqliteShelf(tmp_path / "state" / "profiles.sqlite3")
        profiles(work, act, shelf=shelf)
        shelf.close()


def test_a_shelf_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "profiles.sqlite3").write_bytes(b"no database " * 100)
    with pytest.raises(StoreUnavailableError, match=r"profiles\.sqlite3 cannot be kept"):
        SqliteShelf(tmp_path / "profiles.sqlite3")


def message(**changes: Any) -> dict[str, Any]:
    return {"type": "listen", "event_id": "e1", "user_id": "u", "occurred_at": WHEN, "track_id": "t1"} | changes


def text(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told).encode()


def test_a_message_becomes_an_event() -> None:
    assert decode(text(message(ms_played=5, more="ignored")), NOW) == Event(
        "e1", "u", Kind.LISTEN, NOW, "t1", ms_played=5
    )
    assert decode(text(message(occurred_at="2024-10-04T03:00:00.9+02:00")), NOW).occurred_at == NOW


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "dance"},
        {"event_id": ""},
        {"user_id": "u" * 129},
        {"user_id": "a\nb"},
        {"user_id": None},
        {"occurred_at": "2024-10-04T01:00:00"},
        {"occurred_at": "1969-12-31T23:59:59Z"},
        {"occurred_at": "2024-10-05T01:00:01Z"},
        {"occurred_at": 1_700_000_000},
        {"track_id": None},
        {"artist_id": "a1"},
        {"ms_played": -1},
        {"ms_played": 1e3 + 0.5},
        {"type": "block", "artist_id": "a1"},
    ],
)
def test_a_message_that_is_none_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(UnreadableMessageError):
        decode(text(message(**changes)), NOW)


def test_bytes_that_are_no_message_are_refused() -> None:
    for data in (b"", b"{", b"[]", b"\xff", b"null"):
        with pytest.raises(UnreadableMessageError):
            decode(data, NOW)


Step = Callable[[Listening, Append, MemoryEvents], Awaitable[None]]


def stream(path: Path, work: Step, *acts: Act) -> tuple[list[str], dict[str, int]]:
    """The targets that were asked, and what was counted."""
    counted, found = Counted(), []

    async def whole(neighbour: Neighbour, server: Server) -> None:
        store = MemoryEvents()

        async def append(events: tuple[Event, ...]) -> tuple[bool, ...]:
            return store.append(events)

        await work(Listening(ListenFeed(neighbour), Bookmark(path), ManualClock(NOW), counted), append, store)
        found.extend(head.split()[1] for head in server.asked)

    with_server(whole, *acts)
    return found, counted.read


def page(*messages: object, next: str) -> Act:  # noqa: A002 - the field's name
    return reply({"messages": messages, "next": next})


def test_the_stream_is_read_from_where_it_was_left(tmp_path: Path) -> None:
    async def first(listening: Listening, append: Append, store: MemoryEvents) -> None:
        assert await listening.step(append)
        assert [event.event_id for event in store.events("u")] == ["e1", "e2"]
        assert not await listening.step(append)

    async def second(listening: Listening, append: Append, store: MemoryEvents) -> None:
        assert await listening.step(append)
        assert [event.event_id for event in store.events("u")] == ["e3"]

    place = tmp_path / "place"
    found, counted = stream(
        place, first, page(message(), {"type": "?"}, message(event_id="e2"), next="5"), page(next="5")
    )
    assert found == ["/v1/listens?limit=500&wait=10", "/v1/listens?limit=500&wait=10&after=5"]
    assert counted == {"read": 2, "unreadable": 1}
    assert stream(place, second, page(message(event_id="e3"), next="6"))[0][0].endswith("&after=5")


def test_a_place_that_is_gone_begins_again(tmp_path: Path) -> None:
    async def work(listening: Listening, append: Append, store: MemoryEvents) -> None:
        del store
        assert not await listening.step(append)
        assert await listening.step(append)

    (tmp_path / "place").write_text("9")
    gone = problem("urn:problem-type:listens:place-gone", 410)
    assert [
        one.partition("after=")[2] for one in stream(tmp_path / "place", work, gone, page(message(), next="2"))[0]
    ] == [
        "9",
        "",
    ]


def test_events_that_cannot_be_stored_are_asked_for_again(tmp_path: Path) -> None:
    async def work(listening: Listening, append: Append, store: MemoryEvents) -> None:
        async def full(events: tuple[Event, ...]) -> tuple[bool, ...]:
            raise StoreUnavailableError(f"no room for {len(events)}")

        with pytest.raises(StoreUnavailableError):
            await listening.step(full)
        assert await listening.step(append)
        assert store.events("u")

    found, _ = stream(tmp_path / "place", work, page(message(), next="5"))
    assert [one.partition("after=")[2] for one in found] == ["", ""]


def test_the_reader_goes_on_after_failures_and_ends_when_it_is_cancelled(tmp_path: Path) -> None:
    async def work(listening: Listening, append: Append, store: MemoryEvents) -> None:
        listening._pause = 0.0
        running = asyncio.create_task(listening.run(append))
        while not store.events("u"):
            await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    stream(tmp_path / "place", work, bare(500), reply(b"no"), page(message(), next="5"), page(next="5"))
