"""Another model in place of the one in service, without a pause: SIGHUP, or a directory that is watched.

The new model is read, checked and warmed up in a thread while the old one answers; then one assignment on the event
loop puts it in place. A request is answered by one model from its turn on, and a page token names the model of its
list, so no answer mixes two. A model that is refused changes nothing.
"""

import asyncio
import logging
from collections.abc import Callable
from time import monotonic
from typing import Final

from recsys.errors import RecsysError
from recsys.ports import Outside
from recsys.serving.app import App

LOG: Final = logging.getLogger("recsys.serving")


class Renewal:
    """Looks for a model and puts it in service.

    load: given what is in service, returns what is there now, or None for the same model; raises a `RecsysError`. Runs
    in a thread. stamp: tells of the directory what changes with its contents. every: seconds between two looks, 0 for
    none but those that are asked for. settle: called when another model is in service.
    """

    def __init__(
        self,
        app: App,
        outside: Outside,
        load: Callable[[Outside], Outside | None],
        settle: Callable[[Outside], None],
        stamp: Callable[[], object],
        seen: object,
        every: float = 0.0,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._app, self._outside, self._load, self._settle = app, outside, load, settle
        self._stamp, self._seen, self._every, self._clock = stamp, seen, every, clock
        self._wanted = False
        self._look_at = clock() + every
        self._running: asyncio.Task[None] | None = None

    def ask(self) -> None:
        """Look at the next tick. From a signal handler."""
        self._wanted = True

    def tick(self) -> None:
        """Begin to renew when it was asked for, or when the directory has changed. Call it on the loop, often."""
        if self._running is None and (self._wanted or self._changed()):
            self._wanted = False
            self._running = asyncio.create_task(self._renew())

    def _changed(self) -> bool:
        if not self._every or self._clock() < self._look_at:
            return False
        self._look_at = self._clock() + self._every
        return self._stamp() != self._seen

    async def _renew(self) -> None:
        self._seen = self._stamp()  # before reading: a change while it is read is seen at the next look
        try:
            outcome = await self._renewed()
        except RecsysError as error:
            LOG.error("the new model is refused and the old one stays in service: %s", error)
            outcome = "refused"
        except Exception:
            LOG.exception("the new model cannot be loaded and the old one stays in service")
            outcome = "refused"
        self._outside.telemetry.renewed(outcome)
        self._running = None

    async def _renewed(self) -> str:
        loop = asyncio.get_running_loop()
        fresh = await loop.run_in_executor(None, self._load, self._outside)
        if fresh is None:
            LOG.info("the model in service is the one that is published")
            return "unchanged"
        put_in_place = await loop.run_in_executor(None, self._app.prepare, fresh)
        put_in_place()
        self._outside = fresh
        self._settle(fresh)
        return "loaded"
