"""Group commit: failures reach everybody who waits, and nobody else."""

import asyncio
from collections.abc import Sequence

import pytest

from recsys.domain.events import Event, Kind
from recsys.errors import StoreUnavailableError
from recsys.serving.writer import EventWriter


def like(event_id: str) -> tuple[Event, ...]:
    return (Event(event_id, "u", Kind.LIKE, 1, track_id="t"),)


class Flaky:
    """Fails for a batch with the event "bad"."""

    def __init__(self) -> None:
        self.stored: list[str] = []

    def append(self, events: Sequence[Event]) -> tuple[bool, ...]:
        if any(event.event_id == "bad" for event in events):
            raise StoreUnavailableError("bad")
        self.stored += [event.event_id for event in events]
        return tuple(True for _ in events)

    def events(self, user_id: str) -> tuple[Event, ...]:
        return ()


def test_a_failed_batch_fails_its_own_and_the_next_one_goes_on() -> None:
    async def scenario() -> None:
        store = Flaky()
        writer = EventWriter(store, 100)
        first = await asyncio.gather(writer.append(like("bad")), writer.append(like("with")), return_exceptions=True)
        assert [type(outcome) for outcome in first] == [StoreUnavailableError, StoreUnavailableError]
        assert await writer.append(like("good")) == (True,)
        assert store.stored == ["good"]
        assert writer.pending == 0
        await writer.close(5)

    asyncio.run(scenario())


def test_a_caller_that_goes_away_harms_no_other() -> None:
    async def scenario() -> None:
        store = Flaky()
        writer = EventWriter(store, 100)
        leaving = asyncio.create_task(writer.append(like("leaving")))
        staying = asyncio.create_task(writer.append(like("staying")))
        await asyncio.sleep(0)
        leaving.cancel()
        assert await staying == (True,)
        with pytest.raises(asyncio.CancelledError):
            await leaving
        assert store.stored == ["leaving", "staying"]
        await writer.close(5)

    asyncio.run(scenario())


def test_closing_waits_for_what_is_being_written() -> None:
    async def scenario() -> None:
        store = Flaky()
        writer = EventWriter(store, 100)
        waiting = asyncio.create_task(writer.append(like("late")))
        await asyncio.sleep(0)
        await writer.close(5)
        assert store.stored == ["late"]
        assert await waiting == (True,)

    asyncio.run(scenario())
