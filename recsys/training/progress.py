"""What a person sees while training runs: one line a stage."""

import time
from dataclasses import dataclass, field
from typing import Protocol, TextIO


class Progress(Protocol):
    """Hears of each stage."""

    def done(self, stage: str, **counts: object) -> None:
        """Say that a stage has ended, with what it made."""
        ...


class Silent:
    """Says nothing."""

    def done(self, stage: str, **counts: object) -> None:
        """Ignore."""


@dataclass
class Lines:
    """Writes `[ 3.2 s] stage: key value, key value` to a stream, the time since the first moment."""

    stream: TextIO
    began: float = field(default_factory=time.monotonic)

    def done(self, stage: str, **counts: object) -> None:
        """Write the line."""
        text = ", ".join(f"{key.replace('_', ' ')} {_shown(value)}" for key, value in counts.items())
        elapsed = time.monotonic() - self.began
        print(f"[{elapsed:6.1f} s] {stage}{': ' if text else ''}{text}", file=self.stream, flush=True)


def _shown(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
