"""Small servers for the generator of load, that remember what they were asked and misbehave where they should."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from guardrails.model.load_run import LoadPlan, LoadTarget

SCENARIO = """
import random
from locust import FastHttpUser, HttpUser, between, task
from shared_name import PATH

class Caller(FastHttpUser):
    wait_time = between(60, 90)

    def on_start(self):
        self.me = random.randrange(10**9)

    @task(2)
    def read(self):
        self.client.get(f"{PATH}?user={self.me}&n={random.randrange(10**9)}", name="read")

    @task
    def mark(self):
        with self.client.get(f"{PATH}?user={self.me}&mark=1", name="mark", catch_response=True) as response:
            response.request_meta["context"]["empty"] = True

class Other(HttpUser):
    wait_time = between(60, 90)
    @task
    def read(self):
        self.client.get(f"{PATH}?other={random.randrange(10**9)}", name="other")
"""


class Server(ThreadingHTTPServer):
    """Remembers what it was asked. `reply` makes the answer of a path, or misbehaves."""

    daemon_threads = True

    def __init__(self, reply: Callable[[BaseHTTPRequestHandler, int], None]) -> None:
        self.asked: list[tuple[float, str]] = []
        self.reply = reply
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A broken connection is what some of these tests are about."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        server.asked.append((time.monotonic(), self.path))
        server.reply(self, len(server.asked))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Quiet."""


def answer(handler: BaseHTTPRequestHandler, _number: int = 0, status: int = 200) -> None:
    handler.wfile.write(f"HTTP/1.1 {status} Said\r\nContent-Length: 2\r\n\r\nok".encode())


@contextmanager
def serving(reply: Callable[[BaseHTTPRequestHandler, int], None] = answer) -> Iterator[Server]:
    with Server(reply) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def target(side: str, server: Server, pid: int | None = None) -> LoadTarget:
    return LoadTarget(side, f"http://127.0.0.1:{server.server_port}", pid or os.getpid())


def plan_in(place: Path) -> LoadPlan:
    """A short run of `SCENARIO`, written below a place."""
    (place / "tree/lib").mkdir(parents=True)
    (place / "tree/scenario.py").write_text(SCENARIO)
    (place / "tree/lib/shared_name.py").write_text("PATH = '/thing'")
    return LoadPlan(
        root=place / "tree",
        locustfile="scenario.py",
        path=(".", "lib"),
        seed=5,
        pairs=6,
        users=4,
        concurrency=2,
        slice_seconds=0.02,
        seconds_per_side=3.0,
        warmup_seconds=0.01,
        request_timeout_seconds=0.5,
        least_pairs=6,
    )


def queries(server: Server) -> list[str]:
    return [path for _, path in server.asked]
