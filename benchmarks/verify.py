"""Verifies pacts against the provider of a checkout, as a team without a gate would: start it, run pact's verifier.

python -m benchmarks.verify PACT_DIRECTORY

Pacts over HTTP only: for messages pact wants a program of the provider that says them, which is more than a command.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
from pact import Verifier

START_SECONDS = 60


def free_port() -> int:
    """A loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(command: Sequence[str], where: Path) -> Iterator[str]:
    """Start a server, wait until it is ready, give its address, stop it.

    Raises:
        TimeoutError: it was not ready in time.
    """
    port = free_port()
    process = subprocess.Popen((*command, "--port", str(port)), cwd=where, stdout=subprocess.DEVNULL)
    try:
        began = time.monotonic()
        while not _ready(f"http://127.0.0.1:{port}/readyz"):
            if process.poll() is not None or time.monotonic() - began > START_SECONDS:
                raise TimeoutError(f"{' '.join(command)} was not ready within {START_SECONDS} s")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def verified(pacts: Path, where: Path) -> bool:
    """Whether the provider of the checkout keeps every pact of the directory."""
    states = free_port()
    command = (sys.executable, "-m", "contracts.provider", "--states-port", str(states))
    with serving(command, where) as url:
        verifier = Verifier("recsys", host="127.0.0.1").add_transport(url=url)
        for pact in sorted(pacts.glob("*.json")):
            if "/Messages" not in pact.read_text(encoding="utf-8"):
                verifier = verifier.add_source(pact)
        verifier = verifier.state_handler(f"http://127.0.0.1:{states}/_states", body=True, teardown=True)
        verifier.verify()
        return not (verifier.results or {"errors": ["no result"]})["errors"]


def _ready(url: str) -> bool:
    try:
        return httpx.get(url, timeout=1.0).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


if __name__ == "__main__":
    sys.exit(0 if verified(Path(sys.argv[1]), Path.cwd()) else 1)
