"""The least client that speaks HTTP/1.1 over a kept connection: what it costs must not hide what the servers cost."""

import json
import select
import socket
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

PATH = "/v1/recommendations"
RETURNED = 50


class Connection:
    """One connection to a server on this machine."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def fileno(self) -> int:
        """For `select`."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close it."""
        self._socket.close()

    def get(self, path: str) -> int:
        """Ask for a path; return the status."""
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n".encode())
        return self._answer()[0]

    def send(self, body: bytes, path: str = PATH) -> None:
        """Send one request."""
        head = f"POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
        self._socket.sendall(head.encode() + b"\r\n\r\n" + body)

    def receive(self) -> bytes:
        """Wait for the answer; return its body. Raises `SystemExit` for any status but 200: a failure is no figure."""
        status, body = self._answer()
        if status != 200:
            raise SystemExit(f"a server answered {status}: {body[:500]!r}")
        return body

    def ask(self, body: bytes, path: str = PATH) -> bytes:
        """Send and receive."""
        self.send(body, path)
        return self.receive()

    def _answer(self) -> tuple[int, bytes]:
        while b"\r\n\r\n" not in self._received:
            self._more()
        head, _, rest = self._received.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        length = int(fields[b"content-length"])
        self._received = rest
        while len(self._received) < length:
            self._more()
        body, self._received = self._received[:length], self._received[length:]
        return int(head.split(b" ", 2)[1]), body

    def _more(self) -> None:
        piece = self._socket.recv(1 << 18)
        if not piece:
            raise SystemExit("a server closed the connection")
        self._received += piece


def bodies(users: Sequence[str]) -> Iterator[bytes]:
    """Requests for one user after another, without end."""
    while True:
        for user in users:
            yield body_of(user)


def body_of(user: str, **more: object) -> bytes:
    """The request for a user's slate."""
    return json.dumps({"user_id": user, "k": RETURNED, **more}).encode()


def parsed(body: bytes) -> dict[str, Any]:
    """The answer as JSON."""
    found: dict[str, Any] = json.loads(body)
    return found


def arrive(port: int, requests: Iterator[bytes], due: Sequence[float]) -> list[float]:
    """Send requests at the given moments (seconds from now), answered or not.

    Returns the seconds from when each was due until its answer was there.
    """
    idle: deque[Connection] = deque([Connection(port)])
    busy: dict[Connection, float] = {}
    taken: list[float] = []
    start, coming = time.perf_counter(), deque(due)
    while coming or busy:
        now = time.perf_counter() - start
        while coming and coming[0] <= now:
            connection = idle.popleft() if idle else Connection(port)
            connection.send(next(requests))
            busy[connection] = coming.popleft()
        wait = max(0.0, coming[0] - (time.perf_counter() - start)) if coming else 10.0
        ready, _, _ = select.select(list(busy), [], [], wait)
        for connection in ready:
            connection.receive()
            taken.append(time.perf_counter() - start - busy.pop(connection))
            idle.append(connection)
    for connection in idle:
        connection.close()
    return taken
