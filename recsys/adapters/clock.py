"""The time of day."""

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock. offset: seconds added to it, to serve a catalogue of the past as if it were that time."""

    offset: int = 0

    def now(self) -> int:
        """Return unix seconds."""
        return int(time.time()) + self.offset

    @staticmethod
    def starting_at(now: int) -> "SystemClock":
        """Return a clock that shows `now` (unix seconds) at this moment and goes on from there."""
        return SystemClock(now - int(time.time()))


@dataclass(slots=True)
class ManualClock:
    """A clock that stands still until it is set. For replays, tests and one answer at a given time."""

    time: int

    def now(self) -> int:
        """Return unix seconds."""
        return self.time
