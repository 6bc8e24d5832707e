"""The real process, as its users start it: signals, exit statuses, durability."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest

from recsys.bootstrap import artifact_directory, one_answer
from recsys.errors import ArtifactError, InvalidValueError, PolicyUnavailableError, StoreUnavailableError
from recsys.serving.server import AddressUnavailableError
from recsys.serving.workers import serve
from recsys.settings import ServeSettings
from tests.recsys_worlds import small_published
from tests.serving_fakes import INSTANT

PROGRAM = (sys.executable, "-m", "recsys")
JSON = "content-type: application/json\r\n"
GOOD = {"user_id": "somebody", "k": 5}


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("published") / "model"
    artifact_directory(path).write(small_published())
    return path


class Running:
    """A service process that takes connections."""

    def __init__(self, artifact: Path, state: str, *options: str) -> None:
        command = (*PROGRAM, "serve", "--artifact", str(artifact), "--state", state, "--port", "0", *options)
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        found = (re.match(r"listening on (http://\S+)", line) for line in self.process.stdout)
        self.url = next((match[1] for match in found if match), "")
        assert self.url, "the service ended before it listened"
        self.port = int(self.url.rpartition(":")[2])
        self.client = httpx.Client(base_url=self.url, timeout=10)

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)

    def close(self) -> None:
        self.client.close()
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def workers(self) -> list[int]:
        """The process ids of the children."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(word) for word in listed.split()]

    def recommend(self) -> httpx.Response:
        return self.client.post("/v1/recommendations", json=GOOD)


@contextmanager
def running(artifact: Path, state: str, *options: str) -> Iterator[Running]:
    service = Running(artifact, state, *options)
    try:
        yield service
    finally:
        service.close()


def like(event_id: str) -> dict[str, Any]:
    event = {"type": "like", "event_id": event_id, "user_id": "u", "occurred_at": INSTANT, "track_id": "t000001"}
    return {"events": [event]}


def test_a_killed_service_has_every_event_that_it_acknowledged(artifact: Path, tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    acknowledged: list[str] = []
    with running(artifact, state) as service:

        def send(sender: int) -> None:
            with suppress(httpx.TransportError), httpx.Client(base_url=service.url, timeout=10) as client:
                for n in range(10_000):
                    if client.post("/v1/events", json=like(f"{sender}-{n}")).status_code == 200:
                        acknowledged.append(f"{sender}-{n}")
                    if len(acknowledged) == 30:
                        service.process.kill()

        senders = [threading.Thread(target=send, args=(sender,)) for sender in range(4)]
        for thread in senders:
            thread.start()
        for thread in senders:
            thread.join()
    assert len(acknowledged) >= 30
    with running(artifact, state, "--drain-seconds", "0", "--stop-seconds", "1") as service:
        events = [like(event_id)["events"][0] for event_id in acknowledged]
        answer = service.client.post("/v1/events", json={"events": events}).json()
        assert answer == {"accepted": 0, "duplicates": len(acknowledged)}
        with socket.create_connection(("127.0.0.1", service.port), 10) as stuck:  # its body never comes
            stuck.sendall(f"POST /v1/events HTTP/1.1\r\nhost: x\r\n{JSON}content-length: 9\r\n\r\n{{".encode())
            assert service.client.get("/healthz").status_code == 200
            assert service.stop(signal.SIGINT) == 0


def test_sigterm_says_not_ready_finishes_what_is_in_flight_and_ends_with_0(artifact: Path, tmp_path: Path) -> None:
    with running(artifact, str(tmp_path / "state"), "--drain-seconds", "2") as service:
        assert service.client.get("/readyz").status_code == 200
        body = json.dumps(GOOD).encode()
        head = f"POST /v1/recommendations HTTP/1.1\r\nhost: x\r\n{JSON}content-length: {len(body)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", service.port), 10) as slow:
            slow.sendall(head.encode() + body[:5])
            service.process.send_signal(signal.SIGTERM)
            while (answer := service.client.get("/readyz")).status_code == 200:
                pass
            assert (answer.status_code, answer.headers["connection"]) == (503, "close")
            assert service.recommend().status_code == 200
            with suppress(httpx.TransportError):
                while True:
                    service.client.get("/healthz")  # until no connection is taken any more
            slow.sendall(body[5:])
            received = b""
            while chunk := slow.recv(65_536):
                received += chunk
        assert received.startswith(b"HTTP/1.1 200 OK\r\n")
        assert json.loads(received.partition(b"\r\n\r\n")[2])["items"]
        assert service.process.wait(20) == 0
    decisions = (tmp_path / "state" / "decisions" / "worker-0.jsonl").read_text().splitlines()
    assert len(decisions) == 2


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the children of a process are listed in /proc")
def test_workers_share_socket_state_and_count_and_are_replaced_when_they_die(artifact: Path, tmp_path: Path) -> None:
    options = ("--workers", "2", "--drain-seconds", "0")
    with running(artifact, str(tmp_path / "state"), *options) as service:
        assert service.client.post("/v1/events", json=like("e")).json() == {"accepted": 1, "duplicates": 0}
        for _ in range(8):  # a connection each, so that both workers are asked
            with httpx.Client(base_url=service.url, timeout=10) as client:
                assert client.post("/v1/events", json=like("e")).json() == {"accepted": 0, "duplicates": 1}
        samples = service.client.get("/metrics").text
        assert 'recsys_events_total{outcome="duplicate"} 8.0' in samples
        # Answers are noted, and shown by the other worker once they are settled: without a request to either.
        answers = 'recsys_requests_total{method="POST",route="/v1/events",status="200"} 9.0'
        until = monotonic() + 10
        while answers not in service.client.get("/metrics").text:
            assert monotonic() < until, "the other worker does not settle what it has counted"
        first, second = service.workers()
        os.kill(first, signal.SIGKILL)
        while len(after := service.workers()) < 2 or first in after:
            pass
        assert second in after
        assert service.stop() == 0


