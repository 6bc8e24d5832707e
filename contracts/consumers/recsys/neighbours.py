"""What these tests share: the real adapters, with time enough for a mock that starts on a busy machine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from recsys.adapters.neighbours.http import CallLimits, Neighbour

PATIENT = CallLimits(connect=5.0, attempt=5.0, total=5.0, attempts=1)


class Uncounted:
    """`Calls` that counts nothing."""

    def called(self, neighbour: str, outcome: str, seconds: float) -> None:
        """Forget one call."""

    def circuit(self, neighbour: str, *, is_open: bool) -> None:
        """Forget the state of a circuit."""

    def messages(self, outcome: str, count: int) -> None:
        """Forget messages."""


@asynccontextmanager
async def asking(name: str, url: str) -> AsyncIterator[Neighbour]:
    """The HTTP client that the adapters stand on."""
    neighbour = Neighbour(name, url, PATIENT, Uncounted())
    try:
        yield neighbour
    finally:
        await neighbour.close()
