"""`make fuzz`: the service holds its own description, and a service that does not is found out."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from recsys.bootstrap import artifact_directory
from recsys.serving import openapi
from tests.recsys_worlds import small_published

ROOT = Path(__file__).parents[2]


def fuzz(*options: str) -> "subprocess.CompletedProcess[str]":
    """A process of its own: schemathesis brings a plugin for pytest, which must not meet this suite."""
    command = (sys.executable, "-m", "benchmarks.fuzz", *options)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.slow
def test_the_service_answers_as_its_description_says(tmp_path: Path) -> None:
    artifact_directory(tmp_path / "model").write(small_published())
    done = fuzz("--artifact", str(tmp_path / "model"), "--examples", "40", "--seconds", "30")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 selected / 7 total" in done.stdout


class Wrong(BaseHTTPRequestHandler):
    """Describes itself as our service does, and answers with a page that the description does not have."""

    status = 200

    def answer(self) -> None:
        body = openapi.text().encode() if self.path == "/openapi.json" else b"<html>"
        self.send_response(200 if self.path == "/openapi.json" else self.status)
        self.send_header("content-type", "application/json" if self.path == "/openapi.json" else "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer  # noqa: N815  the names of the library

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name of the library
        """Say nothing."""


@pytest.fixture(params=[200, 500])
def wrong(request: pytest.FixtureRequest) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Planted", (Wrong,), {"status": request.param}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.slow
def test_a_service_that_answers_otherwise_is_found_out(wrong: str) -> None:
    done = fuzz("--url", wrong, "--examples", "3", "--seconds", "10")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Undocumented Content-Type" in done.stdout
