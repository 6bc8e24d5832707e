"""A server on a loopback port that answers, or misbehaves as it is told: what a load generator must bear."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias

Reply: TypeAlias = Callable[[BaseHTTPRequestHandler, int], None]
GOOD = b'{"mixed": 1}'


@dataclass
class Asked:
    """What a server was asked: moments (monotonic seconds), methods, paths and bodies."""

    url: str
    moments: list[float] = field(default_factory=list)
    requests: list[tuple[str, str, bytes]] = field(default_factory=list)
    most_at_once: int = 0


def answer(handler: BaseHTTPRequestHandler, _number: int = 0, *, status: int = 200, body: bytes = GOOD) -> None:
    """A whole answer."""
    handler.wfile.write(b"HTTP/1.1 %d Said\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))


def garbage(handler: BaseHTTPRequestHandler, _number: int) -> None:
    """What is no HTTP."""
    handler.close_connection = True
    handler.wfile.write(b"garbage\n\n")


def close(handler: BaseHTTPRequestHandler, _number: int) -> None:
    """No answer at all."""
    handler.close_connection = True


def endless(handler: BaseHTTPRequestHandler, _number: int) -> None:
    """An answer that goes on until nobody reads it."""
    handler.close_connection = True
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        handler.wfile.write(b"x" * 65_536)


def drip(handler: BaseHTTPRequestHandler, _number: int) -> None:
    """An answer that never ends, a byte at a time: each wait is short and the whole is endless."""
    handler.close_connection = True
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        handler.wfile.write(b"x")
        time.sleep(0.05)  # what is planted, not what is waited for


def slow(seconds: float) -> Reply:
    """A whole answer, later."""

    def reply(handler: BaseHTTPRequestHandler, _number: int) -> None:
        time.sleep(seconds)  # what is planted, not what is waited for
        answer(handler)

    return reply


@contextmanager
def serving(reply: Reply = answer, *, ready: Reply = answer) -> Iterator[Asked]:
    """A server that replies by `reply`, and by `ready` to /readyz; requests to that path are not counted."""
    guard, at_once = threading.Lock(), [0]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path == "/readyz":
                ready(self, 0)
                return
            with guard:
                asked.moments.append(time.monotonic())
                asked.requests.append((self.command, self.path, body))
                number, at_once[0] = len(asked.moments), at_once[0] + 1
                asked.most_at_once = max(asked.most_at_once, at_once[0])
            try:
                reply(self, number)
            finally:
                with guard:
                    at_once[0] -= 1

        do_GET = _do  # noqa: N815 - the parent's name
        do_POST = _do  # noqa: N815 - the parent's name

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            """Quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            """A broken connection is what some of this is about."""

    with Server(("127.0.0.1", 0), Handler) as server:
        asked = Asked(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield asked
        finally:
            server.shutdown()
            thread.join()
