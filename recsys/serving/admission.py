"""Whose turn it is: a bounded queue before the engine, so that an overloaded service says so at once, not late.

The engine computes in the event loop's own thread, one slate at a time. Without a queue of our own, requests would pile
up unseen inside the loop, every answer would be late, and no one would be refused. Here each waits for its turn, and
the loop takes what arrives between two rounds of turns: what is past the bound is refused after a slate or so.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final, TypeAlias

from recsys.serving.breadth import Breadth
from recsys.serving.problems import ProblemType, Refusal

SMOOTHING: Final = 0.05  # of the time that a turn takes
MOST_A_ROUND: Final = 32

Waiter: TypeAlias = "tuple[asyncio.Future[int], float]"


class Admission:
    """Turns at the engine, first come, first served. For one event loop.

    waiting: requests that may wait. seconds: the longest wait; whoever waited longer is refused unserved, since the
    client has gone on without the answer. clock: seconds that never go back.

    A round lets as many through as take about the time that the loop spent on anything else since the last round, one
    at least: a storm of clients that are refused and come again gets half of the processor, and slates the other half.
    """

    def __init__(
        self, waiting: int, seconds: float, breadth: Breadth | None = None, clock: Callable[[], float] = monotonic
    ) -> None:
        self._limit, self._seconds, self._clock = waiting, seconds, clock
        self._queue: deque[Waiter] = deque()
        self._serving = 0  # turns of the round that are not over
        self._takes, self._since = 0.0, 0.0
        self._breadth = breadth or Breadth()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[int]:
        """Wait for the engine; give the breadth (percent) that the pressure allows. Refuses with 503."""
        if len(self._queue) >= self._limit:
            raise self._refusal(f"{len(self._queue)} requests wait already")
        loop = asyncio.get_running_loop()
        mine: asyncio.Future[int] = loop.create_future()
        if not self._queue and not self._serving:
            self._since = self._clock()
            loop.call_soon(self._deal)  # in the loop's next round: who came in this one has then queued up
        self._queue.append((mine, self._clock()))
        try:
            breadth = await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled() and mine.exception() is None:
                self._over()
            raise
        started = self._clock()
        try:
            yield breadth
        finally:
            self._takes += SMOOTHING * (self._clock() - started - self._takes)
            self._over()

    def _deal(self) -> None:
        """Give the next turns."""
        now = self._clock()
        others = now - self._since
        size = min(max(round(others / self._takes), 1), MOST_A_ROUND) if self._takes else 1
        while self._queue and self._serving < size:
            waiter, arrived = self._queue.popleft()
            if waiter.done():
                continue  # its client has left
            waited = now - arrived
            breadth = self._breadth.after(waited)
            if waited > self._seconds:
                waiter.set_exception(self._refusal(f"the turn came after {waited:.1f} seconds"))
            else:
                self._serving += 1
                waiter.set_result(breadth)

    def _over(self) -> None:
        """End one turn, and the round with its last one."""
        self._serving -= 1
        if not self._serving:
            self._since = self._clock()
            if self._queue:
                asyncio.get_running_loop().call_soon(self._deal)

    def _refusal(self, why: str) -> Refusal:
        seconds = max(1, round(len(self._queue) * self._takes))
        return Refusal(
            ProblemType.OVERLOADED,
            f"More is asked than can be answered ({why}); try again in {seconds} s.",
            headers=(("retry-after", str(seconds)),),
        )
