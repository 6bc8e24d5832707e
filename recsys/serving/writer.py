"""Events on their way to the disk: one thread writes, and what arrives while it writes goes into the next transaction.

So one sync to disk serves every request that waits for it (group commit), and none of them holds up the event loop.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Final, TypeAlias

from recsys.domain.events import Event
from recsys.errors import StoreUnavailableError
from recsys.ports import EventStore

LOG: Final = logging.getLogger("recsys.serving")
Waiting: TypeAlias = tuple[tuple[Event, ...], "asyncio.Future[tuple[bool, ...]]"]


class EventWriter:
    """Appends to a store from the event loop. limit: events that may wait. Not for several loops."""

    def __init__(self, store: EventStore, limit: int) -> None:
        self._store, self._limit = store, limit
        self._waiting: list[Waiting] = []
        self.pending = 0
        """Events that are not on disk yet."""
        self._running: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="events")

    async def append(self, events: tuple[Event, ...]) -> tuple[bool, ...]:
        """Return, once the events are durable, for each whether it was new. Raises `StoreUnavailableError`.

        A caller that is cancelled takes nothing back: its events may be stored all the same.
        """
        if self.pending + len(events) > self._limit:
            raise StoreUnavailableError(f"{self.pending} events wait for the disk; send these again later")
        done: asyncio.Future[tuple[bool, ...]] = asyncio.get_running_loop().create_future()
        self._waiting.append((events, done))
        self.pending += len(events)
        if self._running is None:
            self._running = asyncio.create_task(self._drain())
        return await done

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                joined = tuple(chain.from_iterable(events for events, _ in batch))
                try:
                    flags = await loop.run_in_executor(self._thread, self._store.append, joined)
                except Exception as error:  # noqa: BLE001  every caller of the batch is told, whatever it is
                    _fail(batch, error)
                else:
                    _share(batch, flags)
                self.pending -= len(joined)
        finally:
            self._running = None

    async def close(self, seconds: float) -> None:
        """Wait for what is being written, at most so long, and end the thread."""
        if self._running is not None:
            await asyncio.wait((self._running,), timeout=seconds)
        stuck = self._running is not None
        if stuck:
            LOG.error("the store does not answer; %d events were not acknowledged", self.pending)
        self._thread.shutdown(wait=not stuck)


def _share(batch: list[Waiting], flags: tuple[bool, ...]) -> None:
    start = 0
    for events, done in batch:
        end = start + len(events)
        if not done.done():
            done.set_result(flags[start:end])
        start = end


def _fail(batch: list[Waiting], error: Exception) -> None:
    for _, done in batch:
        if not done.done():
            done.set_exception(error)
