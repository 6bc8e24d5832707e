"""What a person sees while training runs: one line a stage, and how far a long stage is."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol, TextIO

TELL_EVERY_SECONDS: Final = 5.0


class Progress(Protocol):
    """Hears of each stage."""

    def done(self, stage: str, **counts: object) -> None:
        """Say that a stage has ended, with what it made."""
        ...

    def working(self, stage: str, count: int, share: float) -> None:
        """Say how far a long stage is. count: of rows or users so far, 0 at first; share: of the whole, in [0, 1]."""
        ...


class Silent:
    """Says nothing."""

    def done(self, stage: str, **counts: object) -> None:
        """Ignore."""

    def working(self, stage: str, count: int, share: float) -> None:
        """Ignore."""


@dataclass
class Lines:
    """Writes `[ 3.2 s] stage: key value, key value` to a stream, the time since the first moment."""

    stream: TextIO
    began: float = field(default_factory=time.monotonic)
    clock: Callable[[], float] = time.monotonic
    _opened: float = 0.0
    _told: float = 0.0

    def done(self, stage: str, **counts: object) -> None:
        """Write the line."""
        text = ", ".join(f"{key.replace('_', ' ')} {_shown(value)}" for key, value in counts.items())
        self._line(f"{stage}{': ' if text else ''}{text}")

    def working(self, stage: str, count: int, share: float) -> None:
        """Write count, rate and what remains, every few seconds."""
        now = self.clock()
        if count == 0:
            self._opened, self._told = now, now
        elapsed = now - self._opened
        if now - self._told < TELL_EVERY_SECONDS or elapsed <= 0 or not 0 < share <= 1:
            return
        self._told = now
        left = elapsed * (1.0 - share) / share
        self._line(f"{stage}: {count:,} so far, {count / elapsed:,.0f} a second, {share:.0%}, {left:.0f} s remain")

    def _line(self, text: str) -> None:
        print(f"[{self.clock() - self.began:6.1f} s] {text}", file=self.stream, flush=True)


def _shown(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
