"""What a side keeps of the requests that it answers, of processes that keep a known amount."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from guardrails.adapters.loadrig import LocustRig
from guardrails.adapters.process import ProcessRunner
from guardrails.load.metrics import value_of
from guardrails.load.session import TIGHT_HEAP
from guardrails.model.load_run import BASE, HEAD, LoadPlan, LoadTarget
from tests.load_servers import plan_in

SERVER = """
import sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
KEPT, BYTES, STALLS, asked = [], int(sys.argv[1]), sys.argv[2] == "stalls", 0

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        global asked
        asked += 1
        KEPT.append(b"k" * BYTES)
        if STALLS and asked > 100:
            time.sleep(60)
        self.wfile.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")
    def log_message(self, *args):
        pass

holes = [bytes(1024) for _ in range(20_000)]
del holes[::2]
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_port, flush=True)
server.serve_forever()
"""


@pytest.fixture
def plan(tmp_path: Path) -> LoadPlan:
    return replace(plan_in(tmp_path), leak_requests=400, request_timeout_seconds=20.0)


@pytest.fixture
def rig(tmp_path: Path) -> LocustRig:
    return LocustRig(ProcessRunner(tmp_path / "scratch", os.environ), sys.executable)


@contextmanager
def keeping(side: str, size: int, how: str = "answers") -> Iterator[LoadTarget]:
    """A service that keeps `size` bytes of each request."""
    argv = (sys.executable, "-c", SERVER, str(size), how)
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env={**os.environ, **TIGHT_HEAP}) as process:
        assert process.stdout is not None
        try:
            yield LoadTarget(side, f"http://127.0.0.1:{process.stdout.readline().strip()}", process.pid)
        finally:
            process.kill()


def test_what_is_kept_of_each_request_is_measured(rig: LocustRig, plan: LoadPlan) -> None:
    with keeping(BASE, 0) as base, keeping(HEAD, 2048) as head:
        run = rig.drive(plan, [base, head])
    assert (run.slices, run.ended_by) == ((), "")
    for side in (BASE, HEAD):
        assert 400 <= run.memory[side].requests <= 400 + 2 * 40, "whole steps of every user"
        assert run.tallies[side].requests >= run.memory[side].requests + 200, "half as many come before"
    value = value_of("leak", run)
    assert value is not None
    assert value.differs == pytest.approx(2.0, abs=0.5)


def test_a_side_that_hangs_meanwhile_ends_it(rig: LocustRig, plan: LoadPlan) -> None:
    with keeping(BASE, 0) as base, keeping(HEAD, 0, "stalls") as head:
        run = rig.drive(replace(plan, request_timeout_seconds=0.3), [base, head])
    assert run.ended_by == HEAD
    assert "did not answer in time" in run.complaint
    assert run.tallies[HEAD].requests < 200, "100 were answered, and two steps were cut"