def test_two_services_with_held_clock_and_seed_answer_alike(artifact: Path) -> None:
    held = ("--seed", "7", "--now", "2026-11-01T00:00:00Z", "--hold-clock")
    with running(artifact, ":memory:", *held) as one, running(artifact, ":memory:", *held) as other:
        answers = [service.recommend().json() for service in (one, other)]
    for answer in answers:
        del answer["request_id"]
    assert answers[0] == answers[1]
    assert "next_page_token" in answers[0]  # holds the time and the seed


def test_a_held_clock_stands_still(artifact: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("recsys.adapters.clock.time.time", lambda: 1_000.0)
        outsides = [one_answer(ServeSettings(artifact, now=50, hold_clock=held)) for held in (True, False)]
        patched.setattr("recsys.adapters.clock.time.time", lambda: 1_007.0)
        assert [outside.clock.now() for outside in outsides] == [50, 57]
    for outside in outsides:
        outside.close()
    with pytest.raises(InvalidValueError, match="name it with --now"):
        ServeSettings(artifact, hold_clock=True)


def test_what_keeps_the_service_from_starting_is_told(artifact: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port: int = taken.getsockname()[1]
        with pytest.raises(AddressUnavailableError, match=f"cannot listen on 127.0.0.1 port {port}"):
            serve(ServeSettings(artifact, port=port))
    with pytest.raises(ArtifactError, match="does not exist"):
        serve(ServeSettings(tmp_path / "none", port=0))
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailableError, match="state file"):
        serve(ServeSettings(artifact, port=0, state=tmp_path / "file"))
    with pytest.raises(InvalidValueError, match="no market 'ZZ'; it has"):
        serve(ServeSettings(artifact, port=0, market="ZZ"))
    with pytest.raises(PolicyUnavailableError, match="cannot be read"):
        serve(ServeSettings(artifact, port=0, takedowns=tmp_path / "none.json"))


def test_a_worker_that_cannot_start_ends_them_all_with_status_2(tmp_path: Path) -> None:
    artifact, state = str(tmp_path / "none"), str(tmp_path / "state")
    command = (*PROGRAM, "serve", "--artifact", artifact, "--state", state, "--port", "0", "--workers", "2")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "recsys: error:" in done.stderr
    assert "does not exist" in done.stderr
    assert "Traceback" not in done.stderr
