"""The output of a running program, read as it comes and kept up to a bound."""

import os
import selectors
from collections.abc import Mapping

_CHUNK = 1 << 16
_TAIL = 8_000


class Capture:
    """The first `limit` bytes of a stream, and the last few thousand, where errors stand. The rest is only counted."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._head = bytearray()
        self._tail = bytearray()
        self._seen = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        self._seen += len(data)
        room = self._limit - len(self._head)
        self._head += data[:room]
        if len(data) > room:
            self._tail += data[room:]
            del self._tail[:-_TAIL]

    @property
    def truncated(self) -> bool:
        """Whether anything was thrown away or stands apart from the rest."""
        return self._seen > self._limit

    @property
    def data(self) -> bytes:
        """The bytes within the limit."""
        return bytes(self._head)

    @property
    def text(self) -> str:
        """What was kept, with a line that says how much was not."""
        head, tail = self._head.decode("utf-8", "replace"), self._tail.decode("utf-8", "replace")
        if not self.truncated:
            return head
        lost = self._seen - len(self._head) - len(self._tail)
        return f"{head}\n[{lost} bytes were thrown away here]\n{tail}"


class Pump:
    """Moves bytes from pipes to captures without ever waiting for a pipe that another process holds open."""

    def __init__(self, pipes: Mapping[int, Capture]) -> None:
        self._selector = selectors.DefaultSelector()
        for descriptor, capture in pipes.items():
            os.set_blocking(descriptor, False)
            self._selector.register(descriptor, selectors.EVENT_READ, capture)

    @property
    def open(self) -> bool:
        """Whether a pipe may still bring bytes."""
        return bool(self._selector.get_map())

    def step(self, seconds: float) -> bool:
        """Move what there is, waiting at most `seconds` for it. Whether anything came."""
        ready = self._selector.select(max(0.0, seconds))
        for key, _ in ready:
            try:
                data = os.read(key.fd, _CHUNK)
            except BlockingIOError:
                continue
            if data:
                key.data.feed(data)
            else:
                self._selector.unregister(key.fd)
        return bool(ready)

    def drain(self) -> None:
        """Move all that the pipes hold now. What a program that outlives its group adds later is not waited for."""
        for _ in range(1024):
            if not self.open or not self.step(0):
                return

    def close(self) -> None:
        """Let go of the pipes; closing them is the owner's part."""
        self._selector.close()
